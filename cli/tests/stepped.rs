//! `strata step` on machines: transcripts of scripts.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::Folder;
use common::{fed, strata};
use rstest::rstest;

/// What is said to these lines, and the exit status.
fn said(kernel: &str, options: &[&str], lines: &str) -> (String, Result<i32, i32>) {
    let done = fed(strata(["step", "-bios", "none", "-kernel", kernel]).args(options), lines.as_bytes());
    assert_eq!(done.err, "");
    (done.out, done.end)
}

/// The tour's machine ends by itself with this.
const BATCH: [&str; 2] = ["-device", "loader,addr=0x80100000,data=1,data-len=1"];

#[rstest]
#[case("start", "step 3\nnext\nregs\ninfo harts\nquit\n")]
#[case(
    "paging",
    "until supervisor\nwatch cell\ncontinue\nwalk cell\nwalk 0xc0000000\nwalk 0x8000000000\nxp/1xg cell\nuntil 0x800001ec\nstep 6\nquit\n"
)]
#[case("device", "break print\ncontinue\nstep 5\ninfo breakpoints\ndelete 1\nfinish\nquit\n")]
#[case("user", "until user+0x40000000\nstep 2\ncsrs\nuntil 0xc000025c\nstep 2\nuntil key\ncontinue\n")]
#[case("interrupt", "until 0x80000060\nstep 3\nx/2i $mepc\nquit\n")]
#[case(
    "words",
    "fish\nwalk\nbreak nowhere\ndelete 7\ninfo maps\nwatch\nxp 0x10000000\nx 0\nsymbols super\nhelp\n"
)]
fn a_script_steps_a_machine(#[case] name: &str, #[case] lines: &str) {
    let folder = Folder::new(&format!("stepped-{name}"));
    let (out, end) = said(&folder.tour(), &BATCH, lines);
    assert_eq!(end, Ok(0), "{out}");
    insta::assert_snapshot!(name, out);
}

#[test]
fn harts_take_their_turns_under_the_stepper() {
    let source = "        .text\n        .globl _start\n_start: csrr a0, mhartid\n        bnez a0, 2f\n1:      wfi\n        j 1b\n2:      li t0, 0x100000\n        li t1, 0x2a3333\n        sw t1, 0(t0)\n        j 2b\n";
    let folder = Folder::new("stepped-harts");
    let kernel = folder.program(64, source);
    let (out, end) = said(&kernel, &["-smp", "2"], "until 0x80000008\nstep 3\ninfo harts\ncontinue\n");
    assert_eq!(end, Ok(42));
    insta::assert_snapshot!(out);
}

#[test]
fn a_hart_of_32_bits_is_stepped() {
    let source = "        .text\n        .globl _start\n_start: li a0, -1\n        la t0, vector\n        csrw mtvec, t0\n        lw a1, 0(zero)\n        .balign 4\nvector: j vector\n";
    let folder = Folder::new("stepped-32");
    let kernel = folder.program(32, source);
    let (out, end) = said(&kernel, &["-cpu", "rv32"], "until _start\nstep 5\nquit\n");
    assert_eq!(end, Ok(0));
    insta::assert_snapshot!(out);
}
