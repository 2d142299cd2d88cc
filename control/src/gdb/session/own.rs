//! Packets that the protocol's crate does not know or says too little to: answered here.

use super::wire::{LONGEST, escaped, unescaped};
use crate::gdb::signal::from_gdb;
use crate::gdb::target::Debugged;
use gdbstub::common::Signal;
use std::fmt::Write;

/// What this side of the line can do. [GDB manual, General Query Packets, qSupported]
const FEATURES: &[&str] = &[
    "vContSupported+",
    "multiprocess+",
    "QStartNoAckMode+",
    "swbreak+",
    "hwbreak+",
    "QCatchSyscalls+",
    "QDisableRandomization+",
    "QPassSignals+",
    "QProgramSignals+",
    "qXfer:features:read+",
    "qXfer:auxv:read+",
    "qXfer:exec-file:read+",
    "qXfer:siginfo:read+",
    "qXfer:siginfo:write+",
    "qXfer:threads:read+",
    "fork-events+",
    "no-resumed+",
];

/// The answer to a packet with this body; `None` leaves it to the protocol.
pub fn answer(target: &mut Debugged, body: &[u8]) -> Option<Vec<u8>> {
    let end = body.iter().position(|byte| b":;".contains(byte)).unwrap_or(body.len());
    let (name, rest) = (&body[..end], body.get(end + 1..).unwrap_or_default());
    Some(match name {
        b"qSupported" => format!("PacketSize={LONGEST:x};{}", FEATURES.join(";")).into_bytes(),
        b"QPassSignals" => {
            target.pass(signals(rest)?);
            b"OK".to_vec()
        }
        // What gdb has not heard of goes to the program in any case, and what it has heard of is its to give.
        b"QProgramSignals" => signals(rest).map(|_| b"OK".to_vec())?,
        // A program is always where it is without gdb.
        b"QDisableRandomization" if rest == b"0" || rest == b"1" => b"OK".to_vec(),
        b"qXfer" => return transfer(target, rest),
        _ => return None,
    })
}

/// A list of signals in gdb's numbers, as a mask of Linux's.
fn signals(list: &[u8]) -> Option<u64> {
    let mut mask = 0;
    for word in list.split(|byte| *byte == b';').filter(|word| !word.is_empty()) {
        let number = u8::try_from(hex(word)?).ok()?;
        // gdb lists all that it knows, also those that Linux does not have.
        mask |= from_gdb(Signal(number)).map_or(0, |linux| 1 << (linux - 1));
    }
    Some(mask)
}

/// A number as packets have it.
pub fn hex(word: &[u8]) -> Option<u64> {
    // The library takes a sign, which packets do not have.
    let digits = std::str::from_utf8(word).ok().filter(|word| !word.starts_with('+'))?;
    u64::from_str_radix(digits, 16).ok()
}

/// `qXfer` of an object that the protocol does not know.
fn transfer(target: &mut Debugged, rest: &[u8]) -> Option<Vec<u8>> {
    let mut words = rest.splitn(4, |byte| *byte == b':');
    let (object, way, annex, rest) = (words.next()?, words.next()?, words.next()?, words.next()?);
    let text = match (object, way) {
        (b"threads", b"read") => target.threads().into_bytes(),
        (b"siginfo", b"read") => match target.siginfo() {
            Some(info) => info.to_vec(),
            None => return Some(error(EIO)),
        },
        (b"siginfo", b"write") if annex.is_empty() => return Some(change(target, rest)),
        _ => return None,
    };
    let window = annex.is_empty().then(|| window(rest)).flatten();
    Some(window.map_or_else(|| error(EINVAL), |(offset, length)| part(&text, offset, length)))
}

const EIO: u8 = 5;
const EINVAL: u8 = 22;

fn error(number: u8) -> Vec<u8> {
    format!("E{number:02x}").into_bytes()
}

/// `OFFSET,LENGTH`.
fn window(words: &[u8]) -> Option<(usize, usize)> {
    let comma = words.iter().position(|byte| *byte == b',')?;
    let number = |word| hex(word).and_then(|number| usize::try_from(number).ok());
    Some((number(&words[..comma])?, number(&words[comma + 1..])?))
}

/// The part of an object that was asked for: `m` before it says that there is more, `l` that there is not.
fn part(whole: &[u8], offset: usize, length: usize) -> Vec<u8> {
    let rest = whole.get(offset..).unwrap_or_default();
    // Each byte may take two in the answer, which must fit.
    let count = rest.len().min(length).min(LONGEST / 2 - 8);
    let mut answer = vec![if count < rest.len() { b'm' } else { b'l' }];
    answer.extend(escaped(&rest[..count]));
    answer
}

/// `OFFSET:DATA` into what came with the signal that was told.
fn change(target: &mut Debugged, rest: &[u8]) -> Vec<u8> {
    let changed = || {
        let colon = rest.iter().position(|byte| *byte == b':')?;
        let offset = usize::try_from(hex(&rest[..colon])?).ok()?;
        let bytes = unescaped(&rest[colon + 1..]);
        let mut info = target.siginfo()?;
        info.get_mut(offset..offset.checked_add(bytes.len())?)?.copy_from_slice(&bytes);
        target.set_siginfo(&info).then_some(bytes.len())
    };
    changed().map_or_else(|| error(EINVAL), |count| format!("{count:x}").into_bytes())
}

/// An old packet for going on, in the words of a new one: the protocol's crate would have one thread go
/// where all are meant.
pub fn in_full(body: &[u8], current: Option<i32>) -> Option<String> {
    let (signal, letter) = match body {
        [b'c'] | [b's'] => (None, body[0]),
        [letter @ (b'C' | b'S'), signal @ ..] => {
            (Some(hex(signal).and_then(|n| u8::try_from(n).ok())?), *letter)
        }
        _ => return None,
    };
    let action = char::from(letter);
    let signal = signal.map_or_else(String::new, |signal| format!("{signal:02x}"));
    if action == 'c' {
        return Some("vCont;c".into());
    }
    Some(format!("vCont;{action}{signal}:{:x};c", current?))
}

/// The process that `H` makes the next packets be about: outer `None` for any other packet.
pub fn process_of(body: &[u8]) -> Option<Option<i32>> {
    let rest = body.strip_prefix(b"Hg")?;
    let pid = rest.strip_prefix(b"p").and_then(|rest| rest.split(|byte| *byte == b'.').next());
    Some(pid.and_then(process))
}

/// The process that `D` names.
pub fn leaves(body: &[u8]) -> Option<i32> {
    process(body.strip_prefix(b"D;")?)
}

fn process(word: &[u8]) -> Option<i32> {
    hex(word).and_then(|number| i32::try_from(number).ok())
}

/// A thread as `qXfer:threads:read` lists it.
pub fn thread(list: &mut String, pid: i32, tid: i32, name: &str) {
    // A String takes whatever is written.
    let _ = write!(list, "<thread id=\"p{pid:x}.{tid:x}\" name=\"{}\"/>", quoted(name));
}

/// Text as XML has it in quotes; what XML cannot hold becomes a question mark.
fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    for letter in text.chars() {
        match letter {
            '<' => quoted += "&lt;",
            '&' => quoted += "&amp;",
            '"' => quoted += "&quot;",
            letter if letter.is_control() => quoted.push('?'),
            letter => quoted.push(letter),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"", Some(0))]
    #[case(b"e;14;1c", Some(1 << 13 | 1 << 16 | 1 << 27))]
    #[case(b"2;ff", Some(2))]
    #[case(b"2;x", None)]
    #[case(b"100", None)]
    #[case(b"+2", None)]
    fn a_list_of_signals_becomes_a_mask(#[case] list: &[u8], #[case] mask: Option<u64>) {
        assert_eq!(signals(list), mask);
    }

    #[rstest]
    #[case(0, 4, b"mabcd")]
    #[case(2, 9, b"lcd}\x03")]
    #[case(5, 1, b"l")]
    #[case(usize::MAX, usize::MAX, b"l")]
    fn a_part_says_whether_there_is_more(#[case] offset: usize, #[case] length: usize, #[case] told: &[u8]) {
        assert_eq!(part(b"abcd#", offset, length), told);
    }

    #[rstest]
    #[case(b"c", Some("vCont;c"))]
    #[case(b"s", Some("vCont;s:2a;c"))]
    #[case(b"C0b", Some("vCont;C0b:2a;c"))]
    #[case(b"S5", Some("vCont;S05:2a;c"))]
    #[case(b"Sx", None)]
    #[case(b"c1000", None)]
    fn an_old_packet_is_put_in_new_words(#[case] body: &[u8], #[case] words: Option<&str>) {
        assert_eq!(in_full(body, Some(42)).as_deref(), words);
    }

    #[rstest]
    #[case(b"Hgp2a.1", Some(Some(42)))]
    #[case(b"Hg1", Some(None))]
    #[case(b"Hc1", None)]
    fn a_packet_chooses_a_process(#[case] body: &[u8], #[case] pid: Option<Option<i32>>) {
        assert_eq!(process_of(body), pid);
    }

    #[test]
    fn a_name_cannot_leave_its_quotes() {
        assert_eq!(quoted("a\"<b>&\n"), "a&quot;&lt;b>&amp;?");
    }
}
