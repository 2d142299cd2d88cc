//! Random privileged programs: both drivers end in the same state.

use super::{BLOCK, Board, RAM, STEP};
use spec::bits::Low;
use spec::riscv::system::csr;
use spec::riscv::{Op, ROWS};

/// Pages of code, each of which traps may go to.
const CODE: u64 = 4 * 4096;
const ROOT: u64 = 0x1_0000;
const DATA: u64 = 0x8_0000;

struct Source(u64);

impl Source {
    fn any(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }
    fn below(&mut self, end: u64) -> u64 {
        self.any() % end
    }
    fn pick<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len() as u64).low32() as usize]
    }
}

/// A word: any row's, or one that reaches a control register.
fn word(source: &mut Source, xlen: u32) -> (u32, usize) {
    loop {
        let row = source.pick(&ROWS.iter().collect::<Vec<_>>());
        if !row.widths.has(xlen) {
            continue;
        }
        let mut word = spec::random::word(row, &mut || source.any());
        let csr = matches!(row.op, Op::Csrrw | Op::Csrrs | Op::Csrrc | Op::Csrrwi | Op::Csrrsi | Op::Csrrci);
        if csr {
            let row = source.pick(csr::ROWS);
            // Where code is fetched from stays as it is most of the time, or nothing would run.
            let number = u64::from(row.number) + source.below(row.count.into());
            if matches!(row.csr, csr::Csr::Pmpcfg | csr::Csr::Pmpaddr | csr::Csr::Mtvec | csr::Csr::Stvec) {
                continue;
            }
            word = word & 0xf_ffff | number.low32() << 20;
        }
        return (word, if word & 3 == 3 { 4 } else { 2 });
    }
}

fn board(tier: accel::Tier, seed: u64, model: &str) -> Board {
    let mut source = Source(seed);
    let mut board = Board::new(tier, model);
    let xlen = board.cpu.xlen();
    let mut at = 0;
    while at < CODE - 4 {
        let (word, len) = word(&mut source, xlen);
        board.ram.write(at, &word.to_le_bytes()[..len]).unwrap();
        at += len as u64;
    }
    let rights = [0xcf, 0xcf, 0xcf, 0xdf, 0xc7, 0xc3, 0x4f, 0x0f, 0xcb];
    // With 64-bit registers three levels of one table that names itself and small pages; else two.
    if xlen == 64 {
        for gigabyte in 0..512u64 {
            let entry = match gigabyte {
                2 => (RAM + ROOT + 0x1000) >> 12 << 10 | 1,
                _ => (RAM >> 30 << 30) >> 12 << 10 | source.pick(&rights),
            };
            board.ram.store(ROOT + 8 * gigabyte, entry).unwrap();
        }
        board.ram.store(ROOT + 0x1000, (RAM + ROOT + 0x2000) >> 12 << 10 | 1).unwrap();
        for page in 0..512u64 {
            let code = page < CODE / 4096;
            let right = if code { source.pick(&[0xcf, 0xcf, 0xdf, 0xcb]) } else { source.pick(&rights) };
            board.ram.store(ROOT + 0x2000 + 8 * page, (RAM + page * 4096) >> 12 << 10 | right).unwrap();
        }
    } else {
        for megabytes in 0..1024u64 {
            let right = source.pick(&rights).low32();
            let entry = (RAM >> 12 << 10).low32() | right;
            board.ram.store(ROOT + 4 * megabytes, entry).unwrap();
        }
    }
    let addresses = [RAM, RAM + DATA, RAM + DATA + 4092, RAM + 0x1ffe, super::DEVICE, RAM + 0x2002];
    let picked: Vec<_> = (0..32).map(|_| source.pick(&addresses) + source.below(64)).collect();
    let (mtvec, stvec) = (RAM + 4 * source.below(CODE / 4), RAM + 4 * source.below(CODE / 4));
    let (delegated, mode) = (source.any(), source.pick(&[0, 1, 3]));
    board.cpu.change(&mut |state| {
        for (x, value) in state.x.iter_mut().zip(&picked).skip(1) {
            *x = if xlen == 32 { i64::from(value.low32().cast_signed()).cast_unsigned() } else { *value };
        }
        let sys = &mut state.sys;
        (sys.mtvec, sys.stvec) = (mtvec, stvec);
        sys.medeleg = delegated & csr::MEDELEG;
        sys.mstatus |= 1 << 13;
        sys.mode = mode;
        sys.satp = if xlen == 32 { 1 << 31 | (RAM + ROOT) >> 12 } else { 8 << 60 | (RAM + ROOT) >> 12 };
        sys.pmpcfg = [0x1f, 0];
        sys.pmpaddr[0] = if xlen == 32 { 0xffff_ffff } else { (1 << 54) - 1 };
    });
    board
}

fn agree(model: &str, seeds: std::ops::Range<u64>) {
    let mut retired = 0;
    for seed in seeds {
        let mut source = Source(!seed);
        let mut boards = [BLOCK, STEP].map(|tier| board(tier, seed, model));
        for _ in 0..40 {
            let budget = source.pick(&[1, 2, 7, 64, 300]);
            let line = (source.pick(&[3, 7, 9, 11]), source.below(4) == 0);
            let exits = boards.each_mut().map(|board| {
                board.cpu.lines().set(line.0, line.1);
                board.cpu.run(budget)
            });
            let [a, b] = &boards;
            assert_eq!(a.cpu.state(), b.cpu.state(), "seed {seed} of {model}");
            assert_eq!(exits[0], exits[1], "seed {seed} of {model}");
            assert_eq!(a.device.seen.lock().unwrap().len(), b.device.seen.lock().unwrap().len());
        }
        let [a, b] = boards;
        let bytes = |board: &Board| {
            let mut bytes = vec![0; 0x10_0000];
            board.ram.read(0, &mut bytes).unwrap();
            bytes
        };
        assert!(bytes(&a) == bytes(&b), "memory differs, seed {seed} of {model}");
        retired += a.cpu.state().instret;
    }
    assert!(retired > 1000, "only {retired} instructions were retired");
}

#[test]
fn drivers_agree_on_privileged_programs_of_64_bits() {
    agree("rv64", 0..300);
    agree("max", 300..600);
}

#[test]
fn drivers_agree_on_privileged_programs_of_32_bits() {
    agree("rv32,svadu=on", 0..300);
}
