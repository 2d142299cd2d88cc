//! Socket addresses, options, buffers and messages.

use super::kinds::{Kind, Width};
use super::records::{INT, LINGER, SOCKADDR_IN, SOCKADDR_NL, TIMEVAL, UCRED};
use super::special::int_at;
use super::text::{MOST, Scope, load, pointer, quote};
use super::words::net;
use crate::abi::structs::{CmsgHead, Iovec};
use spec::bits::Low;
use std::net::{Ipv4Addr, Ipv6Addr};

/// Bytes of an address that are looked at. [sockaddr_storage]
const MOST_ADDRESS: u64 = 128;
/// Messages beside the data that are shown.
const MOST_MESSAGES: usize = 8;

/// What lies at an address; `None` where nothing can be read.
pub(super) fn show(scope: &Scope<'_>, kind: Kind, at: u64) -> Option<String> {
    match kind {
        Kind::Address(n) => address(scope, at, scope.word(n).low32()),
        Kind::AddressFilled(n) => {
            let len = scope.number(scope.word(n), Width::U32)?;
            address(scope, at, len.low32())
        }
        Kind::BuffersOut(n) => buffers(scope, at, scope.word(n), Buffers::Full),
        Kind::BuffersIn(n) => buffers(scope, at, scope.word(n), Buffers::Filled(scope.result?)),
        Kind::BuffersAt(n) => buffers(scope, at, scope.word(n), Buffers::Places),
        Kind::Control(n) => control(scope, at, scope.word(n)),
        Kind::OptionValue(level, name, len) => {
            value(scope, at, scope.word(level), scope.word(name), scope.word(len).low32())
        }
        Kind::OptionFilled(level, name, len) => {
            let len = scope.number(scope.word(len), Width::U32)?;
            value(scope, at, scope.word(level), scope.word(name), len.low32())
        }
        _ => None,
    }
}

/// A port as the network has it, high byte first.
pub(super) fn port(word: u64) -> u16 {
    word.low16().swap_bytes()
}

/// An IPv4 address.
pub(super) fn inet(word: u32) -> String {
    format!("inet_addr(\"{}\")", Ipv4Addr::from(word.to_le_bytes()))
}

/// The protocol of a socket of a family.
pub(super) fn protocol(family: u64, word: u64) -> String {
    match family.low32() {
        2 | 10 => net::INET_PROTOCOL.word(word.low32().into()),
        16 => net::NETLINK_PROTOCOL.word(word.low32().into()),
        _ => super::text::hex(word.low32().into()),
    }
}

/// The option of a socket at a level.
pub(super) fn option(level: u64, word: u64) -> String {
    let words = match level {
        0 => &net::IP,
        1 => &net::SO,
        6 => &net::TCP,
        17 => &net::UDP,
        41 => &net::IPV6,
        _ => return word.low32().cast_signed().to_string(),
    };
    words.word(word)
}

/// The value of an option: a number, or what its name says.
fn value(scope: &Scope<'_>, at: u64, level: u64, name: u64, len: u32) -> Option<String> {
    let record = match (level, name, len) {
        (1, 13, 8) => &LINGER,
        (1, 17, 12) => &UCRED,
        (1, 20 | 21, 16) => &TIMEVAL,
        (_, _, 4) => return int_at(scope, at),
        (_, _, 0..4) => return None,
        _ => return scope.quoted(at, len.into()),
    };
    scope.bytes(at, len.into()).map(|bytes| scope.record(&bytes, record))
}

/// A socket address of `len` bytes.
pub(super) fn address(scope: &Scope<'_>, at: u64, len: u32) -> Option<String> {
    if len < 2 {
        return None;
    }
    let bytes = scope.bytes(at, u64::from(len).min(MOST_ADDRESS))?;
    let (family, rest) = bytes.split_first_chunk::<2>()?;
    let family = u16::from_le_bytes(*family);
    let name = net::FAMILY.word(family.into());
    Some(match (family, bytes.len()) {
        (_, 2) => format!("{{sa_family={name}}}"),
        (1, _) => format!("{{sa_family=AF_UNIX, sun_path={}}}", unix(rest)),
        (2, 8..) => scope.record(&bytes, &SOCKADDR_IN),
        (10, 24..) => inet6(&bytes),
        (16, 12..) => scope.record(&bytes, &SOCKADDR_NL),
        _ => format!("{{sa_family={name}, sa_data={}}}", quote(rest, false)),
    })
}

/// A path, or after a zero a name that is none: `@"name"`.
fn unix(path: &[u8]) -> String {
    match path.split_first() {
        Some((0, name)) if !name.is_empty() => format!("@{}", quote(name, false)),
        _ => quote(path.split(|byte| *byte == 0).next().unwrap_or_default(), false),
    }
}

fn inet6(bytes: &[u8]) -> String {
    let part = |at: usize, width: Width| load(bytes.get(at..).unwrap_or_default(), width);
    let mut octets = [0; 16];
    octets.copy_from_slice(bytes.get(8..24).unwrap_or(&[0; 16]));
    let scope =
        if bytes.len() >= 28 { format!(", sin6_scope_id={}", part(24, Width::U32)) } else { String::new() };
    format!(
        "{{sa_family=AF_INET6, sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"{}\", &sin6_addr){scope}}}",
        port(part(2, Width::U16)),
        part(4, Width::U32).low32().swap_bytes(),
        Ipv6Addr::from(octets),
    )
}

/// What of the buffers is shown.
#[derive(Clone, Copy)]
enum Buffers {
    /// Their bytes.
    Full,
    /// So many bytes over all.
    Filled(u64),
    /// Their addresses.
    Places,
}

fn buffers(scope: &Scope<'_>, at: u64, count: u64, what: Buffers) -> Option<String> {
    let size = scope.abi.size::<Iovec>();
    let mut left = if let Buffers::Filled(bytes) = what { bytes } else { u64::MAX };
    let mut texts = vec![];
    for n in 0..count.min(MOST) {
        let place = at.wrapping_add(n * size);
        let Some(one) = scope.get::<Iovec>(place) else {
            if n == 0 {
                return None;
            }
            texts.push(format!("... /* {place:#x} */"));
            break;
        };
        let len = one.len.min(left);
        left -= len;
        let base = if let Buffers::Places = what { None } else { scope.quoted(one.base, len) };
        let base = base.filter(|_| one.base != 0).unwrap_or_else(|| pointer(one.base));
        texts.push(format!("{{iov_base={base}, iov_len={}}}", one.len));
    }
    if count > MOST {
        texts.push("...".to_owned());
    }
    Some(format!("[{}]", texts.join(", ")))
}

/// Messages beside the data: `[{cmsg_len=…, …}]`.
fn control(scope: &Scope<'_>, at: u64, len: u64) -> Option<String> {
    let end = at.checked_add(len)?;
    let head = scope.abi.size::<CmsgHead>();
    let (mut next, mut texts) = (at, vec![]);
    while next.checked_add(head)? <= end && texts.len() < MOST_MESSAGES {
        let CmsgHead { len: size, level, kind } = scope.get(next)?;
        let [level, kind] = [level, kind].map(|n| u64::from(n.cast_unsigned()));
        let room = size.checked_sub(head).filter(|room| *room <= end - next - head);
        let mut text = format!("{{cmsg_len={size}, cmsg_level={}, cmsg_type=", net::LEVEL.word(level));
        text.push_str(&if level == 1 { net::SCM.word(kind) } else { super::text::hex(kind) });
        let data = room.filter(|room| *room > 0).and_then(|room| data(scope, next + head, room, level, kind));
        text.push_str(&data.map(|data| format!(", cmsg_data={data}")).unwrap_or_default());
        texts.push(format!("{text}}}"));
        // The next begins at a multiple of a word.
        match room.and_then(|_| size.checked_next_multiple_of(scope.abi.word_size())) {
            Some(size) => next = next.checked_add(size)?,
            None => break,
        }
    }
    (!texts.is_empty()).then(|| format!("[{}]", texts.join(", ")))
}

fn data(scope: &Scope<'_>, at: u64, room: u64, level: u64, kind: u64) -> Option<String> {
    match (level, kind) {
        (1, 1) => scope.list(at, INT, room / INT.bytes() as u64),
        (1, 2) if room >= UCRED.size as u64 => {
            scope.bytes(at, UCRED.size as u64).map(|bytes| scope.record(&bytes, &UCRED))
        }
        _ => scope.quoted(at, room),
    }
}
