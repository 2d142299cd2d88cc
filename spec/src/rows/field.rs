//! Operand fields: which letter, where its bits go, how it is written.

/// Where a decoded operand is kept in an [`Insn`](crate::insn::Insn).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// Destination register.
    Rd,
    /// First source register.
    Rs1,
    /// Second source register.
    Rs2,
    /// Third source register.
    Rs3,
    /// Immediate.
    Imm,
}

/// A run of value bits: `width` bits whose lowest one is value bit `to`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slice {
    /// Lowest value bit.
    pub to: u8,
    /// Number of bits.
    pub width: u8,
}

/// How the bits of an immediate are scattered, in the manual's words: `"12|10:5|4:1|11"` lists value
/// bits from the most significant encoded bit to the least.
#[derive(Clone, Copy, Debug)]
pub struct Scatter {
    /// Runs from the most significant encoded bit down.
    pub slices: [Slice; 8],
    /// How many of them are used.
    pub count: usize,
    /// Encoded bits in all.
    pub width: u32,
    /// Sign bit of the value plus one, or 0 for an unsigned immediate.
    pub sign: u32,
}

/// How a field becomes a value.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    /// A register number: the field plus a bias.
    Reg {
        /// Bits of the field.
        width: u32,
        /// Added to the field.
        bias: u8,
    },
    /// An immediate.
    Imm(Scatter),
    /// Not encoded: always this value.
    Fixed(i32),
}

/// How an operand is written.
#[derive(Clone, Copy, Debug)]
pub enum Show {
    /// A register of this list of names.
    Reg(&'static [&'static str]),
    /// A decimal number.
    Decimal,
    /// A hexadecimal number.
    Hex,
    /// The upper 20 bits of a value, written shifted down: `lui` and `auipc`.
    Upper,
    /// A distance from the instruction's own address, written as the address it leads to.
    Target,
    /// A control register, by name where it has one.
    Csr,
    /// A rounding mode, left out when dynamic.
    Rounding,
    /// A rounding mode of a conversion that is always exact, left out when zero.
    ExactRounding,
    /// A fence's predecessor and successor sets.
    Fence,
    /// Acquire and release bits, written as a suffix of the mnemonic.
    Ordering,
    /// Not written.
    Hidden,
}

/// An operand of a form.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// Its letter in pictures and in the form's text; 0 for a fixed operand that is not encoded.
    pub letter: u8,
    /// The slots it fills; a register that is both source and destination fills two.
    pub slots: &'static [Slot],
    /// How bits become a value.
    pub code: Code,
    /// How the value is written.
    pub show: Show,
    /// Name for people: `rd`, `rs1`, `imm`.
    pub name: &'static str,
}

/// Reads a scatter text; fails to compile when it is malformed.
///
/// ```
/// const BRANCH: spec::rows::Scatter = spec::rows::scatter("12|10:5|4:1|11", true);
/// assert_eq!((BRANCH.width, BRANCH.sign, BRANCH.count), (12, 13, 4));
/// ```
/// ```compile_fail,E0080
/// const UPSIDE_DOWN: spec::rows::Scatter = spec::rows::scatter("5:10", true);
/// println!("{}", UPSIDE_DOWN.width);
/// ```
/// ```compile_fail,E0080
/// const TOO_HIGH: spec::rows::Scatter = spec::rows::scatter("32:28", true);
/// println!("{}", TOO_HIGH.width);
/// ```
pub const fn scatter(text: &str, signed: bool) -> Scatter {
    let t = text.as_bytes();
    let mut s = Scatter { slices: [Slice { to: 0, width: 0 }; 8], count: 0, width: 0, sign: 0 };
    let (mut i, mut top) = (0, 0);
    while i < t.len() {
        let (high, after) = number(t, i);
        i = after;
        let mut low = high;
        if i < t.len() && t[i] == b':' {
            (low, i) = number(t, i + 1);
        }
        assert!(high >= low && high < 32, "a run is written high:low");
        s.slices[s.count] = Slice { to: low, width: high - low + 1 };
        s.count += 1;
        s.width += (high - low + 1) as u32;
        if high as u32 + 1 > top {
            top = high as u32 + 1;
        }
        assert!(i == t.len() || t[i] == b'|', "runs are separated by |");
        i += 1;
    }
    if signed {
        s.sign = top;
    }
    s
}

const fn number(t: &[u8], mut i: usize) -> (u8, usize) {
    let (mut n, start) = (0, i);
    while i < t.len() && t[i].is_ascii_digit() {
        n = n * 10 + (t[i] - b'0');
        i += 1;
    }
    assert!(i > start, "a scatter text is made of numbers");
    (n, i)
}
