//! What gdb may ask of a program: registers, memory, breakpoints, how to go on.

mod facts;
mod files;
mod points;

use super::arch::{Bank, Layout, Register, Riscv, little};
use super::debugger::Debugger;
use super::signal::from_gdb;
use super::team::{Order, Way};
pub use facts::part;
use files::Files;
use gdbstub::common::{Signal, Tid};
use gdbstub::target::ext::auxv::AuxvOps;
use gdbstub::target::ext::base::BaseOps;
use gdbstub::target::ext::base::multithread::{
    MultiThreadBase, MultiThreadRangeStepping, MultiThreadRangeSteppingOps, MultiThreadResume,
    MultiThreadResumeOps, MultiThreadSchedulerLocking, MultiThreadSchedulerLockingOps, MultiThreadSingleStep,
    MultiThreadSingleStepOps,
};
use gdbstub::target::ext::base::single_register_access::{SingleRegisterAccess, SingleRegisterAccessOps};
use gdbstub::target::ext::breakpoints::BreakpointsOps;
use gdbstub::target::ext::catch_syscalls::CatchSyscallsOps;
use gdbstub::target::ext::exec_file::ExecFileOps;
use gdbstub::target::ext::extended_mode::ExtendedModeOps;
use gdbstub::target::ext::host_io::HostIoOps;
use gdbstub::target::ext::monitor_cmd::MonitorCmdOps;
use gdbstub::target::ext::target_description_xml_override::TargetDescriptionXmlOverrideOps;
use gdbstub::target::{Target, TargetError, TargetResult};
use memory::addr::{PAGE, page_down};
use memory::user::{Prot, Space};
use spec::riscv::State;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::os::unix::ffi::OsStrExt;
use std::sync::Arc;

/// Bad address.
const EFAULT: u8 = 14;
/// No such process.
const ESRCH: u8 = 3;

/// A program and what gdb is told about it.
pub struct Debugged {
    /// The program.
    pub debugger: Arc<Debugger>,
    files: Files,
    layout: Layout,
    path: Vec<u8>,
    /// What gdb wants each thread to do next, and those that it does not name.
    orders: BTreeMap<i32, Order>,
    locked: bool,
    /// The thread that gdb was told of last.
    told: i32,
}

impl Debugged {
    /// A program whose only thread stands.
    pub fn new(debugger: Arc<Debugger>) -> Self {
        let path = debugger.process.program().as_os_str().as_bytes().to_vec();
        Self {
            debugger,
            files: Files::default(),
            layout: Layout::program(),
            path,
            orders: BTreeMap::new(),
            locked: false,
            told: 0,
        }
    }

    /// What gdb wants of the threads that it names, and of all others.
    pub fn orders(&mut self) -> (BTreeMap<i32, Order>, Option<Order>) {
        let others = Order { way: Way::Continue, signal: None };
        (std::mem::take(&mut self.orders), (!self.locked).then_some(others))
    }

    /// The thread that gdb was told of last, or if that is gone the first.
    pub fn current(&self) -> Option<i32> {
        let tids = self.debugger.team.tids();
        tids.iter().find(|tid| **tid == self.told).or(tids.first()).copied()
    }

    /// gdb is told of this thread.
    pub fn told(&mut self, tid: i32) {
        self.told = tid;
    }

    fn order(&mut self, tid: Tid, way: Way, signal: Option<Signal>) {
        let signal = signal.and_then(from_gdb);
        // Of several actions for a thread the first counts.
        self.orders.entry(linux(tid)).or_insert(Order { way, signal });
    }
}

/// A thread as Linux numbers it.
fn linux(tid: Tid) -> i32 {
    i32::try_from(tid.get()).unwrap_or(0)
}

impl Target for Debugged {
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
    fn support_catch_syscalls(&mut self) -> Option<CatchSyscallsOps<'_, Self>> {
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

impl Debugged {
    /// Reads registers of a thread, or of a child that waits: those of the thread that made it, but for the
    /// result of the call.
    fn read<R>(&self, tid: Tid, read: impl FnOnce(&State) -> R) -> TargetResult<R, Self> {
        let tid = linux(tid);
        let value = match self.debugger.parent_of(tid) {
            None => self.debugger.team.read(tid, read),
            Some(parent) => self.debugger.team.read(parent, |state| {
                let mut state = state.clone();
                state.x[10] = 0;
                read(&state)
            }),
        };
        value.ok_or(TargetError::Errno(ESRCH))
    }

    /// Whether memory may be asked for on behalf of this thread.
    fn knows(&self, tid: Tid) -> bool {
        // A child that waits has memory of its own once its parent has gone on.
        let tid = linux(tid);
        !self.debugger.holds(tid) || self.debugger.parent_of(tid).is_some()
    }
}

impl MultiThreadBase for Debugged {
    fn read_registers(&mut self, regs: &mut Bank, tid: Tid) -> TargetResult<(), Self> {
        *regs = self.read(tid, |state| self.layout.pack(|register| register.read(state)))?;
        Ok(())
    }

    fn write_registers(&mut self, regs: &Bank, tid: Tid) -> TargetResult<(), Self> {
        let layout = &self.layout;
        let whole = layout.unpack(regs, |_, _| {}).is_some();
        let written = whole && {
            self.debugger.team.write(linux(tid), |state| {
                layout.unpack(regs, |register, value| register.write(state, value));
            })
        };
        if written { Ok(()) } else { Err(TargetError::Errno(ESRCH)) }
    }

    fn support_single_register_access(&mut self) -> Option<SingleRegisterAccessOps<'_, Tid, Self>> {
        Some(self)
    }

    fn read_addrs(&mut self, at: u64, data: &mut [u8], tid: Tid) -> TargetResult<usize, Self> {
        if !self.knows(tid) {
            return Err(TargetError::Errno(ESRCH));
        }
        match self.debugger.space.copy_in(at, data) {
            Ok(()) => Ok(data.len()),
            // What lies before the first byte that cannot be read is an answer too.
            Err(fault) => match fault.at.checked_sub(at).and_then(|read| usize::try_from(read).ok()) {
                Some(read) if read > 0 && read < data.len() => Ok(read),
                _ => Err(TargetError::Errno(EFAULT)),
            },
        }
    }

    fn write_addrs(&mut self, at: u64, data: &[u8], tid: Tid) -> TargetResult<(), Self> {
        if self.debugger.holds(linux(tid)) {
            return Err(TargetError::Errno(ESRCH));
        }
        write(&self.debugger.space, at, data).ok_or(TargetError::Errno(EFAULT))
    }

    fn list_active_threads(&mut self, active: &mut dyn FnMut(Tid)) -> Result<(), Infallible> {
        self.debugger.team.tids().into_iter().chain(self.debugger.any_child()).for_each(|tid| {
            active(super::session::number(tid));
        });
        Ok(())
    }

    fn support_resume(&mut self) -> Option<MultiThreadResumeOps<'_, Self>> {
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

impl SingleRegisterAccess<Tid> for Debugged {
    fn read_register(&mut self, tid: Tid, register: Register, to: &mut [u8]) -> TargetResult<usize, Self> {
        let size = self.layout.size(register).ok_or(TargetError::NonFatal)?;
        let value = self.read(tid, |state| register.read(state))?.to_le_bytes();
        Ok(facts::part(&value[..size], 0, to.len(), to))
    }

    fn write_register(&mut self, tid: Tid, register: Register, value: &[u8]) -> TargetResult<(), Self> {
        if self.layout.size(register) != Some(value.len()) {
            return Err(TargetError::NonFatal);
        }
        let written = self.debugger.team.write(linux(tid), |state| register.write(state, little(value)));
        if written { Ok(()) } else { Err(TargetError::Errno(ESRCH)) }
    }
}

/// Nothing runs before the whole packet has been read: then the session has the team go.
impl MultiThreadResume for Debugged {
    fn resume(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
    fn clear_resume_actions(&mut self) -> Result<(), Infallible> {
        self.orders.clear();
        self.locked = false;
        Ok(())
    }
    fn set_resume_action_continue(&mut self, tid: Tid, signal: Option<Signal>) -> Result<(), Infallible> {
        self.order(tid, Way::Continue, signal);
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

impl MultiThreadSingleStep for Debugged {
    fn set_resume_action_step(&mut self, tid: Tid, signal: Option<Signal>) -> Result<(), Infallible> {
        self.order(tid, Way::Step, signal);
        Ok(())
    }
}

impl MultiThreadRangeStepping for Debugged {
    fn set_resume_action_range_step(&mut self, tid: Tid, start: u64, end: u64) -> Result<(), Infallible> {
        self.order(tid, Way::Leave(start..end), None);
        Ok(())
    }
}

impl MultiThreadSchedulerLocking for Debugged {
    fn set_resume_action_scheduler_lock(&mut self) -> Result<(), Infallible> {
        self.locked = true;
        Ok(())
    }
}
