//! The loader against broken ELF files: it refuses or loads, and never panics.
//!
//! Files are mutations of a good one, drawn from a fixed sequence, so that every run is the same.
//! `STRATA_FUZZ_N` sets how many; the default is 20000.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use accel::Accelerated;
use control::program::clock;
use control::step::Session;
use interp::riscv::{Rv, Rv32, Rv64};
use rstest::rstest;
use spec::riscv::{Guest, RV32, RV64, executable};
use user::{Options, Process};

const SOURCE: &str = "
        .text
        .globl _start
_start: li a0, 0
        li a7, 93
        ecall
        .data
data:   .word 1, 2
        .bss
room:   .skip 64
";

/// Values that sit at the edge of something.
const EDGES: [u64; 12] = [
    0,
    1,
    2,
    3,
    55,
    0xfff,
    0x1000,
    0xffff,
    0x7fff_ffff,
    0x40_0000_0000,
    0x7fff_ffff_ffff_ffff,
    0xffff_ffff_ffff_ffff,
];

/// Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap()
    }

    /// Changes a few fields. Headers and tables are at both ends of the file, so these are hit most.
    fn mutate(&mut self, file: &mut Vec<u8>) {
        for _ in 0..=self.below(4) {
            let place = match self.below(8) {
                0..=3 => self.below(file.len().clamp(1, 256)),
                4..=6 => file.len().saturating_sub(1 + self.below(0x300)),
                _ => self.below(file.len().max(1)),
            };
            if self.below(40) == 0 {
                file.truncate(place);
            }
            let size = 1 << self.below(4);
            let value = if self.below(2) == 0 { EDGES[self.below(EDGES.len())] } else { self.next() };
            let place = place / size * size;
            for (to, from) in file.iter_mut().skip(place).take(size).zip(value.to_le_bytes()) {
                *to = from;
            }
        }
    }
}

/// Loads a file and asks for its symbols; nothing of it runs. Says whether it was loaded.
fn loads<X: Rv + Accelerated>(file: &[u8]) -> bool {
    let loaded = Process::load_image(file, "program", &["program".into()], &[], Options::default());
    let Ok((process, state, space)) = loaded else { return false };
    let mut session = Session::<X>::new(process, state, space, clock);
    let mut out = vec![];
    for line in ["symbols", "disas", "info maps", "x/4xg $sp"] {
        session.line(line, &mut out).unwrap();
    }
    true
}

#[rstest]
#[case::riscv64(&RV64, loads::<Rv64>)]
#[case::riscv32(&RV32, loads::<Rv32>)]
fn fuzzed_files_never_make_the_loader_panic(#[case] guest: &Guest, #[case] loads: fn(&[u8]) -> bool) {
    let count = std::env::var("STRATA_FUZZ_N").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let good = executable(guest, SOURCE).unwrap();
    assert!(loads(&good));
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let (mut loaded, mut refused) = (0, 0);
    for number in 0..count {
        let mut file = good.clone();
        dice.mutate(&mut file);
        match std::panic::catch_unwind(|| loads(&file)) {
            Ok(true) => loaded += 1,
            Ok(false) => refused += 1,
            Err(_) => panic!("file number {number}: {:02x?}", &file[..file.len().min(256)]),
        }
    }
    // Both ways are walked: the mutations are neither harmless nor hopeless.
    assert!(loaded > count / 20 && refused > count / 20, "{loaded} loaded, {refused} refused");
}
