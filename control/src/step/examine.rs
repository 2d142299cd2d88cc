//! Looking at the program: memory, code, maps, breakpoints, symbols.

use super::Session;
use super::command::Format;
use crate::log::{code, spaced};
use accel::Accelerated;
use interp::riscv::Rv;
use spec::disasm::{Style, text_with};
use std::io::{self, Write};

/// Longest string that `x/s` shows, in bytes.
const LONGEST: usize = 4096;

impl<X: Rv + Accelerated> Session<X> {
    /// Shows memory.
    pub(super) fn examine(&mut self, format: Format, at: u64, out: &mut dyn Write) -> io::Result<()> {
        match format.letter {
            'i' => self.disas(at, format.count, out),
            's' => self.strings(format.count, at, out),
            _ => self.numbers(format, at, out),
        }
    }

    fn numbers(&mut self, format: Format, at: u64, out: &mut dyn Write) -> io::Result<()> {
        let size = if format.letter == 'c' { 1 } else { u64::from(format.size) };
        let in_line = if size == 8 { 2 } else { 16 / size };
        for place in 0..u64::from(format.count) {
            let here = at.wrapping_add(place * size);
            let mut bytes = [0; 8];
            let length = usize::try_from(size).unwrap_or(8);
            if self.space().copy_in(here, &mut bytes[..length]).is_err() {
                let end = if place % in_line == 0 { "" } else { "\n" };
                return writeln!(out, "{end}{here:#x} cannot be read; info maps shows what can");
            }
            if place % in_line == 0 {
                let end = if place == 0 { "" } else { "\n" };
                write!(out, "{end}{here:#x}:")?;
            }
            write!(out, "  {}", shown(format.letter, u64::from_le_bytes(bytes), length))?;
        }
        writeln!(out)
    }

    fn strings(&mut self, count: u32, mut at: u64, out: &mut dyn Write) -> io::Result<()> {
        for _ in 0..count {
            match self.space().cstr(at, LONGEST) {
                Ok(text) => {
                    writeln!(out, "{at:#x}:  {:?}", text.to_string_lossy())?;
                    at = at.wrapping_add(text.as_bytes_with_nul().len() as u64);
                }
                Err(_) => return writeln!(out, "{at:#x} holds no string of up to {LONGEST} bytes"),
            }
        }
        Ok(())
    }

    /// Shows instructions.
    pub(super) fn disas(&mut self, mut at: u64, count: u32, out: &mut dyn Write) -> io::Result<()> {
        let pc = self.state().pc;
        for _ in 0..count {
            let mark = if at == pc { "=>" } else { "  " };
            let name = self.name(at);
            match self.insn_at(at) {
                Some(insn) => {
                    let symbols = self.thread.process().symbols();
                    let text = text_with(self.guest, &insn, at, Style::Aliases, &|to| symbols.describe(to));
                    writeln!(out, "{mark} {at:#x}{name}  {:<8}  {}", code(&insn), spaced(&text))?;
                    at = at.wrapping_add(u64::from(insn.len));
                }
                None => {
                    // What is no instruction is at least two bytes of something, where there is memory.
                    match self.space().load::<u16>(at) {
                        Ok(half) => {
                            let text = spaced(&format!(".2byte {half:#x}"));
                            writeln!(out, "{mark} {at:#x}{name}  {half:04x}      {text}")?;
                        }
                        Err(_) => return writeln!(out, "{at:#x} cannot be read; info maps shows what can"),
                    }
                    at = at.wrapping_add(2);
                }
            }
        }
        Ok(())
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

    /// Lists breakpoints and watchpoints.
    pub(super) fn breakpoints(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let breaks: Vec<_> = self.stops.breaks().collect();
        for (number, at) in &breaks {
            let name = self.name(*at);
            writeln!(out, "{number:>3}  break {at:#x}{name}")?;
        }
        let watches: Vec<_> = self.stops.watches().collect();
        for (number, range) in &watches {
            writeln!(out, "{number:>3}  watch {:#x}, {} bytes", range.start, range.end - range.start)?;
        }
        if breaks.is_empty() && watches.is_empty() {
            writeln!(out, "there are none; break PLACE and watch PLACE,LEN make them")?;
        }
        Ok(())
    }

    /// Lists symbols whose names contain `part`.
    pub(super) fn symbols(&mut self, part: &str, out: &mut dyn Write) -> io::Result<()> {
        let mut any = false;
        for (at, size, name) in
            self.thread.process().symbols().iter().filter(|(.., name)| name.contains(part))
        {
            writeln!(out, "{at:#014x} {size:>6}  {name}")?;
            any = true;
        }
        if !any {
            writeln!(out, "there are no such symbols; the program may be stripped")?;
        }
        Ok(())
    }
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
