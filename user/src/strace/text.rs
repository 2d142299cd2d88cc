//! The text of arguments, members and results. Whatever the program points to is read with a bound.

use super::kinds::{Count, Elem, Kind, Record, Ret, When, Width};
use super::records::TIMESPEC;
use super::words::{files, process};
use super::{sockets, special};
use crate::abi::{self, Abi, Encoded, OPEN_FLAGS, Set, Word, index, int};
use interp::Order;
use memory::user::{Space, StrFault};
use spec::bits::Low;

/// Bytes shown of what is no file name; members of a list that are shown.
pub(super) const MOST: u64 = 32;
/// Bytes of a file name. [PATH_MAX]
const MOST_PATH: usize = 4095;
/// Bytes of a page.
const PAGE: u64 = 4096;

/// What the text is made from.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    /// How the program's memory is laid out.
    pub abi: &'static Abi,
    /// The program's memory.
    pub space: &'a Space,
    /// The arguments of the call, or the members of the structure.
    pub words: &'a [u64],
    /// What the call answered; `None` before it and if it failed.
    pub result: Option<u64>,
}

impl Scope<'_> {
    /// Another argument or member; zero if there is none.
    pub fn word(&self, n: usize) -> u64 {
        self.words.get(n).copied().unwrap_or(0)
    }

    /// Whether something is shown.
    pub fn holds(&self, when: When) -> bool {
        match when {
            When::Any(n, mask) => self.word(n) & mask != 0,
            When::Is(n, mask, list) => list.contains(&(self.word(n) & mask)),
            When::Not(n, mask, list) => !list.contains(&(self.word(n) & mask)),
        }
    }

    /// Bytes at an address, if there are so many.
    pub fn bytes(&self, at: u64, len: u64) -> Option<Vec<u8>> {
        let mut bytes = vec![0; index(len)];
        self.space.copy_in(at, &mut bytes).ok().map(|()| bytes)
    }

    /// A structure or number at an address.
    pub fn get<T: abi::Record>(&self, at: u64) -> Option<T> {
        let mut bytes = Encoded::<T>::zeros(T::layout(self.abi));
        self.space.copy_in(at, &mut bytes).ok().map(|()| self.abi.decode(&bytes))
    }

    /// Bytes from one value of a list to the next.
    pub fn stride(&self, elem: Elem) -> u64 {
        match elem {
            Elem::Record(Record { native: Some(native), .. }) => (native.size)(self.abi),
            Elem::One(Width::U64, Kind::Pointer) => self.abi.word_size(),
            _ => elem.bytes() as u64,
        }
    }

    /// A value at an address as riscv64 has it.
    pub fn value(&self, at: u64, elem: Elem) -> Option<Vec<u8>> {
        let mut bytes = self.bytes(at, self.stride(elem))?;
        match elem {
            Elem::Record(Record { native: Some(native), .. }) => {
                return Some((native.shown)(self.abi, &bytes));
            }
            Elem::One(..) if self.abi.order == Order::Big => bytes.reverse(),
            _ => {}
        }
        Some(bytes)
    }

    /// A number at an address.
    pub fn number(&self, at: u64, width: Width) -> Option<u64> {
        self.value(at, Elem::One(width, &Kind::Hex)).map(|bytes| load(&bytes, width))
    }

    /// The text of one argument or member.
    pub fn show(&self, kind: Kind, word: u64) -> String {
        match kind {
            Kind::Int => int(word).to_string(),
            Kind::Uint => word.low32().to_string(),
            Kind::Long => word.cast_signed().to_string(),
            Kind::Size => word.to_string(),
            Kind::Hex => hex(word),
            Kind::Pointer => pointer(word),
            Kind::Id if word.low32() == u32::MAX => "-1".to_owned(),
            Kind::Id => word.low32().to_string(),
            Kind::Dir if int(word) == libc::AT_FDCWD => "AT_FDCWD".to_owned(),
            Kind::Dir => int(word).to_string(),
            Kind::Mode => octal(word),
            Kind::FileMode => file_mode(word),
            Kind::Device => device(word),
            Kind::Open => open(word),
            Kind::OpenBits => open_bits(word).unwrap_or_else(|| "0".to_owned()),
            Kind::Flags(words) => words.flags(unsigned(word)),
            Kind::Word(words) => words.word(unsigned(word)),
            Kind::Parts(parts, words) => {
                let known = parts.iter().fold(0, |all, (mask, _)| all | mask);
                let mut names: Vec<String> = parts.iter().map(|(mask, of)| of.word(word & mask)).collect();
                names.extend((word & !known != 0).then(|| words.flags(word & !known)));
                names.join("|")
            }
            Kind::FlagsThen(words, mask, last) => {
                let flags = (word & !mask != 0).then(|| words.flags(word & !mask));
                let rest = (word & mask != 0).then(|| self.show(*last, word & mask));
                let both: Vec<String> = flags.into_iter().chain(rest).collect();
                if both.is_empty() { "0".to_owned() } else { both.join("|") }
            }
            Kind::Futex => special::futex(word),
            Kind::Signal => special::signal_name(int(word)),
            Kind::Mask => special::signals(word),
            Kind::Handler if process::HANDLER.find(word).is_some() => process::HANDLER.word(word),
            Kind::Handler => hex(word),
            Kind::Status => special::status(word),
            Kind::Limit => special::limit(word),
            Kind::Request => special::request(word),
            Kind::Protocol(_) | Kind::SocketOption(_) | Kind::Inet | Kind::Port => self.socket(kind, word),
            Kind::After(inner) | Kind::Changed(inner, _) | Kind::If(_, inner) => self.show(*inner, word),
            Kind::Arg(n, label, inner) => format!("{label}{}", self.show(*inner, self.word(n))),
            Kind::Choose(..) => String::new(),
            _ => self.there(kind, word).unwrap_or_else(|| pointer(word)),
        }
    }

    /// The text of an argument that the call was to fill and did not.
    pub fn unfilled(&self, kind: Kind, word: u64) -> String {
        match kind {
            Kind::After(Kind::BuffersIn(n)) => self.show(Kind::BuffersAt(*n), word),
            _ => pointer(word),
        }
    }

    /// The text of what lies at an address; `None` where nothing can be read.
    fn there(&self, kind: Kind, at: u64) -> Option<String> {
        if at == 0 {
            return None;
        }
        match kind {
            Kind::Path => self.string(at, MOST_PATH),
            Kind::Text => self.string(at, index(MOST)),
            Kind::Bytes(n) => self.quoted(at, self.word(n)),
            Kind::Got => self.quoted(at, self.result?),
            Kind::GotHex => special::escaped(&self.bytes(at, self.result?.min(MOST))?, self.result? > MOST),
            Kind::Strings => self.strings(at),
            Kind::Environment => self.environment(at),
            Kind::SignalSet => self.get(at).map(|Set(set)| special::signals(set)),
            Kind::Siginfo => special::siginfo_at(self, at),
            Kind::FileTimes => self.file_times(at),
            Kind::Entries => special::entries(self, at),
            Kind::DescriptorSet(n) => special::descriptors(self, at, self.word(n)),
            Kind::Processors(n) => special::processors(self, at, self.word(n)),
            Kind::GotProcessors => special::processors(self, at, self.result?),
            Kind::Ref(elem) => self.one(at, elem),
            Kind::List(elem, count) => self.list(at, elem, self.count(count)),
            _ => sockets::show(self, kind, at),
        }
    }

    fn socket(&self, kind: Kind, word: u64) -> String {
        match kind {
            Kind::Protocol(n) => sockets::protocol(self.word(n), word),
            Kind::SocketOption(n) => sockets::option(self.word(n), word),
            Kind::Inet => sockets::inet(word.low32()),
            _ => format!("htons({})", sockets::port(word)),
        }
    }

    fn count(&self, count: Count) -> u64 {
        match count {
            Count::Fixed(n) => n,
            Count::Arg(n) => self.word(n),
            Count::Result => self.result.unwrap_or(0),
            Count::Pages(n) => self.word(n).div_ceil(PAGE),
        }
    }

    /// One value: a number in brackets, a structure in braces.
    fn one(&self, at: u64, elem: Elem) -> Option<String> {
        let bytes = self.value(at, elem)?;
        let text = self.elem(&bytes, elem);
        Some(if let Elem::One(..) = elem { format!("[{text}]") } else { text })
    }

    /// Values beside each other, as many as can be read.
    pub fn list(&self, at: u64, elem: Elem, count: u64) -> Option<String> {
        let size = self.stride(elem);
        let mut texts = vec![];
        for n in 0..count.min(MOST) {
            let place = at.wrapping_add(n.wrapping_mul(size));
            match self.value(place, elem) {
                Some(bytes) => texts.push(self.elem(&bytes, elem)),
                None if n == 0 => return None,
                None => {
                    texts.push(format!("... /* {place:#x} */"));
                    return Some(format!("[{}]", texts.join(", ")));
                }
            }
        }
        if count > MOST {
            texts.push("...".to_owned());
        }
        Some(format!("[{}]", texts.join(", ")))
    }

    fn elem(&self, bytes: &[u8], elem: Elem) -> String {
        match elem {
            Elem::One(width, kind) => self.show(*kind, load(bytes, width)),
            Elem::Record(record) => self.record(bytes, record),
            Elem::Chars(most) => {
                let shown = bytes.iter().position(|byte| *byte == 0).unwrap_or(most);
                quote(bytes.get(..shown).unwrap_or(bytes), false)
            }
            Elem::Array(width, kind, _) => {
                let all = bytes.chunks_exact(width.bytes()).map(|part| self.show(*kind, load(part, width)));
                format!("[{}]", all.collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// A structure: `{name=value, ...}`.
    pub fn record(&self, bytes: &[u8], record: &Record) -> String {
        let part = |at: usize, len: usize| bytes.get(at..at.saturating_add(len)).unwrap_or_default();
        let word = |at: usize, elem: Elem| match elem {
            Elem::One(width, _) => load(part(at, width.bytes()), width),
            other => load(part(at, other.bytes().min(8)), Width::U64),
        };
        let words: Vec<u64> = record.members.iter().map(|m| word(m.at, m.elem)).collect();
        let scope = Scope { words: &words, ..*self };
        let members = record.members.iter().filter(|m| m.when.is_none_or(|when| scope.holds(when)));
        let mut texts: Vec<String> = members
            .map(|m| format!("{}={}", m.name, scope.elem(part(m.at, m.elem.bytes()), m.elem)))
            .collect();
        if record.more {
            texts.push("...".to_owned());
        }
        format!("{{{}}}", texts.join(", "))
    }

    /// A C string in quotes.
    fn string(&self, at: u64, most: usize) -> Option<String> {
        match self.space.cstr(at, most) {
            Ok(text) => Some(quote(text.as_bytes(), false)),
            Err(StrFault::TooLong) => self.bytes(at, most as u64).map(|bytes| quote(&bytes, true)),
            Err(_) => None,
        }
    }

    /// The first of `len` bytes in quotes.
    pub fn quoted(&self, at: u64, len: u64) -> Option<String> {
        self.bytes(at, len.min(MOST)).map(|bytes| quote(&bytes, len > MOST))
    }

    /// The addresses in a list that ends with zero, up to `most`; whether the end was found.
    fn addresses(&self, at: u64, most: u64) -> (Vec<u64>, bool) {
        let mut all = vec![];
        for n in 0..most {
            match self.get(at.wrapping_add(n * self.abi.word_size())) {
                Some(Word(0)) => return (all, true),
                Some(Word(next)) => all.push(next),
                None => return (all, false),
            }
        }
        (all, false)
    }

    fn strings(&self, at: u64) -> Option<String> {
        self.get::<Word>(at)?;
        let (list, whole) = self.addresses(at, MOST);
        let show = |at| self.string(at, index(MOST)).unwrap_or_else(|| pointer(at));
        let mut texts: Vec<String> = list.into_iter().map(show).collect();
        if !whole {
            let rest = at.wrapping_add(texts.len() as u64 * self.abi.word_size());
            let more = self.get::<Word>(rest).map(|_| "...".to_owned());
            texts.push(more.unwrap_or_else(|| format!("... /* {rest:#x} */")));
        }
        Some(format!("[{}]", texts.join(", ")))
    }

    fn environment(&self, at: u64) -> Option<String> {
        self.get::<Word>(at)?;
        let (list, whole) = self.addresses(at, 1 << 16);
        let noun = if list.len() == 1 { "var" } else { "vars" };
        let end = if whole { "" } else { ", unterminated" };
        Some(format!("{at:#x} /* {} {noun}{end} */", list.len()))
    }

    fn file_times(&self, at: u64) -> Option<String> {
        let time = |at: u64| {
            let bytes = self.value(at, Elem::Record(&TIMESPEC))?;
            let (sec, nsec) = (load(&bytes, Width::I64), load(bytes.get(8..)?, Width::I64));
            Some(match nsec.cast_signed() {
                libc::UTIME_NOW => "UTIME_NOW".to_owned(),
                libc::UTIME_OMIT => "UTIME_OMIT".to_owned(),
                _ => format!("{}{}", self.record(&bytes, &TIMESPEC), special::date(sec.cast_signed(), nsec)),
            })
        };
        let second = at.wrapping_add(self.stride(Elem::Record(&TIMESPEC)));
        Some(format!("[{}, {}]", time(at)?, time(second)?))
    }

    /// The text of a result; what some calls add stands in parentheses behind it.
    pub fn result(&self, ret: Ret, value: u64) -> String {
        let named = |number: String, name: Option<String>| match name {
            Some(name) => format!("{number} ({name})"),
            None => number,
        };
        let signed = value.cast_signed().to_string();
        match ret {
            Ret::Int => signed,
            Ret::Hex => hex(value),
            Ret::Octal => octal(value),
            Ret::Bits(words) => named(hex(value), (value != 0).then(|| words.flags(value))),
            Ret::Flags(words) => {
                named(hex(value), (value != 0).then(|| format!("flags {}", words.flags(value))))
            }
            Ret::Open => named(hex(value), Some(format!("flags {}", open(value)))),
            Ret::Word(words) => named(signed, words.find(value).map(str::to_owned)),
            Ret::Signal => named(signed, (value != 0).then(|| special::signal_name(int(value)))),
            Ret::Poll(list, time) => {
                named(signed, special::polled(self, self.word(list), self.word(time), value))
            }
            Ret::Select => named(signed, special::selected(self, value)),
        }
    }
}

/// A number of which there may be fewer bytes than its width, with its sign spread over all 64 bits.
pub(super) fn load(bytes: &[u8], width: Width) -> u64 {
    let word = bytes.iter().take(width.bytes()).rev().fold(0, |all, byte| all << 8 | u64::from(*byte));
    match width {
        Width::I16 => i64::from(word.low16().cast_signed()).cast_unsigned(),
        Width::I32 => i64::from(word.low32().cast_signed()).cast_unsigned(),
        _ => word,
    }
}

/// The bits of a number: an `int` fills the upper half of a register with its sign.
fn unsigned(word: u64) -> u64 {
    if word >> 31 == u64::MAX >> 31 { word.low32().into() } else { word }
}

/// In hexadecimal; zero without a prefix.
pub(super) fn hex(word: u64) -> String {
    if word == 0 { "0".to_owned() } else { format!("{word:#x}") }
}

/// An address.
pub(super) fn pointer(at: u64) -> String {
    if at == 0 { "NULL".to_owned() } else { format!("{at:#x}") }
}

/// Three octal digits at least, of which the first is a zero.
fn octal(mode: u64) -> String {
    format!("0{mode:02o}")
}

fn file_mode(mode: u64) -> String {
    const KIND: u64 = 0o170_000;
    let rest = octal(mode & !KIND & 0xffff_ffff);
    match files::FILE_KIND.find(mode & KIND) {
        Some(kind) => format!("{kind}|{rest}"),
        None => octal(mode & 0xffff_ffff),
    }
}

/// `makedev(major, minor)` of a device's number. [include/linux/kdev_t.h]
fn device(word: u64) -> String {
    let major = word >> 8 & 0xfff | word >> 32 & 0xffff_f000;
    let minor = word & 0xff | word >> 12 & 0xffff_ff00;
    format!("makedev({major:#x}, {})", hex(minor))
}

/// `open` flags; reading is a name, not a bit.
fn open(flags: u64) -> String {
    let access = ["O_RDONLY", "O_WRONLY", "O_RDWR", "O_ACCMODE"];
    let first = access.get(index(flags & 3)).copied().unwrap_or_default();
    open_bits(flags & !3).map_or_else(|| first.to_owned(), |rest| format!("{first}|{rest}"))
}

/// `open` flags but the lowest, in strace's order.
fn open_bits(flags: u64) -> Option<String> {
    const LATE: [&str; 4] = ["O_PATH", "__O_TMPFILE", "O_DIRECTORY", "O_ASYNC"];
    const PAIRS: [(&str, u32); 2] = [("O_SYNC", 0o4_010_000), ("O_TMPFILE", 0o20_200_000)];
    let rows = || OPEN_FLAGS.iter().map(|(name, bits, _)| (*name, *bits)).filter(|(_, bits)| *bits > 2);
    let early = rows().filter(|(name, _)| !LATE.contains(name));
    let [sync, tmpfile] = PAIRS;
    let find = |wanted: &'static str| rows().find(move |(name, _)| *name == wanted);
    let (before, after): (Vec<_>, Vec<_>) = early.partition(|(_, bits)| *bits < 0o10_000);
    let late = [find("O_PATH"), Some(tmpfile), find("__O_TMPFILE"), find("O_DIRECTORY"), find("O_ASYNC")];
    let order = before.into_iter().chain([sync]).chain(after).chain(late.into_iter().flatten());
    let (mut left, mut names) = (flags, vec![]);
    for (name, bits) in order {
        if left & u64::from(bits) == u64::from(bits) {
            left &= !u64::from(bits);
            names.push(if name == "O_ASYNC" { "FASYNC".to_owned() } else { name.to_owned() });
        }
    }
    if left != 0 {
        names.push(format!("{left:#x}"));
    }
    (!names.is_empty()).then(|| names.join("|"))
}

/// Bytes in quotes with C's escapes, and dots after them if they are not all.
pub(super) fn quote(bytes: &[u8], cut: bool) -> String {
    let mut text = String::from("\"");
    for (n, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' => text.push_str("\\\""),
            b'\\' => text.push_str("\\\\"),
            b'\n' => text.push_str("\\n"),
            b'\t' => text.push_str("\\t"),
            b'\r' => text.push_str("\\r"),
            0x0b => text.push_str("\\v"),
            0x0c => text.push_str("\\f"),
            b' '..=b'~' => text.push(char::from(*byte)),
            // As few octal digits as cannot be taken for more.
            _ if bytes.get(n + 1).is_some_and(u8::is_ascii_digit) => text.push_str(&format!("\\{byte:03o}")),
            _ => text.push_str(&format!("\\{byte:o}")),
        }
    }
    text.push('"');
    if cut {
        text.push_str("...");
    }
    text
}
