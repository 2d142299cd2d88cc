//! Every golden case of RISC-V as host code: alone, and in the middle of a unit that needs all registers.
//!
//! What a case expects the step driver is held to elsewhere; here host code is held to the step driver.

use super::common::{Machine, options};
use conformance::case::riscv::MEMORY;
use conformance::case::{Assign, Block, Case, files, read, riscv::Names};
use conformance::riscv::{RV32, RV64};
use conformance::speak::{Named, Part, Speaker};
use interp::riscv::Rv;
use interp::{Hart, Stop, step};
use jit::code::{Hosted, Options};
use jit::emit::host::Features;
use jit::opt::Passes;
use memory::user::{MapKind, Placement, Prot, Space};
use rstest::rstest;
use spec::riscv::{State, Trap};
use std::path::Path;

const PAGE: u64 = 4096;
/// Bytes before and after an instruction that its neighbours take.
const ROOM: u64 = 0x200;

/// Instructions before a case's: each register is written twice and is what it was.
fn before() -> String {
    let pair = |number: u8| {
        let flip = format!("xori x{number}, x{number}, 5\nfsgnjn.d f{number}, f{number}, f{number}\n");
        flip.clone() + &flip
    };
    [1, 2, 8, 9, 10, 11, 12, 15, 17, 20, 31].map(pair).concat()
}

/// Instructions after it: they read every register that it may have written.
fn after() -> String {
    (1..31).map(|n| format!("xor x31, x31, x{n}\nfsgnjx.d f31, f31, f{n}\n")).collect()
}

/// Two memories with one program: for the step driver and for host code.
struct Two<G: Hosted> {
    step: Space,
    jit: Machine<G>,
    before: Vec<u8>,
    after: Vec<u8>,
    spoken: u64,
}

impl<G: Hosted<State = State, Trap = Trap> + Rv> Two<G> {
    fn new(options: Options) -> Self {
        let step = Machine::<G>::new(options).space;
        let jit = Machine::new(options);
        for space in [&step, &jit.space] {
            let bytes = MEMORY.end - MEMORY.start;
            space.map(Placement::Fixed(MEMORY.start), bytes, Prot::RW, MapKind::ANONYMOUS).unwrap();
        }
        let (before, after) = (Machine::<G>::bytes(0, &before()), Machine::<G>::bytes(0, &after()));
        Self { step, jit, before, after, spoken: 0 }
    }

    /// Runs one case among others or alone; what differs.
    fn speak<S: Speaker<Guest = G, Names = Names>>(
        &mut self,
        s: &S,
        block: &Block<Part<S>, Named<S>>,
        case: &Case<Part<S>, Named<S>>,
        alone: bool,
    ) -> Result<(), String> {
        let mut state = s.fresh();
        for assign in &case.before {
            if let Assign::Part { part, value } = assign {
                s.set(&mut state, part, *value);
            }
        }
        let at = s.address(G::pc(&state));
        if !(2 * PAGE..(1 << 32) - 2 * PAGE).contains(&at) || (MEMORY.start..MEMORY.end + PAGE).contains(&at)
        {
            return Ok(());
        }
        let len = u64::from(block.len);
        let word = &block.word.to_le_bytes()[..usize::from(block.len)];
        let (start, code) = match alone {
            true => (at, word.to_vec()),
            false => (at - self.before.len() as u64, [&self.before, word, &self.after].concat()),
        };
        let (first, last) = ((at - ROOM) / PAGE * PAGE, (at + len + ROOM).next_multiple_of(PAGE));
        for space in [&self.step, &self.jit.space] {
            space.map(Placement::Fixed(first), last - first, Prot::RW, MapKind::ANONYMOUS).unwrap();
            space.copy_out(start, &code).unwrap();
            space.protect(first, last - first, Prot::RX).unwrap();
            space.copy_out(MEMORY.start, &[0; 0x2000]).unwrap();
            for assign in &case.before {
                if let Assign::Memory { at, bytes } = assign {
                    space.copy_out(*at, bytes).unwrap();
                }
            }
        }
        G::set_pc(&mut state, G::keep(start));
        let budget = if alone { 1 } else { code.len() as u64 / 4 + 1 };
        let mut a: Hart<G, Space> = Hart::new(state.clone(), self.step.clone());
        let expected = step::run(&mut a, budget, None);
        let (found, state) = self.jit.run(state, budget);
        self.spoken += 1;
        self.compare((expected, &a.state), (found, &state))
    }

    fn compare(
        &self,
        (expected, wanted): (Stop<Trap>, &State),
        (found, state): (Stop<Trap>, &State),
    ) -> Result<(), String> {
        let [mut a, mut b] = [[0; 0x2000]; 2];
        self.step.copy_in(MEMORY.start, &mut a).unwrap();
        self.jit.space.copy_in(MEMORY.start, &mut b).unwrap();
        let (texts, gots) = (format!("{wanted:#x?}"), format!("{state:#x?}"));
        let lines = texts.lines().zip(gots.lines()).filter(|(a, b)| a != b);
        match expected == found && wanted == state && a == b {
            true => Ok(()),
            false => Err(format!("{expected:x?} {found:x?} {:?}", lines.collect::<Vec<_>>())),
        }
    }
}

fn all<S: Speaker<Names = Names>>(s: &S, xlen: u32, options: Options, shared: bool)
where
    S::Guest: Hosted<State = State, Trap = Trap> + Rv,
{
    let mut two = Two::<S::Guest>::new(options);
    if shared {
        two.jit.space.make_shared();
    }
    let mut wrong = vec![];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../golden/riscv");
    for path in files(&folder).unwrap() {
        let file = read(&path, &Names).unwrap_or_else(|e| panic!("{e}"));
        for block in file.blocks.iter().filter(|block| (block.xlen == 32) == (xlen == 32)) {
            for case in &block.cases {
                for alone in [true, false] {
                    if let Err(text) = two.speak(s, block, case, alone) {
                        let place = format!("{}:{} {}", path.display(), case.line, block.text);
                        wrong.push(format!("{place}, alone: {alone}: {text}"));
                    }
                }
            }
        }
    }
    let counts = two.jit.runner.cache().counts();
    println!("{} cases, {} instructions as host code, {counts:?}", two.spoken, two.jit.native());
    wrong.truncate(20);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(two.jit.native() > two.spoken && counts.refused == 0, "most of it is host code");
}

#[rstest]
fn host_code_speaks_every_case(
    #[values(32, 64)] xlen: u32,
    #[values(Features::detect(), Features::NONE)] features: Features,
    #[values(Passes::ALL, Passes::NONE)] passes: Passes,
    #[values(false, true)] shared: bool,
) {
    let options = Options { passes, ..options(features) };
    match xlen {
        32 => all(&RV32, 32, options, shared),
        _ => all(&RV64, 64, options, shared),
    }
}
