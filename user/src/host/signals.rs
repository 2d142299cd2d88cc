//! The host's signal machinery: dispositions, mask, and the note a caught signal leaves.

use crate::abi::Siginfo;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// A caught signal and what came with it.
struct Note {
    code: AtomicI32,
    words: [AtomicU64; 4],
}

/// The signals that a thread's host handler has caught, for the guest thread that runs on it.
struct Notes {
    /// One bit a signal that has been noted and not yet taken.
    noted: AtomicU64,
    /// One bit a signal that the guest thread does not block.
    allowed: AtomicU64,
    list: [Note; 65],
}

#[expect(clippy::declare_interior_mutable_const, reason = "only the initial value of each element")]
const EMPTY: Note = Note { code: AtomicI32::new(0), words: [const { AtomicU64::new(0) }; 4] };

thread_local! {
    // Constant and without a destructor: reaching it allocates nothing and never fails, also in a handler.
    static NOTES: Notes =
        const { Notes { noted: AtomicU64::new(0), allowed: AtomicU64::new(u64::MAX), list: [EMPTY; 65] } };
}
/// Whether SIGPIPE was ignored before Rust's runtime ignored it: 0 no, 1 yes.
static PIPE_IGNORED: AtomicU64 = AtomicU64::new(0);

/// Runs before Rust's runtime changes SIGPIPE, so that a program inherits what strata did.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember;

extern "C" fn remember() {
    PIPE_IGNORED.store(u64::from(is_ignored(libc::SIGPIPE)), Ordering::Relaxed);
}

/// Gives SIGPIPE back the action that strata was started with.
pub(crate) fn restore_inherited() {
    if PIPE_IGNORED.load(Ordering::Relaxed) == 0 {
        set_default(libc::SIGPIPE);
    }
}

/// Whether SIGPIPE is ignored on the program's behalf.
pub(crate) fn inherits_ignored(signal: i32) -> bool {
    if signal == libc::SIGPIPE { PIPE_IGNORED.load(Ordering::Relaxed) == 1 } else { is_ignored(signal) }
}

/// Whether this process ignores a signal.
pub(crate) fn is_ignored(signal: i32) -> bool {
    let mut old = KernelAction::default();
    act(signal, None, Some(&mut old)) && old.handler == libc::SIG_IGN as u64
}

/// `struct sigaction` as the kernel has it on x86-64. libc's own function keeps the two signals to
/// itself that the guest's libc also uses, so the call is made without it.
#[repr(C)]
#[derive(Default)]
struct KernelAction {
    handler: u64,
    flags: u64,
    restorer: u64,
    mask: u64,
}

/// `SA_RESTORER` of x86-64: without it the kernel has nowhere to return to.
const SA_RESTORER: u64 = 0x0400_0000;

fn act(signal: i32, new: Option<&KernelAction>, old: Option<&mut KernelAction>) -> bool {
    let new = new.map_or(std::ptr::null(), std::ptr::from_ref);
    let old = old.map_or(std::ptr::null_mut(), std::ptr::from_mut);
    // SAFETY: both pointers are null or to structures laid out as the kernel's. A handler is SIG_DFL,
    // SIG_IGN or `note`, which keeps to atomic stores and async-signal-safe calls; its restorer makes
    // the call that leaves a handler.
    unsafe { libc::syscall(libc::SYS_rt_sigaction, signal, new, old, 8) == 0 }
}

// What a handler returns to: `rt_sigreturn`.
std::arch::global_asm!(
    ".pushsection .text.strata_restore, \"ax\", @progbits",
    ".hidden strata_restore",
    ".globl strata_restore",
    ".type strata_restore, @function",
    "nop",
    "strata_restore:",
    "mov rax, {number}",
    "syscall",
    ".size strata_restore, . - strata_restore",
    ".popsection",
    number = const libc::SYS_rt_sigreturn,
);

unsafe extern "sysv64" {
    fn strata_restore();
}

fn set(signal: i32, handler: libc::sighandler_t, flags: i32) {
    // A refusal (SIGKILL) leaves things as they are, as the guest's call did.
    act(
        signal,
        Some(&KernelAction {
            handler: handler as u64,
            flags: u64::from(flags.cast_unsigned()) | SA_RESTORER,
            restorer: strata_restore as *const () as u64,
            mask: !(crate::signal::bit(libc::SIGSEGV) | crate::signal::bit(libc::SIGBUS)),
        }),
        None,
    );
}

/// Default action.
pub(crate) fn set_default(signal: i32) {
    set(signal, libc::SIG_DFL, 0);
}

/// Ignored.
pub(crate) fn set_ignored(signal: i32) {
    set(signal, libc::SIG_IGN, 0);
}

/// Noted, for the program's handler. Of its flags those count that tell the host when a child's
/// signal is sent; the numbers are the same.
pub(crate) fn set_noted(signal: i32, flags: u64) {
    let kept = flags & 3;
    let kept = if kept & 1 != 0 { libc::SA_NOCLDSTOP } else { 0 }
        | if kept & 2 != 0 { libc::SA_NOCLDWAIT } else { 0 };
    set(signal, note as *const () as libc::sighandler_t, kept | libc::SA_SIGINFO | libc::SA_ONSTACK);
}

/// Runs in signal context: atomic stores, one raw call, and the saved context.
extern "C" fn note(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    // SAFETY: with SA_SIGINFO the kernel passes a ucontext on this stack, ours alone until we return.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    let bit = crate::signal::bit(signal);
    NOTES.with(|notes| {
        let Some(note) = usize::try_from(signal).ok().and_then(|n| notes.list.get(n)) else { return };
        if notes.noted.load(Ordering::Relaxed) & bit != 0 {
            // One more while the first has not been taken: back into the host's queue with it.
            queue_to_self(signal, info);
        } else {
            // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo_t of 128 bytes; its union of
            // integers starts at byte 16, and four words of it lie inside.
            let (code, words) =
                unsafe { ((*info).si_code, info.cast::<u64>().add(2).cast::<[u64; 4]>().read()) };
            note.code.store(code, Ordering::Relaxed);
            for (to, from) in note.words.iter().zip(words) {
                to.store(from, Ordering::Relaxed);
            }
            notes.noted.fetch_or(bit, Ordering::Release);
        }
    });
    block_on_return(&mut context.uc_sigmask, bit);
    super::gate::interrupt(&mut context.uc_mcontext.gregs[libc::REG_RIP as usize]);
}

/// Keeps the host from delivering more of a signal until the guest has taken the first: the host's
/// queue of real-time signals stays in its order.
fn block_on_return(mask: &mut libc::sigset_t, bit: u64) {
    if crate::signal::FAULTS & bit != 0 {
        return;
    }
    // SAFETY: the kernel's set is the first 8 of the 128 bytes that libc gives it, aligned to 8.
    unsafe { *std::ptr::from_mut(mask).cast::<u64>() |= bit };
}

/// Sends a signal with what came with it to the calling thread. A fault signal is dropped: the host
/// cannot block it, and its kind does not queue.
fn queue_to_self(signal: i32, info: *const libc::siginfo_t) {
    if crate::signal::FAULTS & crate::signal::bit(signal) == 0 {
        // SAFETY: the first two calls have no precondition; the siginfo is a valid one of 128 bytes.
        unsafe {
            let (pid, tid) = (libc::syscall(libc::SYS_getpid), libc::syscall(libc::SYS_gettid));
            libc::syscall(libc::SYS_rt_tgsigqueueinfo, pid, tid, signal, info);
        }
    }
}

/// Takes notice of fault signals that were sent, which `memory` catches for itself.
pub(crate) fn watch_faults() {
    memory::fault::on_sent(note);
}

/// Which signals are noted for the calling thread, and which its guest does not block. The pointers
/// hold as long as the thread.
pub(crate) fn watched() -> (*const u64, *const u64) {
    NOTES.with(|notes| (notes.noted.as_ptr().cast_const(), notes.allowed.as_ptr().cast_const()))
}

/// Tells the gate what the calling thread's guest blocks.
pub(crate) fn set_blocked(mask: u64) {
    NOTES.with(|notes| notes.allowed.store(!mask, Ordering::Relaxed));
}

/// The signals noted for the calling thread and not yet taken.
pub(crate) fn noted() -> u64 {
    NOTES.with(|notes| notes.noted.load(Ordering::Acquire))
}

/// Takes a note of the calling thread, its union as this host has it.
///
/// The host goes on blocking the signal: the caller sets the mask that is to hold from now on.
pub(crate) fn take(signal: i32) -> Option<Siginfo> {
    let bit = crate::signal::bit(signal);
    NOTES.with(|notes| {
        if notes.noted.load(Ordering::Acquire) & bit == 0 {
            return None;
        }
        let note = usize::try_from(signal).ok().and_then(|n| notes.list.get(n))?;
        let [first, second, third, fourth] = note.words.each_ref().map(|word| word.load(Ordering::Relaxed));
        let code = note.code.load(Ordering::Relaxed);
        // Only now may the handler write the note again.
        notes.noted.fetch_and(!bit, Ordering::AcqRel);
        Some(Siginfo { signo: signal, errno: 0, code, first, second, third, fourth })
    })
}

/// Gives what was noted for the calling thread back to the host, which keeps it until the guest no
/// longer blocks it. The host must be blocking it already.
pub(crate) fn give_back(signal: i32) {
    if let Some(info) = take(signal) {
        queue(&info);
    }
}

/// Sends a signal to the calling thread, with what came with it.
pub(crate) fn queue(info: &Siginfo) {
    let signal = info.signo;
    let mut words = [0u64; 16];
    let code = u64::from(info.code.cast_unsigned());
    words[0] = u64::from(signal.cast_unsigned());
    words[1] = code;
    words[2..6].copy_from_slice(&[info.first, info.second, info.third, info.fourth]);
    queue_to_self(signal, words.as_ptr().cast());
}

/// A host `siginfo_t`, which has its union at byte 16.
pub(crate) fn info(told: &libc::siginfo_t) -> Siginfo {
    // SAFETY: a siginfo_t has 128 bytes, aligned to 8; four words at byte 16 lie inside.
    let words = unsafe { std::ptr::from_ref(told).cast::<u64>().add(2).cast::<[u64; 4]>().read() };
    let [first, second, third, fourth] = words;
    Siginfo { signo: told.si_signo, errno: told.si_errno, code: told.si_code, first, second, third, fourth }
}

/// Forgets the calling thread's notes.
pub(crate) fn forget() {
    NOTES.with(|notes| notes.noted.store(0, Ordering::Release));
}

/// Sends a signal to the calling thread, with the default action in place.
pub(crate) fn raise_again(signal: i32) {
    set_default(signal);
    // SAFETY: the calls have no precondition. libc's raise would remember numbers from before a fork.
    unsafe {
        let (pid, tid) = (libc::syscall(libc::SYS_getpid), libc::syscall(libc::SYS_gettid));
        libc::syscall(libc::SYS_tgkill, pid, tid, signal);
    }
}

/// The signals blocked.
pub(crate) fn mask() -> u64 {
    let mut old = 0;
    // A call that only asks cannot fail.
    let _ = super::rt_sigprocmask(libc::SIG_BLOCK, None, Some(&mut old), 8);
    old
}

/// Blocks exactly these signals.
pub(crate) fn set_mask(mask: u64) {
    // It fails only for a wrong size or operation.
    let _ = super::rt_sigprocmask(libc::SIG_SETMASK, Some(&mask), None, 8);
}
