//! Who may do what: instructions that a status bit forbids, the order of interrupts, faults of odd accesses.

use super::{BLOCK, Board, RAM, STEP};
use rstest::rstest;
use spec::riscv::system::mode;

const TVM: u64 = 1 << 20;
const TW: u64 = 1 << 21;
const TSR: u64 = 1 << 22;

/// Runs one instruction in a mode with these status bits; the cause of its trap, 0 for none.
fn cause(model: &str, privilege: u64, status: u64, instruction: &str) -> u64 {
    let [block, step] = [BLOCK, STEP].map(|tier| {
        let mut board = Board::new(tier, model);
        // What returns from a trap lands behind itself.
        board.load(&format!("{instruction}\nback: li s0, 1\nj back\n.balign 64\nh: csrr s1, mcause\nj h"));
        board.cpu.change(&mut |state| {
            let sys = &mut state.sys;
            sys.mode = privilege;
            sys.mstatus |= status;
            sys.mtvec = RAM + 64;
            (sys.mepc, sys.sepc) = (RAM + 4, RAM + 4);
            sys.pmpcfg[0] = 0x1f;
            sys.pmpaddr[0] = (1 << 54) - 1;
        });
        for _ in 0..8 {
            board.cpu.run(1);
        }
        board.get("s1")
    });
    assert_eq!(block, step, "{instruction}");
    step
}

const ILLEGAL: u64 = 2;

#[rstest]
#[case::satp("csrr a0, satp", TVM)]
#[case::satp_write("csrw satp, x0", TVM)]
#[case::sfence("sfence.vma", TVM)]
#[case::sinval("sinval.vma x0, x0", TVM)]
#[case::wait("wfi", TW)]
#[case::sret("sret", TSR)]
#[case::fence_before("sfence.w.inval", 0)]
#[case::fence_after("sfence.inval.ir", 0)]
#[case::status("csrr a0, sstatus", 0)]
fn supervisor_mode_may_what_no_status_bit_forbids(#[case] instruction: &str, #[case] forbids: u64) {
    let model = "rv64,svinval=on";
    assert_eq!(cause(model, mode::MACHINE, TVM | TW | TSR, instruction), 0, "machine mode always may");
    assert_eq!(cause(model, mode::SUPERVISOR, (TVM | TW | TSR) & !forbids, instruction), 0);
    if forbids != 0 {
        assert_eq!(cause(model, mode::SUPERVISOR, forbids, instruction), ILLEGAL);
    }
    assert_eq!(cause(model, mode::USER, 0, instruction), ILLEGAL, "user mode never may");
}

#[rstest]
#[case::mret("mret")]
#[case::status("csrr a0, mstatus")]
#[case::counter("csrw mcycle, x0")]
fn only_machine_mode_may(#[case] instruction: &str) {
    assert_eq!(cause("rv64", mode::SUPERVISOR, 0, instruction), ILLEGAL);
    assert_eq!(cause("rv64", mode::USER, 0, instruction), ILLEGAL);
}

/// With no supervisor mode to speak of, user mode may wait unless TW forbids it. [Priv. ISA, mstatus, TW]
#[rstest]
#[case(0, 0)]
#[case(TW, ILLEGAL)]
fn user_mode_may_wait_where_there_is_no_supervisor_mode(#[case] status: u64, #[case] expected: u64) {
    assert_eq!(cause("rv64,sstc=off,mmu=off,s=off", mode::USER, status, "wfi"), expected);
}

#[rstest]
fn a_counter_needs_both_switches(
    #[values(false, true)] machine: bool,
    #[values(false, true)] supervisor: bool,
) {
    for (number, name) in [(0, "cycle"), (1, "time"), (2, "instret")] {
        for (privilege, allowed) in
            [(mode::MACHINE, true), (mode::SUPERVISOR, machine), (mode::USER, machine && supervisor)]
        {
            let mut board = Board::new(BLOCK, "rv64");
            board.load(&format!("csrr a0, {name}\nx: j x\n.balign 64\nh: csrr s1, mcause\nj h"));
            board.cpu.change(&mut |state| {
                let sys = &mut state.sys;
                sys.mode = privilege;
                sys.mcounteren = u64::from(machine) << number;
                sys.scounteren = u64::from(supervisor) << number;
                sys.mtvec = RAM + 64;
                sys.pmpcfg[0] = 0x1f;
                sys.pmpaddr[0] = (1 << 54) - 1;
            });
            board.cpu.run(5);
            assert_eq!(board.get("s1"), if allowed { 0 } else { ILLEGAL }, "{name} in mode {privilege}");
        }
    }
}

#[rstest]
#[case("rv64,zicntr=off", "csrr a0, time", ILLEGAL)]
#[case("rv64,zicntr=off", "csrr a0, mcycle", 0)]
#[case("rv64,zicntr=off", "csrr a0, hpmcounter3", 0)]
#[case("rv64,zihpm=off", "csrr a0, hpmcounter31", ILLEGAL)]
#[case("rv64,zihpm=off", "csrr a0, instret", 0)]
fn a_counter_is_there_with_its_extension(#[case] model: &str, #[case] read: &str, #[case] expected: u64) {
    assert_eq!(cause(model, mode::MACHINE, 0, read), expected);
}

/// The order in which interrupts for one mode are taken. [Priv. ISA, machine interrupt registers]
const ORDER: [u32; 6] = [11, 3, 7, 9, 1, 5];

/// A board on which the given interrupts are pending and enabled, after its next instruction.
fn interrupted(privilege: u64, delegated: u64, pending: u64) -> Board {
    let mut board = Board::new(BLOCK, "rv64");
    board.load("nop\nx: j x\n.balign 64\nm: j m\n.balign 64\ns: j s");
    board.cpu.change(&mut |state| {
        let sys = &mut state.sys;
        sys.mode = privilege;
        sys.mie = pending;
        sys.mip = pending;
        sys.mideleg = delegated;
        sys.mstatus |= 0xa;
        (sys.mtvec, sys.stvec) = (RAM + 64, RAM + 128);
        sys.pmpcfg[0] = 0x1f;
        sys.pmpaddr[0] = (1 << 54) - 1;
    });
    board.cpu.run(1);
    board
}

#[test]
fn of_any_two_interrupts_the_one_that_comes_first_is_taken() {
    for (first, one) in ORDER.into_iter().enumerate() {
        for other in &ORDER[first + 1..] {
            let both = 1 << one | 1 << other;
            let board = interrupted(mode::USER, 0, both);
            assert_eq!(board.get("mcause"), 1 << 63 | u64::from(one), "{one} and {other}");
            // Whatever goes to machine mode is taken before what supervisor mode gets.
            if [1, 5, 9].contains(other) {
                let board = interrupted(mode::USER, 1 << other, both);
                assert_eq!((board.get("mcause"), board.get("scause")), (1 << 63 | u64::from(one), 0));
            }
            if [1, 5, 9].contains(&one) {
                let board = interrupted(mode::USER, 1 << one, both);
                assert_eq!(board.get("mcause"), 1 << 63 | u64::from(*other), "{other} goes to machine mode");
                let board = interrupted(mode::USER, both, both);
                assert_eq!(board.get("scause"), 1 << 63 | u64::from(one));
            }
        }
    }
}

#[test]
fn a_delegated_interrupt_never_stops_machine_mode() {
    let board = interrupted(mode::MACHINE, 0x222, 0x222);
    assert_eq!((board.get("mcause"), board.get("scause")), (0, 0));
    let board = interrupted(mode::SUPERVISOR, 0x222, 0x222);
    assert_eq!(board.get("scause"), 1 << 63 | 9);
}

/// A load and store in one is a store to page tables and protection. [Unpriv. ISA, A; Priv. ISA, page faults]
#[rstest]
#[case::lr("lr.w a1, (a0)", 13)]
#[case::amo("amoadd.w a1, a2, (a0)", 15)]
#[case::zero("cbo.zero (a0)", 15)]
#[case::flush("cbo.flush (a0)", 15)]
#[case::load("lb a1, 0(a0)", 13)]
#[case::float("fld fa1, 0(a0)", 13)]
#[case::store("sb a1, 0(a0)", 15)]
fn an_access_to_no_page_faults_as_its_kind(#[case] instruction: &str, #[case] expected: u64) {
    for tier in [BLOCK, STEP] {
        let mut board = super::paging::board(tier, "rv64", 0);
        board.load(&format!("csrr s1, mcause\ncsrr s2, mtval\nwfi\nx: j x\n.balign 256\n{instruction}\nwfi"));
        board.cpu.change(&mut |state| {
            state.sys.mstatus |= 3 << 13;
            state.sys.menvcfg = 0xf0;
        });
        board.cpu.set_register("pc", RAM + 0x100);
        board.finish();
        assert_eq!((board.get("s1"), board.get("s2")), (expected, 1 << 30), "{instruction}");
    }
}

#[test]
fn a_store_conditional_to_a_page_that_can_only_be_read_faults_as_a_store() {
    for tier in [BLOCK, STEP] {
        let mut board = super::paging::board(tier, "rv64", 0x43);
        board.load("csrr s1, mcause\nwfi\nx: j x\n.balign 256\nlr.w a1, (a0)\nsc.w a2, a1, (a0)\nwfi");
        board.cpu.set_register("pc", RAM + 0x100);
        board.finish();
        assert_eq!((board.get("s1"), board.get("a1")), (15, 0x5566_7788));
    }
}

/// The faulting half is what the value names, the instruction what the pc names. [Priv. ISA, mtval]
#[test]
fn an_instruction_over_two_pages_faults_at_its_second_half() {
    for tier in [BLOCK, STEP] {
        let mut board = super::paging::board(tier, "rv64", 0);
        // The page at one gigabyte is code whose last two bytes begin an instruction; the next page is not there.
        board.ram.store(0x10_0000 + 0x2000, (RAM + 0x3000) >> 12 << 10 | 0xcf_u64).unwrap();
        board.ram.store(0x10_0000 + 0x2008, 0_u64).unwrap();
        board.ram.store(0x3ffe, 0x0013_u16).unwrap();
        board.cpu.set_register("pc", (1 << 30) + 0xffe);
        board.finish();
        assert_eq!((board.get("s1"), board.get("s2")), (12, (1 << 30) + 0x1000));
        assert_eq!(board.get("mepc"), (1 << 30) + 0xffe);
    }
}

#[rstest]
fn an_atomic_operation_on_a_device_faults_and_does_not_read_it(
    #[values("amoadd.w a1, a2, (a0)", "amoswap.d a1, a2, (a0)")] instruction: &str,
) {
    let source = format!(
        "la t0, h\ncsrw mtvec, t0\nlui a0, 0x10000\n{instruction}\n.balign 4\nh: csrr s1, mcause\ncsrr s2, mtval\nwfi\nx: j x"
    );
    let board = super::run("rv64", &source);
    assert_eq!((board.get("s1"), board.get("s2")), (7, super::DEVICE));
    assert!(board.device.seen.lock().unwrap().is_empty());
}

#[test]
fn time_is_what_the_machines_timer_says() {
    for tier in [BLOCK, STEP] {
        let mut board = Board::new(tier, "rv64");
        let source = "li t0, 0x20\ncsrw mie, t0\nli t0, 1\nslli t0, t0, 63\ncsrw menvcfg, t0\n\
                      li t0, 1000050\ncsrw stimecmp, t0\nwfi\ncsrr a0, time\nx: j x";
        board.load(source);
        board.cpu.lines().set_time_delta(1_000_000);
        assert_eq!(board.cpu.run(100), accel::machine::Exit::Wait);
        let deadline = board.cpu.deadline().unwrap();
        assert_eq!(deadline, 5000, "fifty ticks of a hundred nanoseconds after power-on");
        board.cpu.skip_to(deadline);
        board.cpu.run(10);
        assert_eq!(board.get("a0"), 1_000_050);
        // Set back, the timer is far away again.
        board.cpu.lines().set_time_delta(0);
        board.cpu.run(1);
        assert_eq!(board.get("time"), 50);
        assert_eq!(board.get("mip") & 0x20, 0);
    }
}
