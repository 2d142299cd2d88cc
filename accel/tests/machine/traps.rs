//! Control registers, traps and interrupts.

use super::{BLOCK, Board, RAM, STEP, run};
use accel::machine::Exit;
use rstest::rstest;

/// Sets a trap vector that leaves cause and value in s1 and s2 and waits.
const CATCH: &str = "
    la t0, caught
    csrw mtvec, t0
";
const CAUGHT: &str = "
    .balign 4
caught:
    csrr s1, mcause
    csrr s2, mtval
    csrr s3, mepc
    wfi
stop: j stop
";

fn caught(body: &str) -> (u64, u64) {
    let board = run("rv64", &format!("{CATCH}{body}{CAUGHT}"));
    (board.get("s1"), board.get("s2"))
}

#[rstest]
#[case::ecall("ecall", 11, 0)]
#[case::illegal(".word 0xffffffff", 2, 0xffff_ffff)]
#[case::no_such_register("csrr a0, 0x5c0", 2, 0x5c00_2573)]
#[case::read_only("csrw mhartid, a0", 2, 0xf145_1073)]
#[case::no_triggers("csrr a0, tselect", 2, 0x7a00_2573)]
#[case::float_is_off("fadd.d fa0, fa0, fa0", 2, 0x02a5_7553)]
#[case::load_nothing("li a0, 0x40\nld a1, 0(a0)", 5, 0x40)]
#[case::store_nothing("li a0, 0x48\nsd a1, 0(a0)", 7, 0x48)]
#[case::jump_nowhere("li a0, 0x50\njr a0", 1, 0x50)]
#[case::jump_to_a_device("li a0, 0x10000000\njr a0", 1, 0x1000_0000)]
#[case::amo_misaligned("la a0, caught\naddi a0, a0, 2\namoadd.w a1, a1, (a0)", 6, RAM + 0x1a)]
fn an_exception_has_its_cause_and_value(#[case] body: &str, #[case] cause: u64, #[case] value: u64) {
    let (found, about) = caught(body);
    assert_eq!(found, cause);
    if cause != 6 {
        assert_eq!(about, value);
    }
}

#[rstest]
#[case::misa("misa", "-1", 0x8000_0000_0014_112d)]
#[case::medeleg("medeleg", "-1", 0xb3ff)]
#[case::mideleg("mideleg", "-1", 0x222)]
#[case::mie("mie", "-1", 0xaaa)]
#[case::mip("mip", "-1", 0x222)]
#[case::mtvec_reserved("mtvec", "0x80000102", 0x8000_0100)]
#[case::mtvec_vectored("mtvec", "0x80000101", 0x8000_0101)]
#[case::mepc("mepc", "-1", u64::MAX - 1)]
#[case::satp_reserved_mode("satp", "0x1000000000000001", 0)]
#[case::satp_sv48("satp", "0x9fff000000000001", 0x9fff_0000_0000_0001)]
#[case::mcountinhibit("mcountinhibit", "-1", 5)]
#[case::mpp_hypervisor_keeps("mstatus", "0x1000", 0xa_0000_0000)]
#[case::mstatus_all("mstatus", "-1", 0x8000_000a_007e_79aa)]
#[case::menvcfg("menvcfg", "-1", 0x8000_0000_0000_00f1)]
#[case::pmpaddr("pmpaddr3", "-1", (1 << 54) - 1)]
#[case::pmpcfg_reserved("pmpcfg0", "0x02", 0)]
#[case::mhpmcounter("mhpmcounter3", "-1", 0)]
fn a_register_keeps_what_its_rule_says(#[case] name: &str, #[case] value: &str, #[case] kept: u64) {
    let board = run("rv64", &format!("li a0, {value}\ncsrw {name}, a0\ncsrr a1, {name}\nwfi\nx: j x"));
    assert_eq!(board.get("a1"), kept, "{:#x}", board.get("a1"));
}

#[test]
fn a_counter_reads_what_was_written_and_counts_on() {
    let board =
        run("rv64", "li a0, 100\ncsrw minstret, a0\ncsrr a1, minstret\ncsrr a2, minstret\nwfi\nx: j x");
    assert_eq!((board.get("a1"), board.get("a2")), (100, 101));
}

#[test]
fn a_call_of_user_mode_is_delegated_and_comes_back() {
    let board = run(
        "rv64",
        "
        la t0, machine
        csrw mtvec, t0
        la t0, supervisor
        csrw stvec, t0
        li t0, 0x1f
        csrw pmpcfg0, t0
        li t0, -1
        csrw pmpaddr0, t0
        li t0, 0x100
        csrw medeleg, t0
        la t0, user
        csrw mepc, t0
        mret
        user:
        li a0, 1
        ecall
        li a2, 3
        .word 0xffffffff
        .balign 4
        supervisor:
        csrr s1, scause
        csrr s2, sstatus
        csrr t1, sepc
        addi t1, t1, 4
        csrw sepc, t1
        li a1, 2
        sret
        .balign 4
        machine:
        csrr s3, mcause
        csrr s4, mstatus
        wfi
        x: j x
        ",
    );
    assert_eq!([board.get("a0"), board.get("a1"), board.get("a2")], [1, 2, 3]);
    assert_eq!((board.get("s1"), board.get("s3")), (8, 2));
    assert_eq!(board.get("s2") & 0x100, 0, "SPP says user mode");
    assert_eq!(board.get("s4") & 0x1800, 0, "MPP says user mode");
}

#[test]
fn a_device_raises_an_interrupt_that_is_taken_at_the_next_instruction() {
    let source = "
        la t0, handler + 1
        csrw mtvec, t0
        li t0, 0x80
        csrw mie, t0
        csrsi mstatus, 8
        lui s0, 0x10000
        li a0, 1
        sw a0, 0(s0)
        after:
        li a1, 5
        wfi
        .balign 256
        handler:
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        csrr s1, mcause
        csrr s2, mepc
        la s3, after
        sw x0, 0(s0)
        lw s4, 8(s0)
        wfi
        x: j x
        ";
    let source = source.replace("nop", ".option norvc\nnop").replace(".option norvc\n", "");
    let board = run("rv64", &source);
    assert_eq!(board.get("s1"), 1 << 63 | 7);
    assert_eq!(board.get("s2"), board.get("s3"));
    let seen = board.device.seen.lock().unwrap();
    assert_eq!(seen.last().unwrap().0, board.get("s4"), "a device sees the time of its instruction");
}

#[test]
fn interrupts_have_an_order_and_machine_mode_goes_first() {
    let mut board = Board::new(BLOCK, "rv64");
    board.load("li t0, 0xaaa\ncsrw mie, t0\ncsrw mideleg, x0\nla t0, h\ncsrw mtvec, t0\ncsrsi mstatus, 8\n.balign 4\nh: j h");
    for (line, number) in [(11, 11), (3, 3), (7, 7), (9, 9)] {
        board.cpu.reset(RAM);
        for low in [3, 7, 9, 11].into_iter().skip_while(|_| false) {
            board.cpu.lines().set(low, false);
        }
        board.cpu.lines().set(line, true);
        board.cpu.lines().set(9, true);
        board.cpu.run(20);
        assert_eq!(board.get("mcause"), 1 << 63 | number);
    }
}

#[test]
fn a_hart_waits_until_a_line_is_driven_or_its_timer_is_due() {
    for tier in [BLOCK, STEP] {
        let mut board = Board::new(tier, "rv64");
        board.load("li t0, 0x80\ncsrw mie, t0\nwfi\nli a0, 7\nx: j x");
        assert_eq!(board.cpu.run(100), Exit::Wait);
        assert_eq!(board.cpu.run(100), Exit::Wait);
        board.cpu.lines().set(7, true);
        assert_eq!(board.cpu.run(100), Exit::Budget);
        assert_eq!(board.get("a0"), 7);
        board.load("li t0, 0x20\ncsrw mie, t0\nli t0, 1\nslli t0, t0, 63\ncsrw menvcfg, t0\ncsrr t0, time\naddi t0, t0, 50\ncsrw stimecmp, t0\nwfi\nli a0, 9\nx: j x");
        board.cpu.lines().set(7, false);
        board.cpu.reset(RAM);
        assert_eq!(board.cpu.run(1000), Exit::Wait);
        let deadline = board.cpu.deadline().unwrap();
        assert!(deadline > board.cpu.now());
        board.cpu.skip_to(deadline);
        board.cpu.run(10);
        assert_eq!(board.get("a0"), 9);
    }
}

#[test]
fn protection_refuses_and_locks_machine_mode_out() {
    let (cause, value) = caught(
        "
        li t0, 0x80002000 >> 2
        csrw pmpaddr0, t0
        li t0, 0x90
        csrw pmpcfg0, t0
        csrw pmpcfg0, x0
        li a0, 0x80001ffc
        lw a1, 0(a0)
        lw a1, 8(a0)
        lw a1, 4(a0)
        ",
    );
    assert_eq!((cause, value), (5, 0x8000_2000));
}

#[test]
fn code_that_is_written_runs_as_written_after_fence_i() {
    let board = run(
        "rv64",
        "
        li s0, 3
        la a0, patch
        again:
        patch: addi a1, a1, 1
        lw t0, 0(a0)
        lui t1, 0x100
        add t0, t0, t1
        sw t0, 0(a0)
        fence.i
        addi s0, s0, -1
        bnez s0, again
        wfi
        x: j x
        ",
    );
    assert_eq!(board.get("a1"), 1 + 2 + 3);
}

#[test]
fn a_hart_of_32_bits_has_halves_and_traps_alike() {
    let board = run(
        "rv32",
        "
        li a0, -1
        csrw mcycleh, a0
        csrr a1, mcycleh
        csrr a2, misa
        la t0, h
        csrw mtvec, t0
        ecall
        .balign 4
        h: csrr s1, mcause
        csrr s2, mepc
        wfi
        x: j x
        ",
    );
    assert_eq!(board.get("a1"), 0xffff_ffff);
    assert_eq!((board.get("a2"), board.get("s1")), (0x4014_112d, 11));
}
