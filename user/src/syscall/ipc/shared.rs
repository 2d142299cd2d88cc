//! System V shared memory.

use super::super::{Addr, Answer, Call};
use super::{IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, PERM, described, set, told};
use crate::abi::structs::{IpcPerm, ShmUse, ShmidTail, Shminfo};
use crate::abi::{Errno, RISCV64};
use crate::host;
use memory::addr::{on_page, page_down};
use memory::user::{Placement, Prot, Segment};

pub fn shmget(_: &mut Call<'_>, key: i32, size: u64, flags: i32) -> Answer {
    host::shmget(key, size, flags)
}

/// Flags of `shmat`. [linux/shm.h]
const SHM_RDONLY: i32 = 0o10000;
const SHM_RND: i32 = 0o20000;
const SHM_REMAP: i32 = 0o40000;
const SHM_EXEC: i32 = 0o100_000;

/// Where a segment goes: an address is taken as it is, or rounded down to a page if that is asked.
fn placement(at: u64, flags: i32) -> Result<Placement, Errno> {
    let page = page_down(at);
    match (at, flags & SHM_REMAP != 0) {
        (0, false) => Ok(Placement::Anywhere),
        (0, true) => Err(Errno::EINVAL),
        _ if !on_page(at) && flags & SHM_RND == 0 => Err(Errno::EINVAL),
        (_, true) if page == 0 => Err(Errno::EINVAL),
        (_, true) => Ok(Placement::Fixed(page)),
        (_, false) => Ok(Placement::FixedNoReplace(page)),
    }
}

pub fn shmat(k: &mut Call<'_>, id: i32, at: u64, flags: i32) -> Answer {
    let place = placement(at, flags)?;
    let mut room = [0; 256];
    host::shmctl(id, IPC_STAT, &mut room)?;
    let (head, tail): (IpcPerm, ShmidTail) = (RISCV64.decode(&room), RISCV64.decode(&room[PERM..]));
    let mut prot = if flags & SHM_RDONLY != 0 { Prot::READ } else { Prot::RW };
    if flags & SHM_EXEC != 0 {
        prot = prot | Prot::EXEC;
    }
    let segment = Segment { id, key: head.key, bytes: tail.segsz };
    // An address that is taken is an invalid one here. [ipc/shm.c]
    k.space.attach(place, segment, prot).map_err(|error| match Errno::from(error) {
        Errno::EEXIST => Errno::EINVAL,
        other => other,
    })
}

pub fn shmdt(k: &mut Call<'_>, at: u64) -> Answer {
    if !on_page(at) {
        return Err(Errno::EINVAL);
    }
    k.space.detach(at)?;
    Ok(0)
}

/// [linux/shm.h]
const SHM_LOCK: i32 = 11;
const SHM_UNLOCK: i32 = 12;
const SHM_STAT: i32 = 13;
const SHM_INFO: i32 = 14;
const SHM_STAT_ANY: i32 = 15;

pub fn shmctl(k: &mut Call<'_>, id: i32, command: i32, at: Addr) -> Answer {
    let ask = |room: &mut _| host::shmctl(id, command, room);
    match command {
        IPC_RMID | SHM_LOCK | SHM_UNLOCK => ask(&mut [0; 256]),
        IPC_SET => set::<ShmidTail>(k, at, ask),
        IPC_STAT | SHM_STAT | SHM_STAT_ANY => described::<ShmidTail>(k, at, ask),
        IPC_INFO => told::<Shminfo>(k, at, ask),
        SHM_INFO => told::<ShmUse>(k, at, ask),
        _ => Err(Errno::EINVAL),
    }
}
