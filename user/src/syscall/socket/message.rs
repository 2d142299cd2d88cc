//! Sending and receiving: bytes, addresses, and messages with control messages.

use super::super::file::rw::{MOST_BYTES, Piece, gather, one, pieces, scatter, total, writable};
use super::super::time::{put_timespec, timespec_at};
use super::super::{Addr, Answer, CHUNK, Call, Fd};
use super::{ADDRESS, address, control, room};
use crate::abi::structs::{Mmsghdr, Msghdr};
use crate::abi::{Errno, index};
use crate::host;
use crate::host::{Incoming, Outgoing};

/// Messages that one call sends or takes at most. [UIO_MAXIOV]
const MOST_MESSAGES: u32 = 1024;

/// Whether the bytes of several messages are one stream, so that a part of one may be sent.
fn is_stream(fd: Fd) -> bool {
    let (mut kind, mut len) = ([0; 4096], 4);
    let asked = host::getsockopt(fd.0, libc::SOL_SOCKET, libc::SO_TYPE, &mut kind, &mut len);
    asked.is_ok() && kind.first_chunk().map(|kind| i32::from_ne_bytes(*kind)) == Some(libc::SOCK_STREAM)
}

/// Sends the pieces. What is longer than a chunk goes in parts on a stream; as one message it is
/// refused, since cutting it would make two.
fn send(k: &mut Call<'_>, fd: Fd, pieces: &[Piece], name: &[u8], control: &[u8], flags: i32) -> Answer {
    let wanted = total(pieces);
    if wanted > CHUNK as u64 && !is_stream(fd) {
        // A bad descriptor is found before a long message.
        host::fcntl(fd.0, libc::F_GETFD, 0)?;
        return Err(Errno::EMSGSIZE);
    }
    // Buffers are used again at once, so nothing may be sent from where it lies.
    let flags = flags & !libc::MSG_ZEROCOPY;
    let mut done = 0;
    loop {
        let mut buffer = k.borrow(wanted - done);
        let full = gather(k, pieces, done, &mut buffer) == buffer.len();
        let control = if done == 0 { control } else { &[] };
        let sent = if full {
            host::sendmsg(fd.0, &Outgoing { name, bytes: &buffer, control }, flags)
        } else {
            host::fcntl(fd.0, libc::F_GETFD, 0).and(Err(Errno::EFAULT))
        };
        let whole = sent == Ok(buffer.len() as u64);
        k.give_back(buffer);
        match sent {
            Ok(n) => done += n,
            Err(_) if done > 0 => return Ok(done),
            Err(errno) => return Err(errno),
        }
        if !whole || done >= wanted {
            return Ok(done);
        }
    }
}

pub fn sendto(k: &mut Call<'_>, fd: Fd, at: Addr, len: u64, flags: i32, to: Addr, to_len: i32) -> Answer {
    let name = if to.is_null() { Vec::new() } else { address(k, to, to_len)? };
    send(k, fd, &one(at, len), &name, &[], flags)
}

fn send_message(k: &mut Call<'_>, fd: Fd, header: &Msghdr, flags: i32) -> Answer {
    // A longer name is cut here, where `sendto` refuses it. [net/socket.c]
    let name = match (header.name, header.name_len) {
        (0, _) | (_, 0) => Vec::new(),
        (at, len) => address(k, Addr(at), len.min(128))?,
    };
    let pieces = list(k, header)?;
    let control = control::sent(k, Addr(header.control), header.control_len)?;
    send(k, fd, &pieces, &name, &control, flags)
}

/// More pieces than are possible are a message too long. [net/socket.c]
fn list(k: &Call<'_>, header: &Msghdr) -> Result<Vec<Piece>, Errno> {
    if header.count > u64::from(MOST_MESSAGES) {
        Err(Errno::EMSGSIZE)
    } else {
        pieces(k, Addr(header.list), header.count)
    }
}

pub fn sendmsg(k: &mut Call<'_>, fd: Fd, at: Addr, flags: i32) -> Answer {
    let header: Msghdr = k.load(at)?;
    send_message(k, fd, &header, flags)
}

/// What was received besides the bytes.
struct Received {
    bytes: u64,
    name: [u8; ADDRESS],
    name_len: i32,
    control: Vec<u8>,
    flags: u32,
}

/// Receives into the pieces, which are checked before anything is taken off the queue.
fn receive(
    k: &mut Call<'_>,
    fd: Fd,
    pieces: &[Piece],
    control: usize,
    flags: i32,
) -> Result<Received, Errno> {
    let usable = writable(k, pieces);
    if usable == 0 && total(pieces) > 0 {
        host::fcntl(fd.0, libc::F_GETFD, 0)?;
        return Err(Errno::EFAULT);
    }
    let mut name = [0; ADDRESS];
    let mut control = vec![0; control];
    let mut buffer = k.borrow(usable);
    let mut incoming = Incoming {
        name: &mut name,
        bytes: &mut buffer,
        control: &mut control,
        flags: 0,
        name_len: 0,
        control_len: 0,
    };
    let got = host::recvmsg(fd.0, &mut incoming, flags);
    let (told, name_len, control_len) = (incoming.flags, incoming.name_len, incoming.control_len);
    // With MSG_TRUNC the answer may exceed the buffer.
    let here = got.map(|n| index(n).min(buffer.len()));
    let put = here.and_then(|n| scatter(k, pieces, 0, &buffer[..n]));
    let full = here == Ok(buffer.len());
    k.give_back(buffer);
    put?;
    let mut bytes = got?;
    if full && bytes < usable && flags & libc::MSG_WAITALL != 0 && flags & libc::MSG_PEEK == 0 {
        bytes += receive_rest(k, fd, pieces, bytes, usable, flags);
    }
    control.truncate(control_len);
    let flags = told.cast_unsigned();
    let name_len = i32::try_from(name_len).unwrap_or(i32::MAX);
    Ok(Received { bytes, name, name_len, control, flags })
}

/// With MSG_WAITALL a stream fills buffers that are longer than a chunk.
fn receive_rest(k: &mut Call<'_>, fd: Fd, pieces: &[Piece], skip: u64, usable: u64, flags: i32) -> u64 {
    let mut done = 0;
    while skip + done < usable && is_stream(fd) {
        let mut buffer = k.borrow(usable - skip - done);
        let mut incoming = Incoming {
            name: &mut [],
            bytes: &mut buffer,
            control: &mut [],
            flags: 0,
            name_len: 0,
            control_len: 0,
        };
        let got = host::recvmsg(fd.0, &mut incoming, flags).map_or(0, |n| index(n).min(buffer.len()));
        let put = scatter(k, pieces, skip + done, &buffer[..got]);
        let whole = got == buffer.len();
        k.give_back(buffer);
        if put.is_err() {
            break;
        }
        done += got as u64;
        if !whole {
            break;
        }
    }
    done
}

pub fn recvfrom(
    k: &mut Call<'_>,
    fd: Fd,
    at: Addr,
    len: u64,
    flags: i32,
    from: Addr,
    from_len: Addr,
) -> Answer {
    let room = room(k, from, from_len)?;
    let got = receive(k, fd, &one(at, len.min(MOST_BYTES)), 0, flags)?;
    room.fill(k, &got.name, got.name_len)?;
    Ok(got.bytes)
}

/// Receives one message and changes the header as the kernel does.
fn receive_message(k: &mut Call<'_>, fd: Fd, header: &mut Msghdr, flags: i32) -> Answer {
    if header.name_len < 0 {
        return Err(Errno::EINVAL);
    }
    let pieces = list(k, header)?;
    let name_room =
        if header.name == 0 { 0 } else { u64::from(header.name_len.unsigned_abs()).min(ADDRESS as u64) };
    let control_room = if header.control == 0 { 0 } else { header.control_len.min(control::MOST) };
    for (at, len) in [(header.name, name_room), (header.control, control_room)] {
        if len > 0 {
            k.must_write(Addr(at), len)?;
        }
    }
    let mut got = receive(k, fd, &pieces, control::room(k.abi(), control_room), flags)?;
    if header.name != 0 {
        let fits = index(u64::from(got.name_len.unsigned_abs()).min(name_room));
        k.put(Addr(header.name), &got.name[..fits])?;
        header.name_len = got.name_len;
    }
    let (control, cut) = control::received(k.abi(), &got.control, index(control_room));
    if cut {
        got.flags |= libc::MSG_CTRUNC.cast_unsigned();
    }
    if header.control != 0 {
        k.put(Addr(header.control), &control)?;
    }
    header.control_len = control.len() as u64;
    header.flags = got.flags;
    Ok(got.bytes)
}

pub fn recvmsg(k: &mut Call<'_>, fd: Fd, at: Addr, flags: i32) -> Answer {
    let mut header: Msghdr = k.load(at)?;
    k.must_write(at, k.size::<Msghdr>())?;
    let got = receive_message(k, fd, &mut header, flags)?;
    k.store(at, &header)?;
    Ok(got)
}

fn message(m: &Mmsghdr) -> Msghdr {
    let Mmsghdr { name, name_len, list, count, control, control_len, flags, .. } = *m;
    Msghdr { name, name_len, list, count, control, control_len, flags }
}

/// Answers how many messages were sent; an error counts only if it is the first's.
pub fn sendmmsg(k: &mut Call<'_>, fd: Fd, at: Addr, count: u32, flags: i32) -> Answer {
    let mut done = 0;
    while done < u64::from(count.min(MOST_MESSAGES)) {
        let here = at.plus(done * k.size::<Mmsghdr>());
        let sent = send_one(k, fd, here, flags);
        match sent {
            Ok(_) => done += 1,
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
        }
    }
    Ok(done)
}

fn send_one(k: &mut Call<'_>, fd: Fd, at: Addr, flags: i32) -> Answer {
    let mut header: Mmsghdr = k.load(at)?;
    k.must_write(at, k.size::<Mmsghdr>())?;
    header.len = spec::bits::Low::low32(send_message(k, fd, &message(&header), flags)?);
    k.store(at, &header)
}

/// Answers how many messages came. The timeout is looked at after each of them, as the kernel does.
pub fn recvmmsg(k: &mut Call<'_>, fd: Fd, at: Addr, count: u32, flags: i32, timeout: Addr) -> Answer {
    let limit = timespec_at(k, timeout)?;
    if limit.is_some_and(|limit| limit.tv_sec < 0 || !(0..1_000_000_000).contains(&limit.tv_nsec)) {
        return Err(Errno::EINVAL);
    }
    let limit =
        limit.map(|t| std::time::Duration::new(t.tv_sec.unsigned_abs(), spec::bits::Low::low32(t.tv_nsec)));
    let start = std::time::Instant::now();
    let (mut done, mut how) = (0, flags & !libc::MSG_WAITFORONE);
    let mut left = limit;
    while done < u64::from(count.min(MOST_MESSAGES)) {
        match receive_one(k, fd, at.plus(done * k.size::<Mmsghdr>()), how) {
            Ok(_) => done += 1,
            Err(errno) if done == 0 => return Err(errno),
            Err(_) => break,
        }
        if flags & libc::MSG_WAITFORONE != 0 {
            how |= libc::MSG_DONTWAIT;
        }
        left = limit.map(|limit| limit.saturating_sub(start.elapsed()));
        if left.is_some_and(|left| left.is_zero()) {
            break;
        }
    }
    if let Some(left) = left {
        let left =
            libc::timespec { tv_sec: left.as_secs().cast_signed(), tv_nsec: left.subsec_nanos().into() };
        put_timespec(k, timeout, &left)?;
    }
    Ok(done)
}

fn receive_one(k: &mut Call<'_>, fd: Fd, at: Addr, flags: i32) -> Answer {
    let mut all: Mmsghdr = k.load(at)?;
    k.must_write(at, k.size::<Mmsghdr>())?;
    let mut header = message(&all);
    let got = receive_message(k, fd, &mut header, flags)?;
    all.name_len = header.name_len;
    all.control_len = header.control_len;
    all.flags = header.flags;
    all.len = spec::bits::Low::low32(got);
    k.store(at, &all)
}
