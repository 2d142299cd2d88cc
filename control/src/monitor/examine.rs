//! `x`, `xp`, `disas` and `print`: memory and numbers.

use super::Call;
use memory::space::AddressSpace;
use spec::asm::expr::{ExprError, Names, eval};
use spec::disasm::Style;
use spec::riscv::{RV32, RV64};
use std::fmt::Write;

/// How memory is shown: `/4xw`.
#[derive(Clone, Copy)]
struct Format {
    count: u64,
    letter: char,
    width: u64,
}

/// Values or instructions of one command at most.
const MOST: u64 = 1 << 16;

fn format(text: &str) -> Result<Format, String> {
    let digits = text.trim_end_matches(|c: char| !c.is_ascii_digit());
    let mut format = Format { count: 1, letter: 'x', width: 4 };
    if !digits.is_empty() {
        format.count = digits.parse().map_err(|_| {
            format!("\"{text}\" is no format; write /COUNT, x d u o c s or i, and b h w or g")
        })?;
    }
    for letter in text[digits.len()..].chars() {
        match letter {
            'x' | 'd' | 'u' | 'o' | 'c' | 's' | 'i' => format.letter = letter,
            'b' => format.width = 1,
            'h' => format.width = 2,
            'w' => format.width = 4,
            'g' => format.width = 8,
            _ => {
                return Err(format!(
                    "\"{letter}\" is no letter of a format; write x d u o c s or i, and b h w or g"
                ));
            }
        }
    }
    if format.count > MOST {
        return Err(format!("{} values are too many; write {MOST} or fewer", format.count));
    }
    Ok(format)
}

/// Nothing has a name.
struct Nameless;

impl Names for Nameless {
    fn symbol(&self, name: &str) -> Result<i64, ExprError> {
        Err(ExprError::Undefined(name.into()))
    }
    fn operator(&self, name: &str, _: &str) -> Result<i64, ExprError> {
        Err(ExprError::Undefined(name.into()))
    }
}

/// The value of an expression of numbers and registers, `$pc + 4`.
fn number(call: &mut Call) -> Result<u64, String> {
    let text = call.words.join(" ");
    let mut plain = String::new();
    let mut pieces = text.split('$');
    plain += pieces.next().unwrap_or_default();
    for piece in pieces {
        let end = piece.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(piece.len());
        let (name, rest) = piece.split_at(end);
        let value = call.hart()?.register(name);
        let value = value.ok_or_else(|| format!("unknown register '{name}'; info registers shows names"))?;
        plain += &value.to_string();
        plain += rest;
    }
    match eval(&plain, &Nameless) {
        Ok((value, rest)) if rest.trim().is_empty() => Ok(value.cast_unsigned()),
        _ => Err(format!("\"{text}\" is no number; write one, such as 0x80000000, or $pc")),
    }
}

/// Bytes at an address, where there are any.
type Read<'a> = dyn FnMut(u64, &mut [u8]) -> bool + 'a;

/// Reads memory, and nothing that is no memory.
pub fn physical(space: &AddressSpace, at: u64, into: &mut [u8]) -> bool {
    // Looking at memory must not change it, and registers may change by being read.
    let view = space.view();
    let end = at.saturating_add(into.len() as u64 - 1);
    let ram = view
        .ranges()
        .iter()
        .any(|range| range.start <= at && range.leaf.readable_block().is_some() && end <= range.last);
    ram && space.read(at, into).is_ok()
}

fn show(read: &mut Read, xlen: u32, mut at: u64, format: Format) -> String {
    match format.letter {
        'i' => return code(read, xlen, at, format.count),
        's' => return strings(read, at, format.count),
        _ => {}
    }
    let mut text = String::new();
    let a_line = 16 / format.width;
    for index in 0..format.count {
        let mut bytes = [0; 8];
        let width = usize::try_from(format.width).unwrap_or(8);
        if index % a_line == 0 {
            let _ = write!(text, "{}{at:016x}:", if index == 0 { "" } else { "\n" });
        }
        if !read(at, &mut bytes[..width]) {
            let _ = write!(text, "{}Cannot access memory", if index % a_line == 0 { " " } else { "\n" });
            break;
        }
        let _ = write!(text, " {}", value(u64::from_le_bytes(bytes), format));
        at = at.wrapping_add(format.width);
    }
    text + "\n"
}

/// Bytes of a string that are shown at most.
const LONGEST: usize = 256;

fn strings(read: &mut Read, mut at: u64, count: u64) -> String {
    let mut text = String::new();
    for _ in 0..count {
        let (start, mut bytes) = (at, vec![]);
        loop {
            let mut byte = [0];
            if !read(at, &mut byte) {
                let _ = writeln!(text, "{start:016x}: Cannot access memory");
                return text;
            }
            at = at.wrapping_add(1);
            if byte[0] == 0 || bytes.len() == LONGEST {
                break;
            }
            bytes.push(byte[0]);
        }
        let more = if bytes.len() == LONGEST { "..." } else { "" };
        let _ = writeln!(text, "{start:016x}: \"{}\"{more}", bytes.escape_ascii());
    }
    text
}

fn value(value: u64, format: Format) -> String {
    let unused = 64 - 8 * u32::try_from(format.width).unwrap_or(8);
    match format.letter {
        'd' => (value << unused).cast_signed().wrapping_shr(unused).to_string(),
        'u' => value.to_string(),
        'o' => format!("0{value:o}"),
        'c' => format!("'{}'", value.to_le_bytes()[..1].escape_ascii()),
        _ => format!("0x{value:0width$x}", width = usize::try_from(2 * format.width).unwrap_or(16)),
    }
}

fn code(read: &mut Read, xlen: u32, mut at: u64, count: u64) -> String {
    let guest = if xlen == 32 { &RV32 } else { &RV64 };
    let mut text = String::new();
    for _ in 0..count {
        let mut bytes = [0; 4];
        if !read(at, &mut bytes) && !read(at, &mut bytes[..2]) {
            let _ = writeln!(text, "{at:#018x}: Cannot access memory");
            break;
        }
        let (line, size) = spec::disasm::word(guest, u32::from_le_bytes(bytes), at, Style::Aliases);
        let word = u32::from_le_bytes(bytes) & if size == 2 { 0xffff } else { u32::MAX };
        let _ = writeln!(text, "{at:#018x}:  {word:0width$x}  {line}", width = usize::from(size) * 2);
        at = at.wrapping_add(u64::from(size));
    }
    text
}

fn virtually(call: &mut Call, at: u64, format: Format) -> Result<String, String> {
    let hart = call.hart()?;
    let xlen = hart.xlen();
    let mut read = |at: u64, into: &mut [u8]| hart.read(at, into);
    Ok(show(&mut read, xlen, at, format))
}

pub fn virt(call: &mut Call) -> Result<String, String> {
    let (format, at) = (format(call.format)?, number(call)?);
    virtually(call, at, format)
}

pub fn phys(call: &mut Call) -> Result<String, String> {
    let (format, at) = (format(call.format)?, number(call)?);
    let (space, xlen) = (call.machine.wiring.space.clone(), call.hart()?.xlen());
    Ok(show(&mut |at, into| physical(&space, at, into), xlen, at, format))
}

pub fn disas(call: &mut Call) -> Result<String, String> {
    let mut format = format(call.format)?;
    format.letter = 'i';
    if call.format.is_empty() {
        format.count = 10;
    }
    let at = match call.words {
        [] => call.hart()?.state().pc,
        _ => number(call)?,
    };
    virtually(call, at, format)
}

pub fn print(call: &mut Call) -> Result<String, String> {
    let format = Format { width: 8, ..format(call.format)? };
    let number = number(call)?;
    Ok(match format.letter {
        'x' => format!("{number:#x}\n"),
        'i' | 's' => return Err("a number is no text; write x, or print/x".into()),
        _ => format!("{}\n", value(number, format)),
    })
}
