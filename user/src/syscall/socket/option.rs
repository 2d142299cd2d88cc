//! Socket options: a table of levels, and of the options that are not plain bytes.

use super::super::{Addr, Answer, Call, Fd};
use crate::abi::structs::SockFprog;
use crate::abi::{Errno, index, int};
use crate::host;

/// Bytes of an option's value that are carried.
const MOST: u64 = 4096;
/// Instructions of a filter. [BPF_MAXINSNS]
const MOST_CODE: u16 = 4096;

/// What the value of an option is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    /// Numbers, names and structures of them, laid out alike for every 64-bit CPU.
    Bytes,
    /// A classic filter: a pointer to instructions when set, the instructions when read.
    Filter,
    /// Structures of pointers, which would be the wrong ones; or nothing that is known.
    Refused,
}

/// Level, the options from one number to another, what they are. The first row that fits counts.
/// [asm-generic/socket.h, linux/in.h, linux/in6.h, linux/tcp.h, linux/if_packet.h, linux/netlink.h]
const ROWS: &[(i32, i32, i32, Kind)] = &[
    (libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, libc::SO_ATTACH_FILTER, Kind::Filter),
    (libc::SOL_SOCKET, libc::SO_ATTACH_REUSEPORT_CBPF, libc::SO_ATTACH_REUSEPORT_CBPF, Kind::Filter),
    // The host would send from a buffer of ours while the next call fills it.
    (libc::SOL_SOCKET, libc::SO_ZEROCOPY, libc::SO_ZEROCOPY, Kind::Refused),
    (libc::SOL_SOCKET, 0, i32::MAX, Kind::Bytes),
    // From 64 on come tables of packet filters, with pointers to counters.
    (libc::IPPROTO_IP, 0, 63, Kind::Bytes),
    (libc::IPPROTO_IP, 80, 80, Kind::Bytes), // SO_ORIGINAL_DST
    (libc::IPPROTO_IPV6, 0, 63, Kind::Bytes),
    (libc::IPPROTO_IPV6, 66, 80, Kind::Bytes),
    // TCP_ZEROCOPY_RECEIVE maps pages at an address.
    (libc::IPPROTO_TCP, 35, 35, Kind::Refused),
    (libc::IPPROTO_TCP, 0, i32::MAX, Kind::Bytes),
    (libc::IPPROTO_UDP, 0, i32::MAX, Kind::Bytes),
    (libc::IPPROTO_UDPLITE, 0, i32::MAX, Kind::Bytes),
    (libc::IPPROTO_RAW, 0, i32::MAX, Kind::Bytes),
    (libc::IPPROTO_ICMP, 0, i32::MAX, Kind::Bytes),
    (libc::IPPROTO_ICMPV6, 0, i32::MAX, Kind::Bytes),
    // PACKET_FANOUT_DATA may be a filter.
    (libc::SOL_PACKET, 22, 22, Kind::Refused),
    (libc::SOL_PACKET, 0, i32::MAX, Kind::Bytes),
    (libc::SOL_NETLINK, 0, i32::MAX, Kind::Bytes),
    (libc::SOL_ALG, 0, i32::MAX, Kind::Bytes),
    (libc::AF_VSOCK, 0, i32::MAX, Kind::Bytes),
];

fn kind(level: i32, name: i32) -> Kind {
    let row = ROWS.iter().find(|(l, first, last, _)| *l == level && (*first..=*last).contains(&name));
    row.map_or(Kind::Refused, |(_, _, _, kind)| *kind)
}

/// A bad descriptor is found before an unknown option.
fn refuse(fd: Fd) -> Answer {
    host::fcntl(fd.0, libc::F_GETFD, 0).and(Err(Errno::ENOPROTOOPT))
}

pub fn setsockopt(k: &mut Call<'_>, fd: Fd, level: i32, name: i32, at: Addr, len: u64) -> Answer {
    let len = u64::try_from(int(len)).map_err(|_| Errno::EINVAL)?;
    match kind(level, name) {
        Kind::Bytes => {
            let mut value = vec![0; index(len.min(MOST))];
            k.space.copy_in(at.0, &mut value)?;
            host::setsockopt(fd.0, level, name, &value)
        }
        Kind::Filter if len < k.size::<SockFprog>() => Err(Errno::EINVAL),
        Kind::Filter => {
            let filter: SockFprog = k.load(at)?;
            if filter.len == 0 || filter.len > MOST_CODE {
                return Err(Errno::EINVAL);
            }
            let mut code = vec![[0; 8]; usize::from(filter.len)];
            k.space.copy_in(filter.filter, code.as_flattened_mut())?;
            host::setsockopt_filter(fd.0, level, name, &code)
        }
        Kind::Refused => refuse(fd),
    }
}

pub fn getsockopt(k: &mut Call<'_>, fd: Fd, level: i32, name: i32, at: Addr, len_at: Addr) -> Answer {
    let len: i32 = k.load(len_at)?;
    let room = u64::try_from(len).map_err(|_| Errno::EINVAL)?.min(MOST);
    // The length of a filter is told in instructions.
    let unit = match kind(level, name) {
        Kind::Bytes => 1,
        Kind::Filter => 8,
        Kind::Refused => return refuse(fd),
    };
    let mut value = [0; 4096];
    let mut got = int(room.min(MOST / unit));
    host::getsockopt(fd.0, level, name, &mut value, &mut got)?;
    let bytes = (u64::from(got.unsigned_abs()) * unit).min(room * unit);
    k.put(at, value.get(..index(bytes)).ok_or(Errno::EINVAL)?)?;
    k.store(len_at, &got)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(libc::SOL_SOCKET, libc::SO_RCVTIMEO, Kind::Bytes)]
    #[case(libc::SOL_SOCKET, libc::SO_PEERCRED, Kind::Bytes)]
    #[case(libc::SOL_SOCKET, libc::SO_ATTACH_FILTER, Kind::Filter)]
    #[case(libc::IPPROTO_TCP, libc::TCP_NODELAY, Kind::Bytes)]
    #[case(libc::IPPROTO_TCP, 35, Kind::Refused)]
    #[case(libc::IPPROTO_IP, 64, Kind::Refused)]
    #[case(libc::IPPROTO_SCTP, 0, Kind::Refused)]
    fn an_option_is_what_its_row_says(#[case] level: i32, #[case] name: i32, #[case] wanted: Kind) {
        assert_eq!(kind(level, name), wanted);
    }
}
