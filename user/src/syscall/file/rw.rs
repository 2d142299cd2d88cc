//! Moving bytes. Everything passes through a buffer of ours, so that a bad pointer is an EFAULT and
//! nothing is lost: a read takes no more than the program's buffer can hold.

use super::super::arguments::Split;
use super::super::{Addr, Answer, CHUNK, Call, Fd};
use crate::abi::structs::{CacheRange, Cachestat, Iovec};
use crate::abi::{Errno, index};
use crate::host;

/// Pieces a vectored call may have. [UIO_MAXIOV]
const MOST_PIECES: u64 = 1024;
/// Bytes one call moves at most. [MAX_RW_COUNT]
pub const MOST_BYTES: u64 = 0x7fff_f000;

/// Where in the file: at its own position, or at an offset; with flags, at an offset or at -1.
#[derive(Clone, Copy)]
enum Place {
    Current,
    At(i64),
    Flagged(i64, i32),
}

impl Place {
    fn plus(self, bytes: u64) -> Self {
        match self {
            Self::Current => Self::Current,
            Self::At(at) => Self::At(at.saturating_add_unsigned(bytes)),
            Self::Flagged(-1, flags) => Self::Flagged(-1, flags),
            Self::Flagged(at, flags) => Self::Flagged(at.saturating_add_unsigned(bytes), flags),
        }
    }
}

/// A piece of guest memory: address and length.
pub type Piece = (Addr, u64);

pub fn one(at: Addr, len: u64) -> [Piece; 1] {
    [(at, len.min(MOST_BYTES))]
}

pub fn pieces(k: &Call<'_>, at: Addr, count: u64) -> Result<Vec<Piece>, Errno> {
    if count > MOST_PIECES {
        return Err(Errno::EINVAL);
    }
    let mut room = MOST_BYTES;
    let mut all = Vec::new();
    for n in 0..count {
        let piece: Iovec = k.load(at.plus(n * k.size::<Iovec>()))?;
        if k.abi().register(piece.len).cast_signed() < 0 {
            return Err(Errno::EINVAL);
        }
        let len = piece.len.min(room);
        room -= len;
        all.push((Addr(piece.base), len));
    }
    Ok(all)
}

/// How many bytes of these pieces the program may write, up to the first it may not.
pub fn writable(k: &Call<'_>, pieces: &[Piece]) -> u64 {
    let mut total = 0;
    for (at, len) in pieces {
        let room = k.writable(*at, *len);
        total += room;
        if room < *len {
            break;
        }
    }
    total
}

pub fn scatter(k: &Call<'_>, pieces: &[Piece], mut skip: u64, mut bytes: &[u8]) -> Answer {
    for (at, len) in pieces {
        let from = skip.min(*len);
        skip -= from;
        let take = index(len - from).min(bytes.len());
        k.put(at.plus(from), &bytes[..take])?;
        bytes = &bytes[take..];
    }
    Ok(0)
}

/// Fills `to` from the pieces, from byte `skip` on; says how many bytes could be had.
pub fn gather(k: &Call<'_>, pieces: &[Piece], mut skip: u64, to: &mut [u8]) -> usize {
    let mut done = 0;
    for (at, len) in pieces {
        let from = skip.min(*len);
        skip -= from;
        let take = index(len - from).min(to.len() - done);
        match k.space.copy_in(at.plus(from).0, &mut to[done..done + take]) {
            Ok(()) => done += take,
            Err(fault) => return done + index(fault.at.saturating_sub(at.plus(from).0)).min(take),
        }
    }
    done
}

pub fn total(pieces: &[Piece]) -> u64 {
    pieces.iter().map(|(_, len)| len).sum()
}

/// Whether a short read means the end, so that reading on never blocks.
fn is_regular(fd: Fd) -> bool {
    let mut facts = host::zeroed::<libc::stat>();
    host::fstat(fd.0, &mut facts).is_ok()
        && matches!(facts.st_mode & libc::S_IFMT, libc::S_IFREG | libc::S_IFBLK)
}

fn read_pieces(k: &mut Call<'_>, fd: Fd, pieces: &[Piece], place: Place) -> Answer {
    let wanted = total(pieces);
    let room = writable(k, pieces);
    if room == 0 && wanted > 0 {
        // A bad descriptor is found before a bad buffer.
        host::fcntl(fd.0, libc::F_GETFD, 0)?;
        return Err(Errno::EFAULT);
    }
    let more = room > CHUNK as u64 && is_regular(fd);
    let mut done = 0;
    loop {
        let mut buffer = k.borrow(room - done);
        let got = match place.plus(done) {
            Place::Current => host::read(fd.0, &mut buffer),
            Place::At(at) => host::pread(fd.0, &mut buffer, at),
            Place::Flagged(at, flags) => host::preadv2(fd.0, &mut buffer, at, flags),
        };
        let full = got == Ok(buffer.len() as u64);
        let put = got.and_then(|n| scatter(k, pieces, done, &buffer[..index(n)]).map(|_| n));
        k.give_back(buffer);
        match put {
            Ok(n) => done += n,
            Err(_) if done > 0 => return Ok(done),
            Err(errno) => return Err(errno),
        }
        if !(full && more && done < room) {
            return Ok(done);
        }
    }
}

fn write_pieces(k: &mut Call<'_>, fd: Fd, pieces: &[Piece], place: Place) -> Answer {
    let wanted = total(pieces);
    let mut done = 0;
    loop {
        let mut buffer = k.borrow(wanted - done);
        let got = gather(k, pieces, done, &mut buffer);
        let short = got < buffer.len();
        let wrote = if short && got == 0 {
            host::fcntl(fd.0, libc::F_GETFD, 0).and(Err(Errno::EFAULT))
        } else {
            match place.plus(done) {
                Place::Current => host::write(fd.0, &buffer[..got]),
                Place::At(at) => host::pwrite(fd.0, &buffer[..got], at),
                Place::Flagged(at, flags) => host::pwritev2(fd.0, &buffer[..got], at, flags),
            }
        };
        k.give_back(buffer);
        match wrote {
            Ok(n) => {
                done += n;
                if short || index(n) < got || done >= wanted {
                    return Ok(done);
                }
            }
            Err(_) if done > 0 => return Ok(done),
            Err(errno) => return Err(errno),
        }
    }
}

pub fn read(k: &mut Call<'_>, fd: Fd, at: Addr, len: u64) -> Answer {
    read_pieces(k, fd, &one(at, len), Place::Current)
}

pub fn write(k: &mut Call<'_>, fd: Fd, at: Addr, len: u64) -> Answer {
    write_pieces(k, fd, &one(at, len), Place::Current)
}

pub fn readv(k: &mut Call<'_>, fd: Fd, list: Addr, count: u64) -> Answer {
    let pieces = pieces(k, list, count)?;
    read_pieces(k, fd, &pieces, Place::Current)
}

pub fn writev(k: &mut Call<'_>, fd: Fd, list: Addr, count: u64) -> Answer {
    let pieces = pieces(k, list, count)?;
    write_pieces(k, fd, &pieces, Place::Current)
}

pub fn pread(k: &mut Call<'_>, fd: Fd, at: Addr, len: u64, offset: i64) -> Answer {
    read_pieces(k, fd, &one(at, len), Place::At(offset))
}

pub fn pwrite(k: &mut Call<'_>, fd: Fd, at: Addr, len: u64, offset: i64) -> Answer {
    write_pieces(k, fd, &one(at, len), Place::At(offset))
}

pub fn preadv(k: &mut Call<'_>, fd: Fd, list: Addr, count: u64, Split(offset): Split) -> Answer {
    let pieces = pieces(k, list, count)?;
    read_pieces(k, fd, &pieces, Place::At(offset))
}

pub fn pwritev(k: &mut Call<'_>, fd: Fd, list: Addr, count: u64, Split(offset): Split) -> Answer {
    let pieces = pieces(k, list, count)?;
    write_pieces(k, fd, &pieces, Place::At(offset))
}

/// An offset of -1 stands for the file's position.
pub fn preadv2(k: &mut Call<'_>, fd: Fd, list: Addr, count: u64, Split(offset): Split, flags: i32) -> Answer {
    let pieces = pieces(k, list, count)?;
    read_pieces(k, fd, &pieces, Place::Flagged(offset, flags))
}

pub fn pwritev2(
    k: &mut Call<'_>,
    fd: Fd,
    list: Addr,
    count: u64,
    Split(offset): Split,
    flags: i32,
) -> Answer {
    let pieces = pieces(k, list, count)?;
    write_pieces(k, fd, &pieces, Place::Flagged(offset, flags))
}

/// Copies one list of pieces to another; what cannot be read or written ends it.
pub fn copy_between(k: &mut Call<'_>, from: &[Piece], to: &[Piece]) -> Answer {
    let wanted = total(from).min(total(to));
    let room = writable(k, to).min(wanted);
    let mut done = 0;
    while done < room {
        let mut buffer = k.borrow(room - done);
        let got = gather(k, from, done, &mut buffer);
        let put = scatter(k, to, done, &buffer[..got]);
        let short = got < buffer.len();
        k.give_back(buffer);
        put?;
        done += got as u64;
        if short {
            break;
        }
    }
    if done == 0 && wanted > 0 { Err(Errno::EFAULT) } else { Ok(done) }
}

pub fn lseek(_: &mut Call<'_>, fd: Fd, offset: i64, whence: i32) -> Answer {
    host::lseek(fd.0, offset, whence)
}

/// `lseek` for programs with 32-bit words; the position is written to memory.
pub fn llseek(k: &mut Call<'_>, fd: Fd, high: u32, low: u32, at: Addr, whence: i32) -> Answer {
    let offset = u64::from(low) | u64::from(high) << 32;
    let position = host::lseek(fd.0, offset.cast_signed(), whence)?;
    k.store(at, &position)
}

/// An offset in guest memory that a call reads and advances.
struct Offset {
    at: Addr,
    value: Option<i64>,
}

impl Offset {
    fn read(k: &Call<'_>, at: Addr) -> Result<Self, Errno> {
        let value = k.load_some(at)?;
        if value.is_some() {
            k.must_write(at, 8)?;
        }
        Ok(Self { at, value })
    }

    fn write(&self, k: &Call<'_>) -> Answer {
        match self.value {
            Some(value) => k.store(self.at, &value),
            None => Ok(0),
        }
    }
}

pub fn sendfile(k: &mut Call<'_>, to: Fd, from: Fd, offset: Addr, count: u64) -> Answer {
    let mut offset = Offset::read(k, offset)?;
    let sent = host::sendfile(to.0, from.0, offset.value.as_mut(), count)?;
    offset.write(k)?;
    Ok(sent)
}

pub fn copy_file_range(
    k: &mut Call<'_>,
    from: Fd,
    from_at: Addr,
    to: Fd,
    to_at: Addr,
    len: u64,
    flags: u32,
) -> Answer {
    let (mut source, mut target) = (Offset::read(k, from_at)?, Offset::read(k, to_at)?);
    let copied =
        host::copy_file_range(from.0, source.value.as_mut(), to.0, target.value.as_mut(), len, flags)?;
    source.write(k)?;
    target.write(k)?;
    Ok(copied)
}

pub fn splice(
    k: &mut Call<'_>,
    from: Fd,
    from_at: Addr,
    to: Fd,
    to_at: Addr,
    len: u64,
    flags: u32,
) -> Answer {
    let (mut source, mut target) = (Offset::read(k, from_at)?, Offset::read(k, to_at)?);
    let moved = host::splice(from.0, source.value.as_mut(), to.0, target.value.as_mut(), len, flags)?;
    source.write(k)?;
    target.write(k)?;
    Ok(moved)
}

pub fn tee(_: &mut Call<'_>, from: Fd, to: Fd, len: u64, flags: u32) -> Answer {
    host::tee(from.0, to.0, len, flags)
}

/// Pages are not given away but copied, which a program cannot tell from pages that it keeps to
/// itself as it must.
pub fn vmsplice(k: &mut Call<'_>, fd: Fd, list: Addr, count: u64, flags: u32) -> Answer {
    const NONBLOCK: u32 = 2;
    const KNOWN: u32 = 0xf;
    if flags & !KNOWN != 0 {
        return Err(Errno::EINVAL);
    }
    let mut facts = host::zeroed::<libc::stat>();
    host::fstat(fd.0, &mut facts)?;
    if facts.st_mode & libc::S_IFMT != libc::S_IFIFO {
        return Err(Errno::EBADF);
    }
    let pieces = pieces(k, list, count)?;
    let place = if flags & NONBLOCK != 0 { Place::Flagged(-1, libc::RWF_NOWAIT) } else { Place::Current };
    let mode = host::fcntl(fd.0, libc::F_GETFL, 0)?;
    if crate::abi::int(mode) & libc::O_ACCMODE == libc::O_RDONLY {
        read_pieces(k, fd, &pieces, place)
    } else {
        write_pieces(k, fd, &pieces, place)
    }
}

pub fn readahead(_: &mut Call<'_>, fd: Fd, offset: i64, count: u64) -> Answer {
    host::readahead(fd.0, offset, count)
}

pub fn sync_file_range(_: &mut Call<'_>, fd: Fd, offset: i64, len: i64, flags: u32) -> Answer {
    host::sync_file_range(fd.0, offset, len, flags)
}

pub fn cachestat(k: &mut Call<'_>, fd: Fd, range: Addr, to: Addr, flags: u32) -> Answer {
    let range: CacheRange = k.load(range)?;
    let mut counts = [0; 5];
    host::cachestat(fd.0, &[range.offset, range.len], &mut counts, flags)?;
    let [cache, dirty, writeback, evicted, recently_evicted] = counts;
    k.store(to, &Cachestat { cache, dirty, writeback, evicted, recently_evicted })
}

pub fn fsync(_: &mut Call<'_>, fd: Fd) -> Answer {
    host::fsync(fd.0)
}

pub fn fdatasync(_: &mut Call<'_>, fd: Fd) -> Answer {
    host::fdatasync(fd.0)
}

pub fn sync(_: &mut Call<'_>) -> Answer {
    host::sync()
}

pub fn syncfs(_: &mut Call<'_>, fd: Fd) -> Answer {
    host::syncfs(fd.0)
}

pub fn ftruncate(_: &mut Call<'_>, fd: Fd, len: i64) -> Answer {
    host::ftruncate(fd.0, len)
}

pub fn fallocate(_: &mut Call<'_>, fd: Fd, mode: i32, offset: i64, len: i64) -> Answer {
    host::fallocate(fd.0, mode, offset, len)
}

pub fn fadvise(_: &mut Call<'_>, fd: Fd, offset: i64, len: i64, advice: i32) -> Answer {
    host::fadvise(fd.0, offset, len, advice)
}
