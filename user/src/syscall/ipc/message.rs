//! System V message queues.

use super::super::{Addr, Answer, Call};
use super::{Data, IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, with_data};
use crate::abi::structs::{IpcPerm, Msginfo, MsqidTail};
use crate::abi::{Errno, index};
use crate::host;
use crate::host::Typed;

/// Bytes of a message that are carried; the host's own limit (kernel.msgmax) is usually 8192.
const MOST: u64 = 1 << 20;
const HEAD: u64 = Typed::HEAD as u64;

pub fn msgget(_: &mut Call<'_>, key: i32, flags: i32) -> Answer {
    host::msgget(key, flags)
}

pub fn msgsnd(k: &mut Call<'_>, queue: i32, at: Addr, len: u64, flags: i32) -> Answer {
    if len > MOST {
        return Err(Errno::EINVAL);
    }
    let mut message = vec![0; index(HEAD + len)];
    k.space.copy_in(at.0, &mut message)?;
    host::msgsnd(queue, Typed(&mut message), flags)
}

/// Nothing is taken off a queue for which there is no room in memory.
pub fn msgrcv(k: &mut Call<'_>, queue: i32, at: Addr, len: u64, kind: i64, flags: i32) -> Answer {
    if len.cast_signed() < 0 {
        return Err(Errno::EINVAL);
    }
    let room = k.writable(at, HEAD.saturating_add(len));
    if room < HEAD {
        return Err(Errno::EFAULT);
    }
    let mut message = vec![0; index(room.min(HEAD + MOST))];
    let got = host::msgrcv(queue, Typed(&mut message), kind, flags)?;
    let used = index(HEAD + got).min(message.len());
    k.put(at, &message[..used])?;
    Ok(got)
}

/// [linux/msg.h]
const MSG_STAT: i32 = 11;
const MSG_INFO: i32 = 12;
const MSG_STAT_ANY: i32 = 13;

pub fn msgctl(k: &mut Call<'_>, queue: i32, command: i32, at: Addr) -> Answer {
    const DS: usize = IpcPerm::SIZE + MsqidTail::SIZE;
    let data = match command {
        IPC_RMID => Data::None,
        IPC_SET => Data::In(DS),
        IPC_STAT | MSG_STAT | MSG_STAT_ANY => Data::Out(DS),
        IPC_INFO | MSG_INFO => Data::Out(Msginfo::SIZE),
        _ => return Err(Errno::EINVAL),
    };
    with_data(k, at, data, |room| host::msgctl(queue, command, room))
}
