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
        match preview::<X>(&unit, self.0.features, space.is_private()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use interp::riscv::Rv64;
    use memory::user::{MapKind, Placement, Prot};
    use spec::riscv::RV64;

    #[test]
    fn a_divergence_is_explained_by_operations_and_host_code() {
        const CODE: u64 = 0x10000;
        let space = Space::new(Space::SV39_TOP).unwrap();
        space.map(Placement::Fixed(CODE), 4096, Prot::RW, MapKind::ANONYMOUS).unwrap();
        let bytes = spec::asm::bytes(&RV64, "add a0, a1, a2", CODE).unwrap();
        space.copy_out(CODE, &bytes).unwrap();
        space.protect(CODE, 4096, Prot::RX).unwrap();
        let at = |pc| State { pc, ..State::new() };
        let again = Again(Options::default());
        let text = Explain::<Rv64>::explain(&again, &at(CODE), &space, 1);
        let order =
            ["before the passes:", "add.64", "after the passes:", "add.64", "host code:", "-- guest 0x10000"];
        let mut rest = text.as_str();
        for part in order {
            rest = rest.split_once(part).unwrap_or_else(|| panic!("{part} is missing in {text}")).1;
        }
        let nowhere = Explain::<Rv64>::explain(&again, &at(0x5000_0000), &space, 1);
        assert_eq!(nowhere, "no instruction can be fetched at 0x50000000");
    }
}
