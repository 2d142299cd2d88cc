//! The stepper against lines that nobody should type: none makes it panic or fail.
//!
//! Lines are mutations of good ones, drawn from a fixed sequence, so that every run is the same.
//! `STRATA_FUZZ_N` sets how many; the default is 20000.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use control::program::clock;
use control::step::{Reply, Session};
use interp::riscv::Rv64;
use spec::riscv::{RV64, executable};
use user::{Options, Process};

/// Ends within some hundred instructions, whatever is asked; calls, stores, a float, a system call that
/// fails, and one way to end.
fn program(end: &str) -> Vec<u8> {
    let source = format!(
        "        .text
        .globl _start
_start: li   s0, 20
again:  mv   a0, s0
        call twice
        la   a1, data
        sd   a0, 8(a1)
        lw   a2, 8(a1)
        fcvt.d.l fa0, a2
        li   a7, 1000
        ecall
        addi s0, s0, -1
        bnez s0, again
        {end}
        li   a0, 3
        li   a7, 93
        ecall
twice:  add  a0, a0, a0
        ret
        .data
data:   .dword 5, 0
text:   .asciz \"text\"
"
    );
    executable(&RV64, &source).unwrap()
}

const LINES: &[&str] = &[
    "step",
    "s 3",
    "step 0x10",
    "next",
    "finish",
    "continue",
    "until again+4",
    "until 0x10000",
    "break twice",
    "b $pc+8",
    "watch data+8,8",
    "w $sp-16,4",
    "watch data",
    "delete 1",
    "regs",
    "x/4xg data",
    "x/3i $pc",
    "x/8cb text",
    "x/2s text",
    "x/16tb $sp",
    "x/2dw data",
    "x/oh $a0",
    "x $x31",
    "disas",
    "disas twice 3",
    "disas $pc-4 9",
    "info maps",
    "info breakpoints",
    "info rows",
    "symbols",
    "symbols tw",
    "help",
    "quit",
    "",
];

const WORDS: &[&str] = &[
    "0",
    "-1",
    "18446744073709551615",
    "18446744073709551616",
    "0xffffffffffffffff",
    "0x7fffffffffffffff",
    "9223372036854775808",
    "0x",
    "$",
    "$pc",
    "$x32",
    "$zero",
    "+",
    "-",
    ",",
    "/",
    "//",
    "/99999i",
    "/100001x",
    ",0",
    ",18446744073709551615",
    "data",
    "twice+0xffffffffffffffff",
    "again-9223372036854775807",
    "ü",
    "→",
    "\0",
    "\t",
    "\u{a0}",
    "\u{301}",
];

/// Marsaglia's xorshift.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end as u64).unwrap()
    }

    fn of<'a>(&mut self, list: &[&'a str]) -> &'a str {
        list[self.below(list.len())]
    }

    /// A line with none to three mutations.
    fn line(&mut self) -> String {
        let mut line: Vec<char> = self.of(LINES).chars().collect();
        for _ in 0..self.below(4) {
            let place = self.below(line.len() + 1);
            match self.below(6) {
                0 => drop(line.splice(place..place, self.of(WORDS).chars())),
                1 => line.truncate(place),
                2 => drop(line.splice(place..place, self.of(LINES).chars())),
                3 if place < line.len() => drop(line.remove(place)),
                4 if place < line.len() => {
                    line[place] = char::from_u32(u32::try_from(self.below(0x250)).unwrap()).unwrap_or('?');
                }
                _ => {
                    let end = line.iter().rposition(|c| c.is_whitespace()).map_or(line.len(), |n| n + 1);
                    line.truncate(end);
                    line.extend(self.of(WORDS).chars());
                }
            }
        }
        line.into_iter().collect()
    }
}

#[test]
fn fuzzed_lines_never_make_the_stepper_panic() {
    const IN_A_SESSION: usize = 40;
    let count = std::env::var("STRATA_FUZZ_N").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let images = ["", "ld a0, 0(zero)", ".word 0", "jr zero", "ebreak"].map(program);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut done = 0;
    while done < count {
        let image = &images[dice.below(images.len())];
        let options = Options { seed: Some(1), ..Options::default() };
        let (process, state, space) =
            Process::load_image(image, "program", &["program".into()], &[], options).unwrap();
        let mut session = Session::<Rv64>::new(process, state, space, clock);
        let mut out = vec![];
        for _ in 0..IN_A_SESSION {
            done += 1;
            let line = dice.line();
            out.clear();
            let reply =
                std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| session.line(&line, &mut out)));
            let reply = reply.unwrap_or_else(|_| panic!("the line was {line:?}"));
            if reply.unwrap() == Reply::Quit {
                break;
            }
            assert!(std::str::from_utf8(&out).is_ok(), "{line:?} printed what is not UTF-8");
        }
    }
}

#[test]
fn the_stepper_goes_on_after_a_line_it_did_not_understand() {
    let (process, state, space) =
        Process::load_image(&program(""), "program", &["program".into()], &[], Options::default()).unwrap();
    let mut session = Session::<Rv64>::new(process, state, space, clock);
    let mut said = |line: &str| {
        let mut out = vec![];
        assert_eq!(session.line(line, &mut out).unwrap(), Reply::Prompt);
        String::from_utf8(out).unwrap()
    };
    assert_eq!(said("fly"), "there is no command \"fly\"; help lists them\n");
    assert!(said("break nowhere").starts_with("there is no symbol \"nowhere\""));
    assert!(said("x $x32").starts_with("there is no register \"x32\""));
    assert_eq!(said("delete 7"), "there is no breakpoint 7; see info breakpoints\n");
    assert!(said("continue").starts_with("the program exited with status 3 after "));
    assert_eq!(said("step"), "the program has ended; quit leaves\n");
}
