//! Address translation.

use super::{BLOCK, Board, RAM, STEP};
use rstest::rstest;
use spec::riscv::system::mode;

const ROOT: u64 = 0x10_0000;
pub(super) const V: u64 = 1;
pub(super) const R: u64 = 2;
pub(super) const W: u64 = 4;
pub(super) const X: u64 = 8;
const U: u64 = 16;
const A: u64 = 64;
const D: u64 = 128;
const ALL: u64 = V | R | W | X | A | D;

/// A board in supervisor mode at `pc`, with Sv39, whose first page of the second gigabyte is `pte` for physical page
/// 0x80003000, and which sees RAM where it is.
pub(super) fn board(tier: accel::Tier, model: &str, pte: u64) -> Board {
    let mut board = Board::new(tier, model);
    let page = |offset: u64| (RAM + offset) >> 12 << 10;
    let store = |offset: u64, value: u64| board.ram.store(offset, value).unwrap();
    store(ROOT + 2 * 8, page(0) | ALL);
    store(ROOT + 8, page(ROOT + 0x1000) | V);
    store(ROOT + 0x1000, page(ROOT + 0x2000) | V);
    store(ROOT + 0x2000, page(0x3000) | pte);
    store(ROOT + 0x2008, page(0x3000) | V | X | A);
    store(0x3000, 0x1122_3344_5566_7788);
    board.load(
        "
        csrr s1, mcause
        csrr s2, mtval
        wfi
        stop: j stop
        .balign 256
        sd a1, 0(a0)
        wfi
        .balign 256
        ld a1, 0(a0)
        wfi
        .balign 256
        jr a0
        ",
    );
    board.cpu.change(&mut |state| {
        let sys = &mut state.sys;
        sys.mode = mode::SUPERVISOR;
        sys.satp = 8 << 60 | (RAM + ROOT) >> 12;
        sys.mtvec = RAM;
        sys.pmpcfg[0] = 0x1f;
        sys.pmpaddr[0] = (1 << 54) - 1;
        state.x[10] = 1 << 30;
        state.x[11] = 0x77;
    });
    board
}

const STORE: u64 = RAM + 0x100;
const LOAD: u64 = RAM + 0x200;
const JUMP: u64 = RAM + 0x300;

#[rstest]
#[case::invalid(0, LOAD, "rv64", 13)]
#[case::readable(V | R | A, LOAD, "rv64", 0)]
#[case::write_without_read(V | W | A | D, LOAD, "rv64", 13)]
#[case::not_accessed(V | R, LOAD, "rv64", 13)]
#[case::updates_accessed(V | R, LOAD, "rv64,svadu=on", 0)]
#[case::read_only(V | R | A | D, STORE, "rv64", 15)]
#[case::not_dirty(V | R | W | A, STORE, "rv64", 15)]
#[case::updates_dirty(V | R | W | A, STORE, "rv64,svadu=on", 0)]
#[case::users(ALL | U, LOAD, "rv64", 13)]
#[case::users_code(ALL | U, JUMP, "rv64", 12)]
#[case::not_executable(V | R | W | A | D, JUMP, "rv64", 12)]
#[case::reserved_bit(ALL | 1 << 54, LOAD, "rv64", 13)]
#[case::memory_type_without_svpbmt(ALL | 1 << 61, LOAD, "rv64,svpbmt=on", 13)]
#[case::napot_without_svnapot(ALL | 1 << 63, LOAD, "rv64", 13)]
#[case::napot_of_another_size(ALL | 1 << 63, LOAD, "rv64,svnapot=on", 13)]
fn a_page_table_entry_allows_or_faults(
    #[case] pte: u64,
    #[case] pc: u64,
    #[case] model: &str,
    #[case] cause: u64,
    #[values(BLOCK, STEP)] tier: accel::Tier,
) {
    let mut board = board(tier, model, pte);
    assert!(board.cpu.set_register("pc", pc));
    board.finish();
    assert_eq!(board.get("s1"), cause);
    match (pc, cause) {
        (_, 1..) => assert_eq!(board.get("s2"), 1 << 30),
        (LOAD, _) => assert_eq!(board.get("a1"), 0x1122_3344_5566_7788),
        _ => assert_eq!(board.ram.load::<u64>(0x3000), Ok(0x77)),
    }
    if model.contains("svadu") {
        let noted = if pc == STORE { A | D } else { A };
        assert_eq!(board.ram.load::<u64>(ROOT + 0x2000).unwrap() & (A | D), noted);
    }
}

#[rstest]
#[case::not_canonical(1 << 40, 13)]
#[case::beyond_tables(0, 13)]
fn an_address_that_no_table_has_faults(#[case] at: u64, #[case] cause: u64) {
    let mut board = board(BLOCK, "rv64", ALL);
    board.cpu.set_register("a0", at);
    board.cpu.set_register("pc", LOAD);
    board.finish();
    assert_eq!((board.get("s1"), board.get("s2")), (cause, at));
}

#[test]
fn supervisor_reads_users_pages_with_sum_and_executable_ones_with_mxr() {
    let mut board = board(BLOCK, "rv64", ALL | U);
    board.cpu.set_register("mstatus", 1 << 18);
    board.cpu.set_register("pc", LOAD);
    board.finish();
    assert_eq!((board.get("s1"), board.get("a1")), (0, 0x1122_3344_5566_7788));
    board.cpu.set_register("mstatus", 1 << 19);
    board.cpu.set_register("a0", (1 << 30) + 0x1000);
    board.cpu.set_register("pc", LOAD);
    board.cpu.set_register("a1", 0);
    board.finish();
    assert_eq!((board.get("s1"), board.get("a1")), (0, 0x1122_3344_5566_7788));
}

#[test]
fn an_access_over_two_pages_reaches_both_and_faults_at_the_second() {
    for tier in [BLOCK, STEP] {
        let mut board = board(tier, "rv64", V | R | W | A | D);
        board.ram.store(ROOT + 0x2008, (RAM + 0x5000) >> 12 << 10 | V | R | W | A | D).unwrap();
        board.cpu.set_register("a0", (1 << 30) + 0xffc);
        board.cpu.set_register("a1", 0x1122_3344_5566_7788);
        board.cpu.set_register("pc", STORE);
        board.finish();
        assert_eq!(board.ram.load::<u32>(0x3ffc), Ok(0x5566_7788));
        assert_eq!(board.ram.load::<u32>(0x5000), Ok(0x1122_3344));
        board.cpu.set_register("a0", (1 << 30) + 0x1ffc);
        board.cpu.set_register("priv", mode::SUPERVISOR);
        board.cpu.set_register("pc", STORE);
        board.finish();
        assert_eq!((board.get("s1"), board.get("s2")), (15, (1 << 30) + 0x2000));
    }
}

#[test]
fn a_debugger_reads_through_the_tables_and_leaves_no_trace() {
    let mut board = board(BLOCK, "rv64,svadu=on", V | R);
    let mut bytes = [0; 8];
    assert!(board.cpu.read(1 << 30, &mut bytes));
    assert_eq!(u64::from_le_bytes(bytes), 0x1122_3344_5566_7788);
    assert_eq!(board.ram.load::<u64>(ROOT + 0x2000).unwrap() & A, 0);
    assert!(!board.cpu.read(0, &mut bytes));
    assert_eq!(board.cpu.instruction(LOAD), Some((4, "ld a1,0(a0)".into())));
}
