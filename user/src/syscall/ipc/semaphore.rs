//! System V semaphores.

use super::super::time::timespec_at;
use super::super::{Addr, Answer, Call};
use super::{IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, PERM, Room, told};
use crate::abi::structs::{IpcPerm, Sembuf, SemidTail, Seminfo};
use crate::abi::{Errno, index, int};
use crate::host;

/// Operations of one call that are carried; the host's own limit (kernel.sem) is usually 500.
const MOST: u64 = 65536;
/// Semaphores of one set. [SEMMSL, at most]
const MOST_VALUES: u64 = 65536;

pub fn semget(_: &mut Call<'_>, key: i32, count: i32, flags: i32) -> Answer {
    host::semget(key, count, flags)
}

pub fn semop(k: &mut Call<'_>, set: i32, at: Addr, count: u64) -> Answer {
    semtimedop(k, set, at, count, Addr(0))
}

pub fn semtimedop(k: &mut Call<'_>, set: i32, at: Addr, count: u64, timeout: Addr) -> Answer {
    let timeout = timespec_at(k, timeout)?;
    if count > MOST {
        return Err(Errno::E2BIG);
    }
    let mut operations = Vec::new();
    for n in 0..count {
        let one: Sembuf = k.load(at.plus(n * k.size::<Sembuf>()))?;
        operations.push([one.number, one.operation.cast_unsigned(), one.flags.cast_unsigned()]);
    }
    host::semtimedop(set, &operations, timeout.as_ref())
}

/// [linux/sem.h]
const GETPID: i32 = 11;
const GETVAL: i32 = 12;
const GETALL: i32 = 13;
const GETNCNT: i32 = 14;
const GETZCNT: i32 = 15;
const SETVAL: i32 = 16;
const SETALL: i32 = 17;
const SEM_STAT: i32 = 18;
const SEM_INFO: i32 = 19;
const SEM_STAT_ANY: i32 = 20;

pub fn semctl(k: &mut Call<'_>, set: i32, number: i32, command: i32, value: u64) -> Answer {
    let at = Addr(value);
    match command {
        IPC_RMID | GETPID | GETVAL | GETNCNT | GETZCNT => host::semctl(set, number, command, 0),
        // Of the union only the `int` counts.
        SETVAL => host::semctl(set, number, command, i64::from(int(value)).cast_unsigned()),
        IPC_INFO | SEM_INFO => told::<Seminfo>(k, at, |room| host::semctl_bytes(set, number, command, room)),
        IPC_SET => {
            let mut room = [0; 256];
            room[..PERM].copy_from_slice(&k.load_for_host::<IpcPerm>(at)?);
            host::semctl_bytes(set, number, command, &mut room)
        }
        IPC_STAT | SEM_STAT | SEM_STAT_ANY => {
            let mut room = [0; 256];
            let answer = host::semctl_bytes(set, number, command, &mut room)?;
            k.store_from_host::<IpcPerm>(at, &room)?;
            k.store(at.plus(k.size::<IpcPerm>()), &tail(&room))?;
            Ok(answer)
        }
        GETALL | SETALL => values(k, set, command, at),
        _ => Err(Errno::EINVAL),
    }
}

/// The host's `struct semid64_ds`: on x86-64 a word of padding follows either time.
/// [arch/x86/include/uapi/asm/sembuf.h]
fn tail(host: &Room) -> SemidTail {
    let (words, _) = host.as_chunks::<8>();
    let word = |n: usize| words.get(n).map_or(0, |word| i64::from_ne_bytes(*word));
    SemidTail { otime: word(6), ctime: word(8), nsems: word(10).cast_unsigned() }
}

/// How many semaphores a set has.
fn size(set: i32) -> Result<u64, Errno> {
    let mut room = [0; 256];
    host::semctl_bytes(set, 0, IPC_STAT, &mut room)?;
    Ok(tail(&room).nsems.min(MOST_VALUES))
}

fn values(k: &Call<'_>, set: i32, command: i32, at: Addr) -> Answer {
    let mut all = vec![0; index(size(set)?)];
    if command == SETALL {
        for (n, value) in (0..).zip(&mut all) {
            *value = k.load(at.plus(n * 2))?;
        }
    }
    let answer = host::semctl_values(set, 0, command, &mut all)?;
    if command == GETALL {
        for (n, value) in (0..).zip(&all) {
            k.store(at.plus(n * 2), value)?;
        }
    }
    Ok(answer)
}
