//! The tour: a small guest, first narrated, then at full speed.

use crate::Outcome;
use crate::program::hart;
use accel::{Accelerated, Tier, Vcpu};
use control::program::{Ended, clock};
use control::step::Session;
use interp::observe::Observer;
use interp::riscv::Rv64;
use spec::riscv::{Insn, Op, RV64};
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::io::Write;
use std::rc::Rc;
use std::time::Instant;
use user::{Options, Process};

/// The guest, assembled from `tour/tour.s` when strata was built.
const GUEST: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/tour.elf"));

/// Instructions that are narrated.
const NARRATED: u64 = 12;

/// The rows that were decoded.
#[derive(Clone, Default)]
struct Rows(Rc<RefCell<BTreeSet<Op>>>);

impl Observer<Rv64> for Rows {
    fn translated(&mut self, _: u64, insns: &[Insn]) {
        self.0.borrow_mut().extend(insns.iter().map(|insn| insn.op));
    }
}

/// Shows the tour.
pub fn show() -> Outcome {
    let load = || Process::load_image(GUEST, "tour", &["tour".into()], &[], Options::default());
    let mut out = std::io::stdout().lock();
    writeln!(out, "strata runs a RISC-V Linux program of {} bytes, built into this command.", GUEST.len())?;
    writeln!(
        out,
        "Its first {NARRATED} instructions, one at a time (strata step PROG does this to yours):\n"
    )?;
    let (thread, state, space) = load()?;
    Session::<Rv64>::new(thread, state, space, clock).line(&format!("step {NARRATED}"), &mut out)?;

    writeln!(out, "\nNow from its start to its end (strata run PROG):\n")?;
    out.flush()?;
    let (mut thread, state, space) = load()?;
    let rows = Rows::default();
    let mut vcpu = Rv64::vcpu(Tier::parse("auto")?, hart(state, space), Some(Box::new(rows.clone())));
    let start = Instant::now();
    let ended = control::program::run(vcpu.as_mut(), &mut thread);
    let seconds = start.elapsed().as_secs_f64();
    summary(&mut out, vcpu.as_mut(), &rows, seconds)?;
    match ended {
        Ended::Exited(0) => Ok(()),
        Ended::Exited(status) => {
            Err(format!("the tour ended with status {status}; please report this").into())
        }
        // It has one thread.
        Ended::Left => Ok(()),
        Ended::Killed(death) => {
            Err(format!("the tour was killed by {}", thread.process().describe(&death)).into())
        }
    }
}

fn summary(
    out: &mut impl Write,
    vcpu: &mut dyn Vcpu<Rv64, memory::user::Space>,
    rows: &Rows,
    seconds: f64,
) -> std::io::Result<()> {
    let count = vcpu.hart().state.instret;
    #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
    let rate = count as f64 / seconds / 1e6;
    let rows = rows.0.borrow();
    let names: BTreeSet<&str> = rows.iter().map(|op| spec::riscv::row(*op).ext).collect();
    let names: Vec<&str> = names.into_iter().collect();
    writeln!(out, "\n{count} instructions in {:.1} ms: {rate:.0} million a second,", seconds * 1e3)?;
    writeln!(out, "{} of {} rows, from {}.", rows.len(), RV64.rows().count(), names.join(", "))?;
    writeln!(out, "Next: strata explain mul · strata spec riscv64 · strata step PROG · strata --help")
}
