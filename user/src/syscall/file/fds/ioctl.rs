//! Device control: requests as their rows say.

use super::super::super::{Addr, Answer, Call, Fd};
use super::requests::{REQUESTS, Shape, Way, of_host};
use crate::abi::structs::{CloneRange, Fsxattr, Ifconf, Ifreq, Termios, Termios2, Winsize};
use crate::abi::{Errno, RISCV64, Record, Word, index, int};
use crate::host;

/// Bytes for the host: as large as the largest structure.
type Room = [u8; 256];

pub fn ioctl(k: &mut Call<'_>, fd: Fd, request: u32, value: u64) -> Answer {
    let request = of_host(k.abi(), request);
    let Some((number, _, way, shape)) = REQUESTS.iter().find(|(number, ..)| *number == request) else {
        // The kernel too finds a bad descriptor before an unknown request.
        host::fcntl(fd.0, libc::F_GETFD, 0)?;
        k.p.logs.name_unimplemented(u64::from(request) << 32, &format!("ioctl {request:#x}"));
        return Err(Errno::ENOTTY);
    };
    let (number, at) = (u64::from(*number), Addr(value));
    match shape {
        Shape::Value => host::ioctl(fd.0, number, value),
        Shape::Descriptor => {
            let other = k.fd(int(value))?;
            host::ioctl(fd.0, number, u64::from(other.0.cast_unsigned()))
        }
        Shape::OpenFlags => host::ioctl(fd.0, number, u64::from(k.abi().open_to_host(value).cast_unsigned())),
        Shape::Ifconf => interfaces(k, fd, at),
        _ => with_structure(k, fd, number, *way, *shape, at),
    }
}

fn with_structure(k: &Call<'_>, fd: Fd, number: u64, way: Way, shape: Shape, at: Addr) -> Answer {
    let mut room: Room = [0; 256];
    if way != Way::Out {
        read(k, shape, at, &mut room)?;
        if shape == Shape::CloneRange {
            let range: CloneRange = RISCV64.decode(&room);
            k.fd(i32::try_from(range.fd).map_err(|_| Errno::EBADF)?)?;
        }
    }
    let done = host::ioctl_bytes(fd.0, number, &mut room)?;
    if way != Way::In {
        write(k, shape, at, &room)?;
    }
    Ok(done)
}

fn load<T: Record>(k: &Call<'_>, at: Addr, room: &mut Room) -> Answer {
    let bytes = k.load_for_host::<T>(at)?;
    room.get_mut(..bytes.len()).ok_or(Errno::EINVAL)?.copy_from_slice(&bytes);
    Ok(0)
}

/// A structure of the program's as the host's: x86-64 has the asm-generic layouts, as riscv64 does.
fn read(k: &Call<'_>, shape: Shape, at: Addr, room: &mut Room) -> Answer {
    match shape {
        Shape::Int => load::<i32>(k, at, room),
        Shape::Long => load::<u64>(k, at, room),
        Shape::Words(count) => {
            let (words, _) = room.as_chunks_mut::<8>();
            for (n, word) in (0..count).zip(words) {
                *word = k.load_word(at.plus(n * k.abi().word_size()))?.to_ne_bytes();
            }
            Ok(0)
        }
        Shape::Bytes(size) => {
            k.space.copy_in(at.0, room.get_mut(..size).ok_or(Errno::EINVAL)?)?;
            Ok(0)
        }
        Shape::Termios => load::<Termios>(k, at, room),
        Shape::Termios2 => load::<Termios2>(k, at, room),
        Shape::Winsize => load::<Winsize>(k, at, room),
        Shape::Ifreq => load::<Ifreq>(k, at, room),
        Shape::CloneRange => load::<CloneRange>(k, at, room),
        Shape::Fsxattr => load::<Fsxattr>(k, at, room),
        Shape::Value | Shape::Descriptor | Shape::OpenFlags | Shape::Ifconf => Ok(0),
    }
}

/// A structure of the host's as the program's.
fn write(k: &Call<'_>, shape: Shape, at: Addr, room: &Room) -> Answer {
    match shape {
        Shape::Int => k.store_from_host::<i32>(at, room),
        Shape::Long => k.store_from_host::<u64>(at, room),
        Shape::Words(count) => {
            let (words, _) = room.as_chunks::<8>();
            for (n, word) in (0..count).zip(words) {
                k.store(at.plus(n * k.abi().word_size()), &Word(u64::from_ne_bytes(*word)))?;
            }
            Ok(0)
        }
        Shape::Bytes(size) => k.put(at, room.get(..size).ok_or(Errno::EINVAL)?),
        Shape::Termios => k.store_from_host::<Termios>(at, room),
        Shape::Termios2 => k.store_from_host::<Termios2>(at, room),
        Shape::Winsize => k.store_from_host::<Winsize>(at, room),
        Shape::Ifreq => k.store_from_host::<Ifreq>(at, room),
        Shape::CloneRange => k.store_from_host::<CloneRange>(at, room),
        Shape::Fsxattr => k.store_from_host::<Fsxattr>(at, room),
        Shape::Value | Shape::Descriptor | Shape::OpenFlags | Shape::Ifconf => Ok(0),
    }
}

/// Bytes of interfaces that are carried.
const MOST_INTERFACES: u64 = 64 * 1024;

/// SIOCGIFCONF: a structure that points to room for the list; without room it asks for the length.
fn interfaces(k: &mut Call<'_>, fd: Fd, at: Addr) -> Answer {
    let mut list: Ifconf = k.load(at)?;
    let (size, host_size) = (k.size::<Ifreq>(), RISCV64.size::<Ifreq>());
    let count = u64::try_from(list.len).map_err(|_| Errno::EINVAL)?.min(MOST_INTERFACES) / size;
    let mut room = vec![0; if list.list == 0 { 0 } else { index(count * host_size) }];
    let asked = if list.list == 0 { None } else { Some(&mut room[..]) };
    let used = u64::from(host::ioctl_interfaces(fd.0, asked)?.unsigned_abs()) / host_size;
    for (n, one) in (0..used).zip(room.chunks_exact(index(host_size))) {
        k.store_from_host::<Ifreq>(Addr(list.list).plus(n * size), one)?;
    }
    list.len = int(used * size);
    k.store(at, &list)
}
