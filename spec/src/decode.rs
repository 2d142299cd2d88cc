//! The decoder: a two-level index over rows.
//!
//! The first level looks at bits the guest names (for RISC-V opcode and funct3); the second looks, per
//! bucket, at the bit field that separates its rows best. What is left is compared one by one.

use crate::bits::{Low, ones};
use crate::insn::Insn;
use crate::rows::{Code, Row, Slot, Unless};
use std::sync::OnceLock;

/// A run of instruction bits used as an index: `width` bits from bit `shift`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Key {
    /// Lowest bit.
    pub shift: u32,
    /// Number of bits.
    pub width: u32,
}

impl Key {
    #[inline(always)]
    fn of(self, word: u32) -> usize {
        (word >> self.shift & ones(self.width)) as usize
    }
    fn mask(self) -> u32 {
        ones(self.width) << self.shift
    }
}

#[derive(Clone, Copy, Default)]
struct Reg {
    shift: u8,
    mask: u8,
    bias: u8,
}

#[derive(Clone, Copy, Default)]
struct Piece {
    from: u8,
    to: u8,
    mask: u32,
}

/// Pieces of an immediate that are put together without asking how many there are; more are rare.
const FEW: usize = 4;

struct Entry<O: 'static> {
    mask: u32,
    bits: u32,
    unless: &'static [Unless],
    op: O,
    /// Bytes of the instruction.
    len: u8,
    row: &'static Row<O>,
    regs: [Reg; 4],
    pieces: [Piece; 8],
    /// Whether there are more pieces than a few.
    many: bool,
    fixed: i32,
    /// Left shift that brings the sign bit to bit 31; 0 for an unsigned immediate.
    sign: u32,
}

/// The rows that have the same bits in the first level.
struct Bucket {
    key: Key,
    /// For each value of the key where its rows begin in `leaves`; then where the last one's end.
    bounds: Box<[u16]>,
    leaves: Box<[u16]>,
}

/// Decodes words of one width for one register width.
pub struct Decoder<O: 'static> {
    first: [Key; 2],
    /// Each made when the first word for it is decoded: most programs have words for a few.
    buckets: Box<[OnceLock<Bucket>]>,
    entries: Vec<Entry<O>>,
}

impl<O: Copy + PartialEq> Decoder<O> {
    /// Indexes `rows`, which all have the same width, by the two runs of bits in `first`.
    ///
    /// # Panics
    /// When there are more than 65,535 rows.
    pub fn new(rows: impl Iterator<Item = &'static Row<O>>, first: [Key; 2]) -> Self {
        let mut rows: Vec<_> = rows.collect();
        // A row that says `before` is tried first; the table has no chains of these.
        rows.sort_by_key(|r| r.before.is_empty());
        assert!(rows.len() <= usize::from(u16::MAX), "rows are numbered by 16 bits");
        let buckets = (0..1 << (first[0].width + first[1].width)).map(|_| OnceLock::new()).collect();
        Decoder { first, buckets, entries: rows.into_iter().map(Entry::new).collect() }
    }

    /// The bucket of words like `word`.
    #[cold]
    fn bucket(&self, word: u32) -> Bucket {
        let mask = self.first[0].mask() | self.first[1].mask();
        let here: Vec<u16> = (0u16..)
            .zip(&self.entries)
            .filter(|(_, e)| (e.bits ^ word) & e.mask & mask == 0)
            .map(|(i, _)| i)
            .collect();
        let key = self.best_key(&here, mask);
        let (mut bounds, mut leaves) = (vec![0], vec![]);
        for value in 0..1u32 << key.width {
            let fits = |i: &&u16| {
                let e = &self.entries[usize::from(**i)];
                (e.bits ^ value << key.shift) & e.mask & key.mask() == 0
            };
            leaves.extend(here.iter().filter(fits));
            bounds.push(u16::try_from(leaves.len()).unwrap_or(u16::MAX));
        }
        Bucket { key, bounds: bounds.into(), leaves: leaves.into() }
    }

    /// The run of bits outside `mask` that leaves the fewest of the rows `here` together in the worst case.
    /// A row that has an operand among the bits counts for every value of them.
    fn best_key(&self, here: &[u16], mask: u32) -> Key {
        let mut best = (here.len(), Key::default());
        if here.len() <= 2 {
            return best.1;
        }
        let looked = here.iter().fold(0, |bits, &i| bits | self.entries[usize::from(i)].mask);
        for width in 1..=7 {
            for shift in 0..=32 - width {
                let key = Key { shift, width };
                // Bits that no row looks at, or that have been looked at, separate nothing.
                if key.mask() & (mask | !looked) != 0 || best.0 <= 1 {
                    continue;
                }
                let (mut fixed, mut free) = ([0u16; 128], 0);
                for e in here.iter().map(|&i| &self.entries[usize::from(i)]) {
                    if e.mask & key.mask() == key.mask() {
                        fixed[key.of(e.bits)] += 1;
                    } else {
                        free += 1;
                    }
                }
                let worst = free + fixed[..1 << width].iter().copied().max().map_or(0, usize::from);
                if worst < best.0 {
                    best = (worst, key);
                }
            }
        }
        best.1
    }

    /// The row and operands of `word`, or `None` when no row has this encoding.
    #[inline]
    pub fn decode(&self, word: u32) -> Option<Insn<O>> {
        let entry = self.find(word)?;
        let reg = |slot: usize| {
            let r = entry.regs[slot];
            ((word >> r.shift).low8() & r.mask) + r.bias
        };
        let (few, more) = entry.pieces.split_at(FEW);
        let part = |imm: u32, p: &Piece| imm | (word >> p.from & p.mask) << p.to;
        let mut imm = few.iter().fold(0, part);
        if entry.many {
            imm = more.iter().fold(imm, part);
        }
        let imm = ((imm << entry.sign).cast_signed() >> entry.sign) + entry.fixed;
        Some(Insn {
            op: entry.op,
            len: entry.len,
            off: 0,
            rd: reg(0),
            rs1: reg(1),
            rs2: reg(2),
            rs3: reg(3),
            imm,
            word,
        })
    }

    /// The row that `word` belongs to.
    pub fn row(&self, word: u32) -> Option<&'static Row<O>> {
        self.find(word).map(|e| e.row)
    }

    #[inline]
    fn find(&self, word: u32) -> Option<&Entry<O>> {
        let [a, b] = self.first;
        let slot = &self.buckets[a.of(word) | b.of(word) << a.width];
        let bucket = slot.get_or_init(|| self.bucket(word));
        let leaf = bucket.key.of(word);
        let range = usize::from(bucket.bounds[leaf])..usize::from(bucket.bounds[leaf + 1]);
        bucket.leaves[range]
            .iter()
            .map(|&i| &self.entries[usize::from(i)])
            .find(|e| word & e.mask == e.bits && e.unless.iter().all(|u| word & u.mask != u.bits))
    }
}

impl<O: Copy> Entry<O> {
    fn new(row: &'static Row<O>) -> Self {
        let p = &row.pattern;
        let mut e = Entry {
            mask: p.mask,
            bits: p.bits,
            unless: row.unless,
            op: row.op,
            len: (p.width / 8).low8(),
            row,
            regs: [Reg::default(); 4],
            pieces: [Piece::default(); 8],
            many: false,
            fixed: 0,
            sign: 0,
        };
        for f in row.form.fields {
            let mask = p.mask_of(f.letter);
            for slot in f.slots {
                match (slot, f.code) {
                    (Slot::Imm, Code::Imm(s)) => {
                        e.pieces = pieces(mask, &s);
                        e.many = e.pieces[FEW].mask != 0;
                        e.sign = if s.sign == 0 { 0 } else { 32 - s.sign };
                    }
                    (Slot::Imm, Code::Fixed(v)) => e.fixed = v,
                    (Slot::Imm, Code::Reg { .. }) => {}
                    (_, Code::Fixed(v)) => e.regs[*slot as usize].bias = v.cast_unsigned().low8(),
                    (_, code) => {
                        let bias = if let Code::Reg { bias, .. } = code { bias } else { 0 };
                        let shift = mask.trailing_zeros();
                        e.regs[*slot as usize] =
                            Reg { shift: shift.low8(), mask: (mask >> shift).low8(), bias };
                    }
                }
            }
        }
        e
    }
}

/// Pairs encoded bits with value bits. Runs of the scatter may cross gaps of the picture, so the pairing
/// is made bit by bit and then joined.
fn pieces(mask: u32, s: &crate::rows::Scatter) -> [Piece; 8] {
    let mut from: Vec<u32> = (0..32).rev().filter(|b| mask >> b & 1 == 1).collect();
    from.reverse();
    let mut pairs = vec![];
    for slice in s.slices[..s.count].iter() {
        for k in (0..u32::from(slice.width)).rev() {
            let Some(bit) = from.pop() else { continue };
            pairs.push((bit, u32::from(slice.to) + k));
        }
    }
    let mut out = [Piece::default(); 8];
    let mut n = 0;
    let mut last = None;
    for (bit, to) in pairs.into_iter().rev() {
        if let Some((b, t)) = last
            && (b + 1, t + 1) == (bit, to)
        {
            out[n - 1].mask = out[n - 1].mask << 1 | 1;
        } else {
            out[n] = Piece { from: bit.low8(), to: to.low8(), mask: 1 };
            n += 1;
        }
        last = Some((bit, to));
    }
    out
}
