//! Futexes, messages, semaphores and memory shared between processes: POSIX queues, and System V's three.

pub mod futex;
pub mod message;
pub mod queue;
pub mod semaphore;
pub mod shared;

use super::{Addr, Answer, Call};
use crate::abi::structs::IpcPerm;
use crate::abi::{RISCV64, Record, index};

/// Commands of the `ctl` calls. [linux/ipc.h]
const IPC_RMID: i32 = 0;
const IPC_SET: i32 = 1;
const IPC_STAT: i32 = 2;
const IPC_INFO: i32 = 3;

/// Bytes for the host: as large as the largest structure.
type Room = [u8; 256];

/// Calls with room for one structure, which is then the program's.
fn told<T: Record>(k: &Call<'_>, at: Addr, ask: impl FnOnce(&mut Room) -> Answer) -> Answer {
    let mut room = [0; 256];
    let answer = ask(&mut room)?;
    k.store_from_host::<T>(at, &room)?;
    Ok(answer)
}

/// Bytes of the permissions, behind which the rest of a description lies.
const PERM: usize = IpcPerm::SIZE;

/// Calls with room for a description, permissions and the rest, which is then the program's.
fn described<T: Record>(k: &Call<'_>, at: Addr, ask: impl FnOnce(&mut Room) -> Answer) -> Answer {
    let mut room = [0; 256];
    let answer = ask(&mut room)?;
    k.store_from_host::<IpcPerm>(at, &room)?;
    k.store_from_host::<T>(at.plus(k.size::<IpcPerm>()), &room[PERM..])?;
    Ok(answer)
}

/// Calls with a description of the program's.
fn set<T: Record>(k: &Call<'_>, at: Addr, ask: impl FnOnce(&mut Room) -> Answer) -> Answer {
    let mut room = [0; 256];
    room[..PERM].copy_from_slice(&k.load_for_host::<IpcPerm>(at)?);
    let rest = k.load_for_host::<T>(at.plus(k.size::<IpcPerm>()))?;
    room[PERM..][..index(RISCV64.size::<T>())].copy_from_slice(&rest);
    ask(&mut room)
}
