//! System calls: one table from name to function, and what the functions share.

mod file;
mod futex;
mod memory;
mod process;
mod signal;
mod socket;
mod system;
mod table;
mod time;

pub use self::file::{Command, Reader};
pub use self::memory::Heap;
pub use self::system::MOST_RELEASE;
pub use table::SIGNATURES;

use crate::abi::{Errno, index};
use crate::process::{Next, Process, Task};
use crate::strace::{Line, Outcome};
use ::memory::user::Space;
use spec::riscv::State;
use std::ffi::CString;
use std::sync::Arc;
use syscalls::riscv64::Sysno;

/// What a call answers: the value of the result register, or an error.
pub type Answer = Result<u64, Errno>;

/// Bytes a path may have, its terminator not counted. [PATH_MAX]
const PATH_MAX: usize = 4095;
/// Bytes moved between guest and host at a time.
const CHUNK: usize = 1 << 20;

/// A guest address, as a program passed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Addr(pub u64);

impl Addr {
    /// Whether the pointer is null, which many calls take as "none".
    fn is_null(self) -> bool {
        self.0 == 0
    }

    /// The address `bytes` further on.
    fn plus(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
}

/// A file descriptor that is not one of strata's own; `AT_FDCWD` and other negative numbers too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fd(pub i32);

/// One call under way.
pub struct Call<'a> {
    /// The process that calls.
    p: &'a Arc<Process>,
    /// Its thread that calls.
    task: &'a mut Task,
    /// Its memory.
    space: &'a Space,
    /// Its registers; the pc is already behind the call.
    state: &'a mut State,
    /// What the run loop does next.
    next: Next,
    /// The call has set the registers itself.
    keep: bool,
}

/// An argument as a function wants it.
trait Argument: Sized {
    fn of(word: u64, call: &Call<'_>) -> Result<Self, Errno>;
}

macro_rules! argument {
    ($($t:ty: $word:ident => $value:expr;)*) => { $(impl Argument for $t {
        fn of($word: u64, _: &Call<'_>) -> Result<Self, Errno> {
            Ok($value)
        }
    })* };
}
argument! {
    u64: word => word;
    i64: word => word.cast_signed();
    u32: word => spec::bits::Low::low32(word);
    i32: word => crate::abi::int(word);
    Addr: word => Addr(word);
}

impl Argument for Fd {
    fn of(word: u64, call: &Call<'_>) -> Result<Self, Errno> {
        call.fd(crate::abi::int(word))
    }
}

/// Answers the `ecall` at the state's pc.
pub fn enter(p: &Arc<Process>, task: &mut Task, space: &Space, state: &mut State) -> Next {
    // A signal that came before the call is delivered before the call.
    if task.signals.any_waiting() {
        return Next::Continue;
    }
    let number = state.x[17];
    let args: [u64; 6] = [state.x[10], state.x[11], state.x[12], state.x[13], state.x[14], state.x[15]];
    state.pc = state.pc.wrapping_add(4);
    state.instret = state.instret.wrapping_add(1);
    let sysno = usize::try_from(number).ok().and_then(Sysno::new);
    let line = p.logs.traces().then(|| Line::new(space, p.who(), number, sysno, args));
    p.logs.trace(line.as_ref().and_then(|line| line.before(space)));
    let mut call = Call { p, task, space, state, next: Next::Continue, keep: false };
    let answer = sysno.and_then(|sysno| table::dispatch(&mut call, sysno, args));
    let Call { next, keep, task, .. } = call;
    let answer = answer.unwrap_or_else(|| {
        p.logs.name_unimplemented(number, sysno.map_or("unknown", |sysno| sysno.name()));
        Err(Errno::ENOSYS)
    });
    let again = !keep && answer.is_err_and(|errno| again(task, sysno, errno));
    let outcome = match sysno {
        Some(Sysno::rt_sigreturn) => Outcome::Resumed(task.signals.mask(), state.x[10]),
        _ if again => Outcome::Again,
        _ => Outcome::Answered(answer),
    };
    p.logs.trace(line.and_then(|line| line.after(space, outcome)));
    if keep {
        return next;
    }
    match answer {
        Ok(value) => state.x[10] = value,
        Err(_) if again => {
            // Executed again, after the handler if there is one: a0 still holds the argument.
            state.pc = state.pc.wrapping_sub(4);
            state.instret = state.instret.wrapping_sub(1);
        }
        Err(errno) => state.x[10] = errno.register(),
    }
    next
}

/// Whether a call that failed so is made again.
fn again(task: &Task, sysno: Option<Sysno>, errno: Errno) -> bool {
    let interrupted = errno == Errno::EINTR && sysno.is_some_and(restarts) && task.signals.next_restarts();
    errno == Errno::NOT_MADE || interrupted
}

/// Calls that start again after a handler with SA_RESTART. [signal(7)]
fn restarts(sysno: Sysno) -> bool {
    use Sysno as S;
    matches!(
        sysno,
        S::read
            | S::readv
            | S::write
            | S::writev
            | S::pread64
            | S::pwrite64
            | S::preadv
            | S::pwritev
            | S::ioctl
            | S::openat
            | S::wait4
            | S::waitid
            | S::fcntl
            | S::flock
            | S::sendfile
            | S::splice
            | S::copy_file_range
            | S::getrandom
            | S::futex
            | S::accept
            | S::accept4
            | S::connect
            | S::sendto
            | S::recvfrom
            | S::sendmsg
            | S::recvmsg
    )
}

impl Call<'_> {
    /// Checks that a descriptor is not one of strata's own.
    fn fd(&self, number: i32) -> Result<Fd, Errno> {
        if number >= 0 && self.p.hidden.contains(&number) { Err(Errno::EBADF) } else { Ok(Fd(number)) }
    }

    /// A path.
    fn path(&self, at: Addr) -> Result<CString, Errno> {
        Ok(self.space.cstr(at.0, PATH_MAX)?)
    }

    /// Reads `N` bytes.
    fn get<const N: usize>(&self, at: Addr) -> Result<[u8; N], Errno> {
        let mut bytes = [0; N];
        self.space.copy_in(at.0, &mut bytes)?;
        Ok(bytes)
    }

    /// Reads `N` bytes unless the pointer is null.
    fn get_some<const N: usize>(&self, at: Addr) -> Result<Option<[u8; N]>, Errno> {
        if at.is_null() { Ok(None) } else { self.get(at).map(Some) }
    }

    /// Writes bytes.
    fn put(&self, at: Addr, bytes: &[u8]) -> Answer {
        self.space.copy_out(at.0, bytes)?;
        Ok(0)
    }

    /// Writes bytes unless the pointer is null.
    fn put_some(&self, at: Addr, bytes: &[u8]) -> Answer {
        if at.is_null() { Ok(0) } else { self.put(at, bytes) }
    }

    /// Checks that bytes can be written before something is done that cannot be undone.
    fn must_write(&self, at: Addr, len: u64) -> Answer {
        if self.writable(at, len) == len { Ok(0) } else { Err(Errno::EFAULT) }
    }

    /// How many of `len` bytes at `at` the program may write, up to the first it may not.
    fn writable(&self, at: Addr, len: u64) -> u64 {
        let end = at.0.saturating_add(len).min(self.space.limit());
        let mut next = at.0;
        while next < end {
            match self.space.region_at(next).filter(|r| r.prot.contains(::memory::user::Prot::WRITE)) {
                Some(region) => next = region.end,
                None => break,
            }
        }
        next.min(end).saturating_sub(at.0)
    }

    /// A zeroed buffer of `len` bytes, at most a chunk, taken from the thread; give it back.
    fn borrow(&mut self, len: u64) -> Vec<u8> {
        let mut buffer = std::mem::take(&mut self.task.scratch);
        buffer.resize(index(len).min(CHUNK), 0);
        buffer
    }

    /// Gives a buffer back.
    fn give_back(&mut self, buffer: Vec<u8>) {
        self.task.scratch = buffer;
    }
}
