//! Sockets. Addresses and flags have the same numbers and layouts on both sides. The name of a UNIX
//! socket is taken as it stands, whatever `-L` says, as names of files that are to be made are.

mod control;
pub mod message;
pub mod option;

use super::file::fds::put_pair;
use super::{Addr, Answer, Call, Fd};
use crate::abi::{Errno, index, open_to_host};
use crate::host;

/// Bytes of the largest address. [struct sockaddr_storage]
const ADDRESS: usize = 128;

/// SOCK_NONBLOCK and SOCK_CLOEXEC are open flags; the rest is the kind itself.
fn kind(guest: i32) -> i32 {
    guest & 0xf | open_to_host(u64::from((guest & !0xf).cast_unsigned()))
}

fn address(k: &Call<'_>, at: Addr, len: i32) -> Result<Vec<u8>, Errno> {
    let len = usize::try_from(len).ok().filter(|len| *len <= ADDRESS).ok_or(Errno::EINVAL)?;
    let mut bytes = vec![0; len];
    k.space.copy_in(at.0, &mut bytes)?;
    Ok(bytes)
}

/// The room a program gives for an address: a pointer to a length, and that length.
struct Room {
    at: Addr,
    len_at: Addr,
    len: usize,
}

fn room(k: &Call<'_>, at: Addr, len_at: Addr) -> Result<Room, Errno> {
    if at.is_null() {
        return Ok(Room { at, len_at, len: 0 });
    }
    let len = usize::try_from(k.load::<i32>(len_at)?).map_err(|_| Errno::EINVAL)?;
    k.must_write(len_at, 4)?;
    Ok(Room { at, len_at, len: len.min(ADDRESS) })
}

impl Room {
    /// Writes as much of the address as fits, and its full length.
    fn fill(&self, k: &Call<'_>, bytes: &[u8; ADDRESS], len: i32) -> Answer {
        if self.at.is_null() {
            return Ok(0);
        }
        let fits = index(u64::from(len.unsigned_abs())).min(self.len);
        k.put(self.at, &bytes[..fits])?;
        k.store(self.len_at, &len)
    }
}

fn ask(ask: impl FnOnce(&mut [u8; ADDRESS], &mut i32) -> Answer) -> Result<(u64, [u8; ADDRESS], i32), Errno> {
    let (mut bytes, mut len) = ([0; ADDRESS], 128);
    let answer = ask(&mut bytes, &mut len)?;
    Ok((answer, bytes, len))
}

pub fn socket(_: &mut Call<'_>, family: i32, guest: i32, protocol: i32) -> Answer {
    host::socket(family, kind(guest), protocol)
}

pub fn socketpair(k: &mut Call<'_>, family: i32, guest: i32, protocol: i32, at: Addr) -> Answer {
    k.must_write(at, 8)?;
    let mut pair = [0; 2];
    host::socketpair(family, kind(guest), protocol, &mut pair)?;
    put_pair(k, at, pair)
}

pub fn bind(k: &mut Call<'_>, fd: Fd, at: Addr, len: i32) -> Answer {
    host::bind(fd.0, &address(k, at, len)?)
}

pub fn connect(k: &mut Call<'_>, fd: Fd, at: Addr, len: i32) -> Answer {
    host::connect(fd.0, &address(k, at, len)?)
}

pub fn listen(_: &mut Call<'_>, fd: Fd, backlog: i32) -> Answer {
    host::listen(fd.0, backlog)
}

pub fn accept(k: &mut Call<'_>, fd: Fd, at: Addr, len: Addr) -> Answer {
    accept4(k, fd, at, len, 0)
}

pub fn accept4(k: &mut Call<'_>, fd: Fd, at: Addr, len: Addr, flags: i32) -> Answer {
    let room = room(k, at, len)?;
    let (new, bytes, len) = ask(|bytes, len| host::accept4(fd.0, bytes, len, kind(flags)))?;
    room.fill(k, &bytes, len)?;
    Ok(new)
}

pub fn getsockname(k: &mut Call<'_>, fd: Fd, at: Addr, len: Addr) -> Answer {
    let room = room(k, at, len)?;
    let (_, bytes, len) = ask(|bytes, len| host::getsockname(fd.0, bytes, len))?;
    room.fill(k, &bytes, len)
}

pub fn getpeername(k: &mut Call<'_>, fd: Fd, at: Addr, len: Addr) -> Answer {
    let room = room(k, at, len)?;
    let (_, bytes, len) = ask(|bytes, len| host::getpeername(fd.0, bytes, len))?;
    room.fill(k, &bytes, len)
}

pub fn shutdown(_: &mut Call<'_>, fd: Fd, how: i32) -> Answer {
    host::shutdown(fd.0, how)
}
