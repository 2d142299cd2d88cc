//! What gdb may ask of a machine: registers, memory, breakpoints, how to go on, and the monitor.

use super::{Facts, Order};
use crate::gdb::arch::{Bank, Layout, Register, Riscv, little};
use crate::gdb::points::Point;
use crate::monitor::{self, Desk};
use accel::machine::MachineCpu;
use gdbstub::common::{Signal, Tid};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{
    MultiThreadBase, MultiThreadRangeStepping, MultiThreadRangeSteppingOps, MultiThreadResume,
    MultiThreadResumeOps, MultiThreadSchedulerLocking, MultiThreadSchedulerLockingOps, MultiThreadSingleStep,
    MultiThreadSingleStepOps,
};
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint,
    SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::target_description_xml_override::{
    TargetDescriptionXmlOverride, TargetDescriptionXmlOverrideOps,
};
use gdbstub::target::ext::thread_extra_info::{ThreadExtraInfo, ThreadExtraInfoOps};
use gdbstub::target::{Target as Protocol, TargetError, TargetResult};
use machine::Machine;
use memory::addr::{PAGE, host_size};
use memory::space::AddressSpace;
use std::convert::Infallible;

/// Bad address.
const EFAULT: u8 = 14;
/// No such process.
const ESRCH: u8 = 3;
/// Invalid argument.
const EINVAL: u8 = 22;
/// Bytes of the monitor's answer in one packet.
const PIECE: usize = 2048;
/// Breakpoints and watchpoints at most.
const MOST: usize = 4096;

/// A machine that stands, for the time of a packet.
pub struct Target<'a> {
    /// The machine.
    pub machine: &'a mut Machine,
    /// Its registers.
    pub layout: &'a Layout,
    /// What gdb wants.
    pub facts: &'a mut Facts,
    /// For gdb's command `monitor`.
    pub desk: &'a mut Desk,
}

/// The hart that a thread's number means.
fn place(tid: Tid) -> usize {
    tid.get() - 1
}

impl Target<'_> {
    fn hart(&mut self, tid: Tid) -> TargetResult<&mut dyn MachineCpu, Self> {
        match self.machine.harts.get_mut(place(tid)) {
            Some(hart) => Ok(&mut **hart),
            None => Err(TargetError::Errno(ESRCH)),
        }
    }

    fn mask(&self) -> u64 {
        u64::MAX >> (64 - self.layout.xlen)
    }

    fn order(&mut self, tid: Tid, order: Order) {
        self.facts.orders.push((place(tid), order));
    }

    fn add(&mut self, point: Point, at: u64) -> TargetResult<bool, Self> {
        if self.facts.points.count() >= MOST {
            return Ok(false);
        }
        let at = at & self.mask();
        self.facts.points.add(point, at);
        Ok(true)
    }

    fn remove(&mut self, point: Point, at: u64) -> TargetResult<bool, Self> {
        let at = at & self.mask();
        Ok(self.facts.points.remove(point, at))
    }
}

fn read(hart: &dyn MachineCpu, register: Register) -> u64 {
    let state = hart.state();
    match register {
        Register::Control(number) => hart.register(&number.to_string()).unwrap_or(0),
        Register::Mode => state.sys.mode,
        common => common.read(state),
    }
}

/// Sets a register; false where gdb may not.
fn write(hart: &mut dyn MachineCpu, register: Register, value: u64) -> bool {
    match register {
        Register::X(0) => true,
        Register::X(number) => hart.set_register(&format!("x{number}"), value),
        Register::F(number) => hart.set_register(&format!("f{number}"), value),
        Register::Pc => hart.set_register("pc", value),
        Register::Control(number) => hart.set_register(&number.to_string(), value),
        Register::Mode => hart.set_register("priv", value),
    }
}

impl Protocol for Target<'_> {
    type Arch = Riscv;
    type Error = Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, Self::Arch, Self::Error> {
        BaseOps::MultiThread(self)
    }
    fn use_fork_stop_reason(&self) -> bool {
        false
    }
    fn use_vfork_stop_reason(&self) -> bool {
        false
    }
    fn use_vforkdone_stop_reason(&self) -> bool {
        false
    }
    fn support_breakpoints(&mut self) -> Option<BreakpointsOps<'_, Self>> {
        Some(self)
    }
    fn support_monitor_cmd(&mut self) -> Option<MonitorCmdOps<'_, Self>> {
        Some(self)
    }
    fn support_target_description_xml_override(
        &mut self,
    ) -> Option<TargetDescriptionXmlOverrideOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadBase for Target<'_> {
    fn read_registers(&mut self, regs: &mut Bank, tid: Tid) -> TargetResult<(), Self> {
        let layout = self.layout;
        let hart = self.hart(tid)?;
        *regs = layout.pack(|register| read(hart, register));
        Ok(())
    }

    fn write_registers(&mut self, regs: &Bank, tid: Tid) -> TargetResult<(), Self> {
        let layout = self.layout;
        let hart = self.hart(tid)?;
        let written = layout.unpack(regs, |register, value| {
            write(hart, register, value);
        });
        written.ok_or(TargetError::Errno(EINVAL))
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, Tid, Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, at: u64, data: &mut [u8], tid: Tid) -> TargetResult<usize, Self> {
        let at = if self.facts.physical { at } else { at & self.mask() };
        let space = self.facts.physical.then(|| self.machine.wiring.space.clone());
        let hart = self.hart(tid)?;
        let mut done = 0;
        for piece in pages(at, data.len()) {
            let to = &mut data[piece.clone()];
            let here = at.wrapping_add(piece.start as u64);
            let read = match &space {
                Some(space) => monitor::physical(space, here, to),
                None => hart.read(here, to),
            };
            if !read {
                break;
            }
            done = piece.end;
        }
        // What lies before the first byte that cannot be read is an answer too.
        if done > 0 || data.is_empty() { Ok(done) } else { Err(TargetError::Errno(EFAULT)) }
    }

    fn write_addrs(&mut self, at: u64, data: &[u8], tid: Tid) -> TargetResult<(), Self> {
        let physical = self.facts.physical;
        let at = if physical { at } else { at & self.mask() };
        let space = self.machine.wiring.space.clone();
        let hart = self.hart(tid)?;
        let written = if physical { write_physical(&space, at, data) } else { hart.write(at, data) };
        if written { Ok(()) } else { Err(TargetError::Errno(EFAULT)) }
    }

    fn list_active_threads(&mut self, active: &mut dyn FnMut(Tid)) -> Result<(), Infallible> {
        (1..=self.machine.harts.len()).filter_map(Tid::new).for_each(active);
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
        Some(self)
    }

    fn support_thread_extra_info(&mut self) -> Option<ThreadExtraInfoOps<'_, Self>> {
        Some(self)
    }
}

/// A range of bytes at `at`, page by page.
fn pages(at: u64, len: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let here = at.wrapping_add(start as u64);
        let end = len.min(start + host_size(PAGE - here % PAGE));
        let piece = start..end;
        start = end;
        (!piece.is_empty()).then_some(piece)
    })
}

/// Writes memory, whatever may be written: all of it or nothing.
fn write_physical(space: &AddressSpace, at: u64, data: &[u8]) -> bool {
    let view = space.view();
    let part = |piece: std::ops::Range<usize>| {
        let (here, len) = (at.wrapping_add(piece.start as u64), piece.len() as u64);
        let range = view.find(here).filter(|range| range.left(here, len) == len)?;
        Some((range.leaf.readable_block()?.clone(), range.offset_of(here), &data[piece]))
    };
    let parts: Option<Vec<_>> = pages(at, data.len()).map(part).collect();
    parts.is_some_and(|parts| parts.iter().all(|(block, offset, bytes)| block.write(*offset, bytes).is_ok()))
}

impl SingleRegisterAccess<Tid> for Target<'_> {
    fn read_register(&mut self, tid: Tid, register: Register, to: &mut [u8]) -> TargetResult<usize, Self> {
        let size = self.layout.size(register).ok_or(TargetError::NonFatal)?;
        let value = read(self.hart(tid)?, register).to_le_bytes();
        let to = to.get_mut(..size).ok_or(TargetError::NonFatal)?;
        to.copy_from_slice(&value[..size]);
        Ok(size)
    }

    fn write_register(&mut self, tid: Tid, register: Register, value: &[u8]) -> TargetResult<(), Self> {
        if self.layout.size(register) != Some(value.len()) {
            return Err(TargetError::NonFatal);
        }
        let written = write(self.hart(tid)?, register, little(value));
        if written { Ok(()) } else { Err(TargetError::Errno(EINVAL)) }
    }
}

/// Nothing runs before the whole packet has been read: then the session has the machine go.
impl MultiThreadResume for Target<'_> {
    fn resume(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
    fn clear_resume_actions(&mut self) -> Result<(), Infallible> {
        self.facts.orders.clear();
        self.facts.locked = false;
        Ok(())
    }
    fn set_resume_action_continue(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), Infallible> {
        self.order(tid, Order::Run);
        Ok(())
    }
    fn support_single_step(&mut self) -> Option<MultiThreadSingleStepOps<'_, Self>> {
        Some(self)
    }
    fn support_range_step(&mut self) -> Option<MultiThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }
    fn support_scheduler_locking(&mut self) -> Option<MultiThreadSchedulerLockingOps<'_, Self>> {
        Some(self)
    }
}

impl MultiThreadSingleStep for Target<'_> {
    fn set_resume_action_step(&mut self, tid: Tid, _: Option<Signal>) -> Result<(), Infallible> {
        self.order(tid, Order::Step);
        Ok(())
    }
}

impl MultiThreadRangeStepping for Target<'_> {
    fn set_resume_action_range_step(&mut self, tid: Tid, start: u64, end: u64) -> Result<(), Infallible> {
        self.order(tid, Order::Leave(start..end));
        Ok(())
    }
}

impl MultiThreadSchedulerLocking for Target<'_> {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Infallible> {
        self.facts.locked = true;
        Ok(())
    }
}

impl Breakpoints for Target<'_> {
    fn support_sw_breakpoint(&mut self) -> Option<SwBreakpointOps<'_, Self>> {
        Some(self)
    }
    fn support_hw_breakpoint(&mut self) -> Option<HwBreakpointOps<'_, Self>> {
        Some(self)
    }
    fn support_hw_watchpoint(&mut self) -> Option<HwWatchpointOps<'_, Self>> {
        Some(self)
    }
}

impl SwBreakpoint for Target<'_> {
    fn add_sw_breakpoint(&mut self, at: u64, _: usize) -> TargetResult<bool, Self> {
        self.add(Point::Soft, at)
    }
    fn remove_sw_breakpoint(&mut self, at: u64, _: usize) -> TargetResult<bool, Self> {
        self.remove(Point::Soft, at)
    }
}

impl HwBreakpoint for Target<'_> {
    fn add_hw_breakpoint(&mut self, at: u64, _: usize) -> TargetResult<bool, Self> {
        self.add(Point::Hard, at)
    }
    fn remove_hw_breakpoint(&mut self, at: u64, _: usize) -> TargetResult<bool, Self> {
        self.remove(Point::Hard, at)
    }
}

impl HwWatchpoint for Target<'_> {
    fn add_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        self.add(Point::Watch(kind, len), at)
    }
    fn remove_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        self.remove(Point::Watch(kind, len), at)
    }
}

impl TargetDescriptionXmlOverride for Target<'_> {
    fn target_description_xml(
        &self,
        annex: &[u8],
        offset: u64,
        length: usize,
        to: &mut [u8],
    ) -> TargetResult<usize, Self> {
        match annex {
            b"target.xml" => {
                Ok(crate::gdb::target::part(self.layout.description().as_bytes(), offset, length, to))
            }
            _ => Err(TargetError::NonFatal),
        }
    }
}

impl ThreadExtraInfo for Target<'_> {
    fn thread_extra_info(&self, tid: Tid, to: &mut [u8]) -> Result<usize, Infallible> {
        let hart = place(tid);
        let waits = self.machine.harts.get(hart).is_some_and(|hart| hart.is_waiting());
        let text = format!("CPU#{hart} [{}]", if waits { "halted " } else { "running" });
        Ok(crate::gdb::target::part(text.as_bytes(), 0, to.len(), to))
    }
}

impl MonitorCmd for Target<'_> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Infallible> {
        let line = String::from_utf8_lossy(command);
        let answer = monitor::line(self.machine, self.desk, &line);
        for piece in answer.as_bytes().chunks(PIECE) {
            out.write_raw(piece);
            out.flush();
        }
        Ok(())
    }
}
