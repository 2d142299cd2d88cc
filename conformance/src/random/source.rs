//! Where random numbers come from: the same seed gives the same numbers on every host.

use spec::bits::Low;

/// A stream of random numbers: Steele, Lea and Flood's SplitMix, whose every seed is a good one.
#[derive(Clone, Debug)]
pub struct Source(u64);

impl Source {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Any number.
    pub fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ z >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// A number below `end`; zero when `end` is zero.
    pub fn below(&mut self, end: u64) -> u64 {
        ((u128::from(self.any()) * u128::from(end)) >> 64).low64()
    }

    /// A place in something of `len` parts; zero when there are none.
    pub fn index(&mut self, len: usize) -> usize {
        self.below(len as u64).low32() as usize
    }

    /// True once in `times` times.
    pub fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// One of `choices`, which are not none.
    pub fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.index(choices.len())]
    }

    /// A number that finds mistakes more often than a uniform one: zero, all ones, a single bit, the
    /// neighbours of a sign bit, a small number of either sign, or any.
    pub fn biased(&mut self) -> u64 {
        let any = self.any();
        let bit = 1u64 << ((any >> 32) & 63);
        match self.below(12) {
            0 => 0,
            1 => u64::MAX,
            2 => bit,
            3 => bit.wrapping_sub(1),
            4 => bit.wrapping_neg(),
            5 => self.pick(&[0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, 1 << 63]),
            6 => any & 0xff,
            7 => (any & 0xff).wrapping_neg(),
            8 => any & 0xffff_ffff,
            _ => any,
        }
    }

    /// The bits of a floating-point number that finds mistakes, boxed in ones where it is narrower than
    /// 64 bits: zeros, infinities, NaNs, numbers at the edges of a format, ordinary ones, or any bits.
    pub fn float(&mut self) -> u64 {
        let sign = self.any() & 1;
        let low = self.any();
        match self.below(8) {
            // A double, a single and a half whose exponent is anything.
            0 => self.any(),
            1 => 0xffff_ffff_0000_0000 | low,
            2 => 0xffff_ffff_ffff_0000 | low,
            // Exponents near the bias: arithmetic neither overflows nor underflows.
            3 | 4 => sign << 63 | (0x3f0 + self.below(32)) << 52 | low >> 12,
            5 => 0xffff_ffff_0000_0000 | sign << 31 | (0x77 + self.below(16)) << 23 | low >> 41,
            6 => {
                const DOUBLES: [u64; 6] =
                    [0, 1, 0x7ff0_0000_0000_0000, 0x7ff8_0000_0000_0000, 0x7ff0_0000_0000_0001, 1 << 52];
                sign << 63 | self.pick(&DOUBLES)
            }
            _ => {
                const SINGLES: [u64; 6] = [0, 1, 0x7f80_0000, 0x7fc0_0000, 0x7f80_0001, 1 << 23];
                0xffff_ffff_0000_0000 | sign << 31 | self.pick(&SINGLES)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_seeds_give_equal_numbers_and_bounds_hold() {
        let (mut a, mut b) = (Source::new(7), Source::new(7));
        for end in 1..1000 {
            assert_eq!(a.any(), b.any());
            let (x, y) = (a.below(end), b.below(end));
            assert!(x == y && x < end);
        }
        assert_eq!(a.below(0), 0);
    }
}
