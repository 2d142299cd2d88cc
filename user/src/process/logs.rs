//! Where a program's kernel writes what people asked to see.

use crate::lock;
use std::any::Any;
use std::collections::HashSet;
use std::sync::Mutex;

/// Takes lines of a log, without their ends.
pub type Log = Box<dyn FnMut(&str) + Send>;

/// Holds off whoever writes to what is behind the logs, until the value that it returns is dropped.
pub type Quiet = Box<dyn Fn() -> Box<dyn Any> + Send + Sync>;

/// The logs of one program.
pub(crate) struct Logs {
    /// `-strace`: a line for each system call.
    strace: Option<Mutex<Log>>,
    /// `-d unimp`, and the numbers of calls already named.
    unimplemented: Option<Mutex<(Log, HashSet<u64>)>>,
    quiet: Option<Quiet>,
}

impl Logs {
    pub fn new(strace: Option<Log>, unimplemented: Option<Log>, quiet: Option<Quiet>) -> Self {
        let unimplemented = unimplemented.map(|log| Mutex::new((log, HashSet::new())));
        Self { strace: strace.map(Mutex::new), unimplemented, quiet }
    }

    /// Whether system calls are to be traced.
    pub fn traces(&self) -> bool {
        self.strace.is_some()
    }

    /// Logs a line about a system call, if there is one and somebody listens.
    pub fn trace(&self, line: Option<String>) {
        if let (Some(log), Some(line)) = (&self.strace, line) {
            lock(log)(&line);
        }
    }

    /// Names an unimplemented call once, if somebody listens.
    pub fn name_unimplemented(&self, number: u64, name: &str) {
        let Some(log) = &self.unimplemented else { return };
        let (log, named) = &mut *lock(log);
        if named.insert(number) {
            log(&format!("system call {name} ({number}) is not implemented: the program gets ENOSYS"));
        }
    }

    /// Runs `during` while nobody writes a log.
    pub fn undisturbed<R>(&self, during: impl FnOnce() -> R) -> R {
        let _strace = self.strace.as_ref().map(lock);
        let _other = self.unimplemented.as_ref().map(lock);
        let _behind = self.quiet.as_ref().map(|quiet| quiet());
        during()
    }
}
