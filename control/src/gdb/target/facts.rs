//! What gdb is told about the process: its number, file, auxiliary vector, threads, signals.

use super::Debugged;
use crate::gdb::session::thread;
use gdbstub::common::Pid;
use gdbstub::outputln;
use gdbstub::target::ext::auxv::Auxv;
use gdbstub::target::ext::exec_file::ExecFile;
use gdbstub::target::ext::extended_mode::{
    Args, AttachKind, CurrentActivePid, CurrentActivePidOps, ExtendedMode, ShouldTerminate,
};
use gdbstub::target::ext::monitor_cmd::{ConsoleOutput, MonitorCmd};
use gdbstub::target::ext::target_description_xml_override::TargetDescriptionXmlOverride;
use gdbstub::target::{TargetError, TargetResult};
use std::convert::Infallible;
use user::abi::{Encoded, RISCV64, Siginfo};

/// The part of `whole` from `offset` that fits in `length` and `to`.
pub fn part(whole: &[u8], offset: u64, length: usize, to: &mut [u8]) -> usize {
    let rest = usize::try_from(offset).ok().and_then(|offset| whole.get(offset..)).unwrap_or_default();
    let count = rest.len().min(length).min(to.len());
    to[..count].copy_from_slice(&rest[..count]);
    count
}

impl Debugged {
    /// The threads, as gdb reads them.
    pub fn threads(&self) -> String {
        let pid = self.debugger.owner.as_raw_nonzero().get();
        let mut list = String::from("<?xml version=\"1.0\"?><threads>");
        for tid in self.debugger.team.tids() {
            let name = std::fs::read(format!("/proc/self/task/{tid}/comm")).unwrap_or_default();
            thread(&mut list, pid, tid, String::from_utf8_lossy(&name).trim_end());
        }
        if let Some(child) = self.debugger.any_child() {
            thread(&mut list, child, child, "");
        }
        list + "</threads>"
    }

    /// What comes with the signal that gdb was told of last.
    pub fn siginfo(&self) -> Option<Encoded<Siginfo>> {
        Some(RISCV64.encode(&self.debugger.team.signal(self.current()?)?.info))
    }

    /// Changes it; false if there is none.
    pub fn set_siginfo(&self, info: &Encoded<Siginfo>) -> bool {
        self.current().is_some_and(|tid| self.debugger.team.set_signal(tid, RISCV64.decode(info)))
    }

    /// Signals that threads get without gdb hearing of them, a bit each.
    pub fn pass(&self, signals: u64) {
        self.debugger.team.points(|points| points.pass = signals);
        self.debugger.actions.watch(!signals);
    }
}

/// Only so that gdb learns the process's number, and that it may kill what it has not attached to.
impl ExtendedMode for Debugged {
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

impl CurrentActivePid for Debugged {
    fn current_active_pid(&mut self) -> Result<Pid, Infallible> {
        Ok(crate::gdb::session::number(self.debugger.owner.as_raw_nonzero().get()))
    }
}

impl TargetDescriptionXmlOverride for Debugged {
    fn target_description_xml(
        &self,
        annex: &[u8],
        offset: u64,
        length: usize,
        to: &mut [u8],
    ) -> TargetResult<usize, Self> {
        match annex {
            b"target.xml" => Ok(part(self.layout.description().as_bytes(), offset, length, to)),
            _ => Err(TargetError::NonFatal),
        }
    }
}

impl ExecFile for Debugged {
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

impl Auxv for Debugged {
    fn get_auxv(&self, offset: u64, length: usize, to: &mut [u8]) -> TargetResult<usize, Self> {
        Ok(part(self.debugger.process.auxiliary(), offset, length, to))
    }
}

impl MonitorCmd for Debugged {
    fn handle_monitor_cmd(&mut self, command: &[u8], mut out: ConsoleOutput<'_>) -> Result<(), Infallible> {
        match String::from_utf8_lossy(command).trim() {
            "regs" => {
                let text = self
                    .current()
                    .and_then(|tid| self.debugger.team.read(tid, |state| crate::log::registers(state, 64)));
                outputln!(out, "{}", text.unwrap_or_default());
            }
            "maps" => {
                for region in self.debugger.space.regions() {
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
