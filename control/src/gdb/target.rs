//! What gdb may ask of a program: registers, memory, breakpoints, how to go on.

use super::arch::{Bank, Register, Riscv64, description, little};
use super::files::Files;
use super::inferior::{Inferior, Point, Way};
use accel::hooks::Watched;
use gdbstub::arch::Arch;
use gdbstub::common::{Pid, Signal};
use gdbstub::outputln;
use gdbstub::target::ext::auxv::{Auxv, AuxvOps};
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::base::singlethread::{
    SingleThreadBase, SingleThreadRangeStepping, SingleThreadRangeSteppingOps, SingleThreadResume,
    SingleThreadResumeOps, SingleThreadSingleStep, SingleThreadSingleStepOps,
};
use gdbstub::target::ext::breakpoints::{
    Breakpoints, BreakpointsOps, HwBreakpoint, HwBreakpointOps, HwWatchpoint, HwWatchpointOps, SwBreakpoint,
    SwBreakpointOps, WatchKind,
};
use gdbstub::target::ext::exec_file::{ExecFile, ExecFileOps};
use gdbstub::target::ext::extended_mode::{
    Args, AttachKind, CurrentActivePid, CurrentActivePidOps, ExtendedMode, ExtendedModeOps, ShouldTerminate,
};
use gdbstub::target::ext::host_io::HostIoOps;
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd, MonitorCmdOps};
use gdbstub::target::ext::target_description_xml_override::{
    TargetDescriptionXmlOverride, TargetDescriptionXmlOverrideOps,
};
use gdbstub::target::{Target, TargetError, TargetResult};
use memory::addr::{PAGE, page_down};
use memory::user::{Prot, Space};
use std::convert::Infallible;
use std::os::unix::ffi::OsStrExt;

/// Bad address.
const EFAULT: u8 = 14;

/// A program and what gdb is told about it.
pub struct Debugged<'a> {
    /// The program.
    pub inferior: Inferior<'a>,
    pub(super) files: Files,
    description: String,
    auxiliary: Vec<u8>,
    path: Vec<u8>,
}

impl<'a> Debugged<'a> {
    /// A program that stands at its first instruction.
    pub fn new(mut inferior: Inferior<'a>) -> Self {
        let stack = inferior.state().x[2];
        let auxiliary = auxiliary(inferior.space(), stack).unwrap_or_default();
        let path = inferior.thread.process().program().as_os_str().as_bytes().to_vec();
        Self { inferior, files: Files::default(), description: description(), auxiliary, path }
    }
}

/// The auxiliary vector on a new program's stack: pairs of words, the last of type zero.
fn auxiliary(space: &Space, stack: u64) -> Option<Vec<u8>> {
    let word = |at| space.load::<u64>(at).ok();
    let mut at = stack.wrapping_add(8 + 8 * (word(stack)? + 1));
    while word(at)? != 0 {
        at += 8;
    }
    let (start, mut end) = (at + 8, at + 8);
    while word(end)? != 0 {
        end += 16;
    }
    let mut bytes = vec![0; usize::try_from(end + 16 - start).ok()?];
    space.copy_in(start, &mut bytes).ok()?;
    Some(bytes)
}

/// The part of `whole` from `offset` that fits in `length` and `to`.
pub(super) fn part(whole: &[u8], offset: u64, length: usize, to: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| whole.get(offset..)).unwrap_or_default();
    let count = rest.len().min(length).min(to.len());
    to[..count].copy_from_slice(&rest[..count]);
    count
}

impl Target for Debugged<'_> {
    type Arch = Riscv64;
    type Error = Infallible;

    fn base_ops(&mut self) -> BaseOps<'_, Self::Arch, Self::Error> {
        BaseOps::SingleThread(self)
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
    fn support_extended_mode(&mut self) -> Option<ExtendedModeOps<'_, Self>> {
        Some(self)
    }
    fn support_target_description_xml_override(
        &mut self,
    ) -> Option<TargetDescriptionXmlOverrideOps<'_, Self>> {
        Some(self)
    }
    fn support_host_io(&mut self) -> Option<HostIoOps<'_, Self>> {
        Some(self)
    }
    fn support_exec_file(&mut self) -> Option<ExecFileOps<'_, Self>> {
        Some(self)
    }
    fn support_auxv(&mut self) -> Option<AuxvOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadBase for Debugged<'_> {
    fn read_registers(&mut self, regs: &mut Bank) -> TargetResult<(), Self> {
        *regs = Bank::of(self.inferior.state());
        Ok(())
    }

    fn write_registers(&mut self, regs: &Bank) -> TargetResult<(), Self> {
        let before = self.inferior.state().pc;
        regs.store(self.inferior.state());
        if self.inferior.state().pc != before {
            self.inferior.moved();
        }
        Ok(())
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, (), Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, at: u64, data: &mut [u8]) -> TargetResult<usize, Self> {
        match self.inferior.space().copy_in(at, data) {
            Ok(()) => Ok(data.len()),
            // What lies before the first byte that cannot be read is an answer too.
            Err(fault) => match fault.at.checked_sub(at).and_then(|read| usize::try_from(read).ok()) {
                Some(read) if read > 0 && read < data.len() => Ok(read),
                _ => Err(TargetError::Errno(EFAULT)),
            },
        }
    }

    fn write_addrs(&mut self, at: u64, data: &[u8]) -> TargetResult<(), Self> {
        write(self.inferior.space(), at, data).ok_or(TargetError::Errno(EFAULT))
    }

    fn support_resume(&mut self) -> Option<SingleThreadResumeOps<'_, Self>> {
        Some(self)
    }
}

/// Writes page by page, also where the program itself may not: code and constants.
fn write(space: &Space, mut at: u64, mut data: &[u8]) -> Option<()> {
    while !data.is_empty() {
        let page = page_down(at);
        let room = usize::try_from(PAGE - (at - page)).ok()?;
        let (now, later) = data.split_at(room.min(data.len()));
        let prot = space.region_at(at)?.prot;
        let sealed = !prot.contains(Prot::WRITE);
        if sealed {
            space.protect(page, PAGE, Prot::RW).ok()?;
        }
        let written = space.copy_out(at, now);
        if sealed {
            // Instructions that were decoded before are stale now: this says so too.
            space.protect(page, PAGE, prot).ok()?;
        }
        written.ok()?;
        at = at.checked_add(now.len() as u64)?;
        data = later;
    }
    Some(())
}

impl SingleRegisterAccess<()> for Debugged<'_> {
    fn read_register(&mut self, (): (), register: Register, to: &mut [u8]) -> TargetResult<usize, Self> {
        let value = register.read(self.inferior.state()).to_le_bytes();
        Ok(part(&value[..register.size()], 0, to.len(), to))
    }

    fn write_register(&mut self, (): (), register: Register, value: &[u8]) -> TargetResult<(), Self> {
        if value.len() != register.size() {
            return Err(TargetError::NonFatal);
        }
        register.write(self.inferior.state(), little(value));
        if register == Register::Pc {
            self.inferior.moved();
        }
        Ok(())
    }
}

impl SingleThreadResume for Debugged<'_> {
    fn resume(&mut self, signal: Option<Signal>) -> Result<(), Infallible> {
        self.inferior.resume(Way::Continue, signal);
        Ok(())
    }
    fn support_single_step(&mut self) -> Option<SingleThreadSingleStepOps<'_, Self>> {
        Some(self)
    }
    fn support_range_step(&mut self) -> Option<SingleThreadRangeSteppingOps<'_, Self>> {
        Some(self)
    }
}

impl SingleThreadSingleStep for Debugged<'_> {
    fn step(&mut self, signal: Option<Signal>) -> Result<(), Infallible> {
        self.inferior.resume(Way::Step, signal);
        Ok(())
    }
}

impl SingleThreadRangeStepping for Debugged<'_> {
    fn resume_range_step(&mut self, start: u64, end: u64) -> Result<(), Infallible> {
        self.inferior.resume(Way::Leave(start..end), None);
        Ok(())
    }
}

impl Debugged<'_> {
    fn add(&mut self, point: Point, at: u64) -> bool {
        let stops = &mut self.inferior.stops;
        let number = match point {
            Point::Soft | Point::Hard => stops.break_at(at),
            Point::Watch(kind, size) => {
                let what = match kind {
                    WatchKind::Write => Watched::Writes,
                    WatchKind::Read => Watched::Reads,
                    WatchKind::ReadWrite => Watched::Accesses,
                };
                stops.watch_for(at, size, what)
            }
        };
        self.inferior.points.push((point, at, number));
        true
    }

    fn remove(&mut self, point: Point, at: u64) -> bool {
        let points = &mut self.inferior.points;
        let Some(place) = points.iter().position(|(p, a, _)| *p == point && *a == at) else { return false };
        let (_, _, number) = points.remove(place);
        self.inferior.stops.remove(number)
    }
}

impl Breakpoints for Debugged<'_> {
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

type Kind = <Riscv64 as Arch>::BreakpointKind;

impl SwBreakpoint for Debugged<'_> {
    fn add_sw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.add(Point::Soft, at))
    }
    fn remove_sw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.remove(Point::Soft, at))
    }
}

impl HwBreakpoint for Debugged<'_> {
    fn add_hw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.add(Point::Hard, at))
    }
    fn remove_hw_breakpoint(&mut self, at: u64, _: Kind) -> TargetResult<bool, Self> {
        Ok(self.remove(Point::Hard, at))
    }
}

impl HwWatchpoint for Debugged<'_> {
    fn add_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.add(Point::Watch(kind, len), at))
    }
    fn remove_hw_watchpoint(&mut self, at: u64, len: u64, kind: WatchKind) -> TargetResult<bool, Self> {
        Ok(self.remove(Point::Watch(kind, len), at))
    }
}

/// Only so that gdb learns the process's number, and that it may kill what it has not attached to.
impl ExtendedMode for Debugged<'_> {
    fn run(&mut self, _: Option<&[u8]>, _: Args<'_, '_>) -> TargetResult<Pid, Self> {
        Err(TargetError::NonFatal)
    }
    fn attach(&mut self, _: Pid) -> TargetResult<(), Self> {
        Err(TargetError::NonFatal)
    }
    fn query_if_attached(&mut self, _: Pid) -> TargetResult<AttachKind, Self> {
        Ok(AttachKind::Run)
    }
    fn kill(&mut self, _: Option<Pid>) -> TargetResult<ShouldTerminate, Self> {
        Ok(ShouldTerminate::Yes)
    }
    fn restart(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
    fn support_current_active_pid(&mut self) -> Option<CurrentActivePidOps<'_, Self>> {
        Some(self)
    }
}

impl CurrentActivePid for Debugged<'_> {
    fn current_active_pid(&mut self) -> Result<Pid, Infallible> {
        let number = self.inferior.owner().as_raw_nonzero();
        Ok(usize::try_from(number.get()).ok().and_then(Pid::new).unwrap_or(Pid::MIN))
    }
}

impl TargetDescriptionXmlOverride for Debugged<'_> {
    fn target_description_xml(
        &self,
        annex: &[u8],
        offset: u64,
        length: usize,
        to: &mut [u8],
    ) -> TargetResult<usize, Self> {
        match annex {
            b"target.xml" => Ok(part(self.description.as_bytes(), offset, length, to)),
            _ => Err(TargetError::NonFatal),
        }
    }
}

impl ExecFile for Debugged<'_> {
    fn get_exec_file(
        &self,
        _: Option<Pid>,
        offset: u64,
        length: usize,
        to: &mut [u8],
    ) -> TargetResult<usize, Self> {
        Ok(part(&self.path, offset, length, to))
    }
}

impl Auxv for Debugged<'_> {
    fn get_auxv(&self, offset: u64, length: usize, to: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(part(&self.auxiliary, offset, length, to))
    }
}

impl MonitorCmd for Debugged<'_> {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Infallible> {
        match String::from_utf8_lossy(command).trim() {
            "regs" => outputln!(out, "{}", crate::log::registers(self.inferior.state(), 64)),
            "maps" => {
                for region in self.inferior.space().regions() {
                    let file =
                        region.file.as_ref().map_or_else(String::new, |f| f.file.path.display().to_string());
                    outputln!(out, "{:#x}-{:#x} {:?} {file}", region.start, region.end, region.prot);
                }
            }
            "" | "help" => outputln!(
                out,
                "regs   show the registers\nmaps   show what is mapped where\nhelp   show this list"
            ),
            other => outputln!(out, "there is no command \"{other}\"; monitor help lists them"),
        }
        Ok(())
    }
}
