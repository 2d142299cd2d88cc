//! Waiting for files.

use super::super::time::{put_timespec, timespec_at};
use super::super::{Addr, Answer, Call, Fd};
use crate::abi::structs::{EpollEvent, MaskAndSize, Pollfd};
use crate::abi::{Errno, Set, index, open_to_host};
use crate::host;
use crate::signal::host_mask;

/// Descriptors one poll may name; Linux takes the limit on open files.
const MOST: u32 = 65536;

/// A signal set, which must be 8 bytes.
pub fn set_at(k: &Call<'_>, at: Addr, size: u64) -> Result<Option<u64>, Errno> {
    match k.load_some(at)? {
        Some(_) if size != 8 => Err(Errno::EINVAL),
        set => Ok(set.map(|Set(set)| set)),
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
        let p: Pollfd = k.load(at.plus(n * k.size::<Pollfd>()))?;
        list.push(libc::pollfd { fd: k.fd(p.fd).map_or(i32::MAX, |fd| fd.0), events: p.events, revents: 0 });
    }
    let answer = masked(k, mask, |mask| host::ppoll(&mut list, left.as_mut(), mask, 8));
    if let Some(left) = left {
        put_timespec(k, timeout, &left)?;
    }
    let answer = answer?;
    for (n, p) in (0..).zip(&list) {
        let place = k.abi().structs.pollfd.revents;
        k.store(at.plus(n * k.size::<Pollfd>() + u64::from(place.at)), &p.revents)?;
    }
    Ok(answer)
}

/// The bits of a set, `count` of them, which a program keeps in whole words.
fn fd_set(k: &Call<'_>, at: Addr, count: u64) -> Result<Option<host::FdSet>, Errno> {
    if at.is_null() {
        return Ok(None);
    }
    let mut set = [0; 16];
    k.load_bits(at, count, &mut set)?;
    Ok(Some(set))
}

fn put_fd_set(k: &Call<'_>, at: Addr, set: Option<host::FdSet>, count: u64) -> Answer {
    match set {
        Some(set) => k.store_bits(at, count, &set),
        None => Ok(0),
    }
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
    let bits = u64::from(count.unsigned_abs());
    let mut sets = [fd_set(k, read, bits)?, fd_set(k, write, bits)?, fd_set(k, except, bits)?];
    let mut left = timespec_at(k, timeout)?;
    let mask = match k.load_some::<MaskAndSize>(mask)? {
        Some(pair) => set_at(k, Addr(pair.mask), pair.size)?,
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
        put_fd_set(k, at, set, bits)?;
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
        let guest: EpollEvent = k.load(at)?;
        Some(libc::epoll_event { events: guest.events, u64: guest.data })
    };
    host::epoll_ctl(epoll.0, operation, fd.0, event.as_ref())
}

/// Events that one call tells at most.
const MOST_EVENTS: i32 = 4096;

/// Waits for events with another mask, and tells the program of them.
fn epoll_wait(
    k: &mut Call<'_>,
    at: Addr,
    most: i32,
    mask: Option<u64>,
    wait: impl FnOnce(&mut [libc::epoll_event], Option<&u64>) -> Answer,
) -> Answer {
    if most <= 0 {
        return Err(Errno::EINVAL);
    }
    // Room that the program only claims to have is no error as long as it is not needed.
    let size = k.size::<EpollEvent>();
    let most = k.writable(at, u64::from(most.min(MOST_EVENTS).unsigned_abs()) * size) / size;
    if most == 0 {
        return Err(Errno::EFAULT);
    }
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; index(most)];
    let answer = masked(k, mask, |mask| wait(&mut events, mask))?;
    for (n, event) in (0..answer).zip(&events) {
        let guest = EpollEvent { events: event.events, data: event.u64 };
        k.store(at.plus(n * size), &guest)?;
    }
    Ok(answer)
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
    let mask = set_at(k, mask, size)?;
    epoll_wait(k, at, most, mask, |events, mask| host::epoll_pwait(epoll.0, events, timeout, mask, 8))
}

pub fn epoll_pwait2(
    k: &mut Call<'_>,
    epoll: Fd,
    at: Addr,
    most: i32,
    timeout: Addr,
    mask: Addr,
    size: u64,
) -> Answer {
    let mask = set_at(k, mask, size)?;
    let timeout = timespec_at(k, timeout)?;
    epoll_wait(k, at, most, mask, |events, mask| {
        host::epoll_pwait2(epoll.0, events, timeout.as_ref(), mask, 8)
    })
}
