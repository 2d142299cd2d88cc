//! System calls: one table from name to function, and what the functions share.

mod arguments;
mod file;
mod ipc;
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
pub use self::system::limits::MemoryLimits;
pub use arguments::{Addr, Fd};
pub use table::{REFUSED, SIGNATURES, Sysno};

use crate::abi::{Abi, Encoded, Errno, RISCV64, Record, Word, index, int};
use crate::host;
use crate::process::{Next, Process, Task};
use crate::strace::{Line, Outcome};
use ::memory::user::Space;
use spec::riscv::State;
use std::ffi::CString;
use std::sync::Arc;

/// What a call answers: the value of the result register, or an error.
pub type Answer = Result<u64, Errno>;

/// Bytes a path may have, its terminator not counted. [PATH_MAX]
const PATH_MAX: usize = 4095;
/// Bytes moved between guest and host at a time.
const CHUNK: usize = 1 << 20;

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

/// Answers the `ecall` at the state's pc.
pub fn enter(p: &Arc<Process>, task: &mut Task, space: &Space, state: &mut State) -> Next {
    // A signal that came before the call is delivered before the call.
    if task.signals.any_waiting() {
        return Next::Continue;
    }
    let abi = p.abi();
    let number = abi.unsigned(state.x[17]);
    let registers = [state.x[10], state.x[11], state.x[12], state.x[13], state.x[14], state.x[15]];
    state.pc = state.pc.wrapping_add(4);
    state.instret = state.instret.wrapping_add(1);
    let sysno = abi.numbers.call(number);
    let args = sysno.map_or(registers, |sysno| arguments::gather(abi, sysno.passes(), registers));
    let line = p.logs.traces().then(|| Line::new(abi, space, p.who(), number, sysno, args));
    p.logs.trace(line.as_ref().and_then(|line| line.before(space)));
    let mut call = Call { p, task, space, state, next: Next::Continue, keep: false };
    let answer = sysno.map(|sysno| table::dispatch(&mut call, sysno, args));
    let Call { next, keep, task, .. } = call;
    let answer = answer.unwrap_or_else(|| {
        let name = abi.numbers.name(number);
        if !name.is_some_and(table::is_refused) {
            p.logs.name_unimplemented(number, name.unwrap_or("unknown"));
        }
        Err(Errno::ENOSYS)
    });
    let again = !keep && answer.is_err_and(|errno| again(task, sysno, args[0], errno));
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
        Ok(value) => state.x[10] = abi.register(value),
        Err(_) if again => {
            // Executed again, after the handler if there is one: a0 still holds the argument.
            state.pc = state.pc.wrapping_sub(4);
            state.instret = state.instret.wrapping_sub(1);
        }
        Err(errno) => state.x[10] = errno.register(abi),
    }
    next
}

/// Whether a call that failed so is made again; `first` is its first argument.
fn again(task: &Task, sysno: Option<Sysno>, first: u64, errno: Errno) -> bool {
    let starts_again = |sysno| restarts(sysno) && !waits_for_a_time(sysno, first);
    let interrupted =
        errno == Errno::EINTR && sysno.is_some_and(starts_again) && task.signals.next_restarts();
    errno == Errno::NOT_MADE || interrupted
}

/// Whether the call uses a socket on which a timeout for such calls has been set. [signal(7)]
fn waits_for_a_time(sysno: Sysno, socket: u64) -> bool {
    use Sysno as S;
    let name = match sysno {
        S::read | S::readv | S::recvfrom | S::recvmsg | S::recvmmsg | S::accept | S::accept4 => {
            libc::SO_RCVTIMEO
        }
        S::write | S::writev | S::sendto | S::sendmsg | S::sendmmsg | S::connect => libc::SO_SNDTIMEO,
        _ => return false,
    };
    let (mut value, mut len) = ([0; 4096], int(size_of::<libc::timeval>() as u64));
    let told = host::getsockopt(int(socket), libc::SOL_SOCKET, name, &mut value, &mut len);
    told.is_ok() && value.iter().any(|byte| *byte != 0)
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
            | S::tee
            | S::vmsplice
            | S::preadv2
            | S::pwritev2
            | S::openat2
            | S::open_by_handle_at
            | S::mq_timedsend
            | S::mq_timedreceive
            | S::syslog
            | S::futex_waitv
            | S::copy_file_range
            | S::getrandom
            | S::futex
            | S::accept
            | S::accept4
            | S::connect
            | S::sendto
            | S::sendmsg
            | S::sendmmsg
            | S::recvfrom
            | S::recvmsg
            | S::recvmmsg
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

    /// A structure or number at an address.
    fn load<T: Record>(&self, at: Addr) -> Result<T, Errno> {
        self.load_as(at, T::layout(self.abi()))
    }

    /// The same unless the pointer is null.
    fn load_some<T: Record>(&self, at: Addr) -> Result<Option<T>, Errno> {
        if at.is_null() { Ok(None) } else { self.load(at).map(Some) }
    }

    /// The same under a layout of its own.
    fn load_as<T: Record>(&self, at: Addr, layout: &T::Layout) -> Result<T, Errno> {
        let mut bytes = Encoded::<T>::zeros(layout);
        self.space.copy_in(at.0, &mut bytes)?;
        Ok(T::decode(layout, self.abi().order, &bytes))
    }

    /// A pointer or `unsigned long` at an address.
    fn load_word(&self, at: Addr) -> Result<u64, Errno> {
        self.load::<Word>(at).map(|word| word.0)
    }

    /// Writes a structure or number.
    fn store<T: Record>(&self, at: Addr, value: &T) -> Answer {
        self.put(at, &self.abi().encode(value))
    }

    /// The same unless the pointer is null.
    fn store_some<T: Record>(&self, at: Addr, value: &T) -> Answer {
        if at.is_null() { Ok(0) } else { self.store(at, value) }
    }

    /// A structure as the host has it, for those that riscv64 and the host have alike.
    fn load_for_host<T: Record>(&self, at: Addr) -> Result<Encoded<T>, Errno> {
        Ok(RISCV64.encode(&self.load::<T>(at)?))
    }

    /// Writes a structure from the host's bytes, for those that riscv64 and the host have alike.
    fn store_from_host<T: Record>(&self, at: Addr, bytes: &[u8]) -> Answer {
        let bytes = bytes.get(..index(RISCV64.size::<T>())).ok_or(Errno::EINVAL)?;
        self.store(at, &RISCV64.decode::<T>(bytes))
    }

    /// The first `count` bits of a set, which a program keeps in whole words.
    fn load_bits(&self, at: Addr, count: u64, set: &mut [u64]) -> Answer {
        let size = self.abi().word_size();
        for n in 0..count.div_ceil(8 * size) {
            let bit = n * 8 * size;
            if let Some(word) = set.get_mut(index(bit / 64)) {
                *word |= self.load_word(at.plus(n * size))? << (bit % 64);
            }
        }
        Ok(0)
    }

    /// Writes the first `count` bits of a set, in whole words.
    fn store_bits(&self, at: Addr, count: u64, set: &[u64]) -> Answer {
        let size = self.abi().word_size();
        for n in 0..count.div_ceil(8 * size) {
            let bit = n * 8 * size;
            let word = set.get(index(bit / 64)).map_or(0, |word| word >> (bit % 64));
            self.store(at.plus(n * size), &Word(word))?;
        }
        Ok(0)
    }

    /// Bytes of a structure.
    fn size<T: Record>(&self) -> u64 {
        self.abi().size::<T>()
    }

    /// The program's kernel interface.
    fn abi(&self) -> &'static Abi {
        self.p.abi()
    }

    /// Writes bytes.
    fn put(&self, at: Addr, bytes: &[u8]) -> Answer {
        self.space.copy_out(at.0, bytes)?;
        Ok(0)
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
