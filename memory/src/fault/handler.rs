//! The handler itself and its installation.

use super::{Status, range, table};
use crate::addr::host_size;
use libc::{c_int, c_void, siginfo_t, ucontext_t};
use std::ptr;
use std::sync::OnceLock;

/// The handler could not be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the host refused a handler for signal {signal} (errno {errno})")]
pub struct InstallError {
    /// The signal's number on the host.
    pub signal: i32,
    /// The host's error number.
    pub errno: i32,
}

const SIGNALS: [c_int; 2] = [libc::SIGSEGV, libc::SIGBUS];

/// What was installed before us, by index in [`SIGNALS`].
static PREVIOUS: OnceLock<[libc::sigaction; 2]> = OnceLock::new();
static INSTALLED: OnceLock<Result<(), InstallError>> = OnceLock::new();
static SENT: OnceLock<Handler> = OnceLock::new();

/// A signal handler: the number, what came with it, the interrupted context.
pub type Handler = extern "C" fn(c_int, *mut siginfo_t, *mut c_void);

/// From now on a SIGSEGV or SIGBUS that somebody sent, and that is no fault, is `handler`'s, which
/// must keep to async-signal-safe operations. Only the first call counts.
pub fn on_sent(handler: Handler) {
    SENT.get_or_init(|| handler);
}

/// Installs the handler for this process and gives this thread an alternate signal stack.
///
/// May be called any number of times; only the first call changes the process.
///
/// # Errors
/// [`InstallError`] if the host refuses the action, every time again.
pub fn install() -> Result<(), InstallError> {
    super::on_this_thread();
    *INSTALLED.get_or_init(|| {
        table::prepare();
        let mut previous = [blank(); 2];
        for (signal, old) in SIGNALS.into_iter().zip(&mut previous) {
            act(signal, None, Some(old))?;
        }
        // Stored before the first fault can reach us.
        PREVIOUS.get_or_init(|| previous);
        let mut ours = blank();
        ours.sa_sigaction = on_fault as *const () as usize;
        ours.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
        SIGNALS.into_iter().try_for_each(|signal| act(signal, Some(&ours), None))
    })
}

/// The default action, with an empty mask.
fn blank() -> libc::sigaction {
    // SAFETY: all zero is a valid sigaction: SIG_DFL, no flags, an empty mask, no restorer.
    unsafe { std::mem::zeroed() }
}

fn act(
    signal: c_int,
    new: Option<&libc::sigaction>,
    old: Option<&mut libc::sigaction>,
) -> Result<(), InstallError> {
    let new = new.map_or(ptr::null(), ptr::from_ref);
    let old = old.map_or(ptr::null_mut(), ptr::from_mut);
    // SAFETY: both pointers are null or come from references; an action we install is either
    // `on_fault`, which keeps to async-signal-safe operations, or one the process had before.
    match unsafe { libc::sigaction(signal, new, old) } {
        0 => Ok(()),
        _ => Err(InstallError { signal, errno: super::stack::errno() }),
    }
}

/// Turns a fault of an accessor into a value in its `rdx`, and one of generated code into a jump; lets any other fault take its course.
///
/// Runs in signal context: it allocates nothing, takes no lock and calls nothing but `sigaction`
/// and `raise`, both async-signal-safe.
extern "C" fn on_fault(signal: c_int, info: *mut siginfo_t, context: *mut c_void) {
    // A positive code is the kernel's own report of a fault; the others were sent by somebody.
    // SAFETY: with SA_SIGINFO the kernel passes a pointer to a valid siginfo.
    let sent = unsafe { (*info).si_code } <= 0;
    if let (true, Some(handler)) = (sent, SENT.get()) {
        return handler(signal, info, context);
    }
    // SAFETY: with SA_SIGINFO the kernel passes pointers to a siginfo and a ucontext on this
    // stack, both valid and ours alone until we return.
    let (info, context) = unsafe { (&*info, &mut *context.cast::<ucontext_t>()) };
    let registers = &mut context.uc_mcontext.gregs;
    let pc = registers[libc::REG_RIP as usize].cast_unsigned();
    match table::find(host_size(pc)) {
        Some(resume) if !sent => {
            // SAFETY: for SIGSEGV and SIGBUS from the kernel the siginfo holds the fault address.
            let at = unsafe { info.si_addr() }.addr() as u64;
            let status = Status::fault(at, signal == libc::SIGBUS);
            registers[libc::REG_RDX as usize] = status.bits().cast_signed();
            registers[libc::REG_RIP as usize] = (resume as u64).cast_signed();
        }
        None if let (false, Some(resume)) = (sent, range::find(host_size(pc))) => {
            registers[libc::REG_RAX as usize] = pc.cast_signed();
            registers[libc::REG_RIP as usize] = (resume as u64).cast_signed();
        }
        _ => step_aside(signal, sent),
    }
}

/// Takes our handler away, so that the same fault happens again and is handled as if we had never
/// been there. A signal that was sent would not come again by itself: it is raised anew.
fn step_aside(signal: c_int, sent: bool) {
    let before = PREVIOUS.get().and_then(|all| SIGNALS.iter().position(|s| *s == signal).map(|i| all[i]));
    let action = match before {
        Some(action) if !sent => action,
        _ => blank(),
    };
    // Nothing is left to do if the host refuses; the fault would only repeat.
    let _refused = act(signal, Some(&action), None);
    if sent {
        // SAFETY: raise has no precondition. The signal stays pending until this handler returns.
        unsafe { libc::raise(signal) };
    }
}
