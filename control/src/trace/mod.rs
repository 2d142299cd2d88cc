//! Traces: hashes of a program's state every so many instructions, and where two of them part.

mod cmp;
mod file;

pub use cmp::{Parting, States, first, told};
pub use file::{Header, MOST_BYTES, Stop, Trace, TraceError};

use crate::program::Ended;
use accel::Vcpu;
use accel::lockstep::narrow::instruction;
use accel::lockstep::pages::{fold, hash};
use accel::lockstep::{count_to, report};
use interp::riscv::Rv;
use memory::user::Space;
use spec::riscv::State;
use std::io::{self, Write};
use std::ops::Range;
use user::Thread;

/// Instructions between two hashes of memory, which cost more than hashes of registers.
const MEMORY: u64 = 1 << 22;

/// What is written of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Hashes, each time the count of instructions is a multiple of this power of two.
    Hashes(u64),
    /// Every state before the instructions of this range, as text.
    States(Range<u64>),
}

/// Runs a program to its end and writes its trace, less the header.
///
/// # Errors
/// What writing meets.
pub fn record<X: Rv>(
    vcpu: &mut dyn Vcpu<X, Space>,
    thread: &mut Thread,
    plan: &Plan,
    out: &mut dyn Write,
) -> io::Result<Ended> {
    let own = std::process::id();
    let mut last = None;
    loop {
        let state = vcpu.hart().state.clone();
        let count = state.instret;
        // A child of the program has no trace.
        let first = last != Some(count) && std::process::id() == own;
        let budget = match plan {
            Plan::Hashes(grain) => {
                if first && count != 0 && count.is_multiple_of(*grain) {
                    let memory = if count.is_multiple_of(MEMORY) { hash(&vcpu.hart().mem) } else { 0 };
                    Stop { state: hash_of(&state), memory }.write(out)?;
                }
                grain - count % grain
            }
            Plan::States(range) => {
                if first && range.contains(&count) {
                    writeln!(out, "{}", line::<X>(&state, &vcpu.hart().mem))?;
                }
                match count {
                    count if count < range.start => (range.start - count).min(1 << 14),
                    count if count < range.end => 1,
                    _ => 1 << 14,
                }
            }
        };
        last = Some(count);
        count_to(count);
        let stop = vcpu.run(budget);
        count_to(vcpu.hart().state.instret);
        let next = match stop {
            interp::Stop::Budget | interp::Stop::Exit(_) => thread.interrupt(vcpu.hart()),
            interp::Stop::Trap(trap) => thread.trap(vcpu.hart(), trap),
        };
        if let Some(ended) = Ended::of(next) {
            if matches!(plan, Plan::Hashes(_)) && std::process::id() == own {
                let hart = vcpu.hart();
                out.write_all(&hart.state.instret.to_le_bytes())?;
                Stop { state: hash_of(&hart.state), memory: hash(&hart.mem) }.write(out)?;
                out.write_all(&file::END.to_le_bytes())?;
            }
            return Ok(ended);
        }
    }
}

/// A [`fold`] over the fields of a state in the order of its declaration.
pub fn hash_of(state: &State) -> u64 {
    let rest =
        [state.fflags.into(), state.frm.into(), state.instret, state.reservation, state.reserved_value];
    state.x.iter().chain([&state.pc]).chain(&state.f).chain(&rest).fold(0, |hash, word| fold(hash, *word))
}

/// A state as a line: its count, the instruction at its pc, its fields.
fn line<X: Rv>(state: &State, space: &Space) -> String {
    let word = instruction::<X>(space, X::unsigned(state.pc)).map_or(0, |insn| insn.word);
    let fields = report::fields::<X>(state);
    let fields: String =
        fields.iter().map(|(name, value)| format!(" {}={value:#x}", name.replace(' ', "_"))).collect();
    format!("{} {word:#x}{fields}", state.instret)
}
