//! Directives, with the meaning that GNU's assembler gives them.

use super::AsmError;
use super::line::in_order;
use super::pass::Pass;
use super::program::Kind;
use super::source;
use super::suggest;

/// Directives that say nothing this assembler acts upon.
const IGNORED: &[&str] = &[".file", ".ident", ".attribute", ".option", ".local", ".weak", ".hidden", ".loc"];

const KNOWN: &[&str] = &[
    ".text",
    ".data",
    ".rodata",
    ".bss",
    ".section",
    ".previous",
    ".globl",
    ".global",
    ".byte",
    ".half",
    ".short",
    ".hword",
    ".2byte",
    ".word",
    ".long",
    ".4byte",
    ".dword",
    ".quad",
    ".8byte",
    ".float",
    ".double",
    ".ascii",
    ".asciz",
    ".string",
    ".zero",
    ".space",
    ".skip",
    ".fill",
    ".align",
    ".p2align",
    ".balign",
    ".equ",
    ".set",
    ".equiv",
    ".type",
    ".size",
];

/// Alignments beyond this are mistakes.
const WIDEST: u64 = 1 << 16;

/// Carries out one directive.
pub(super) fn directive<O: Copy + PartialEq>(
    pass: &mut Pass<O>,
    name: &str,
    text: &str,
) -> Result<(), AsmError> {
    let operands = source::operands(text);
    match name {
        ".text" | ".data" | ".rodata" | ".bss" => return pass.enter(name, kind(name, "")),
        ".section" => return section(pass, &operands),
        ".previous" => pass.enter_previous(),
        ".globl" | ".global" => operands.iter().for_each(|n| pass.make_global(n)),
        ".byte" => return numbers(pass, &operands, 1),
        ".half" | ".short" | ".hword" | ".2byte" => return numbers(pass, &operands, 2),
        ".word" | ".long" | ".4byte" => return numbers(pass, &operands, 4),
        ".dword" | ".quad" | ".8byte" => return numbers(pass, &operands, 8),
        ".float" | ".double" => return floats(pass, &operands, name == ".double"),
        ".ascii" => return strings(pass, &operands, false),
        ".asciz" | ".string" => return strings(pass, &operands, true),
        ".zero" | ".space" | ".skip" => return space(pass, name, &operands),
        ".fill" => return fill(pass, &operands),
        ".align" | ".p2align" => {
            let power = pass.eval(operands.first().copied().unwrap_or_default())?;
            let to = u32::try_from(power).ok().and_then(|p| 1u64.checked_shl(p)).unwrap_or(0);
            return align(pass, to);
        }
        ".balign" => {
            let to = pass.eval(operands.first().copied().unwrap_or_default())?;
            return align(pass, u64::try_from(to).unwrap_or(0));
        }
        ".equ" | ".set" | ".equiv" => {
            let [symbol, value] = operands[..] else { return Err(write(name, "name, value")) };
            let value = pass.eval(value)?;
            return pass.assign(symbol, value);
        }
        ".type" => {
            let [symbol, kind] = operands[..] else { return Err(write(name, "name, @function")) };
            if kind.ends_with("function") {
                pass.make_function(symbol);
            }
        }
        ".size" => {
            let [symbol, size] = operands[..] else { return Err(write(name, "name, size")) };
            let size = pass.eval(size)?.cast_unsigned();
            pass.set_size(symbol, size);
        }
        _ if IGNORED.contains(&name) || name.starts_with(".cfi_") => {}
        _ => {
            let near = suggest(name, KNOWN.iter().copied());
            return Err(AsmError::Other(format!("unknown directive '{name}'{}", super::nearest(&near))));
        }
    }
    Ok(())
}

fn write(name: &str, operands: &str) -> AsmError {
    AsmError::Operands {
        problem: format!("{name} takes other operands"),
        write: vec![format!("{name} {operands}")],
    }
}

/// What a section is for: by its name, else by its flags.
fn kind(name: &str, flags: &str) -> Kind {
    let is = |family: &[&str]| {
        family.iter().any(|f| name.strip_prefix(f).is_some_and(|r| r.is_empty() || r.starts_with('.')))
    };
    if is(&[".text"]) {
        Kind::Text
    } else if is(&[".rodata", ".srodata"]) {
        Kind::ReadOnly
    } else if is(&[".bss", ".sbss"]) {
        Kind::Zero
    } else if is(&[".data", ".sdata"]) {
        Kind::Data
    } else if flags.contains('x') {
        Kind::Text
    } else if flags.contains('w') {
        Kind::Data
    } else {
        Kind::ReadOnly
    }
}

fn section<O: Copy + PartialEq>(pass: &mut Pass<O>, operands: &[&str]) -> Result<(), AsmError> {
    let [name, rest @ ..] = operands else { return Err(write(".section", "name")) };
    let flags = rest.first().copied().unwrap_or_default();
    let zero = rest.get(1).is_some_and(|kind| kind.ends_with("nobits"));
    let kind = if zero { Kind::Zero } else { kind(name, flags.trim_matches('"')) };
    pass.enter(name, kind)
}

fn numbers<O: Copy + PartialEq>(pass: &mut Pass<O>, operands: &[&str], len: usize) -> Result<(), AsmError> {
    let big = pass.guest.big_endian;
    for text in operands {
        let value = pass.eval(text);
        // Room is kept even for a value that is not known yet.
        pass.emit(&in_order(value.as_ref().map_or(0, |v| v.cast_unsigned()), len, big))?;
        let value = value?;
        let bits = len * 8;
        if bits < 64 && value >> bits != 0 && value >> (bits - 1) != -1 {
            return Err(AsmError::Other(format!("{value:#x} does not fit {len} bytes")));
        }
    }
    Ok(())
}

fn floats<O: Copy + PartialEq>(pass: &mut Pass<O>, operands: &[&str], double: bool) -> Result<(), AsmError> {
    let big = pass.guest.big_endian;
    for text in operands {
        let bad = |_| AsmError::Other(format!("'{text}' is no floating-point number"));
        if double {
            let value: f64 = text.parse().map_err(bad)?;
            pass.emit(&in_order(value.to_bits(), 8, big))?;
        } else {
            let value: f32 = text.parse().map_err(bad)?;
            pass.emit(&in_order(u64::from(value.to_bits()), 4, big))?;
        }
    }
    Ok(())
}

fn strings<O: Copy + PartialEq>(pass: &mut Pass<O>, operands: &[&str], zero: bool) -> Result<(), AsmError> {
    for text in operands {
        let bytes = source::string(text);
        let mut bytes = bytes.ok_or_else(|| AsmError::Other(format!("{text} is no string: write \"…\"")))?;
        if zero {
            bytes.push(0);
        }
        pass.emit(&bytes)?;
    }
    Ok(())
}

fn space<O: Copy + PartialEq>(pass: &mut Pass<O>, name: &str, operands: &[&str]) -> Result<(), AsmError> {
    let (count, value) = match operands {
        [count] => (pass.eval(count)?, 0),
        [count, value] => (pass.eval(count)?, pass.eval(value)?),
        _ => return Err(write(name, "size, value")),
    };
    pass.fill(count, value.to_le_bytes()[0])
}

fn fill<O: Copy + PartialEq>(pass: &mut Pass<O>, operands: &[&str]) -> Result<(), AsmError> {
    let values: Vec<i64> = operands.iter().map(|o| pass.eval(o)).collect::<Result<_, _>>()?;
    let (count, size, value) = match values[..] {
        [count] => (count, 1, 0),
        [count, size] => (count, size, 0),
        [count, size, value] => (count, size, value),
        _ => return Err(write(".fill", "count, size, value")),
    };
    let len = usize::try_from(size).ok().filter(|s| *s <= 8);
    let len = len.ok_or_else(|| AsmError::Other("the size of .fill is 0 to 8 bytes".to_owned()))?;
    if value == 0 || len == 0 {
        return pass.fill(count.saturating_mul(size), 0);
    }
    let unit = in_order(value.cast_unsigned(), len, pass.guest.big_endian);
    (0..count).try_for_each(|_| pass.emit(&unit))
}

/// Pads to a multiple of `to` bytes: code with instructions that do nothing, data with zeros.
fn align<O: Copy + PartialEq>(pass: &mut Pass<O>, to: u64) -> Result<(), AsmError> {
    if !to.is_power_of_two() || to > WIDEST {
        return Err(AsmError::Other(format!("alignments are powers of two up to {WIDEST} bytes")));
    }
    let guest = pass.guest;
    let section = pass.section();
    section.align = section.align.max(to);
    let code = section.kind == Kind::Text;
    let mut missing = (section.bytes.len() as u64).wrapping_neg() & (to - 1);
    while missing > 0 {
        let fits =
            |p: &&(u32, u8)| code && missing.is_multiple_of(u64::from(p.1)) && u64::from(p.1) <= missing;
        let longest = guest.padding.iter().rev().find(fits);
        match longest {
            Some((word, len)) => {
                pass.emit(&in_order(u64::from(*word), usize::from(*len), guest.big_endian))?;
                missing -= u64::from(*len);
            }
            None => {
                pass.emit(&[0])?;
                missing -= 1;
            }
        }
    }
    Ok(())
}
