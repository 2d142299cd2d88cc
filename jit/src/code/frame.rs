//! What a thread and the code it runs say to each other.

use super::cache::CodeError;
use crate::emit::TABLE_ENTRIES;
use crate::emit::host::frame;
use std::arch::asm;
use std::cell::UnsafeCell;

/// Why code was left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u64)]
pub(super) enum Kind {
    /// A direct jump that is not linked; the payload is its site.
    Link = 0,
    /// An indirect jump; the payload is the guest address.
    Indirect = 1,
    /// The interpreter is to execute an instruction; the payload is its guest address.
    Leave = 2,
    /// The budget does not reach to the unit's end; the payload is its guest address.
    Budget = 3,
    /// A fault; the payload is the host instruction's address.
    Fault = 4,
    /// A handler was run and did not go on at the next instruction.
    Interpreted = 5,
}

impl Kind {
    pub(super) fn of(number: u64) -> Self {
        match number {
            0 => Self::Link,
            1 => Self::Indirect,
            2 => Self::Leave,
            3 => Self::Budget,
            4 => Self::Fault,
            _ => Self::Interpreted,
        }
    }
}

/// Where an indirect jump to a guest address goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub(super) struct Entry {
    /// The guest address; where there is none, one that no instruction lies at or that belongs to another entry.
    pub pc: u64,
    /// The host address.
    pub code: u64,
}

/// A thread's own table of jump targets.
///
/// It begins as zeros, which the host hands out page by page: most programs use little of it. Address 0 belongs to
/// the first entry, so that zeros are no target in the others.
pub(super) struct Table(Box<[[u64; 2]]>);

impl Table {
    pub(super) fn new() -> Self {
        let mut entries = vec![[0; 2]; TABLE_ENTRIES].into_boxed_slice();
        entries[0] = [u64::MAX, 0];
        Self(entries)
    }
    pub(super) fn clear(&mut self) {
        *self = Self::new();
    }
    fn slot(pc: u64) -> usize {
        (pc >> 1) as usize % TABLE_ENTRIES
    }
    pub(super) fn insert(&mut self, pc: u64, code: u32) {
        self.0[Self::slot(pc)] = [pc, code.into()];
    }
    pub(super) fn get(&self, pc: u64) -> Option<u32> {
        let [known, code] = self.0[Self::slot(pc)];
        (known == pc).then_some(u32::try_from(code).ok()).flatten()
    }
    pub(super) fn pointer(&self) -> *const Entry {
        self.0.as_ptr().cast()
    }
}

/// Read and written by stubs at these fields' offsets.
#[repr(C)]
pub(super) struct Frame {
    /// Instructions that may still run.
    pub budget: i64,
    pub payload: u64,
    pub kind: u64,
    /// The guest's state.
    pub state: *mut u8,
    pub table: *const Entry,
    /// Runs the instruction at this guest address on `hart` by its handler; zero if the unit goes on. The last
    /// parameter says how many instructions of the unit the budget gets back if this one does not happen.
    pub interpret: extern "C" fn(*mut Self, u64, u64) -> u64,
    /// For `interpret`: the hart.
    pub hart: *mut (),
    /// For `interpret`: where it counts, or null.
    pub census: *mut (),
    /// The guest's control and status of floating point, as the host's register holds it.
    pub mxcsr: u32,
    pub host_mxcsr: u32,
}

thread_local! {
    /// What generated code finds by fs: read and written by it only.
    static OWN: UnsafeCell<[u64; frame::WORDS]> = const { UnsafeCell::new([0; frame::WORDS]) };
}

/// Where what generated code finds by fs lies, from fs on: the same way in every thread of the program, since an
/// executable's own variables of threads do. [ELF handling for thread-local storage, 3.4.6]
///
/// # Errors
/// [`CodeError::Own`] where it lies too far away for generated code.
pub(super) fn own() -> Result<i32, CodeError> {
    let thread: usize;
    // SAFETY: on x86-64 Linux the word at fs is the address that fs has.
    unsafe { asm!("mov {}, fs:0", out(reg) thread, options(nostack, readonly, preserves_flags)) };
    let distance = OWN.with(|frame| frame.get().addr()).wrapping_sub(thread).cast_signed();
    i32::try_from(distance).map_err(|_| CodeError::Own)
}
