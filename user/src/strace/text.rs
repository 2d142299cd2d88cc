//! The text of one argument.

use super::shapes::Shape;
use crate::abi::structs::{self, Timespec};
use crate::abi::{Abi, Encoded, Record, Set, Word, index, int};
use crate::host::signal_name;
use memory::user::Space;
use spec::bits::Low;

/// Bytes shown of what is no file name.
const MOST_BYTES: u64 = 32;
/// Strings shown of a list.
const MOST_STRINGS: u64 = 32;
/// Bytes of a file name.
const MOST_PATH: usize = 4095;

/// What the text is made from.
pub(super) struct Guest<'a> {
    /// How it is laid out.
    pub abi: &'static Abi,
    /// The program's memory.
    pub space: &'a Space,
    /// The arguments.
    pub args: [u64; 6],
    /// What the call answered; `None` before it and if it failed.
    pub result: Option<u64>,
}

impl Guest<'_> {
    fn arg(&self, n: usize) -> u64 {
        self.args.get(n).copied().unwrap_or(0)
    }

    fn read<T: Record>(&self, at: u64) -> Option<T> {
        let mut bytes = Encoded::<T>::zeros(T::layout(self.abi));
        self.space.copy_in(at, &mut bytes).ok().map(|()| self.abi.decode(&bytes))
    }

    /// A C string in quotes, or its address.
    fn string(&self, at: u64) -> String {
        match self.space.cstr(at, MOST_PATH) {
            Ok(text) if at != 0 => quoted(text.as_bytes(), false),
            _ => pointer(at),
        }
    }

    /// The first of `len` bytes in quotes, or their address.
    fn bytes(&self, at: u64, len: u64) -> String {
        let mut bytes = vec![0; index(len.min(MOST_BYTES))];
        match self.space.copy_in(at, &mut bytes) {
            Ok(()) if at != 0 => quoted(&bytes, len > MOST_BYTES),
            _ => pointer(at),
        }
    }

    /// The addresses in a list that ends with zero, up to `most`; whether that was all.
    fn list(&self, at: u64, most: u64) -> Option<(Vec<u64>, bool)> {
        let mut all = vec![];
        for n in 0..most {
            match self.read::<Word>(at.checked_add(n * self.abi.word_size())?)?.0 {
                0 => return Some((all, true)),
                next => all.push(next),
            }
        }
        Some((all, false))
    }

    fn strings(&self, at: u64) -> String {
        let Some((list, whole)) = self.list(at, MOST_STRINGS) else { return pointer(at) };
        let mut texts: Vec<String> = list.into_iter().map(|at| self.string(at)).collect();
        if !whole {
            texts.push("...".to_owned());
        }
        format!("[{}]", texts.join(", "))
    }

    fn environment(&self, at: u64) -> String {
        match self.list(at, 1 << 16) {
            Some((list, _)) => format!("{} /* {} vars */", pointer(at), list.len()),
            None => pointer(at),
        }
    }

    fn time(&self, at: u64) -> Option<String> {
        let time: Timespec = self.read(at)?;
        Some(format!("{{tv_sec={}, tv_nsec={}}}", time.sec, time.nsec))
    }

    fn stat(&self, at: u64) -> Option<String> {
        let stat: structs::Stat = self.read(at)?;
        let kind = match stat.mode & libc::S_IFMT {
            libc::S_IFREG => "S_IFREG",
            libc::S_IFDIR => "S_IFDIR",
            libc::S_IFLNK => "S_IFLNK",
            libc::S_IFCHR => "S_IFCHR",
            libc::S_IFBLK => "S_IFBLK",
            libc::S_IFIFO => "S_IFIFO",
            libc::S_IFSOCK => "S_IFSOCK",
            _ => "0",
        };
        Some(
            format!("{{st_mode={kind}|{:#05o}, st_size={}, ...}}", stat.mode & 0o7777, stat.size)
                .replace("0o", "0"),
        )
    }

    fn pair(&self, at: u64) -> Option<String> {
        let pair = (self.read::<i32>(at)?, self.read::<i32>(at.checked_add(4)?)?);
        Some(format!("[{}, {}]", pair.0, pair.1))
    }

    fn number(&self, at: u64) -> Option<String> {
        Some(format!("[{}]", self.read::<i32>(at)?))
    }

    fn signals(&self, at: u64) -> Option<String> {
        let Set(set) = self.read(at)?;
        let names = (1..=64).filter(|n| set & (1 << (n - 1)) != 0);
        let names: Vec<String> = names.map(|n| signal_name(n).replacen("SIG", "", 1)).collect();
        Some(format!("[{}]", names.join(" ")))
    }
}

/// The text of an argument before the call; `None` if the call fills it.
pub(super) fn before(guest: &Guest<'_>, shape: Shape, n: usize) -> Option<String> {
    let word = guest.arg(n);
    let known = |text: Option<String>| text.unwrap_or_else(|| pointer(word));
    Some(match shape {
        Shape::Int => int(word).to_string(),
        Shape::Long => word.cast_signed().to_string(),
        Shape::Size => word.to_string(),
        Shape::Hex if word == 0 => "0".to_owned(),
        Shape::Hex => format!("{word:#x}"),
        Shape::Pointer => pointer(word),
        Shape::Dir if int(word) == libc::AT_FDCWD => "AT_FDCWD".to_owned(),
        Shape::Dir => int(word).to_string(),
        Shape::Path => guest.string(word),
        Shape::In(len) => guest.bytes(word, guest.arg(len)),
        Shape::Strings => guest.strings(word),
        Shape::Environment => guest.environment(word),
        Shape::CreateMode if !creates(guest.arg(n.wrapping_sub(1))) => String::new(),
        Shape::Mode | Shape::CreateMode => mode(word.low32()),
        Shape::Open => open(guest.abi, word.low32()),
        Shape::Flags(words) => words.flags(word),
        Shape::Word(words) => words.word(word),
        Shape::Signal => signal_name(int(word)),
        Shape::SignalSet => known(guest.signals(word)),
        Shape::Time => known(guest.time(word)),
        Shape::Out | Shape::Stat | Shape::Pair | Shape::IntOut | Shape::TextOut => return None,
    })
}

/// The text of an argument that the call fills: its address if the call failed.
pub(super) fn after(guest: &Guest<'_>, shape: Shape, n: usize) -> String {
    let word = guest.arg(n);
    let filled = guest.result.and_then(|result| match shape {
        Shape::Out => Some(guest.bytes(word, result)),
        Shape::Stat => guest.stat(word),
        Shape::Pair => guest.pair(word),
        Shape::IntOut => guest.number(word),
        Shape::TextOut => Some(guest.string(word)),
        _ => None,
    });
    filled.unwrap_or_else(|| pointer(word))
}

fn pointer(at: u64) -> String {
    if at == 0 { "NULL".to_owned() } else { format!("{at:#x}") }
}

/// Three octal digits at least, after a zero.
fn mode(mode: u32) -> String {
    format!("0{mode:03o}")
}

/// Whether `open` flags make a file, so that its permissions count.
fn creates(flags: u64) -> bool {
    const TMPFILE: u64 = 0o20_000_000;
    const CREAT: u64 = 0o100;
    flags & (TMPFILE | CREAT) != 0
}

/// `open` flags; reading is a name, not a bit.
fn open(abi: &Abi, flags: u32) -> String {
    const BOTH: [(&str, u32); 2] = [("O_SYNC", 0o4_010_000), ("O_TMPFILE", 0o20_200_000)];
    let mut names = vec![];
    if flags & 3 == 0 {
        names.push("O_RDONLY".to_owned());
    }
    let mut left = flags;
    for (name, bits) in BOTH.into_iter().chain(abi.open_flags.iter().map(|(name, bits, _)| (*name, *bits))) {
        if left & bits == bits {
            left &= !bits;
            names.push(name.to_owned());
        }
    }
    if left != 0 {
        names.push(format!("{left:#x}"));
    }
    names.join("|")
}

/// Bytes in quotes with C's escapes, and dots after them if they are not all.
pub(super) fn quoted(bytes: &[u8], cut: bool) -> String {
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
