//! Operands for the floating-point tests: the awkward values, and random ones that meet each other.

/// Field widths of a format.
#[derive(Clone, Copy)]
pub struct Shape {
    pub exp: u32,
    pub frac: u32,
}

impl Shape {
    fn bias(self) -> u64 {
        (1 << (self.exp - 1)) - 1
    }

    fn infinity(self) -> u64 {
        ((1 << self.exp) - 1) << self.frac
    }

    /// 2^`exponent`, or the largest finite number.
    fn power(self, exponent: u64) -> u64 {
        ((self.bias() + exponent) << self.frac).min(self.infinity() - 1)
    }

    fn both_signs(self, magnitudes: &[u64]) -> Vec<u64> {
        magnitudes.iter().flat_map(|&m| [m, m | 1 << (self.exp + self.frac)]).collect()
    }

    /// Ends of every range, NaNs with payloads, one and its neighbours.
    pub fn few_specials(self) -> Vec<u64> {
        let (one, infinity, min_normal) = (self.power(0), self.infinity(), 1_u64 << self.frac);
        let quiet = infinity | 1 << (self.frac - 1);
        self.both_signs(&[
            0,
            1,
            min_normal - 1,
            min_normal,
            min_normal + 1,
            one - 1,
            one,
            one + 1,
            one | 1 << (self.frac - 1),
            self.power(1) - 1,
            infinity - min_normal,
            infinity - 1,
            infinity,
            quiet,
            quiet | 5,
            infinity | 1,
        ])
    }

    /// The few specials, and halves and the ends of the integer types with their neighbours.
    pub fn specials(self) -> Vec<u64> {
        let mut all = self.few_specials();
        let half = self.power(0) - (1 << self.frac);
        let (one, two) = (self.power(0), self.power(1));
        let mut more = vec![2, 3, 1 << (self.frac - 1), (1 << (self.frac + 1)) - 1, self.infinity() | 0x155];
        more.extend([half - 1, half, half + 1, half | 1 << (self.frac - 1), half + (1 << self.frac) - 1]);
        more.extend([
            one | 3 << (self.frac - 2),
            two,
            two | 1 << (self.frac - 2),
            two | 3 << (self.frac - 2),
        ]);
        for exponent in [7, 8, 15, 16, 31, 32, 63, 64, self.frac - 1, self.frac, self.frac + 1] {
            let power = self.power(exponent.into());
            more.extend([power - 2, power - 1, power, power + 1]);
        }
        all.extend(self.both_signs(&more));
        all
    }
}

/// A seeded xorshift generator.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// A word with long runs of equal bits as often as a uniform one: ties, carries and cancellation.
    pub fn runs(&mut self) -> u64 {
        let (choice, word) = (self.next(), self.next());
        let run = u64::MAX >> (choice >> 8 & 63);
        match choice >> 61 {
            0 => run,
            1 => !run,
            2 => run ^ 1 << (choice >> 16 & 63),
            3 => 1 << (choice >> 16 & 63) | 1 << (choice >> 24 & 63),
            _ => word,
        }
    }

    /// An integer of any length, positive or negative.
    pub fn integer(&mut self) -> u64 {
        let word = self.runs();
        let choice = self.next();
        let small = word >> (choice & 63);
        if choice >> 63 == 0 { small } else { small.wrapping_neg() }
    }

    /// Any pattern of the format, its exponent often near that of `near`.
    pub fn number(&mut self, shape: Shape, near: u64) -> u64 {
        let choice = self.next();
        let mask = (1_u64 << shape.exp) - 1;
        let offset = (choice >> 8 & 127).wrapping_sub(64);
        let exponent = match choice & 15 {
            0..7 => (near >> shape.frac).wrapping_add(offset.cast_signed().wrapping_div(8).cast_unsigned()),
            7..10 => (near >> shape.frac).wrapping_add(offset),
            10..13 => shape.bias().wrapping_add(offset),
            13 => choice >> 16 & 3,
            _ => choice >> 16,
        } & mask;
        let fraction = self.runs() & ((1 << shape.frac) - 1);
        (choice >> 63) << (shape.exp + shape.frac) | exponent << shape.frac | fraction
    }
}

/// Random operands per operation, format and rounding mode: `STRATA_FPU_N`, or a million.
pub fn rounds() -> u64 {
    std::env::var("STRATA_FPU_N").ok().and_then(|n| n.parse().ok()).unwrap_or(1_000_000)
}
