//! The file of a trace.
//!
//! Lines of text up to an empty one, then numbers of 64 bits, the least significant byte first:
//!
//! ```text
//! strata trace 1
//! every 65536            instructions between two hashes, a power of two
//! exe /usr/bin/strata    what wrote it
//! word -accel            the words after `strata trace`, one a line, without -o FILE;
//! word interp            \\ is a backslash and \xHH a byte
//!
//! ```
//!
//! Each time the count of instructions is a multiple of `every`, a hash of the registers and one of the memory,
//! which is zero where none was taken. At the end the count of instructions, two hashes more, and [`END`]. The hashes are
//! those of [`hash_of`](super::hash_of) and [`hash`](accel::lockstep::pages::hash).

use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

const FIRST: &str = "strata trace 1";
/// The last number, by which a trace that was cut short is known.
pub const END: u64 = u64::from_le_bytes(*b"\0the end");
/// The longest trace that is read.
pub const MOST_BYTES: u64 = 4 << 30;
/// The longest header.
const MOST_HEADER: usize = 4 << 20;

/// How a trace was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// Instructions between two hashes.
    pub every: u64,
    /// What wrote it.
    pub exe: OsString,
    /// Its words.
    pub words: Vec<OsString>,
}

/// What is remembered of a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// The hash of the registers.
    pub state: u64,
    /// The hash of the memory, or zero.
    pub memory: u64,
}

impl Stop {
    /// Writes it.
    ///
    /// # Errors
    /// What writing meets.
    pub fn write(self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.state.to_le_bytes())?;
        out.write_all(&self.memory.to_le_bytes())
    }
}

/// A trace that has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// How it was made.
    pub header: Header,
    /// In order; the first after `every` instructions.
    pub stops: Vec<Stop>,
    /// Instructions to the end.
    pub count: u64,
    /// At the end.
    pub end: Stop,
}

/// A file that is no trace.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TraceError {
    /// It begins with something else.
    #[error("this is no trace: it does not begin with \"{FIRST}\"; name a file that strata trace wrote")]
    First,
    /// A line of the header.
    #[error("line {0} of the trace's header is not understood; name a file that strata trace wrote")]
    Line(usize),
    /// No end of the header.
    #[error("the trace's header has no end; name a file that strata trace wrote")]
    Header,
    /// It stops in the middle, or has more than its count of instructions makes.
    #[error("the trace has {found} bytes of hashes where {count} instructions make {wanted}; trace again")]
    Length {
        /// Bytes.
        found: u64,
        /// Instructions, as it says.
        count: u64,
        /// Bytes that makes.
        wanted: u64,
    },
    /// Not even an end.
    #[error("the trace has no end: the program that it is of was killed, or the file was cut; trace again")]
    End,
}

impl Header {
    /// The lines, with the empty one.
    pub fn write(&self) -> String {
        let mut out = format!("{FIRST}\nevery {}\nexe {}\n", self.every, escaped(&self.exe));
        for word in &self.words {
            let _ = writeln!(out, "word {}", escaped(word));
        }
        out + "\n"
    }

    fn read(text: &[u8]) -> Result<Self, TraceError> {
        let text = std::str::from_utf8(text).map_err(|_| TraceError::Line(1))?;
        let mut lines = (1..).zip(text.lines());
        if lines.next().is_none_or(|(_, line)| line != FIRST) {
            return Err(TraceError::First);
        }
        let (mut every, mut exe, mut words) = (None, None, vec![]);
        for (number, line) in lines {
            let wrong = || TraceError::Line(number);
            match line.split_once(' ') {
                Some(("every", value)) => {
                    let value = value.parse().ok().filter(|n: &u64| n.is_power_of_two());
                    every = Some(value.ok_or_else(wrong)?);
                }
                Some(("exe", text)) => exe = Some(plain(text).ok_or_else(wrong)?),
                Some(("word", text)) => words.push(plain(text).ok_or_else(wrong)?),
                _ => return Err(wrong()),
            }
        }
        let every = every.ok_or(TraceError::Line(2))?;
        Ok(Self { every, exe: exe.ok_or(TraceError::Line(3))?, words })
    }
}

impl Trace {
    /// Reads a file.
    ///
    /// # Errors
    /// [`TraceError`].
    pub fn read(bytes: &[u8]) -> Result<Self, TraceError> {
        if !bytes.starts_with(FIRST.as_bytes()) {
            return Err(TraceError::First);
        }
        let head = &bytes[..bytes.len().min(MOST_HEADER)];
        let end = head.windows(2).position(|pair| pair == b"\n\n").ok_or(TraceError::Header)?;
        let header = Header::read(&bytes[..end])?;
        let body = &bytes[end + 2..];
        let (words, rest) = body.as_chunks::<8>();
        let mut words: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let (Some(END), Some(memory), Some(state), Some(count)) =
            (words.pop(), words.pop(), words.pop(), words.pop())
        else {
            return Err(TraceError::End);
        };
        // The end may lie on a multiple, where the program is not stopped.
        let stops = (count / header.every, count.saturating_sub(1) / header.every);
        let found = words.len() as u64;
        if !rest.is_empty() || found != 2 * stops.0 && found != 2 * stops.1 {
            let wanted = stops.1.saturating_mul(16).saturating_add(32);
            return Err(TraceError::Length { found: body.len() as u64, count, wanted });
        }
        let stops = words.as_chunks::<2>().0.iter().map(|&[state, memory]| Stop { state, memory });
        Ok(Self { header, stops: stops.collect(), count, end: Stop { state, memory } })
    }
}

fn escaped(word: &OsStr) -> String {
    let mut out = String::new();
    for byte in word.as_bytes() {
        match byte {
            b'\\' => out += "\\\\",
            b' '..=b'~' => out.push(char::from(*byte)),
            other => {
                let _ = write!(out, "\\x{other:02x}");
            }
        }
    }
    out
}

fn plain(text: &str) -> Option<OsString> {
    let mut out = vec![];
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        out.extend(before.bytes());
        rest = match after.strip_prefix('\\') {
            Some(after) => {
                out.push(b'\\');
                after
            }
            None => {
                let digits = after.strip_prefix('x')?.get(..2)?;
                out.push(u8::from_str_radix(digits, 16).ok()?);
                &after[3..]
            }
        };
    }
    out.extend(rest.bytes());
    Some(OsString::from_vec(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Vec<u8> {
        let words = [OsString::from("a b"), OsString::from_vec(vec![b'\\', 10, 0xff])];
        let header = Header { every: 16, exe: "/x y/strata".into(), words: words.into() };
        let mut bytes = header.write().into_bytes();
        for n in [1u64, 2, 3, 0, 40, 7, 8, END] {
            bytes.extend(n.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn a_trace_is_read_back_as_it_was_written() {
        let trace = Trace::read(&sample()).unwrap();
        assert_eq!(trace.stops, [Stop { state: 1, memory: 2 }, Stop { state: 3, memory: 0 }]);
        assert_eq!((trace.count, trace.end), (40, Stop { state: 7, memory: 8 }));
        assert_eq!(trace.header.words[1].as_bytes(), [b'\\', 10, 0xff]);
    }

    #[test]
    fn a_trace_cut_anywhere_is_refused() {
        let all = sample();
        for end in 0..all.len() {
            assert!(Trace::read(&all[..end]).is_err(), "cut after {end} bytes");
        }
    }

    #[test]
    fn a_damaged_trace_is_read_or_refused_in_bounded_time() {
        let all = sample();
        for at in 0..all.len() {
            for bit in 0..8 {
                let mut bytes = all.clone();
                bytes[at] ^= 1 << bit;
                let _ = Trace::read(&bytes);
            }
        }
    }

    #[test]
    fn what_is_wrong_is_said() {
        let said = |bytes: &[u8]| Trace::read(bytes).unwrap_err().to_string();
        assert!(said(b"\x7fELF").starts_with("this is no trace"));
        assert!(said(b"strata trace 1\nevery 3\n\n").starts_with("line 2 of the trace's header"));
        assert!(said(b"strata trace 1\nevery 4\nexe \\x\n\n").starts_with("line 3 of"));
        assert!(said(b"strata trace 1\nevery 4\nexe a\n\n").starts_with("the trace has no end"));
        let mut long = sample();
        let end = long.len() - 32;
        long.splice(end..end, [0; 16]);
        assert!(said(&long).contains("bytes of hashes where"), "{}", said(&long));
    }
}
