//! `strata asm`: text to bytes and back.

use crate::Outcome;
use spec::disasm::{self, Style};
use spec::riscv::Guest;
use std::fmt::Write as _;
use std::io::Write;

/// What to assemble or disassemble.
#[derive(clap::Args)]
pub struct Arguments {
    /// Instructions, each one argument: 'addi a0,a0,1'; with -d bytes in memory order (13051500) or words (0x00150513)
    #[arg(required = true)]
    what: Vec<String>,
    /// Disassemble
    #[arg(short, long)]
    disassemble: bool,
    /// Address of the first instruction
    #[arg(long, default_value = "0", value_parser = address)]
    pc: u64,
    /// Names of rows instead of aliases
    #[arg(long)]
    no_aliases: bool,
    /// The guest
    #[arg(long, default_value = "riscv64")]
    guest: String,
}

fn address(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("\"{text}\" is no address; write 0x10000 or 65536"))
}

/// The guest of this name.
///
/// # Errors
/// A sentence that lists the guests.
pub fn guest(name: &str) -> Result<&'static Guest, String> {
    spec::riscv::guest(name).ok_or_else(|| {
        let names: Vec<_> = spec::riscv::GUESTS.iter().map(|guest| guest.name).collect();
        format!("there is no guest \"{name}\"; there are {}", names.join(" and "))
    })
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let guest = guest(&arguments.guest)?;
    let mut out = std::io::stdout().lock();
    let mut pc = arguments.pc;
    for what in &arguments.what {
        if arguments.disassemble {
            let style = if arguments.no_aliases { Style::Plain } else { Style::Aliases };
            for (word, len) in words(guest, what)? {
                let text = disasm::word(guest, word, pc, style).0;
                writeln!(out, "{text}")?;
                pc = pc.wrapping_add(u64::from(len));
            }
        } else {
            let done = spec::asm::line_text(guest, what, pc)?;
            let bytes = &done.word.to_le_bytes()[..usize::from(done.len)];
            let hex = bytes.iter().fold(String::new(), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            writeln!(out, "{hex}")?;
            pc = pc.wrapping_add(u64::from(done.len));
        }
    }
    Ok(())
}

/// The instruction words that `text` holds: one word after `0x`, else bytes in memory order.
fn words(guest: &Guest, text: &str) -> Result<Vec<(u32, u8)>, String> {
    let wrong = || format!("\"{text}\" is neither bytes (13051500) nor a word (0x00150513)");
    if let Some(digits) = text.strip_prefix("0x") {
        let word = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        return Ok(vec![(word, (guest.length)(word))]);
    }
    let digits: Vec<u8> = text.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
    let bytes: Option<Vec<u8>> = (digits.chunks(2))
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok().filter(|_| pair.len() == 2))
        .collect();
    let bytes = bytes.filter(|bytes| !bytes.is_empty()).ok_or_else(wrong)?;
    let mut found = vec![];
    let mut rest = bytes.as_slice();
    while !rest.is_empty() {
        let mut four = [0; 4];
        let here = rest.len().min(4);
        four[..here].copy_from_slice(&rest[..here]);
        let len = (guest.length)(u32::from_le_bytes(four));
        if rest.len() < usize::from(len) {
            return Err(format!("\"{text}\" ends inside an instruction of {len} bytes; give all of them"));
        }
        let word = u32::from_le_bytes(four);
        found.push((if len == 2 { word & 0xffff } else { word }, len));
        rest = &rest[usize::from(len)..];
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use spec::riscv::RV64;

    #[rstest]
    #[case("13051500", Ok(vec![(0x0015_0513, 4)]))]
    #[case("0x00150513", Ok(vec![(0x0015_0513, 4)]))]
    #[case("0505 13051500", Ok(vec![(0x0505, 2), (0x0015_0513, 4)]))]
    #[case("130515", Err("\"130515\" ends inside an instruction of 4 bytes; give all of them".into()))]
    #[case("1305150", Err("\"1305150\" is neither bytes (13051500) nor a word (0x00150513)".into()))]
    #[case("", Err("\"\" is neither bytes (13051500) nor a word (0x00150513)".into()))]
    #[case("ü5", Err("\"ü5\" is neither bytes (13051500) nor a word (0x00150513)".into()))]
    fn bytes_are_in_memory_order_and_words_are_numbers(
        #[case] text: &str,
        #[case] found: Result<Vec<(u32, u8)>, String>,
    ) {
        assert_eq!(words(&RV64, text), found);
    }
}
