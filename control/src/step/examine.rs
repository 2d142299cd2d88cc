//! Looking at the program: memory, code, maps, breakpoints, symbols.

use super::Session;
use super::command::Format;
use crate::log::{code, spaced};
use accel::Accelerated;
use accel::hooks::Stops;
use interp::riscv::Rv;
use spec::disasm::{Style, text_with};
use spec::riscv::{Guest, Insn};
use std::io::{self, Write};
use user::elf::Symbols;

/// Longest string that `x/s` shows, in bytes.
const LONGEST: usize = 4096;

impl<X: Rv + Accelerated> Session<X> {
    /// Shows memory.
    pub(super) fn examine(&mut self, format: Format, at: u64, out: &mut dyn Write) -> io::Result<()> {
        match format.letter {
            'i' => self.disas(at, format.count, out),
            's' => texts(&mut |at, into| self.space().copy_in(at, into).is_ok(), format.count, at, out),
            _ => {
                let mut read = |at, into: &mut [u8]| self.space().copy_in(at, into).is_ok();
                numbers(&mut read, format, at, "info maps", out)
            }
        }
    }

    /// Shows instructions.
    pub(super) fn disas(&mut self, at: u64, count: u32, out: &mut dyn Write) -> io::Result<()> {
        let (pc, guest) = (self.state().pc, self.guest);
        let process = self.thread.process().clone();
        let mut fetch = |at| (self.insn_at(at), self.space().load::<u16>(at).ok());
        code_at(&mut fetch, guest, process.symbols(), (at, count, pc), "info maps", out)
    }

    /// Shows the address space.
    pub(super) fn maps(&mut self, out: &mut dyn Write) -> io::Result<()> {
        for region in self.space().regions().collect::<Vec<_>>() {
            let share = if region.shared { 's' } else { 'p' };
            let file = region
                .file
                .as_ref()
                .map_or(String::new(), |part| format!("  {:#x} {}", part.offset, part.file.path.display()));
            writeln!(out, "{:012x}-{:012x} {}{share}{file}", region.start, region.end, region.prot)?;
        }
        Ok(())
    }
}

/// Bytes at an address; false where there are none.
pub type Read<'a> = dyn FnMut(u64, &mut [u8]) -> bool + 'a;
/// The instruction at an address, and what is there if it is none.
pub type Fetch<'a> = dyn FnMut(u64) -> (Option<Insn>, Option<u16>) + 'a;

/// Shows numbers in memory; `who` shows what can be read.
pub fn numbers(read: &mut Read, format: Format, at: u64, who: &str, out: &mut dyn Write) -> io::Result<()> {
    let size = if format.letter == 'c' { 1 } else { u64::from(format.size) };
    let in_line = if size == 8 { 2 } else { 16 / size };
    for place in 0..u64::from(format.count) {
        let here = at.wrapping_add(place * size);
        let mut bytes = [0; 8];
        let length = usize::try_from(size).unwrap_or(8);
        if !read(here, &mut bytes[..length]) {
            let end = if place % in_line == 0 { "" } else { "\n" };
            return writeln!(out, "{end}{here:#x} cannot be read; {who} shows what can");
        }
        if place % in_line == 0 {
            let end = if place == 0 { "" } else { "\n" };
            write!(out, "{end}{here:#x}:")?;
        }
        write!(out, "  {}", shown(format.letter, u64::from_le_bytes(bytes), length))?;
    }
    writeln!(out)
}

/// Shows strings.
pub fn texts(read: &mut Read, count: u32, mut at: u64, out: &mut dyn Write) -> io::Result<()> {
    for _ in 0..count {
        let mut text = vec![];
        let mut byte = [0];
        while text.len() < LONGEST && read(at.wrapping_add(text.len() as u64), &mut byte) && byte[0] != 0 {
            text.push(byte[0]);
        }
        let end = at.wrapping_add(text.len() as u64);
        if !read(end, &mut byte) || byte[0] != 0 {
            return writeln!(out, "{at:#x} holds no string of up to {LONGEST} bytes");
        }
        writeln!(out, "{at:#x}:  {:?}", String::from_utf8_lossy(&text))?;
        at = end.wrapping_add(1);
    }
    Ok(())
}

/// Shows `count` instructions from `at`, and which of them is at `pc`.
pub fn code_at(
    fetch: &mut Fetch,
    guest: &Guest,
    symbols: &Symbols,
    (mut at, count, pc): (u64, u32, u64),
    who: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    for _ in 0..count {
        let mark = if at == pc { "=>" } else { "  " };
        let name = symbols.describe(at).map_or(String::new(), |name| format!(" <{name}>"));
        match fetch(at) {
            (Some(insn), _) => {
                let text = text_with(guest, &insn, at, Style::Aliases, &|to| symbols.describe(to));
                writeln!(out, "{mark} {at:#x}{name}  {:<8}  {}", code(&insn), spaced(&text))?;
                at = at.wrapping_add(u64::from(insn.len));
            }
            // What is no instruction is at least two bytes of something, where there is memory.
            (None, Some(half)) => {
                let text = spaced(&format!(".2byte {half:#x}"));
                writeln!(out, "{mark} {at:#x}{name}  {half:04x}      {text}")?;
                at = at.wrapping_add(2);
            }
            (None, None) => return writeln!(out, "{at:#x} cannot be read; {who} shows what can"),
        }
    }
    Ok(())
}

/// Lists breakpoints and watchpoints.
pub fn breakpoints(stops: &Stops, symbols: &Symbols, out: &mut dyn Write) -> io::Result<()> {
    for (number, at) in stops.breaks() {
        let name = symbols.describe(at).map_or(String::new(), |name| format!(" <{name}>"));
        writeln!(out, "{number:>3}  break {at:#x}{name}")?;
    }
    for (number, range) in stops.watches() {
        writeln!(out, "{number:>3}  watch {:#x}, {} bytes", range.start, range.end - range.start)?;
    }
    if stops.is_empty() {
        writeln!(out, "there are none; break PLACE and watch PLACE,LEN make them")?;
    }
    Ok(())
}

/// Lists symbols whose names contain `part`.
pub fn symbols(symbols: &Symbols, part: &str, out: &mut dyn Write) -> io::Result<()> {
    let mut any = false;
    for (at, size, name) in symbols.iter().filter(|(.., name)| name.contains(part)) {
        writeln!(out, "{at:#014x} {size:>6}  {name}")?;
        any = true;
    }
    if !any {
        writeln!(out, "there are no such symbols; the program may be stripped")?;
    }
    Ok(())
}

/// One value of `size` bytes in a format of `x`.
fn shown(letter: char, value: u64, size: usize) -> String {
    let bits = 8 * size;
    let shift = 64 - bits;
    match letter {
        'd' => (value.cast_signed() << shift >> shift).to_string(),
        'u' => value.to_string(),
        'o' => format!("{value:#o}"),
        't' => format!("{value:0bits$b}"),
        'c' => match char::from_u32(u32::try_from(value).unwrap_or(0)) {
            Some(c) if !c.is_control() => format!("'{c}'"),
            _ => format!("\\x{value:02x}"),
        },
        _ => format!("{value:#0width$x}", width = 2 * size + 2),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;
    use rstest::rstest;

    #[rstest]
    #[case('x', 0xff, 1, "0xff")]
    #[case('x', 0xff, 4, "0x000000ff")]
    #[case('d', 0xff, 1, "-1")]
    #[case('d', 0xff, 2, "255")]
    #[case('u', 0xff, 1, "255")]
    #[case('o', 8, 8, "0o10")]
    #[case('t', 5, 1, "00000101")]
    #[case('c', 0x41, 1, "'A'")]
    #[case('c', 0x0a, 1, "\\x0a")]
    fn a_value_has_the_width_of_its_size(
        #[case] letter: char,
        #[case] value: u64,
        #[case] size: usize,
        #[case] text: &str,
    ) {
        assert_eq!(shown(letter, value, size), text);
    }
}
