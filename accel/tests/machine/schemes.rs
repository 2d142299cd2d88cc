//! Every format of page tables, pages of every size, and what `sfence.vma` must forget.

use super::paging::{R, V, W, X};
use super::{BLOCK, Board, RAM, STEP};
use rstest::rstest;
use spec::riscv::system::mode;

const ALL: u64 = V | R | W | X | 0xc0;
const NAPOT: u64 = 1 << 63;
/// Offsets in RAM: the tables, and two places with different contents.
const TABLES: u64 = 0x10_0000;
const HERE: u64 = 0x20_0000;
const THERE: u64 = 0x40_0000;
/// The virtual address that all tests look at. Its index is 1 in the level above pages of a megabyte and more.
const AT: u64 = 1 << 30;

/// Tables in a board's RAM.
struct Tables {
    board: Board,
    /// Bytes of an entry, bits of an index, levels.
    entry: u64,
    index: u32,
    levels: u32,
}

impl Tables {
    /// A board in supervisor mode whose tables map RAM to itself by the largest page, and nothing else.
    fn new(tier: accel::Tier, model: &str, levels: u32) -> Self {
        let mut board = Board::new(tier, model);
        let (entry, index) = if levels == 2 { (4, 10) } else { (8, 9) };
        board.load(
            "
            csrr s1, mcause
            csrr s2, mtval
            wfi
            stop: j stop
            .balign 256
            lw a1, 0(a0)
            wfi
            .balign 256
            sw a1, 0(a0)
            wfi
            .balign 256
            lw a1, 0(a0)
            sw a3, 0(a4)
            lw a1, 0(a0)
            sfence.vma a5, x0
            lw a2, 0(a0)
            wfi
            .balign 256
            lw a1, 0(a0)
            sw a3, 0(a4)
            sfence.vma x0, a6
            lw a1, 0(a0)
            sfence.vma x0, a7
            lw a2, 0(a0)
            wfi
            ",
        );
        let kind = match levels {
            2 => 1 << 31,
            levels => u64::from(levels + 5) << 60,
        };
        board.cpu.change(&mut |state| {
            let sys = &mut state.sys;
            sys.mode = mode::SUPERVISOR;
            sys.satp = kind | (RAM + TABLES) >> 12;
            sys.mtvec = RAM;
            sys.pmpcfg[0] = 0x1f;
            sys.pmpaddr[0] = (1 << 54) - 1;
            state.x[10] = AT;
        });
        board.ram.store(HERE, 0x1111_u32).unwrap();
        board.ram.store(THERE, 0x2222_u32).unwrap();
        let mut tables = Self { board, entry, index, levels };
        // The code's own page: the largest one but one, which every format has at the same place.
        tables.map(RAM, RAM, levels.min(3) - 1, ALL);
        tables
    }

    /// Where the entry of `at` lies in the table of `level`; each level has one table for each index above it.
    fn place(&self, at: u64, level: u32) -> u64 {
        let above = |level: u32| at >> (12 + level * self.index) & ((1 << self.index) - 1);
        let table =
            if level + 1 == self.levels { 0 } else { 1 + u64::from(level) * 8 + above(level + 1) % 8 };
        TABLES + (table << 12) + above(level) * self.entry
    }

    fn store(&self, place: u64, value: u64) {
        if self.entry == 4 {
            self.board.ram.store(place, u32::try_from(value).unwrap()).unwrap();
        } else {
            self.board.ram.store(place, value).unwrap();
        }
    }

    /// Maps the page of `level` around `at`.
    fn map(&mut self, at: u64, to: u64, level: u32, flags: u64) {
        for upper in level + 1..self.levels {
            let next = RAM + (self.place(at, upper - 1) & !0xfff);
            self.store(self.place(at, upper), next >> 12 << 10 | V);
        }
        self.store(self.place(at, level), to >> 12 << 10 | flags);
    }

    fn run(&mut self, pc: u64) -> &Board {
        assert!(self.board.cpu.set_register("pc", pc));
        self.board.finish();
        &self.board
    }
}

const LOAD: u64 = RAM + 0x100;
const STORE: u64 = RAM + 0x200;
const REMAP: u64 = RAM + 0x300;
const BY_SPACE: u64 = RAM + 0x400;

#[rstest]
#[case::sv32("rv32", 2)]
#[case::sv39("rv64", 3)]
#[case::sv48("rv64", 4)]
#[case::sv57("rv64", 5)]
fn pages_of_every_size_lead_where_they_say(
    #[case] model: &str,
    #[case] levels: u32,
    #[values(0, 1, 2, 3, 4)] level: u32,
    #[values(BLOCK, STEP)] tier: accel::Tier,
) {
    if level >= levels {
        return;
    }
    let mut tables = Tables::new(tier, model, levels);
    let size = 1u64 << (12 + level * tables.index);
    let (at, to) = (AT & !(size - 1), (RAM + HERE) & !(size - 1));
    tables.map(at, to, level, ALL);
    if at == RAM & !(size - 1) {
        // So large a page holds the code as well; what AT names is then itself, where no memory is.
        assert_eq!(tables.run(LOAD).get("s1"), 5);
        return;
    }
    let at = at + RAM + HERE - to;
    tables.board.cpu.set_register("a0", at);
    let board = tables.run(LOAD);
    assert_eq!((board.get("s1"), board.get("a1")), (0, 0x1111), "level {level} at {at:#x}");
    // One bit of the physical address below the page's size set, and it is misaligned.
    if level > 0 {
        let bad = to + (1 << (11 + level * tables.index));
        tables.map(at & !(size - 1), bad, level, ALL);
        tables.board.cpu.change(&mut |state| state.sys.satp |= if levels == 2 { 1 << 22 } else { 1 << 44 });
        let board = tables.run(LOAD);
        assert_eq!((board.get("s1"), board.get("s2")), (13, at));
    }
}

#[rstest]
#[case::sv39(3)]
#[case::sv48(4)]
#[case::sv57(5)]
fn an_address_must_repeat_its_top_bit(#[case] levels: u32) {
    let bits = 12 + 9 * levels;
    for at in [1 << (bits - 1), 1 << bits, u64::MAX << bits, 1 << 63] {
        let mut tables = Tables::new(BLOCK, "rv64", levels);
        tables.board.cpu.set_register("a0", at);
        let board = tables.run(LOAD);
        assert_eq!((board.get("s1"), board.get("s2")), (13, at));
    }
    // The last gigabyte of addresses is as good as the first.
    let mut tables = Tables::new(BLOCK, "rv64", levels);
    let at = u64::MAX << 30;
    tables.map(at, RAM + HERE, 0, ALL);
    tables.board.cpu.set_register("a0", at);
    assert_eq!(tables.run(LOAD).get("a1"), 0x1111);
}

#[rstest]
fn sixteen_pages_are_one_with_svnapot(#[values(BLOCK, STEP)] tier: accel::Tier) {
    let mut tables = Tables::new(tier, "rv64,svnapot=on", 3);
    for page in 0..16 {
        tables.map(AT + page * 0x1000, RAM + HERE + 0x8000, 0, ALL | NAPOT);
        tables.board.ram.store(HERE + page * 0x1000, u32::try_from(page).unwrap() + 7).unwrap();
    }
    for page in [0, 3, 8, 15] {
        tables.board.cpu.set_register("a0", AT + page * 0x1000);
        assert_eq!(tables.run(LOAD).get("a1"), page + 7);
    }
    // Above the last level the bit is reserved.
    tables.map(AT, RAM + 0x8000, 1, ALL | NAPOT);
    tables.board.cpu.set_register("a0", AT);
    tables.board.cpu.change(&mut |state| state.sys.satp |= 1 << 44);
    assert_eq!(tables.run(LOAD).get("s1"), 13);
}

#[rstest]
#[case::uncached(1, 0)]
#[case::io(2, 0)]
#[case::reserved(3, 13)]
fn memory_types_are_known_once_machine_mode_allows_them(#[case] kind: u64, #[case] cause: u64) {
    for (allowed, cause) in [(true, cause), (false, 13)] {
        let mut tables = Tables::new(BLOCK, "rv64,svpbmt=on", 3);
        tables.map(AT, RAM + HERE, 0, ALL | kind << 61);
        tables.board.cpu.change(&mut |state| state.sys.menvcfg = u64::from(allowed) << 62);
        assert_eq!(tables.run(LOAD).get("s1"), cause);
    }
}

/// The page moves while its old place is in the TLB: until the fence either is right, afterwards only the new one.
#[rstest]
#[case::page(0, 0)]
#[case::anywhere_in_a_large_page(1, 0x5000)]
fn a_fence_for_an_address_forgets_all_of_its_page(
    #[case] level: u32,
    #[case] offset: u64,
    #[values(BLOCK, STEP)] tier: accel::Tier,
) {
    let mut tables = Tables::new(tier, "rv64", 3);
    tables.map(AT, RAM + HERE, level, ALL);
    let entry = RAM + tables.place(AT, level);
    let new = (RAM + THERE) >> 12 << 10 | ALL;
    for (register, value) in [("a3", new), ("a4", entry), ("a5", AT + offset)] {
        tables.board.cpu.set_register(register, value);
    }
    let board = tables.run(REMAP);
    assert_eq!((board.get("s1"), board.get("a2")), (0, 0x2222));
    assert!([0x1111, 0x2222].contains(&board.get("a1")));
}

#[rstest]
fn a_fence_for_an_address_space_forgets_that_one(#[values(BLOCK, STEP)] tier: accel::Tier) {
    let mut tables = Tables::new(tier, "rv64", 3);
    tables.map(AT, RAM + HERE, 0, ALL);
    let entry = RAM + tables.place(AT, 0);
    let new = (RAM + THERE) >> 12 << 10 | ALL;
    for (register, value) in [("a3", new), ("a4", entry), ("a6", 5), ("a7", 7)] {
        tables.board.cpu.set_register(register, value);
    }
    tables.board.cpu.change(&mut |state| state.sys.satp |= 7 << 44);
    assert_eq!(tables.run(BY_SPACE).get("a2"), 0x2222);
}

/// With MPRV, machine mode's loads and stores go as those of the mode in MPP, its fetches do not.
#[rstest]
#[case::supervisor(mode::SUPERVISOR, 0, 0)]
#[case::supervisor_users_page(mode::SUPERVISOR, 1 << 4, 13)]
#[case::user(mode::USER, 1 << 4, 0)]
#[case::user_supervisors_page(mode::USER, 0, 13)]
#[case::machine(mode::MACHINE, 0, 5)]
fn machine_mode_borrows_a_mode_for_its_data(
    #[case] lent: u64,
    #[case] flags: u64,
    #[case] cause: u64,
    #[values(BLOCK, STEP)] tier: accel::Tier,
) {
    let mut tables = Tables::new(tier, "rv64", 3);
    tables.map(AT, RAM + HERE, 0, ALL | flags);
    // Were fetches translated too, there would be no code.
    tables.store(tables.place(RAM, 2), 0);
    tables.board.cpu.change(&mut |state| {
        state.sys.mode = mode::MACHINE;
        state.sys.mstatus |= 1 << 17 | lent << 11;
    });
    let board = tables.run(LOAD);
    assert_eq!((board.get("s1"), board.get("a1")), (cause, if cause == 0 { 0x1111 } else { 0 }));
}

/// A superpage may hold a boundary of physical memory protection.
#[rstest]
fn protection_is_asked_for_each_part_of_a_large_page(#[values(BLOCK, STEP)] tier: accel::Tier) {
    let mut tables = Tables::new(tier, "rv64", 3);
    tables.map(AT, RAM + HERE, 1, ALL);
    tables.board.cpu.change(&mut |state| {
        let sys = &mut state.sys;
        // The second page of HERE can only be read; entry 1 allows the rest.
        sys.pmpaddr[0] = (RAM + HERE + 0x1000) >> 2 | 0x1ff;
        sys.pmpcfg[0] = 0x1f19;
        sys.pmpaddr[1] = (1 << 54) - 1;
    });
    for (offset, pc, cause) in [(0, STORE, 0), (0x1000, LOAD, 0), (0x1000, STORE, 7), (0x2000, STORE, 0)] {
        tables.board.cpu.change(&mut |state| state.sys.mode = mode::SUPERVISOR);
        tables.board.cpu.set_register("s1", 0);
        tables.board.cpu.set_register("a0", AT + offset);
        assert_eq!(tables.run(pc).get("s1"), cause, "{offset:#x}");
    }
}
