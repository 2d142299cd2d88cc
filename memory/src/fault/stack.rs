//! The alternate signal stack of a thread.
//!
//! Accessor faults would be handled on any stack; the alternate one is there for a thread that
//! overflows its own, and for generated code that keeps no host stack worth the name.

use crate::addr::host_size;
use std::ptr;

/// Bytes a handler may use below the frame that the kernel pushes.
const ROOM: usize = 4096;
/// Bytes of a stack we make.
const SIZE: usize = 64 * 1024;

thread_local! {
    static OURS: Option<SignalStack> = SignalStack::ensure();
}

/// Gives the calling thread an alternate signal stack if it has none that is large enough.
///
/// Idempotent. The stack is taken away when the thread ends. Where the host has no memory for it
/// the thread keeps what it had, and only the report of a stack overflow is worse.
pub fn on_this_thread() {
    // A thread that is ending has no more need of it.
    let _ending = OURS.try_with(|_| ());
}

/// The calling thread's error number.
pub(super) fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

struct SignalStack {
    base: *mut libc::c_void,
}

impl SignalStack {
    /// A new stack in use, or `None` if the thread has a good one or cannot have one.
    fn ensure() -> Option<Self> {
        let current = exchange(None)?;
        let enabled = current.ss_flags & libc::SS_DISABLE == 0;
        if enabled && current.ss_size >= frame() + ROOM {
            return None;
        }
        let stack = Self::reserve()?;
        let size = SIZE.max(frame() + ROOM);
        exchange(Some(&libc::stack_t { ss_sp: stack.base, ss_flags: 0, ss_size: size }))?;
        Some(stack)
    }

    fn reserve() -> Option<Self> {
        let size = SIZE.max(frame() + ROOM);
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_STACK;
        // SAFETY: a fresh private mapping at an address of the kernel's choice.
        let base =
            unsafe { libc::mmap(ptr::null_mut(), size, libc::PROT_READ | libc::PROT_WRITE, flags, -1, 0) };
        (base != libc::MAP_FAILED).then_some(Self { base })
    }
}

impl Drop for SignalStack {
    fn drop(&mut self) {
        if exchange(None).is_some_and(|current| current.ss_sp == self.base) {
            exchange(Some(&libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: libc::SS_DISABLE, ss_size: 0 }));
        }
        let size = SIZE.max(frame() + ROOM);
        // SAFETY: our own mapping of this size, which the kernel no longer uses: it is not the
        // thread's alternate stack, and a drop never runs inside a handler.
        unsafe { libc::munmap(self.base, size) };
    }
}

/// Reads the thread's alternate stack and, if given one, replaces it. `None` if the host refuses.
fn exchange(new: Option<&libc::stack_t>) -> Option<libc::stack_t> {
    let new = new.map_or(ptr::null(), ptr::from_ref);
    let mut old = libc::stack_t { ss_sp: ptr::null_mut(), ss_flags: 0, ss_size: 0 };
    // SAFETY: both pointers are null or valid; a stack we pass stays mapped until it is replaced.
    let code = unsafe { libc::sigaltstack(new, &mut old) };
    (code == 0).then_some(old)
}

/// Bytes the kernel needs to push a signal frame on this host (it grows with vector state).
fn frame() -> usize {
    // SAFETY: getauxval reads the process's auxiliary vector; an absent entry reads as zero.
    let told = host_size(unsafe { libc::getauxval(libc::AT_MINSIGSTKSZ) });
    told.max(libc::MINSIGSTKSZ)
}
