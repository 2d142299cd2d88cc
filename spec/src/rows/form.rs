//! Forms: operand lists with their assembly text, checked against each picture that uses them.

use super::{Code, Field, Pattern};

/// An operand list and how it is written.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Operand text in which each letter stands for the field of that letter: `"d,i(s)"`.
    pub text: &'static str,
    /// The operands.
    pub fields: &'static [Field],
}

impl Form {
    /// The field of `letter`.
    pub fn field(&self, letter: u8) -> Option<&'static Field> {
        self.fields.iter().find(|f| f.letter == letter && letter != 0)
    }
}

/// Fails to compile unless picture and form name the same letters with the same widths.
///
/// ```
/// use spec::rows::{Code, Field, Form, Pattern, Show, Slot, check, parse, scatter};
/// const IMM: Field = Field {
///     letter: b'i', slots: &[Slot::Imm], code: Code::Imm(scatter("11:0", true)), show: Show::Decimal, name: "imm",
/// };
/// const FORM: Form = Form { text: "i", fields: &[IMM] };
/// const GOOD: Pattern = parse("iiiiiiiiiiii 0000 0000 0000 0000 0000");
/// const _: () = check(&GOOD, &FORM);
/// ```
///
/// An immediate with a bit less than its scatter, and a letter that the form does not know:
///
/// ```compile_fail,E0080
/// use spec::rows::{Code, Field, Form, Pattern, Show, Slot, check, parse, scatter};
/// const IMM: Field = Field {
///     letter: b'i', slots: &[Slot::Imm], code: Code::Imm(scatter("11:0", true)), show: Show::Decimal, name: "imm",
/// };
/// const FORM: Form = Form { text: "i", fields: &[IMM] };
/// const SHORT: Pattern = parse("iiiiiiiiiii 1 0000 0000 0000 0000 0000");
/// const _: () = check(&SHORT, &FORM);
/// ```
/// ```compile_fail,E0080
/// use spec::rows::{Code, Field, Form, Pattern, Show, Slot, check, parse, scatter};
/// const IMM: Field = Field {
///     letter: b'i', slots: &[Slot::Imm], code: Code::Imm(scatter("11:0", true)), show: Show::Decimal, name: "imm",
/// };
/// const FORM: Form = Form { text: "i", fields: &[IMM] };
/// const STRANGE: Pattern = parse("iiiiiiiiiiii xxxx 0000 0000 0000 0000");
/// const _: () = check(&STRANGE, &FORM);
/// ```
pub const fn check(p: &Pattern, form: &Form) {
    let mut covered = p.mask;
    let mut i = 0;
    while i < form.fields.len() {
        let f = &form.fields[i];
        let mask = p.mask_of(f.letter);
        let width = mask.count_ones();
        match f.code {
            Code::Fixed(_) => assert!(f.letter == 0, "a fixed operand has no letter"),
            Code::Reg { width: wanted, .. } => {
                assert!(width == wanted, "a register field has the wrong width");
                assert!(mask >> mask.trailing_zeros() == (1 << width) - 1, "a register field is in pieces");
                covered |= mask;
            }
            Code::Imm(s) => {
                assert!(width == s.width, "an immediate's picture and scatter differ in width");
                covered |= mask;
            }
        }
        i += 1;
    }
    let all = if p.width == 32 { u32::MAX } else { 0xffff };
    assert!(covered == all, "a letter of the picture is no field of its form");
}
