//! Ctrl-C under the stepper.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use control::program::clock;
use control::step::{Reply, Session};
use interp::riscv::Rv64;
use spec::riscv::{RV64, executable};
use user::{Options, Process};

/// Sends its own thread SIGINT, and goes round for ever.
const SOURCE: &str = "
        .globl _start
_start: li   a7, 178
        ecall
        li   a1, 2
        li   a7, 130
        ecall
again:  j    again
";

#[test]
fn an_interrupt_gives_the_prompt_back() {
    let file = executable(&RV64, SOURCE).unwrap();
    let (thread, state, space) =
        Process::load_image(&file, "program", &["program".into()], &[], Options::default()).unwrap();
    let mut session = Session::<Rv64>::new(thread, state, space, clock);
    session.keep_interrupts();
    let mut said = |line: &str| {
        let mut out = vec![];
        assert_eq!(session.line(line, &mut out).unwrap(), Reply::Prompt);
        String::from_utf8(out).unwrap()
    };
    let text = said("continue");
    assert!(text.starts_with("interrupted\n5 instructions later\n"), "{text}");
    let text = said("step 3");
    assert!(text.contains("<again>") && !text.contains("interrupted"), "{text}");
}
