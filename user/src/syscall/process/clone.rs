//! New threads and processes.

use super::super::{Addr, Answer, Call};
use crate::abi::structs::CloneArgs;
use crate::abi::{Encoded, Errno, int};
use crate::host;
use crate::lock;
use crate::process::{Next, Process, Task, Thread};
use crate::signal::Signals;
use spec::riscv::{NO_RESERVATION, State};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::sync_channel;

/// `clone` flags. [linux/sched.h]
const CSIGNAL: u64 = 0xff;
const CLONE_VM: u64 = 0x100;
const CLONE_FS: u64 = 0x200;
const CLONE_FILES: u64 = 0x400;
const CLONE_SIGHAND: u64 = 0x800;
const CLONE_PIDFD: u64 = 0x1000;
const CLONE_VFORK: u64 = 0x4000;
const CLONE_PARENT: u64 = 0x8000;
const CLONE_THREAD: u64 = 0x1_0000;
const CLONE_SYSVSEM: u64 = 0x4_0000;
const CLONE_SETTLS: u64 = 0x8_0000;
const CLONE_PARENT_SETTID: u64 = 0x10_0000;
const CLONE_CHILD_CLEARTID: u64 = 0x20_0000;
const CLONE_DETACHED: u64 = 0x40_0000;
const CLONE_CHILD_SETTID: u64 = 0x100_0000;
const CLONE_CLEAR_SIGHAND: u64 = 1 << 32;
/// New namespaces and a shared I/O context, which mean the same to the host.
const CLONE_HOST: u64 = 0x20000 | 0x7e00_0000 | 0x8000_0000;
/// What every thread has in common with the one that makes it; the host thread has it too.
const THREAD: u64 = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;

/// Registers by their use in the ABI.
const SP: usize = 2;
const TP: usize = 4;
const A0: usize = 10;

/// Bytes of a host thread's stack: the interpreter does not recurse, a system call may hold a few
/// buffers there.
const HOST_STACK: usize = 1 << 20;

/// What `clone` and `clone3` ask for.
#[derive(Clone, Copy, Default)]
struct Wanted {
    /// Without the signal.
    flags: u64,
    /// The signal to the parent at the end; zero for none.
    signal: u64,
    /// Zero for the caller's.
    stack: u64,
    tls: u64,
    parent_tid: u64,
    child_tid: u64,
    pidfd: u64,
}

pub fn clone(
    k: &mut Call<'_>,
    flags: u64,
    stack: u64,
    parent_tid: Addr,
    tls: u64,
    child_tid: Addr,
) -> Answer {
    let (flags, signal) = (flags & !CSIGNAL & 0xffff_ffff, flags & CSIGNAL);
    let (parent_tid, child_tid) = (parent_tid.0, child_tid.0);
    if flags & CLONE_PIDFD != 0 && flags & CLONE_PARENT_SETTID != 0 {
        return Err(Errno::EINVAL);
    }
    make(k, Wanted { flags, signal, stack, tls, parent_tid, child_tid, pidfd: parent_tid })
}

/// The sizes of `struct clone_args` in its first version, and at most.
const ARGS_SIZES: std::ops::RangeInclusive<u64> = 64..=4096;

pub fn clone3(k: &mut Call<'_>, at: Addr, size: u64) -> Answer {
    if size > *ARGS_SIZES.end() {
        return Err(Errno::E2BIG);
    }
    if size < *ARGS_SIZES.start() {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; 4096];
    let bytes = &mut bytes[..crate::abi::index(size)];
    k.space.copy_in(at.0, bytes)?;
    let mut known = Encoded::<CloneArgs>::zeros(&k.abi().structs.clone_args);
    if bytes.iter().skip(known.len()).any(|byte| *byte != 0) {
        return Err(Errno::E2BIG);
    }
    let count = bytes.len().min(known.len());
    known[..count].copy_from_slice(&bytes[..count]);
    let args: CloneArgs = k.abi().decode(&known);
    let bad_stack = (args.stack == 0) != (args.stack_size == 0);
    let bad_signal =
        args.exit_signal > 64 || args.flags & (CLONE_THREAD | CLONE_PARENT) != 0 && args.exit_signal != 0;
    if bad_stack || bad_signal || args.flags & (CLONE_DETACHED | CSIGNAL) != 0 {
        return Err(Errno::EINVAL);
    }
    // The numbers of processes and control groups are the host's to give; nobody has them to give here.
    if args.set_tid_size != 0 {
        return Err(Errno::EPERM);
    }
    let stack = args.stack.wrapping_add(args.stack_size);
    let CloneArgs { flags, exit_signal: signal, tls, parent_tid, child_tid, pidfd, .. } = args;
    make(k, Wanted { flags, signal, stack, tls, parent_tid, child_tid, pidfd })
}

fn make(k: &mut Call<'_>, wanted: Wanted) -> Answer {
    let flags = wanted.flags;
    let needs = |flag: u64, other: u64| flags & flag != 0 && flags & other == 0;
    let both = CLONE_SIGHAND | CLONE_CLEAR_SIGHAND;
    if needs(CLONE_SIGHAND, CLONE_VM) || needs(CLONE_THREAD, CLONE_SIGHAND) || flags & both == both {
        return Err(Errno::EINVAL);
    }
    let own = CLONE_PIDFD
        | CLONE_VFORK
        | CLONE_PARENT
        | CLONE_SYSVSEM
        | CLONE_SETTLS
        | CLONE_PARENT_SETTID
        | CLONE_CHILD_CLEARTID
        | CLONE_CHILD_SETTID
        | CLONE_DETACHED
        | CLONE_CLEAR_SIGHAND;
    if flags & !(THREAD | own | CLONE_HOST) != 0 {
        return refuse(k, flags, Errno::EINVAL);
    }
    if flags & THREAD == THREAD && flags & (CLONE_VFORK | CLONE_PIDFD | CLONE_HOST) == 0 {
        return thread(k, &wanted);
    }
    // A process that shares memory runs while its parent waits; or it is a thread, in all but name.
    let shares = flags & (CLONE_VM | CLONE_SIGHAND);
    let waits = flags & CLONE_VFORK != 0;
    if shares != 0 && !(shares == CLONE_VM && waits) {
        return refuse(k, flags, Errno::EINVAL);
    }
    if shares == CLONE_VM && is_plain(&wanted) { vfork(k, &wanted) } else { fork(k, &wanted) }
}

fn refuse(k: &Call<'_>, flags: u64, errno: Errno) -> Answer {
    k.p.logs.name_unimplemented(u64::MAX, &format!("clone with flags {flags:#x}"));
    Err(errno)
}

/// Whether libc's own fork makes such a child, with nothing for the host to do beside.
fn is_plain(wanted: &Wanted) -> bool {
    let host = CLONE_HOST | CLONE_PIDFD | CLONE_PARENT | CLONE_FS | CLONE_FILES;
    wanted.flags & host == 0 && wanted.signal == u64::from(libc::SIGCHLD.unsigned_abs())
}

/// The registers a thread or child starts with.
fn start_state(k: &Call<'_>, wanted: &Wanted) -> State {
    let mut state = k.state.clone();
    if wanted.stack != 0 {
        state.x[SP] = k.abi().register(wanted.stack);
    }
    if wanted.flags & CLONE_SETTLS != 0 {
        state.x[TP] = k.abi().register(wanted.tls);
    }
    state.x[A0] = 0;
    state.reservation = NO_RESERVATION;
    state
}

/// In the child, whose table is its own.
fn clear_handlers(wanted: &Wanted, signals: &Signals) {
    if wanted.flags & CLONE_CLEAR_SIGHAND != 0 {
        signals.actions().clear_handlers();
    }
}

fn clear_tid(wanted: &Wanted) -> u64 {
    if wanted.flags & CLONE_CHILD_CLEARTID != 0 { wanted.child_tid } else { 0 }
}

/// Writes a thread's number where the flags want it. As in Linux, a pointer that cannot be written is
/// the caller's affair.
fn tell(k: &Call<'_>, wanted: &Wanted, flag: u64, tid: i32) {
    let at = if flag == CLONE_PARENT_SETTID { wanted.parent_tid } else { wanted.child_tid };
    if wanted.flags & flag != 0 {
        let _ = k.store(Addr(at), &tid);
    }
}

/// A thread of this program, on a host thread.
fn thread(k: &mut Call<'_>, wanted: &Wanted) -> Answer {
    // A child after vfork lives in its parent's memory, and in the place of the parent's host thread.
    if k.p.crew.get().is_none() || k.p.borrowed {
        return Err(Errno::EAGAIN);
    }
    k.space.make_shared();
    let signals = k.task.signals.for_thread();
    let task = Task { signals, leads: false, scratch: vec![], clear_tid: clear_tid(wanted), program: None };
    let mut thread = Thread { process: k.p.clone(), task };
    let state = start_state(k, wanted);
    let (say, told) = sync_channel(1);
    let (go, wait) = sync_channel::<()>(1);
    let run = move || {
        memory::fault::on_this_thread();
        let _ = say.send(host::gettid());
        // A parent that has gone away has taken the process with it.
        if wait.recv().is_ok() {
            thread.task.signals.begin();
            live(thread, state);
        }
    };
    k.p.threads.fetch_add(1, Ordering::AcqRel);
    // The new thread gets its first signal when it is ready for it.
    k.task.signals.hold();
    let made = std::thread::Builder::new().stack_size(HOST_STACK).spawn(run);
    k.task.signals.release();
    let tid = made.ok().and_then(|_| told.recv().ok()).and_then(Result::ok);
    let Some(tid) = tid else {
        k.p.threads.fetch_sub(1, Ordering::AcqRel);
        return Err(Errno::EAGAIN);
    };
    tell(k, wanted, CLONE_PARENT_SETTID, int(tid));
    tell(k, wanted, CLONE_CHILD_SETTID, int(tid));
    let _ = go.send(());
    Ok(tid)
}

/// The life of a thread on its host thread.
fn live(mut thread: Thread, state: State) {
    let process = thread.process.clone();
    let Some(crew) = process.crew.get() else { return };
    let (next, _) = (crew.run)(&mut thread, state);
    if let Next::Exited(_) | Next::Killed(_) = next {
        (crew.end)(next, &process);
    }
}

/// A child with memory of its own, also in the place of an unusual vfork: a child that keeps to the
/// rules of vfork cannot tell.
fn fork(k: &mut Call<'_>, wanted: &Wanted) -> Answer {
    let pidfd = wanted.flags & CLONE_PIDFD != 0;
    if wanted.flags & CLONE_PARENT_SETTID != 0 {
        k.must_write(Addr(wanted.parent_tid), 4)?;
    }
    if pidfd {
        k.must_write(Addr(wanted.pidfd), 4)?;
    }
    k.task.signals.hold();
    let mut descriptor = -1;
    let own_random = k.p.random.as_ref().map(|random| lock(random).split());
    let made = k.p.undisturbed(k.task, k.space, || {
        if is_plain(wanted) {
            return host::fork();
        }
        // Not CLONE_CLEAR_SIGHAND: strata's own handlers must stay.
        let kept = CLONE_HOST | CLONE_PIDFD | CLONE_PARENT | CLONE_FS | CLONE_FILES;
        host::fork_with(wanted.flags & kept, wanted.signal, &mut descriptor)
    });
    let Ok(None) = made else {
        k.task.signals.release();
        let child = made?.unwrap_or_default();
        tell(k, wanted, CLONE_PARENT_SETTID, child);
        if pidfd {
            k.store(Addr(wanted.pidfd), &descriptor)?;
        }
        return Ok(u64::from(child.unsigned_abs()));
    };
    if let (Some(random), Some(own)) = (&k.p.random, own_random) {
        *lock(random) = own;
    }
    k.space.forked();
    k.p.threads.store(1, Ordering::Release);
    *k.state = start_state(k, wanted);
    clear_handlers(wanted, &k.task.signals);
    // What had arrived was the parent's.
    k.task.signals.begin();
    k.task.clear_tid = clear_tid(wanted);
    k.task.leads = true;
    k.p.robust.lock().clear();
    tell(k, wanted, CLONE_CHILD_SETTID, int(host::gettid().unwrap_or(0)));
    Ok(0)
}

/// A child in this very memory, while this thread waits until it has ended or become another program.
fn vfork(k: &mut Call<'_>, wanted: &Wanted) -> Answer {
    if k.p.crew.get().is_none() || !k.p.lends.load(Ordering::Relaxed) {
        return fork(k, wanted);
    }
    if wanted.flags & CLONE_PARENT_SETTID != 0 {
        k.must_write(Addr(wanted.parent_tid), 4)?;
    }
    k.space.make_shared();
    let signals = k.task.signals.for_process();
    let task = Task { signals, leads: true, scratch: vec![], clear_tid: clear_tid(wanted), program: None };
    let thread = Thread { process: Arc::new(k.p.lend()), task };
    let mut child =
        Borrower { thread, state: start_state(k, wanted), wanted: *wanted, space: k.space.clone() };
    k.task.signals.hold();
    let made = host::vfork(&mut child);
    host::signals::forget();
    k.task.signals.release();
    let child = made?;
    tell(k, wanted, CLONE_PARENT_SETTID, child);
    Ok(u64::from(child.unsigned_abs()))
}

/// A child that lives in its parent's memory.
struct Borrower {
    thread: Thread,
    state: State,
    wanted: Wanted,
    space: memory::user::Space,
}

impl host::Child for Borrower {
    fn live(&mut self) -> i32 {
        let process: Arc<Process> = self.thread.process.clone();
        if self.wanted.flags & CLONE_CHILD_SETTID != 0 {
            let tid = int(host::gettid().unwrap_or(0));
            // As in `tell`.
            let _ = self.space.copy_out(self.wanted.child_tid, &process.abi().encode(&tid));
        }
        clear_handlers(&self.wanted, &self.thread.task.signals);
        self.thread.task.signals.begin();
        let Some(crew) = process.crew.get() else { return 1 };
        loop {
            let state = std::mem::take(&mut self.state);
            let (next, state) = (crew.run)(&mut self.thread, state);
            self.state = state;
            match next {
                Next::Exited(status) => return status,
                Next::Replace => {
                    let errno = self.thread.task.program.as_ref().map_or(Errno::ENOSYS, host::Program::start);
                    self.thread.task.program = None;
                    self.state.x[A0] = errno.register(process.abi());
                }
                Next::Continue | Next::Left => return 0,
                Next::Killed(_) => {
                    (crew.end)(next, &process);
                    return 1;
                }
            }
        }
    }
}
