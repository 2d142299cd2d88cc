//! Reservations that any write ends: between a load-reserved and its store-conditional other threads stand still.
//!
//! While one thread alone reaches the memory nothing is done. Else threads run in turns of [`TURN`] instructions, and
//! where one comes to a load-reserved it waits until the others have ended theirs. Then it goes on instruction by
//! instruction until nothing is reserved any more, it comes to another load-reserved, or has executed [`LONGEST`]
//! instructions: constrained loops, the only ones that are promised to succeed at last, have 16. [Unpriv. ISA, A,
//! Eventual success of store-conditional instructions] A reservation ends with its section.

use crate::units::{CodeError, Tally, Witness};
use crate::vcpu::Vcpu;
use interp::{Guest, Hart, Reserving, Stop};
use jit::code::{Place, Section, here};
use memory::user::Space;
use std::convert::Infallible;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Instructions after which a thread looks whether another wants to be alone: some microseconds of host code.
const TURN: u64 = 4096;
/// Instructions that a thread may be alone.
const LONGEST: u64 = 64;

/// What the threads of a space share.
#[derive(Default)]
struct Threads {
    section: Section,
    /// [`Space::forks`], of the process whose threads the section knows.
    forks: AtomicU64,
}

/// A vCPU with such reservations, driven by another one.
pub(crate) struct Strict<G: Guest> {
    inner: Box<dyn Vcpu<G, Space>>,
    space: Space,
    threads: Arc<Threads>,
    place: Place,
}

impl<G: Guest> Strict<G> {
    /// Drives `inner`.
    pub fn new(mut inner: Box<dyn Vcpu<G, Space>>) -> Self {
        let space = inner.hart().mem.clone();
        let forks = AtomicU64::new(space.forks());
        let made =
            space.companion(|| Ok::<_, Infallible>(Arc::new(Threads { section: Section::new(), forks })));
        let threads = match made {
            Ok(threads) => threads,
            Err(never) => match never {},
        };
        let place = threads.join(&space);
        Self { inner, space, threads, place }
    }

    /// The thread that runs is this one. It may have been another before, or the process another; and a child after
    /// vfork may have been killed in this thread's place.
    fn arrive(&mut self) {
        let forks = self.space.forks();
        if self.threads.forks.swap(forks, Ordering::Relaxed) != forks {
            self.threads.section.reset();
        }
        if !self.place.is_of(here()) || !self.threads.section.arrive(self.place) {
            self.place = self.threads.join(&self.space);
        }
    }

    fn drive(&mut self, budget: u64, slice: bool) -> Stop<G::Trap> {
        self.arrive();
        let is_private = self.space.is_private();
        let hart = self.inner.hart();
        if is_private {
            hart.reserving = Reserving::Free;
            let stop = if slice { self.inner.run_slice(budget) } else { self.inner.run(budget) };
            if stop != Stop::Budget {
                // The kernel may write.
                G::drop_reservation(&mut self.inner.hart().state);
            }
            return stop;
        }
        hart.reserving = Reserving::Asks;
        // Others ran meanwhile.
        G::drop_reservation(&mut hart.state);
        let mut left = budget;
        let mut asks = false;
        while left > 0 {
            let before = *G::retired(&mut self.inner.hart().state);
            let stop = match asks {
                // Here a slice may end, rather than the reservation with it.
                true if slice && left < LONGEST && left < budget => return Stop::Budget,
                true => self.alone(left.min(LONGEST)),
                false => self.turn(left, slice),
            };
            let after = *G::retired(&mut self.inner.hart().state);
            left = left.saturating_sub(after.wrapping_sub(before));
            // Between two load-reserved others may run.
            asks = !asks && matches!(stop, Stop::Exit(_));
            if !matches!(stop, Stop::Budget | Stop::Exit(_)) {
                return stop;
            }
        }
        Stop::Budget
    }

    /// Runs beside others, at most up to a load-reserved.
    fn turn(&mut self, left: u64, slice: bool) -> Stop<G::Trap> {
        let _running = self.threads.section.run(self.place);
        match slice || left > TURN {
            true => self.inner.run_slice(left.min(TURN)),
            false => self.inner.run(left),
        }
    }

    /// Runs from a load-reserved on while others stand still.
    fn alone(&mut self, limit: u64) -> Stop<G::Trap> {
        let alone = self.threads.section.alone(self.place);
        self.inner.hart().reserving = Reserving::Granted;
        let mut stop = Stop::Budget;
        for _ in 0..limit {
            stop = self.inner.step();
            if stop != Stop::Budget || !G::has_reservation(&self.inner.hart().state) {
                break;
            }
        }
        let hart = self.inner.hart();
        hart.reserving = Reserving::Asks;
        G::drop_reservation(&mut hart.state);
        drop(alone);
        stop
    }
}

impl Threads {
    fn join(&self, space: &Space) -> Place {
        let _steady = space.steady();
        self.section.join(here())
    }
}

impl<G: Guest> Drop for Strict<G> {
    fn drop(&mut self) {
        self.threads.section.part(self.place);
    }
}

impl<G: Guest> Vcpu<G, Space> for Strict<G> {
    fn hart(&mut self) -> &mut Hart<G, Space> {
        self.inner.hart()
    }
    fn run(&mut self, budget: u64) -> Stop<G::Trap> {
        self.drive(budget, false)
    }
    fn run_slice(&mut self, budget: u64) -> Stop<G::Trap> {
        self.drive(budget, true)
    }
    fn step(&mut self) -> Stop<G::Trap> {
        self.drive(1, false)
    }
    fn watch(&mut self, witness: Option<Arc<dyn Witness<G>>>) {
        self.inner.watch(witness);
    }
    fn tally(&self) -> Option<Tally<G::Op>> {
        self.inner.tally()
    }
    fn note(&mut self) {
        self.inner.note();
    }
    fn noted(&mut self) -> Option<Vec<Range<u64>>> {
        self.inner.noted()
    }
    fn instead(&self) -> Option<CodeError> {
        self.inner.instead()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]
mod tests {
    use super::*;
    use crate::{Accelerated, Tier};
    use interp::riscv::Rv64;
    use memory::user::{MapKind, Placement, Prot};
    use rstest::rstest;
    use spec::riscv::{NO_RESERVATION, RV64, State, Trap};

    const CODE: u64 = 0x10000;
    const DATA: u64 = CODE + 0x1000;

    /// A hart at `lines`, whose a0 points to a page of zeros.
    fn hart(lines: &[&str]) -> Hart<Rv64, Space> {
        let space = Space::new(Space::SV39_TOP).unwrap();
        for (page, prot) in [(CODE, Prot::RW | Prot::EXEC), (DATA, Prot::RW)] {
            space.map(Placement::Fixed(page), 0x1000, prot, MapKind::ANONYMOUS).unwrap();
        }
        let mut bytes = vec![];
        for line in lines {
            bytes.extend(spec::asm::bytes(&RV64, line, CODE + bytes.len() as u64).unwrap());
        }
        space.copy_out(CODE, &bytes).unwrap();
        let mut state = State { pc: CODE, ..State::new() };
        state.x[10] = DATA;
        Hart::new(state, space)
    }

    /// Counts to a hundred in memory, once by reservations and once by plain stores.
    const COUNT: [&str; 10] = [
        "li a2, 100",
        "lr.d a1, (a0)",
        "addi a1, a1, 1",
        "sc.d a3, a1, (a0)",
        "bnez a3, .-12",
        "ld a4, 8(a0)",
        "addi a4, a4, 1",
        "sd a4, 8(a0)",
        "bne a1, a2, .-28",
        "ecall",
    ];

    #[rstest]
    fn a_budget_is_exact(
        #[values("interp,llsc=strict", "interp,step=on,llsc=strict", "jit,hot=1,llsc=strict")] tier: &str,
        #[values(false, true)] shared: bool,
        // A store-conditional can only succeed in the same run as its load-reserved.
        #[values(7, 64, 65, 300, 5000)] budget: u64,
    ) {
        let hart = hart(&COUNT);
        if shared {
            hart.mem.make_shared();
        }
        let mut vcpu = Rv64::vcpu(Tier::parse(tier).unwrap(), hart, None);
        let mut runs = (0..10_000).map(|_| {
            let before = vcpu.hart().state.instret;
            let stop = vcpu.run(budget);
            (stop, vcpu.hart().state.instret - before)
        });
        let (stop, _) = runs.find(|ran| *ran != (Stop::Budget, budget)).unwrap();
        assert_eq!(stop, Stop::Trap(Trap::EnvironmentCall));
        let state = &vcpu.hart().state;
        assert_eq!((state.x[11], state.x[14], state.reservation), (100, 100, NO_RESERVATION));
    }

    #[rstest]
    fn a_slice_gets_on(#[values("interp,llsc=strict", "jit,hot=1,llsc=strict")] tier: &str) {
        let hart = hart(&COUNT);
        hart.mem.make_shared();
        let mut vcpu = Rv64::vcpu(Tier::parse(tier).unwrap(), hart, None);
        let ends = (0..1000).find(|_| vcpu.run_slice(70) != Stop::Budget);
        assert!(ends.is_some());
        assert_eq!(vcpu.hart().state.x[11], 100);
    }

    /// Where `wait` instructions lie between the two.
    fn stores(tier: &str, shared: bool, wait: usize) -> bool {
        let mut lines = vec!["lr.w a1, (a0)"];
        lines.extend(vec!["nop"; wait]);
        lines.extend(["sc.w a1, a0, (a0)", "ecall"]);
        let hart = hart(&lines);
        if shared {
            hart.mem.make_shared();
        }
        let mut vcpu = Rv64::vcpu(Tier::parse(tier).unwrap(), hart, None);
        assert_eq!(vcpu.run(1000), Stop::Trap(Trap::EnvironmentCall));
        vcpu.hart().state.x[11] == 0
    }

    #[rstest]
    fn a_reservation_lasts_as_long_as_its_section(
        #[values("interp,llsc=strict", "interp,step=on,llsc=strict", "jit,hot=1,llsc=strict")] tier: &str,
    ) {
        assert!(stores(tier, true, 0) && stores(tier, true, 15));
        assert!(!stores(tier, true, 64));
        assert!(stores(tier, false, 64), "nobody else could have written");
    }

    #[test]
    fn who_is_alone_with_the_memory_reserves_in_host_code() {
        let native = |shared: bool| {
            let hart = hart(&COUNT);
            if shared {
                hart.mem.make_shared();
            }
            let mut vcpu = Rv64::vcpu(Tier::parse("jit,hot=1,llsc=strict").unwrap(), hart, None);
            assert_eq!(vcpu.run(10_000), Stop::Trap(Trap::EnvironmentCall));
            (vcpu.tally().unwrap().native, vcpu.hart().state.instret)
        };
        let (alone, all) = native(false);
        assert!(alone + 20 > all, "{alone} of {all}");
        let (beside, all) = native(true);
        assert!(beside * 2 > all && beside + 300 < all, "{beside} of {all}");
    }
}
