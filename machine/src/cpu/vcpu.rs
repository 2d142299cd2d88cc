//! Harts of machines, as accel drives them.

use crate::hart::{Ended, Hart as Processor, Slice};
use crate::solder::Wiring;
use interp::riscv::{Rv, Rv32, Rv64};
use interp::{Clock, Exit, Hart, Stop, step};
use memory::tlb::{Kind, SoftMmu};
use spec::riscv::State;
use spec::riscv::system::cpu::Cpu;
use std::fmt::Write;

/// The harts of a machine.
pub fn harts(cpu: Cpu, wiring: &Wiring, count: u32, step: bool) -> Vec<Box<dyn Processor>> {
    let _ = step;
    (0..count)
        .map(|id| -> Box<dyn Processor> {
            let mem = SoftMmu::new(wiring.space.clone(), wiring.world.clock.cell());
            match cpu.xlen {
                32 => Box::new(Driven::<Rv32>::new(cpu, u64::from(id), mem)),
                _ => Box::new(Driven::<Rv64>::new(cpu, u64::from(id), mem)),
            }
        })
        .collect()
}

struct Driven<X: Rv> {
    cpu: Cpu,
    id: u64,
    hart: Hart<X, SoftMmu>,
    waiting: bool,
}

impl<X: Rv> Driven<X> {
    fn new(cpu: Cpu, id: u64, mem: SoftMmu) -> Self {
        let mut hart = Hart::new(State::default(), mem);
        hart.state.sys = cpu.reset(id);
        Self { cpu, id, hart, waiting: false }
    }

    /// The instruction at the pc, alone, with the exact time.
    fn alone(&mut self) {
        let now = self.hart.clock.now(self.hart.state.instret);
        self.hart.mem.alone(Some(now));
        let stop = step::run(&mut self.hart, 1, None);
        self.hart.mem.alone(None);
        match stop {
            Stop::Trap(trap) => self.hart.take_trap(trap),
            Stop::Exit(Exit::Wait) => self.waiting = true,
            Stop::Budget | Stop::Exit(Exit::Alone | Exit::Look) => {}
        }
    }

    fn go(&mut self, budget: u64) -> Ended {
        let end = self.hart.state.instret.wrapping_add(budget);
        // Traps retire nothing; a guest whose trap vector traps is to be left nevertheless.
        for _ in 0..budget {
            if self.waiting {
                if !self.hart.has_wakeup() {
                    return Ended::Waiting;
                }
                self.waiting = false;
            }
            self.hart.take_interrupt();
            let left = end.wrapping_sub(self.hart.state.instret);
            if left == 0 || left > budget {
                break;
            }
            match step::run(&mut self.hart, left, None) {
                Stop::Budget => break,
                Stop::Trap(trap) => self.hart.take_trap(trap),
                Stop::Exit(Exit::Look) => {}
                Stop::Exit(Exit::Wait) => self.waiting = true,
                Stop::Exit(Exit::Alone) => {
                    self.alone();
                    break;
                }
            }
        }
        if self.waiting && !self.hart.has_wakeup() { Ended::Waiting } else { Ended::Spent }
    }
}

impl<X: Rv> Processor for Driven<X> {
    fn run(&mut self, slice: Slice) -> (Ended, u64) {
        let before = self.hart.state.instret;
        let base = slice.now.wrapping_sub(before << slice.shift);
        self.hart.clock = Clock::Counted { base, shift: slice.shift };
        self.hart.state.sys.lines = slice.lines;
        self.hart.mem.sync();
        let ended = self.go(slice.budget);
        (ended, self.hart.state.instret.wrapping_sub(before))
    }

    fn deadline(&mut self) -> Option<u64> {
        self.hart.compare_deadline()
    }

    fn is_woken(&mut self, now: u64, lines: u64) -> bool {
        let Clock::Counted { shift, .. } = self.hart.clock else { return true };
        let base = now.wrapping_sub(self.hart.state.instret << shift);
        self.hart.clock = Clock::Counted { base, shift };
        self.hart.state.sys.lines = lines;
        self.hart.has_wakeup()
    }

    fn reset(&mut self, pc: u64) {
        let instret = self.hart.state.instret;
        self.hart.state = State { pc, instret, ..State::default() };
        self.hart.state.sys = self.cpu.reset(self.id);
        self.waiting = false;
        self.hart.mem.flush();
        self.hart.resync();
    }

    fn retired(&mut self) -> u64 {
        self.hart.state.instret
    }

    fn registers(&mut self) -> String {
        let state = &self.hart.state;
        let sys = &state.sys;
        let mut text = format!(" pc       {:016x}\n mhartid  {:016x}\n", state.pc, sys.mhartid);
        let rows = [
            ("mode", sys.mode),
            ("mstatus", sys.mstatus),
            ("mip", sys.mip | sys.lines),
            ("mie", sys.mie),
            ("mideleg", sys.mideleg),
            ("medeleg", sys.medeleg),
            ("mtvec", sys.mtvec),
            ("stvec", sys.stvec),
            ("mepc", sys.mepc),
            ("sepc", sys.sepc),
            ("mcause", sys.mcause),
            ("scause", sys.scause),
            ("mtval", sys.mtval),
            ("stval", sys.stval),
            ("mscratch", sys.mscratch),
            ("sscratch", sys.sscratch),
            ("satp", sys.satp),
        ];
        for (name, value) in rows {
            let _ = writeln!(text, " {name:<8} {value:016x}");
        }
        for (number, value) in state.x.iter().enumerate() {
            let name = format!("x{number}/{}", spec::riscv::names::X[number]);
            let _ = write!(text, " {name:<8} {:016x}", X::unsigned(*value));
            text += if number % 4 == 3 { "\n" } else { "" };
        }
        text
    }

    fn fingerprint(&mut self) -> String {
        format!("{:?} {}", self.hart.state, self.waiting)
    }

    fn pc(&mut self) -> u64 {
        X::unsigned(self.hart.state.pc)
    }

    fn translate(&mut self, at: u64) -> Option<u64> {
        // What the walk would set must stay as it is: only what is in the TLB, or is not translated.
        self.hart.mem.physical(at, Kind::Load).ok()
    }

    fn pages(&mut self) -> String {
        String::new()
    }
}
