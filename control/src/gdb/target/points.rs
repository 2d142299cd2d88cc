//! Breakpoints, watchpoints and caught system calls, as the protocol's crate asks for them.

use super::Debugged;
use crate::gdb::arch::Riscv;
use crate::gdb::points::{Calls, Point};
use gdbstub::arch::Arch;
use gdbstub::target::TargetResult;
use gdbstub::target::ext::breakpoints::{
    Breakpoints, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint, SwBreakpointOps,
    WatchKind,
};
use gdbstub::target::ext::catch_syscalls::{CatchSyscalls, SyscallNumbers};

impl Debugged {
    fn add(&mut self, point: Point, at: u64) -> bool {
        self.debugger.team.points(|points| points.add(point, at));
        true
    }

    fn remove(&mut self, point: Point, at: u64) -> bool {
        self.debugger.team.points(|points| points.remove(point, at))
    }
}

impl Breakpoints for Debugged {
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

type Kind = <Riscv as Arch>::BreakpointKind;

impl SwBreakpoint for Debugged {
    fn add_sw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.add(Point::Soft, at))
    }
    fn remove_sw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.remove(Point::Soft, at))
    }
}

impl HwBreakpoint for Debugged {
    fn add_hw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.add(Point::Hard, at))
    }
    fn remove_hw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.remove(Point::Hard, at))
    }
}

impl HwWatchpoint for Debugged {
    fn add_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.add(Point::Watch(kind, len), at))
    }
    fn remove_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.remove(Point::Watch(kind, len), at))
    }
}

impl CatchSyscalls for Debugged {
    fn enable_catch_syscalls(&mut self, numbers: Option<SyscallNumbers<'_, u64>>) -> TargetResult<(), Self> {
        let calls = numbers.map_or(Calls::All, |numbers| Calls::Some(numbers.collect()));
        self.debugger.team.points(|points| points.calls = calls);
        Ok(())
    }

    fn disable_catch_syscalls(&mut self) -> TargetResult<(), Self> {
        self.debugger.team.points(|points| points.calls = Calls::None);
        Ok(())
    }
}
