//! RISC-V advanced core-local interruptor: machine timer, machine and supervisor software interrupts.
//!
//! Three devices of the specification, to be placed one by one; SiFive's CLINT is the first two side by side
//! ([`SWI_SIZE`]). [RISC-V ACLINT specification 1.0-rc4, chapters 2 to 4]
//!
//! The timer counts guest time. Writing `mtime` moves the counter of all harts; who reads time elsewhere (the `time`
//! CSR) asks [`Mtimer::mtime`] or is told by the callback of [`Mtimer::new`].

use memory::mmio::{BusError, Rules, Width};
use model::{
    Context, Device, Direction, Event, Hit, IrqLine, Outline, Seat, Snapshot, SnapshotError, Timer, refuse,
};
use serde::{Deserialize, Serialize};

/// Most harts one of these devices can have. [ACLINT 2.1 and 3.1: 4095]
pub const MAX_HARTS: usize = 4095;
/// Bytes that a software-interrupt device takes.
pub const SWI_SIZE: u64 = 0x4000;
/// Bytes that the timer takes: `mtimecmp` of 4095 harts, then `mtime`.
pub const MTIMER_SIZE: u64 = 0x8000;

/// Nanoseconds in a second.
const SECOND: u128 = 1_000_000_000;

model::registers! {
    /// The timer's registers. The high halves take 32-bit accesses only.
    pub enum TimerReg:
        Compare[MAX_HARTS; 8]     @ 0x0000, "MTIMECMP",  [4 8], RW, 0;
        CompareHigh[MAX_HARTS; 8] @ 0x0004, "MTIMECMPH", [4],   RW, 0;
        Time                      @ 0x7ff8, "MTIME",     [4 8], RW, 0;
        TimeHigh                  @ 0x7ffc, "MTIMEH",    [4],   RW, 0;
}

model::registers! {
    /// One register a hart.
    pub enum SwiReg:
        Swi[MAX_HARTS; 4] @ 0x0, "SWI", [4], RW, 0;
}

/// The machine timer (MTIMER).
pub struct Mtimer {
    harts: Vec<Hart>,
    frequency: u64,
    delta: u64,
    moved: Box<dyn Fn(u64) + Send>,
}

struct Hart {
    compare: u64,
    line: IrqLine,
    timer: Timer,
}

/// The low 32 bits of `old` replaced by those of `value`.
fn low(old: u64, value: u64) -> u64 {
    old & !0xffff_ffff | value & 0xffff_ffff
}

/// The high 32 bits of `old` replaced by the low ones of `value`.
fn high(old: u64, value: u64) -> u64 {
    old & 0xffff_ffff | value << 32
}

impl Mtimer {
    /// A timer of `frequency` hertz with a line (machine timer interrupt) for each hart. `moved` is told the
    /// difference between `mtime` and the ticks since power-on whenever the guest changes it.
    pub fn new(
        seat: &Seat,
        lines: Vec<IrqLine>,
        frequency: u64,
        moved: impl Fn(u64) + Send + 'static,
    ) -> Self {
        let hart = |(tag, line)| Hart { compare: 0, line, timer: seat.timer(tag) };
        let harts = (0..).zip(lines).take(MAX_HARTS).map(hart).collect();
        let mut timer = Self { harts, frequency: frequency.max(1), delta: 0, moved: Box::new(moved) };
        timer.update_all(0);
        timer
    }

    /// The value of `mtime` at guest time `now` nanoseconds.
    pub fn mtime(&self, now: u64) -> u64 {
        self.ticks(now).wrapping_add(self.delta)
    }

    #[expect(clippy::cast_possible_truncation, reason = "the counter wraps at 64 bits")]
    fn ticks(&self, now: u64) -> u64 {
        (u128::from(now) * u128::from(self.frequency) / SECOND) as u64
    }

    /// The guest time at which `mtime` will be `compare`; `None` where guest time does not reach so far.
    fn when(&self, compare: u64) -> Option<u64> {
        let ticks = compare.wrapping_sub(self.delta);
        u64::try_from((u128::from(ticks) * SECOND).div_ceil(u128::from(self.frequency))).ok()
    }

    /// Drives a hart's line and sets its timer. The comparison is unsigned. [ACLINT 2.2]
    fn update(&mut self, index: usize, now: u64) {
        let mtime = self.mtime(now);
        let Some(compare) = self.harts.get(index).map(|hart| hart.compare) else { return };
        let due = mtime >= compare;
        let deadline = if due { None } else { self.when(compare) };
        if let Some(hart) = self.harts.get_mut(index) {
            hart.line.set(due);
            hart.timer.set(deadline);
        }
    }

    fn update_all(&mut self, now: u64) {
        (0..self.harts.len()).for_each(|index| self.update(index, now));
    }

    fn compare(&self, hit: Hit<TimerReg>, cx: &Context) -> u64 {
        match self.harts.get(hit.index) {
            Some(hart) => hart.compare,
            None => {
                cx.guest_error("MTIMECMP", format_args!("there is no hart {}", hit.index));
                0
            }
        }
    }

    fn set_time(&mut self, mtime: u64, now: u64) {
        self.delta = mtime.wrapping_sub(self.ticks(now));
        (self.moved)(self.delta);
        self.update_all(now);
    }
}

impl Device for Mtimer {
    fn outline(&self) -> Outline {
        let harts = model::counted(self.harts.len() as u64);
        Outline {
            properties: vec![("num-harts", harts), ("timebase-freq", model::counted(self.frequency))],
            ..Outline::default()
        }
    }

    fn rules(&self) -> Rules {
        Rules::between(Width::Word, Width::Double)
    }

    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError> {
        let Some(hit) = cx.register::<TimerReg>(Direction::Read, offset, width) else { return Ok(0) };
        let value = match hit.reg {
            TimerReg::Compare => self.compare(hit, cx),
            TimerReg::CompareHigh => self.compare(hit, cx) >> 32,
            TimerReg::Time => self.mtime(cx.now),
            TimerReg::TimeHigh => self.mtime(cx.now) >> 32,
        };
        Ok(value & width.mask())
    }

    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        let Some(hit) = cx.register::<TimerReg>(Direction::Write, offset, width) else { return Ok(()) };
        let old = match hit.reg {
            TimerReg::Compare | TimerReg::CompareHigh => self.compare(hit, cx),
            TimerReg::Time | TimerReg::TimeHigh => self.mtime(cx.now),
        };
        let new = match hit.reg {
            TimerReg::CompareHigh | TimerReg::TimeHigh => high(old, value),
            _ if width == Width::Word => low(old, value),
            _ => value,
        };
        match hit.reg {
            TimerReg::Time | TimerReg::TimeHigh => self.set_time(new, cx.now),
            TimerReg::Compare | TimerReg::CompareHigh => {
                if let Some(hart) = self.harts.get_mut(hit.index) {
                    hart.compare = new;
                    let (index, now) = (hit.index, self.mtime(cx.now));
                    cx.trace(
                        Event::AclintCompare,
                        format_args!("hart {index} mtimecmp {new:#x} mtime {now:#x}"),
                    );
                }
                self.update(hit.index, cx.now);
            }
        }
        Ok(())
    }

    /// `mtime` starts from 0 again, and so does `mtimecmp`, whose value the specification leaves open; the
    /// lines are high therefore.
    fn reset(&mut self, cx: &Context) {
        self.delta = self.ticks(cx.now).wrapping_neg();
        (self.moved)(self.delta);
        self.harts.iter_mut().for_each(|hart| hart.compare = 0);
        self.update_all(cx.now);
    }

    fn expire(&mut self, tag: u32, cx: &Context) {
        self.update(tag as usize, cx.now);
    }
}

/// The saved timer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MtimerState {
    /// `mtime` minus the ticks since power-on.
    pub delta: u64,
    /// `mtimecmp` of each hart.
    pub compare: Vec<u64>,
    /// Whether each hart's line is high.
    pub high: Vec<bool>,
    /// The deadline of each hart in nanoseconds of guest time.
    pub deadline: Vec<Option<u64>>,
}

impl Snapshot for Mtimer {
    const NAME: &'static str = "riscv.aclint.mtimer";
    const VERSION: u32 = 1;
    type State = MtimerState;

    fn save(&self) -> MtimerState {
        MtimerState {
            delta: self.delta,
            compare: self.harts.iter().map(|hart| hart.compare).collect(),
            high: self.harts.iter().map(|hart| hart.line.level()).collect(),
            deadline: self.harts.iter().map(|hart| hart.timer.deadline()).collect(),
        }
    }

    fn restore(&mut self, state: MtimerState) -> Result<(), SnapshotError> {
        let harts = self.harts.len();
        if [state.compare.len(), state.high.len(), state.deadline.len()] != [harts; 3] {
            return Err(refuse::<Self>("compare", state.compare.len()));
        }
        self.delta = state.delta;
        (self.moved)(self.delta);
        let saved = state.compare.into_iter().zip(state.high).zip(state.deadline);
        for (hart, ((compare, high), deadline)) in self.harts.iter_mut().zip(saved) {
            hart.compare = compare;
            hart.line.set(high);
            hart.timer.set(deadline);
        }
        Ok(())
    }
}

/// Machine (MSWI) or supervisor (SSWI) software interrupts.
pub struct Swi {
    lines: Vec<IrqLine>,
    supervisor: bool,
}

impl Swi {
    /// MSWI: bit 0 of a register is the level of its hart's line. [ACLINT 3.2]
    pub fn machine(lines: Vec<IrqLine>) -> Self {
        Self { lines, supervisor: false }
    }

    /// SSWI: writing 1 raises an edge, 0 is ignored, and all registers read 0. The line goes up and down again;
    /// who is behind it keeps the bit (SSIP). [ACLINT 4.2]
    pub fn supervisor(lines: Vec<IrqLine>) -> Self {
        Self { lines, supervisor: true }
    }

    fn line(&self, direction: Direction, offset: u64, width: Width, cx: &Context) -> Option<&IrqLine> {
        let hit = cx.register::<SwiReg>(direction, offset, width)?;
        let line = self.lines.get(hit.index);
        if line.is_none() {
            cx.guest_error("SWI", format_args!("there is no hart {}", hit.index));
        }
        line
    }
}

impl Device for Swi {
    fn rules(&self) -> Rules {
        Rules::only(Width::Word)
    }

    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError> {
        let line = self.line(Direction::Read, offset, width, cx);
        Ok(line.is_some_and(|line| !self.supervisor && line.level()).into())
    }

    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        let Some(line) = self.line(Direction::Write, offset, width, cx) else { return Ok(()) };
        let bit = value & 1 != 0;
        if self.supervisor && bit {
            line.set(true);
            line.set(false);
        } else if !self.supervisor {
            line.set(bit);
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {
        self.lines.iter().for_each(|line| line.set(false));
    }
}

/// The saved software interrupts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SwiState {
    /// Whether each hart's line is high.
    pub high: Vec<bool>,
}

impl Snapshot for Swi {
    const NAME: &'static str = "riscv.aclint.swi";
    const VERSION: u32 = 1;
    type State = SwiState;

    fn save(&self) -> SwiState {
        SwiState { high: self.lines.iter().map(IrqLine::level).collect() }
    }

    fn restore(&mut self, state: SwiState) -> Result<(), SnapshotError> {
        if state.high.len() != self.lines.len() {
            return Err(refuse::<Self>("high", state.high.len()));
        }
        self.lines.iter().zip(state.high).for_each(|(line, high)| line.set(high));
        Ok(())
    }
}
