//! Device control: requests as their rows say.

use super::super::super::{Addr, Answer, Call, Fd};
use super::requests::{REQUESTS, Shape, Way};
use crate::abi::structs::{CloneRange, Fsxattr, Ifconf, Ifreq, Termios, Termios2, Winsize};
use crate::abi::{Errno, index, int, open_to_host};
use crate::host;

/// Bytes for the host: as large as the largest structure.
type Room = [u8; 256];

pub fn ioctl(k: &mut Call<'_>, fd: Fd, request: u32, value: u64) -> Answer {
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
        Shape::OpenFlags => host::ioctl(fd.0, number, u64::from(open_to_host(value).cast_unsigned())),
        Shape::Ifconf => interfaces(k, fd, at),
        _ => with_structure(k, fd, number, *way, *shape, at),
    }
}

fn with_structure(k: &Call<'_>, fd: Fd, number: u64, way: Way, shape: Shape, at: Addr) -> Answer {
    let (mut room, size): (Room, _) = ([0; 256], shape.size());
    let bytes = room.get_mut(..size).ok_or(Errno::EINVAL)?;
    if way != Way::Out {
        k.space.copy_in(at.0, bytes)?;
        convert(shape, bytes);
        if matches!(shape, Shape::CloneRange) {
            let range = bytes.first_chunk().map(CloneRange::decode).unwrap_or_default();
            k.fd(i32::try_from(range.fd).map_err(|_| Errno::EBADF)?)?;
        }
    }
    let done = host::ioctl_bytes(fd.0, number, &mut room)?;
    if way != Way::In {
        let bytes = room.get_mut(..size).ok_or(Errno::EINVAL)?;
        convert(shape, bytes);
        k.put(at, bytes)?;
    }
    Ok(done)
}

/// Passes a structure through its table, which is one for guest and host: RISC-V and x86-64 both take
/// the asm-generic layouts.
fn convert(shape: Shape, bytes: &mut [u8]) {
    macro_rules! through {
        ($t:ident) => {
            if let Some(all) = bytes.first_chunk_mut() {
                *all = $t::decode(all).encode();
            }
        };
    }
    match shape {
        Shape::Termios => through!(Termios),
        Shape::Termios2 => through!(Termios2),
        Shape::Winsize => through!(Winsize),
        Shape::Ifreq => through!(Ifreq),
        Shape::CloneRange => through!(CloneRange),
        Shape::Fsxattr => through!(Fsxattr),
        _ => {}
    }
}

/// Bytes of interfaces that are carried.
const MOST_INTERFACES: u64 = 64 * 1024;

/// SIOCGIFCONF: a structure that points to room for the list; without room it asks for the length.
fn interfaces(k: &mut Call<'_>, fd: Fd, at: Addr) -> Answer {
    let mut list = Ifconf::decode(&k.get(at)?);
    let len = u64::try_from(list.len).map_err(|_| Errno::EINVAL)?.min(MOST_INTERFACES);
    if list.list == 0 {
        list.len = host::ioctl_interfaces(fd.0, None)?;
    } else {
        let mut room = vec![0; index(len)];
        list.len = host::ioctl_interfaces(fd.0, Some(&mut room))?;
        let used = room.get(..index(u64::from(list.len.unsigned_abs()))).ok_or(Errno::EINVAL)?;
        k.put(Addr(list.list), used)?;
    }
    k.put(at, &list.encode())
}
