//! Standard streams that were closed when strata started, and shall be closed for the program too.

use std::sync::atomic::{AtomicI32, Ordering};

/// One bit for each of the descriptors 0, 1 and 2 that was closed.
static CLOSED: AtomicI32 = AtomicI32::new(0);

/// Runs before Rust's runtime opens `/dev/null` in the place of a closed stream.
#[used]
#[unsafe(link_section = ".init_array")]
static REMEMBER: extern "C" fn() = remember;

extern "C" fn remember() {
    for number in 0..3 {
        // SAFETY: the call only asks.
        if unsafe { libc::fcntl(number, libc::F_GETFD) } == -1 {
            CLOSED.fetch_or(1 << number, Ordering::Relaxed);
        }
    }
}

/// Closes again what was closed when strata started, so that the program finds it so. What strata itself
/// would still say there is lost, as it was meant to be.
pub fn restore_streams() {
    let closed = CLOSED.swap(0, Ordering::Relaxed);
    for number in (0..3).filter(|number| closed & (1 << number) != 0) {
        // SAFETY: since the start of the process nobody has owned this descriptor: the runtime opened it to
        // be a stand-in, and the standard streams do not close.
        unsafe { libc::close(number) };
    }
}
