//! Makes a random program from a seed and a guest's rows.

use super::source::Source;
use super::subject::Subject;
use crate::mem::{Piece, Pieces};
use interp::Guest;
use spec::bits::Low;
use spec::encode::{self, encode};
use spec::insn::Insn;
use spec::rows::{Code, Effects, Field, Row, Show, Slot as Operand};

/// Bytes that a base register's neighbourhood spans; its immediates reach half of them either way.
const REACH: u64 = 4096;
/// Bytes of the data area.
const DATA: u64 = 2 * REACH;
/// Bytes of the area that holds the code; what the program leaves of it is zero.
pub(crate) const CODE: u64 = 1024;
/// One operand in this many is left as it was drawn, so that wild addresses occur too.
const WILD: u64 = 24;

/// An instruction word of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The word; a 16-bit instruction in the lower half.
    pub word: u32,
    /// Its length in bytes.
    pub len: u8,
}

/// A random program and all that decides how it runs.
pub struct Program<G: Guest> {
    /// What it was made from.
    pub seed: u64,
    /// Address of the first slot.
    pub code: u64,
    /// The instructions.
    pub slots: Vec<Slot>,
    /// The state before the first.
    pub state: G::State,
    /// The data area.
    pub data: Piece,
    /// How many instructions run between two comparisons, over and over.
    pub budgets: Vec<u64>,
    /// After how many loads and stores one fails: at the start, then after each trap, over and over.
    pub faults: Vec<Option<u64>>,
    /// The slot at which it goes on after a trap that has no next slot, over and over.
    pub resume: Vec<usize>,
    /// Instructions after which it ends.
    pub limit: u64,
}

impl<G: Guest> Clone for Program<G> {
    fn clone(&self) -> Self {
        Self {
            slots: self.slots.clone(),
            state: self.state.clone(),
            data: self.data.clone(),
            budgets: self.budgets.clone(),
            faults: self.faults.clone(),
            resume: self.resume.clone(),
            ..*self
        }
    }
}

impl<G: Guest> Program<G> {
    /// The address of slot `index`; of one past the last, the program's end.
    pub fn at(&self, index: usize) -> u64 {
        self.code + self.slots[..index].iter().map(|s| u64::from(s.len)).sum::<u64>()
    }

    /// The slot that begins at `address`.
    pub fn slot_at(&self, address: u64) -> Option<usize> {
        let mut at = self.code;
        self.slots.iter().position(|s| {
            at += u64::from(s.len);
            at - u64::from(s.len) == address
        })
    }

    /// The memory before the first instruction.
    pub fn memory(&self, big_endian: bool) -> Pieces {
        let mut code = vec![];
        for slot in &self.slots {
            let len = usize::from(slot.len);
            let bytes = slot.word.to_le_bytes();
            code.extend(&bytes[..len]);
            if big_endian {
                let start = code.len() - len;
                code[start..].reverse();
            }
        }
        code.resize(CODE.low32() as usize, 0);
        Pieces { pieces: vec![self.data.clone()], until_fault: None }.with(self.code, code, true, true)
    }
}

/// The program of `seed`.
pub fn program<S: Subject>(seed: u64) -> Program<S> {
    let mut source = Source::new(seed);
    let s = &mut source;
    let (code, data) = s.pick(S::PLACES);
    let count = 20 + s.index(80);
    let mut maker = Maker::<S>::new(s, code, data);
    for _ in 0..count {
        maker.append();
    }
    maker.aim();
    let (slots, state) = (maker.slots, maker.state);
    Program {
        seed,
        code,
        state,
        data: data_area(s, data),
        budgets: (0..16).map(|_| s.pick(&[1, 2, 7, 64, u64::MAX])).collect(),
        faults: (0..4).map(|_| s.one_in(2).then(|| s.below(30))).collect(),
        resume: (0..8).map(|_| s.index(slots.len())).collect(),
        limit: 4 * slots.len() as u64,
        slots,
    }
}

/// Integers and floating-point numbers worth loading, from end to end.
fn data_area(s: &mut Source, start: u64) -> Piece {
    let mut bytes = vec![];
    while (bytes.len() as u64) < DATA {
        let value = if s.one_in(2) { s.biased() } else { s.float() };
        bytes.extend(value.to_le_bytes());
    }
    Piece { start, bytes, writable: true, executable: false }
}

struct Maker<'a, S: Subject> {
    s: &'a mut Source,
    state: S::State,
    slots: Vec<Slot>,
    /// Where each of [`Subject::POINTERS`] points, as a distance from the first slot.
    pointers: Vec<u64>,
    /// Rows that are drawn half of the time, so that instructions that belong together meet.
    theme: Vec<&'static Row<S::Op>>,
    /// Stores go to the code now and then, each followed by a row that makes them visible.
    modifies: bool,
}

impl<'a, S: Subject> Maker<'a, S> {
    fn new(s: &'a mut Source, code: u64, data: u64) -> Self {
        let mut state = S::any_state(s);
        for &base in S::BASES {
            let middle = data + DATA / 2;
            let aligned = s.below(REACH / 2).wrapping_sub(REACH / 4) & !63;
            let value = match s.below(16) {
                // Some accesses leave the data area.
                0 => data + s.below(16),
                1 => data + DATA - s.below(16),
                // Most are not aligned.
                2 => middle + s.below(64),
                _ => middle.wrapping_add(aligned),
            };
            S::set(&mut state, base, value);
        }
        let pointers: Vec<u64> = S::POINTERS.iter().map(|_| 4 * s.below(40)).collect();
        for (&register, distance) in S::POINTERS.iter().zip(&pointers) {
            S::set(&mut state, register, code + distance);
        }
        S::set_pc(&mut state, code);
        let exts: Vec<&str> = {
            let rows: Vec<_> = S::text().rows().collect();
            (0..2).map(|_| s.pick(&rows).ext).collect()
        };
        let theme = S::text().rows().filter(|r| exts.contains(&r.ext)).collect();
        let modifies = s.one_in(6);
        let mut made = Self { s, state, slots: vec![], pointers, theme, modifies };
        let patch = made.patch();
        S::set(&mut made.state, S::PATCH, patch);
        made
    }

    /// An instruction or two for a register: what a program stores into its code.
    fn patch(&mut self) -> u64 {
        let text = S::text();
        let (low, len) = self.word();
        let next = match text.padding.iter().find(|(_, bytes)| len == 2 && *bytes == 2) {
            Some((word, _)) => u64::from(*word) << 16,
            None => 0,
        };
        u64::from(low) | next | u64::from(self.word().0) << 32
    }

    fn word(&mut self) -> (u32, u8) {
        let row = self.row();
        let word = self.draw(row);
        (word, (S::text().length)(word))
    }

    fn row(&mut self) -> &'static Row<S::Op> {
        if self.s.one_in(2) {
            return self.s.pick(&self.theme);
        }
        let rows = S::text().rows;
        loop {
            let row = &rows[self.s.index(rows.len())];
            if row.widths.has(S::text().xlen) {
                return row;
            }
        }
    }

    fn append(&mut self) {
        let text = S::text();
        let word = if self.s.one_in(80) { self.s.any().low32() } else { self.word().0 };
        let stored = (text.decode)(word).is_some_and(|insn| {
            (text.row)(insn.op).effects.any(Effects::STORE) && S::POINTERS.contains(&insn.rs1)
        });
        self.push(word);
        let sync = text.rows().find(|r| r.effects.any(Effects::SYNC));
        if let Some(row) = sync.filter(|_| stored) {
            let word = self.draw(row);
            self.push(word);
        }
    }

    fn push(&mut self, word: u32) {
        let len = (S::text().length)(word);
        self.slots.push(Slot { word: if len == 2 { word & 0xffff } else { word }, len });
    }

    /// A word of `row` with operands that keep the program going.
    fn draw(&mut self, row: &'static Row<S::Op>) -> u32 {
        let text = S::text();
        let mut word = 0;
        for _ in 0..8 {
            word = spec::random::word(row, &mut || self.s.any());
            let Some(insn) = (text.decode)(word) else { continue };
            // Another row may take the word.
            let row = (text.row)(insn.op);
            if self.clobbers(row, &insn) && !self.s.one_in(WILD) {
                continue;
            }
            return self.steer(row, insn);
        }
        word
    }

    /// Whether the instruction writes a register that points somewhere. Jumps may: they write links.
    fn clobbers(&self, row: &Row<S::Op>, insn: &Insn<S::Op>) -> bool {
        let kept = S::BASES.contains(&insn.rd) || S::POINTERS.contains(&insn.rd) || insn.rd == S::PATCH;
        kept && field(row, Operand::Rd).is_some() && !row.effects.any(Effects::JUMP)
    }

    /// Turns memory operands towards the data, jumps towards pointers, controls to those that exist.
    fn steer(&mut self, row: &'static Row<S::Op>, insn: Insn<S::Op>) -> u32 {
        let mut best = insn.word;
        if self.s.one_in(WILD) {
            return best;
        }
        let mut wanted = insn;
        if let Some(f) = field(row, Operand::Imm) {
            if matches!(f.show, Show::Csr) {
                wanted.imm = self.s.pick(S::CONTROLS);
            }
            if let Code::Imm(scatter) = &f.code
                && row.effects.any(Effects::LOAD.and(Effects::STORE))
                && encode::span(scatter).max >= REACH.cast_signed()
            {
                wanted.imm %= 2048;
            }
            best = encode(row, &wanted).unwrap_or(best);
        }
        let registers = self.targets(row);
        for _ in 0..4 {
            let Some(&register) = registers.get(self.s.index(registers.len())) else { break };
            wanted.rs1 = register;
            if registers == S::POINTERS && row.effects.any(Effects::STORE) {
                wanted.rs2 = S::PATCH;
            }
            if let Ok(word) = encode(row, &wanted) {
                return word;
            }
        }
        best
    }

    /// The registers from which `row` should take its address.
    fn targets(&mut self, row: &Row<S::Op>) -> &'static [u8] {
        if row.effects.any(Effects::LOAD.and(Effects::STORE)) {
            let own = self.modifies && row.effects.any(Effects::STORE) && self.s.one_in(3);
            return if own { S::POINTERS } else { S::BASES };
        }
        if is_indirect(row) { S::POINTERS } else { &[] }
    }

    /// Gives jumps and stores into the code their distances, now that all lengths are known.
    fn aim(&mut self) {
        let mut starts = vec![0];
        for slot in &self.slots {
            starts.push(starts[starts.len() - 1] + u64::from(slot.len));
        }
        for index in 0..self.slots.len() {
            let Some(insn) = (S::text().decode)(self.slots[index].word) else { continue };
            let row = (S::text().row)(insn.op);
            let Some(from) = self.origin(row, &insn, starts[index]) else { continue };
            if self.s.one_in(WILD) {
                continue;
            }
            for _ in 0..6 {
                let to = starts[self.destination(index)];
                let imm = to.wrapping_sub(from).low32().cast_signed();
                if let Ok(word) = encode(row, &Insn { imm, ..insn }) {
                    self.slots[index].word = word;
                    break;
                }
            }
        }
    }

    /// What the instruction's immediate counts from, if it leads into the code.
    fn origin(&self, row: &Row<S::Op>, insn: &Insn<S::Op>, start: u64) -> Option<u64> {
        let imm = field(row, Operand::Imm)?;
        if matches!(imm.show, Show::Target) {
            return Some(start);
        }
        let leads = is_indirect(row) || row.effects.any(Effects::STORE);
        let pointer = S::POINTERS.iter().position(|p| *p == insn.rs1);
        pointer.filter(|_| leads).map(|p| self.pointers[p])
    }

    /// Where a jump from slot `index` leads: mostly forward, so that programs end.
    fn destination(&mut self, index: usize) -> usize {
        let last = self.slots.len();
        match self.s.below(8) {
            0..=4 => (index + 1 + self.s.index(10)).min(last),
            5 | 6 => index.saturating_sub(self.s.index(8)),
            _ => self.s.index(last),
        }
    }
}

/// The field of `row` that fills `slot`.
fn field<O>(row: &Row<O>, slot: Operand) -> Option<&'static Field> {
    row.form.fields.iter().find(|f| f.slots.contains(&slot))
}

/// Whether `row` jumps to where a register points.
fn is_indirect<O>(row: &Row<O>) -> bool {
    row.effects.any(Effects::JUMP)
        && !row.effects.any(Effects::SYSTEM.and(Effects::SYNC))
        && field(row, Operand::Rs1).is_some()
        && field(row, Operand::Rs2).is_none()
        && !row.form.fields.iter().any(|f| matches!(f.show, Show::Target))
}
