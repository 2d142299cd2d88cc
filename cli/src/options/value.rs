//! Numbers, sizes and lists as QEMU's options write them.

use std::ffi::{OsStr, OsString};
use std::ops::RangeInclusive;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// Sizes of address space that `-R` accepts: room for the largest stack and a program, and what a process of
/// this kind of host has.
pub const SPACES: RangeInclusive<u64> = 64 << 20..=64 << 40;

/// A number: decimal, hexadecimal after `0x`.
pub fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Two numbers with a dash between them, of which the second is not less.
pub fn range(text: &str) -> Option<std::ops::Range<u64>> {
    let (start, end) = text.split_once('-')?;
    let range = number(start)?..number(end)?;
    (range.start <= range.end).then_some(range)
}

/// A size in bytes within `bounds`: a number with `k`, `M`, `G` or `T` behind it, or none of them.
pub fn size(text: &str, bounds: RangeInclusive<u64>) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()? {
        b'k' | b'K' => (&text[..text.len() - 1], 10),
        b'm' | b'M' => (&text[..text.len() - 1], 20),
        b'g' | b'G' => (&text[..text.len() - 1], 30),
        b't' | b'T' => (&text[..text.len() - 1], 40),
        _ => (text, 0),
    };
    number(digits)?.checked_mul(1 << shift).filter(|bytes| bounds.contains(bytes))
}

/// The pieces between commas.
pub fn names(list: &OsStr) -> Vec<OsString> {
    list.as_bytes().split(|b| *b == b',').map(|piece| OsString::from_vec(piece.to_vec())).collect()
}

/// The assignments of `A=1,B=2`. QEMU cuts at every comma; here a piece that assigns nothing belongs to the
/// value before it. `None` if the first piece assigns nothing, or one has no name.
pub fn assignments(list: &OsStr) -> Option<Vec<OsString>> {
    let mut all: Vec<Vec<u8>> = vec![];
    for piece in list.as_bytes().split(|b| *b == b',') {
        match (piece.iter().position(|b| *b == b'='), all.last_mut()) {
            (Some(0), _) | (None, None) => return None,
            (Some(_), _) => all.push(piece.to_vec()),
            (None, Some(last)) => {
                last.push(b',');
                last.extend(piece);
            }
        }
    }
    Some(all.into_iter().map(OsString::from_vec).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("65536", Some(65536))]
    #[case("0x20000", Some(0x2_0000))]
    #[case("64k", Some(64 << 10))]
    #[case("16384M", Some(16 << 30))]
    #[case("16G", Some(16 << 30))]
    #[case("63k", None)]
    #[case("16385M", None)]
    #[case("18446744073709551615M", None)]
    #[case("k", None)]
    #[case("", None)]
    #[case("-1", None)]
    #[case("é", None)]
    fn a_stack_size_is_read(#[case] text: &str, #[case] bytes: Option<u64>) {
        assert_eq!(size(text, user::stack::SIZES), bytes);
    }

    #[rstest]
    #[case("A=1", Some(&["A=1"][..]))]
    #[case("A=1,B=2", Some(&["A=1", "B=2"][..]))]
    #[case("LIST=a,b,C=", Some(&["LIST=a,b", "C="][..]))]
    #[case("A==,", Some(&["A==,"][..]))]
    #[case("A", None)]
    #[case("=1", None)]
    #[case("A=1,=2", None)]
    #[case("", None)]
    fn several_variables_are_set_at_once(#[case] text: &str, #[case] wanted: Option<&[&str]>) {
        let wanted = wanted.map(|all| all.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(assignments(text.as_ref()), wanted);
    }
}
