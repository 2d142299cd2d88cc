//! System V message queues.

use super::super::arguments::Long;
use super::super::{Addr, Answer, Call};
use super::{IPC_INFO, IPC_RMID, IPC_SET, IPC_STAT, described, set, told};
use crate::abi::structs::{Msginfo, MsqidTail};
use crate::abi::{Errno, Word, index};
use crate::host;
use crate::host::Typed;

/// Bytes of a message that are carried; the host's own limit (kernel.msgmax) is usually 8192.
const MOST: u64 = 1 << 20;
const HEAD: usize = Typed::HEAD;

pub fn msgget(_: &mut Call<'_>, key: i32, flags: i32) -> Answer {
    host::msgget(key, flags)
}

pub fn msgsnd(k: &mut Call<'_>, queue: i32, at: Addr, len: u64, flags: i32) -> Answer {
    if len > MOST {
        return Err(Errno::EINVAL);
    }
    // The type is a `long`.
    let kind = k.abi().register(k.load_word(at)?);
    let mut message = vec![0; HEAD + index(len)];
    message[..HEAD].copy_from_slice(&kind.to_ne_bytes());
    k.space.copy_in(at.plus(k.abi().word_size()).0, &mut message[HEAD..])?;
    host::msgsnd(queue, Typed(&mut message), flags)
}

/// Nothing is taken off a queue for which there is no room in memory.
pub fn msgrcv(k: &mut Call<'_>, queue: i32, at: Addr, len: u64, Long(kind): Long, flags: i32) -> Answer {
    if k.abi().register(len).cast_signed() < 0 {
        return Err(Errno::EINVAL);
    }
    let head = k.abi().word_size();
    let room = k.writable(at, head.saturating_add(len)).checked_sub(head).ok_or(Errno::EFAULT)?;
    let mut message = vec![0; HEAD + index(room.min(MOST))];
    let got = host::msgrcv(queue, Typed(&mut message), kind, flags)?;
    let (kind, bytes) = message.split_first_chunk().ok_or(Errno::EFAULT)?;
    k.store(at, &Word(u64::from_ne_bytes(*kind)))?;
    k.put(at.plus(head), &bytes[..index(got).min(bytes.len())])?;
    Ok(got)
}

/// [linux/msg.h]
const MSG_STAT: i32 = 11;
const MSG_INFO: i32 = 12;
const MSG_STAT_ANY: i32 = 13;

pub fn msgctl(k: &mut Call<'_>, queue: i32, command: i32, at: Addr) -> Answer {
    let ask = |room: &mut _| host::msgctl(queue, command, room);
    match command {
        IPC_RMID => ask(&mut [0; 256]),
        IPC_SET => set::<MsqidTail>(k, at, ask),
        IPC_STAT | MSG_STAT | MSG_STAT_ANY => described::<MsqidTail>(k, at, ask),
        IPC_INFO | MSG_INFO => told::<Msginfo>(k, at, ask),
        _ => Err(Errno::EINVAL),
    }
}
