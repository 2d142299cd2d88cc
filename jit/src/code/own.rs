//! The frame that every thread has for the code it runs, found by fs.

use super::cache::CodeError;
use crate::emit::host::frame;
use std::arch::asm;
use std::cell::UnsafeCell;

thread_local! {
    /// Read and written by generated code only.
    static FRAME: UnsafeCell<[u64; frame::WORDS]> = const { UnsafeCell::new([0; frame::WORDS]) };
}

/// Where this thread's frame lies, from its fs on. Where it lies the same way in every thread of the program, since
/// an executable's own variables of threads do. [ELF handling for thread-local storage, 3.4.6]
///
/// # Errors
/// [`CodeError::Own`] where it lies too far away for generated code.
pub(super) fn offset() -> Result<i32, CodeError> {
    let thread: usize;
    // SAFETY: on x86-64 Linux the word at fs is the address that fs has.
    unsafe { asm!("mov {}, fs:0", out(reg) thread, options(nostack, readonly, preserves_flags)) };
    let distance = FRAME.with(|frame| frame.get().addr()).wrapping_sub(thread).cast_signed();
    i32::try_from(distance).map_err(|_| CodeError::Own)
}
