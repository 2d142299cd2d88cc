//! Host code as text.

use iced_x86::{Decoder, DecoderOptions, Formatter, IntelFormatter};

/// A host instruction.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HostInsn<'a> {
    /// Offset from the first byte of the code.
    pub offset: u32,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Its assembly as Intel writes it.
    pub text: String,
}

/// The instructions of `code`, whose first byte is executed at `at`.
pub fn host(code: &[u8], at: u32) -> Vec<HostInsn<'_>> {
    let mut formatter = IntelFormatter::new();
    let options = formatter.options_mut();
    options.set_hex_prefix("0x");
    options.set_hex_suffix("");
    options.set_uppercase_hex(false);
    options.set_space_after_operand_separator(true);
    options.set_branch_leading_zeros(false);
    let mut decoder = Decoder::with_ip(64, code, at.into(), DecoderOptions::NONE);
    let mut all = vec![];
    while decoder.can_decode() {
        let start = decoder.position();
        let insn = decoder.decode();
        let mut text = String::new();
        formatter.format(&insn, &mut text);
        let bytes = code.get(start..decoder.position()).unwrap_or_default();
        all.push(HostInsn { offset: u32::try_from(start).unwrap_or(u32::MAX), bytes, text });
    }
    all
}

/// One line for each instruction, with `heading(n)` above the first of guest instruction n, which begins at offset
/// `starts[n]`.
pub fn lines(code: &[u8], at: u32, starts: &[u32], heading: &dyn Fn(usize) -> String) -> Vec<String> {
    let mut out = vec![];
    let mut next = starts.iter().enumerate().peekable();
    for HostInsn { offset, bytes, text } in host(code, at) {
        while let Some((number, _)) = next.next_if(|(_, start)| **start <= offset) {
            out.push(heading(number));
        }
        let hex = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(" ");
        out.push(format!("{:#010x}:  {hex:<30} {text}", u64::from(at) + u64::from(offset)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{host, lines};

    #[test]
    fn host_code_is_told_by_guest_instruction() {
        let code = [0x48, 0x01, 0xd8, 0xeb, 0xfb, 0xc3];
        let text = lines(&code, 0x4000_0000, &[0, 3, 3], &|n| format!("guest {n}"));
        assert_eq!(
            text,
            [
                "guest 0",
                "0x40000000:  48 01 d8                       add rax, rbx",
                "guest 1",
                "guest 2",
                "0x40000003:  eb fb                          jmp short 0x40000000",
                "0x40000005:  c3                             ret",
            ]
        );
    }

    #[test]
    fn bytes_that_are_no_code_are_told_as_such() {
        let told = host(&[0x90, 0x06], 0);
        assert_eq!(told[0].text, "nop");
        assert_eq!((told[1].offset, told[1].text.as_str()), (1, "(bad)"));
    }
}
