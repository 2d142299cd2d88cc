//! Messages, semaphores and memory shared between processes: POSIX queues, and System V's three.

pub mod message;
pub mod queue;
pub mod semaphore;
pub mod shared;

use super::{Addr, Answer, Call};
use crate::abi::Errno;

/// Commands of the `ctl` calls. [linux/ipc.h]
const IPC_RMID: i32 = 0;
const IPC_SET: i32 = 1;
const IPC_STAT: i32 = 2;
const IPC_INFO: i32 = 3;

/// What the third argument of a `ctl` call is: bytes that the kernel reads or writes, each structure
/// the same for all 64-bit CPUs unless its own table says otherwise.
#[derive(Clone, Copy)]
enum Data {
    None,
    In(usize),
    Out(usize),
}

/// Bytes for the host: as large as the largest structure.
type Room = [u8; 256];

/// Calls with a structure of the program's, or for the program.
fn with_data(k: &Call<'_>, at: Addr, data: Data, ask: impl FnOnce(&mut Room) -> Answer) -> Answer {
    let mut room = [0; 256];
    if let Data::In(size) = data {
        let to = room.get_mut(..size).ok_or(Errno::EINVAL)?;
        k.space.copy_in(at.0, to)?;
    }
    let answer = ask(&mut room)?;
    if let Data::Out(size) = data {
        k.put(at, room.get(..size).ok_or(Errno::EINVAL)?)?;
    }
    Ok(answer)
}
