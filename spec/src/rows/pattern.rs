//! The bit picture of an encoding.

/// An encoding: fixed bits and, by letter, operand bits.
#[derive(Clone, Copy, Debug)]
pub struct Pattern {
    /// Bits that are fixed.
    pub mask: u32,
    /// Their values.
    pub bits: u32,
    /// Width in bits: 16 or 32.
    pub width: u32,
    /// `letters[i]` is the picture's letter at bit `i`, or 0 where the bit is fixed.
    pub letters: [u8; 32],
}

/// A combination that a row excludes: the word is not this row when `word & mask == bits`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unless {
    /// The bits looked at.
    pub mask: u32,
    /// The excluded value.
    pub bits: u32,
}

impl Pattern {
    /// The bits that carry `letter`.
    pub const fn mask_of(&self, letter: u8) -> u32 {
        let (mut mask, mut i) = (0, 0);
        while i < 32 {
            if self.letters[i] == letter {
                mask |= 1 << i;
            }
            i += 1;
        }
        mask
    }

    /// The exclusion of `value` for the field of `letter`, counted from the field's lowest bit. Fails to
    /// compile for a letter that the picture lacks or a value that its field cannot hold.
    ///
    /// ```compile_fail,E0080
    /// const P: spec::rows::Pattern = spec::rows::parse("000 i ddddd iiiii 01");
    /// const U: spec::rows::Unless = P.unless("d", 32);
    /// println!("{U:?}");
    /// ```
    /// ```compile_fail,E0080
    /// const P: spec::rows::Pattern = spec::rows::parse("000 i ddddd iiiii 01");
    /// const U: spec::rows::Unless = P.unless("s", 0);
    /// println!("{U:?}");
    /// ```
    pub const fn unless(&self, letter: &str, value: u32) -> Unless {
        assert!(letter.len() == 1, "an exclusion names one letter");
        let mask = self.mask_of(letter.as_bytes()[0]);
        assert!(mask != 0, "an exclusion names a letter that the picture lacks");
        let bits = value << mask.trailing_zeros();
        assert!(bits & !mask == 0, "the excluded value does not fit its field");
        Unless { mask, bits }
    }
}

/// Reads a picture, most significant bit first: `0` and `1` are fixed, lower-case letters are operand
/// bits, spaces are for the eye. Fails to compile unless the picture is 16 or 32 bits wide.
///
/// ```
/// const ADD: spec::rows::Pattern = spec::rows::parse("0000000 ttttt sssss 000 ddddd 0110011");
/// assert_eq!((ADD.bits, ADD.mask, ADD.width), (0x0000_0033, 0xfe00_707f, 32));
/// ```
///
/// A picture of another width, or with other signs:
///
/// ```compile_fail,E0080
/// const NARROW: spec::rows::Pattern = spec::rows::parse("0000000 ttttt sssss 000 ddddd 011001");
/// println!("{}", NARROW.width);
/// ```
/// ```compile_fail,E0080
/// const SIGN: spec::rows::Pattern = spec::rows::parse("0000000 ttttt sssss 000 ddddd 01100x1*");
/// println!("{}", SIGN.width);
/// ```
pub const fn parse(picture: &str) -> Pattern {
    let text = picture.as_bytes();
    let (mut width, mut i) = (0, 0);
    while i < text.len() {
        if text[i] != b' ' {
            width += 1;
        }
        i += 1;
    }
    assert!(width == 16 || width == 32, "a picture is 16 or 32 bits wide");
    let mut p = Pattern { mask: 0, bits: 0, width, letters: [0; 32] };
    let mut bit = width;
    i = 0;
    while i < text.len() {
        match text[i] {
            b' ' => {}
            b'0' | b'1' => {
                bit -= 1;
                p.mask |= 1 << bit;
                p.bits |= ((text[i] - b'0') as u32) << bit;
            }
            b'a'..=b'z' => {
                bit -= 1;
                p.letters[bit as usize] = text[i];
            }
            _ => panic!("a picture is made of 0, 1, lower-case letters and spaces"),
        }
        i += 1;
    }
    p
}
