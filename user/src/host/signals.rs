//! The host's signal machinery: dispositions, mask, and the note a caught signal leaves.

use crate::abi::Siginfo;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};

/// A caught signal and what came with it.
struct Note {
    code: AtomicI32,
    words: [AtomicU64; 4],
}

#[expect(clippy::declare_interior_mutable_const, reason = "only the initial value of each element")]
const EMPTY: Note = Note { code: AtomicI32::new(0), words: [const { AtomicU64::new(0) }; 4] };

static NOTES: [Note; 65] = [EMPTY; 65];
/// One bit a signal that has been noted and not yet taken.
static NOTED: AtomicU64 = AtomicU64::new(0);
/// One bit a signal that the program does not block.
static ALLOWED: AtomicU64 = AtomicU64::new(u64::MAX);
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
    // SAFETY: a null new action only asks; the old one is written to a value of ours.
    unsafe {
        let mut old: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signal, std::ptr::null(), &mut old) == 0 && old.sa_sigaction == libc::SIG_IGN
    }
}

fn set(signal: i32, handler: libc::sighandler_t, flags: i32) {
    // SAFETY: the action is zero but for a handler, which is SIG_DFL, SIG_IGN or `note`, and `note`
    // keeps to atomic stores. A refusal (SIGKILL) leaves things as they are, as the guest's call did.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = flags;
        libc::sigfillset(&mut action.sa_mask);
        libc::sigdelset(&mut action.sa_mask, libc::SIGSEGV);
        libc::sigdelset(&mut action.sa_mask, libc::SIGBUS);
        libc::sigaction(signal, &action, std::ptr::null_mut());
    }
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

/// Runs in signal context: only atomic stores, and the saved pc.
extern "C" fn note(signal: i32, info: *mut libc::siginfo_t, context: *mut libc::c_void) {
    let Some(note) = usize::try_from(signal).ok().and_then(|n| NOTES.get(n)) else { return };
    // SAFETY: with SA_SIGINFO the kernel passes a valid siginfo_t of 128 bytes; its union of integers
    // starts at byte 16, and four words of it lie inside.
    let (code, words) = unsafe { ((*info).si_code, info.cast::<u64>().add(2).cast::<[u64; 4]>().read()) };
    note.code.store(code, Ordering::Relaxed);
    for (to, from) in note.words.iter().zip(words) {
        to.store(from, Ordering::Relaxed);
    }
    NOTED.fetch_or(crate::signal::bit(signal), Ordering::Release);
    // SAFETY: with SA_SIGINFO the kernel passes a ucontext on this stack, ours alone until we return.
    let context = unsafe { &mut *context.cast::<libc::ucontext_t>() };
    super::gate::interrupt(&mut context.uc_mcontext.gregs[libc::REG_RIP as usize]);
}

/// Which signals are noted, and which the program does not block.
pub(crate) fn watched() -> (*const u64, *const u64) {
    (NOTED.as_ptr(), ALLOWED.as_ptr())
}

/// Tells the gate what the program blocks.
pub(crate) fn set_blocked(mask: u64) {
    ALLOWED.store(!mask, Ordering::Relaxed);
}

/// The signals noted and not yet taken.
pub(crate) fn noted() -> u64 {
    NOTED.load(Ordering::Acquire)
}

/// Takes a note, its union as this host has it.
pub(crate) fn take(signal: i32) -> Option<Siginfo> {
    let bit = crate::signal::bit(signal);
    if NOTED.fetch_and(!bit, Ordering::AcqRel) & bit == 0 {
        return None;
    }
    let note = usize::try_from(signal).ok().and_then(|n| NOTES.get(n))?;
    let word = |n: usize| note.words[n].load(Ordering::Relaxed);
    let code = note.code.load(Ordering::Relaxed);
    Some(Siginfo {
        signo: signal,
        errno: 0,
        code,
        first: word(0),
        second: word(1),
        third: word(2),
        fourth: word(3),
    })
}

/// Notes a signal on the program's behalf, as if `kill` had sent it from this process.
pub(crate) fn note_own(signal: i32) {
    NOTED.fetch_or(crate::signal::bit(signal), Ordering::Release);
}

/// A host `siginfo_t`, which has its union at byte 16.
pub(crate) fn info(told: &libc::siginfo_t) -> Siginfo {
    // SAFETY: a siginfo_t has 128 bytes, aligned to 8; four words at byte 16 lie inside.
    let words = unsafe { std::ptr::from_ref(told).cast::<u64>().add(2).cast::<[u64; 4]>().read() };
    let [first, second, third, fourth] = words;
    Siginfo { signo: told.si_signo, errno: told.si_errno, code: told.si_code, first, second, third, fourth }
}

/// Forgets all notes.
pub(crate) fn forget() {
    NOTED.store(0, Ordering::Release);
}

/// Sends a signal to this process, with the default action in place.
pub(crate) fn raise_again(signal: i32) {
    set_default(signal);
    // SAFETY: raise has no precondition.
    unsafe { libc::raise(signal) };
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
