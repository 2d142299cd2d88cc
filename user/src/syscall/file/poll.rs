//! Waiting for files.

use super::super::time::{put_timespec, timespec_at};
use super::super::{Addr, Answer, Call, Fd};
use crate::abi::structs::{EpollEvent, Pollfd};
use crate::abi::{Errno, index, open_to_host};
use crate::host;
use crate::signal::host_mask;

/// Descriptors one poll may name; Linux takes the limit on open files.
const MOST: u32 = 65536;

/// A signal set, which must be 8 bytes.
pub fn set_at(k: &Call<'_>, at: Addr, size: u64) -> Result<Option<u64>, Errno> {
    match k.get_some(at)? {
        Some(_) if size != 8 => Err(Errno::EINVAL),
        set => Ok(set.map(u64::from_le_bytes)),
    }
}

/// Waits with another mask, as `ppoll` and its like: the host's kernel swaps masks in one step.
pub fn masked(k: &mut Call<'_>, mask: Option<u64>, wait: impl FnOnce(Option<&u64>) -> Answer) -> Answer {
    let Some(mask) = mask else { return wait(None) };
    // What has been noted before would not wake the wait.
    let early = k.task.signals.any_waiting_under(mask);
    let answer = if early { Err(Errno::EINTR) } else { wait(Some(&host_mask(mask))) };
    if answer == Err(Errno::EINTR) {
        // The handler is entered under this mask and returns to the one before.
        k.task.signals.set_mask_for_now(mask);
        k.task.signals.end_mask_for_now();
    }
    answer
}

pub fn ppoll(k: &mut Call<'_>, at: Addr, count: u32, timeout: Addr, mask: Addr, size: u64) -> Answer {
    if count > MOST {
        return Err(Errno::EINVAL);
    }
    let mask = set_at(k, mask, size)?;
    let mut left = timespec_at(k, timeout)?;
    let mut list = Vec::with_capacity(index(count.into()));
    for n in 0..u64::from(count) {
        let p = Pollfd::decode(&k.get(at.plus(n * 8))?);
        list.push(libc::pollfd { fd: k.fd(p.fd).map_or(i32::MAX, |fd| fd.0), events: p.events, revents: 0 });
    }
    let answer = masked(k, mask, |mask| host::ppoll(&mut list, left.as_mut(), mask, 8));
    if let Some(left) = left {
        put_timespec(k, timeout, &left)?;
    }
    let answer = answer?;
    for (n, p) in (0..).zip(&list) {
        k.put(at.plus(n * 8 + 6), &p.revents.to_le_bytes())?;
    }
    Ok(answer)
}

fn fd_set(k: &Call<'_>, at: Addr, words: usize) -> Result<Option<host::FdSet>, Errno> {
    if at.is_null() {
        return Ok(None);
    }
    let mut set = [0; 16];
    for (n, word) in (0..).zip(&mut set[..words]) {
        *word = u64::from_le_bytes(k.get(at.plus(n * 8))?);
    }
    Ok(Some(set))
}

fn put_fd_set(k: &Call<'_>, at: Addr, set: Option<host::FdSet>, words: usize) -> Answer {
    for (n, word) in (0..).zip(&set.unwrap_or_default()[..words]) {
        k.put_some(if at.is_null() { at } else { at.plus(n * 8) }, &word.to_le_bytes())?;
    }
    Ok(0)
}

pub fn pselect6(
    k: &mut Call<'_>,
    count: i32,
    read: Addr,
    write: Addr,
    except: Addr,
    timeout: Addr,
    mask: Addr,
) -> Answer {
    if count < 0 {
        return Err(Errno::EINVAL);
    }
    let count = count.min(1024);
    let words = index(u64::from(count.unsigned_abs()).div_ceil(64));
    let mut sets = [fd_set(k, read, words)?, fd_set(k, write, words)?, fd_set(k, except, words)?];
    let mut left = timespec_at(k, timeout)?;
    let mask = match k.get_some::<16>(mask)? {
        Some(pair) => {
            let at = u64::from_le_bytes(*pair.first_chunk().ok_or(Errno::EFAULT)?);
            let size = u64::from_le_bytes(*pair.last_chunk().ok_or(Errno::EFAULT)?);
            set_at(k, Addr(at), size)?
        }
        None => None,
    };
    let answer = masked(k, mask, |mask| {
        let [r, w, x] = &mut sets;
        host::pselect6(count, [r.as_mut(), w.as_mut(), x.as_mut()], left.as_mut(), mask)
    });
    if let Some(left) = left {
        put_timespec(k, timeout, &left)?;
    }
    let answer = answer?;
    for (at, set) in [read, write, except].into_iter().zip(sets) {
        put_fd_set(k, at, set, words)?;
    }
    Ok(answer)
}

pub fn epoll_create1(_: &mut Call<'_>, flags: u64) -> Answer {
    host::epoll_create1(open_to_host(flags))
}

pub fn epoll_ctl(k: &mut Call<'_>, epoll: Fd, operation: i32, fd: Fd, at: Addr) -> Answer {
    let event = if operation == libc::EPOLL_CTL_DEL {
        None
    } else {
        let guest = EpollEvent::decode(&k.get(at)?);
        Some(libc::epoll_event { events: guest.events, u64: guest.data })
    };
    host::epoll_ctl(epoll.0, operation, fd.0, event.as_ref())
}

pub fn epoll_pwait(
    k: &mut Call<'_>,
    epoll: Fd,
    at: Addr,
    most: i32,
    timeout: i32,
    mask: Addr,
    size: u64,
) -> Answer {
    if most <= 0 {
        return Err(Errno::EINVAL);
    }
    let most = most.min(4096);
    let mask = set_at(k, mask, size)?;
    k.must_write(at, u64::from(most.unsigned_abs()) * EpollEvent::SIZE as u64)?;
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; index(u64::from(most.unsigned_abs()))];
    let answer = masked(k, mask, |mask| host::epoll_pwait(epoll.0, &mut events, timeout, mask, 8))?;
    for (n, event) in (0..answer).zip(&events) {
        let guest = EpollEvent { events: event.events, data: event.u64 };
        k.put(at.plus(n * EpollEvent::SIZE as u64), &guest.encode())?;
    }
    Ok(answer)
}
