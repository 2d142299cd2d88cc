//! What is to be known of translation: units, their host code, and who ran what.

pub use jit::code::{CodeError, Counts, Tally, Translation, Witness};
pub use jit::ir::text::print;
pub use jit::ir::{At, Unit};
pub use jit::listing;

use crate::lockstep::Explain;
use interp::riscv::Rv;
use interp::{Guest, Hart};
use jit::code::{Hosted, Options, preview};
use jit::ir::Op;
use jit::opt::Optimizer;
use jit::region;
use memory::user::Space;
use spec::riscv::State;
use std::fmt::Write;

/// How many operations a unit has, without the marks of its guest instructions.
pub fn operations(unit: &Unit) -> usize {
    unit.ops.iter().filter(|op| !matches!(op, Op::Insn(_))).count()
}

/// Translates again what two tiers do not agree on.
pub(crate) struct Again(pub Options);

impl<X: Rv + Hosted> Explain<X> for Again {
    fn explain(&self, state: &State, space: &Space, count: usize) -> String {
        let mut hart = Hart::new(state.clone(), space.clone());
        let start = <X as Guest>::pc(state);
        let fetch = &mut |pc| X::fetch(&mut hart, pc);
        let Some((mut unit, _)) = region::up_to::<X>(start, count.clamp(1, region::LONGEST), fetch) else {
            return format!("no instruction can be fetched at {start:#x}");
        };
        let mut out = format!("before the passes:\n{}", print(&unit, X::places()));
        Optimizer::new(self.0.passes).run(&mut unit, X::places());
        let _ = write!(out, "after the passes:\n{}", print(&unit, X::places()));
        match preview::<X>(&unit, self.0.features) {
            Ok(Ok((host, at))) => {
                let _ = writeln!(out, "host code:");
                let heading = |number: usize| match unit.insns.get(number) {
                    Some(insn) => format!("  -- guest {:#x}", X::unsigned(insn.pc)),
                    None => String::new(),
                };
                for line in listing::lines(&host.bytes, at, &host.starts, &heading) {
                    let _ = writeln!(out, "{line}");
                }
            }
            Ok(Err(refusal)) => out += &format!("no host code: {refusal}\n"),
            Err(error) => out += &format!("no host code: {error}\n"),
        }
        out
    }
}
