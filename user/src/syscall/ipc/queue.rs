//! POSIX message queues: descriptors of the host's.

use super::super::time::timer::sigevent_at;
use super::super::time::timespec_at;
use super::super::{Addr, Answer, Call, Fd};
use crate::abi::structs::MqAttr;
use crate::abi::{Encoded, Errno, RISCV64, index};
use crate::host;
use spec::bits::Low;

/// Bytes of a message that are carried. [HARD_MSGSIZEMAX]
const MOST: u64 = 16 << 20;

/// Attributes as words; the flags are `open` flags.
fn attributes_at(k: &Call<'_>, at: Addr) -> Result<Option<[i64; 8]>, Errno> {
    let attributes = k.load_some::<MqAttr>(at)?;
    Ok(attributes.map(|a| {
        let known = k.abi().open_to_guest(k.abi().open_to_host(a.flags.cast_unsigned()));
        let unknown = a.flags & !known.cast_signed();
        let flags = i64::from(k.abi().open_to_host(a.flags.cast_unsigned())) | unknown;
        [flags, a.most, a.size, a.current, 0, 0, 0, 0]
    }))
}

pub fn mq_open(k: &mut Call<'_>, name: Addr, flags: u64, mode: u32, at: Addr) -> Answer {
    let name = k.path(name)?;
    let wanted = if flags & 0o100 != 0 { attributes_at(k, at)? } else { None };
    host::mq_open(&name, k.abi().open_to_host(flags), mode, wanted.as_ref())
}

pub fn mq_unlink(k: &mut Call<'_>, name: Addr) -> Answer {
    host::mq_unlink(&k.path(name)?)
}

pub fn mq_timedsend(k: &mut Call<'_>, queue: Fd, at: Addr, len: u64, priority: u32, until: Addr) -> Answer {
    let until = timespec_at(k, until)?;
    if len > MOST {
        return Err(Errno::EMSGSIZE);
    }
    let mut message = vec![0; index(len)];
    k.space.copy_in(at.0, &mut message)?;
    host::mq_timedsend(queue.0, &message, priority, until.as_ref())
}

/// The buffer must hold the largest message of the queue, of which the host makes sure.
pub fn mq_timedreceive(
    k: &mut Call<'_>,
    queue: Fd,
    at: Addr,
    len: u64,
    priority: Addr,
    until: Addr,
) -> Answer {
    let until = timespec_at(k, until)?;
    let len = len.min(MOST);
    if !priority.is_null() {
        k.must_write(priority, 4)?;
    }
    let mut message = vec![0; index(k.writable(at, len))];
    if message.is_empty() && len > 0 {
        host::fcntl(queue.0, libc::F_GETFD, 0)?;
        return Err(Errno::EFAULT);
    }
    let mut of = 0;
    let got = host::mq_timedreceive(queue.0, &mut message, &mut of, until.as_ref())?;
    k.put(at, &message[..index(got).min(message.len())])?;
    k.store_some(priority, &of)?;
    Ok(got)
}

/// SIGEV_THREAD names a netlink socket in the signal's place, and 32 bytes to send on it.
pub fn mq_notify(k: &mut Call<'_>, queue: Fd, event: Addr) -> Answer {
    match sigevent_at(k, event)? {
        Some(event) if event.notify == libc::SIGEV_THREAD => {
            let socket = k.fd(event.signo)?;
            host::mq_notify_cookie(queue.0, socket.0, &k.get(Addr(event.value))?)
        }
        event => {
            host::mq_notify(queue.0, event.map(|event| RISCV64.encode(&event)).as_ref().map(Encoded::room))
        }
    }
}

pub fn mq_getsetattr(k: &mut Call<'_>, queue: Fd, new: Addr, old: Addr) -> Answer {
    let new = attributes_at(k, new)?;
    let mut before = [0; 8];
    host::mq_getsetattr(queue.0, new.as_ref(), &mut before)?;
    let [flags, most, size, current, ..] = before;
    let flags = k.abi().open_to_guest(flags.low32().cast_signed()).cast_signed();
    k.store_some(old, &MqAttr { flags, most, size, current })
}
