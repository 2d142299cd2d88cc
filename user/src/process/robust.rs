//! Robust futexes: what a thread holds when it ends is marked, and who waits for it is woken.
//! [Documentation/locking/robust-futex-ABI.rst]

use crate::abi::structs::RobustHead;
use crate::abi::{Abi, Encoded, Record, Word};
use crate::host::{self, GuestMemory};
use crate::lock;
use memory::user::{Fault, Space};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

/// Entries a list may have. [ROBUST_LIST_LIMIT]
const MOST: u32 = 2048;
const WAITERS: u32 = 0x8000_0000;
const OWNER_DIED: u32 = 0x4000_0000;
const TID: u32 = 0x3fff_ffff;

/// The heads of the lists of a program's threads, by the threads' numbers. [set_robust_list(2)]
#[derive(Default)]
pub(crate) struct RobustLists(Mutex<BTreeMap<u64, u64>>);

impl RobustLists {
    /// The calling thread's list from now on.
    pub fn set(&self, head: u64) {
        self.lock().insert(own_tid(), head);
    }

    /// The list of a thread; zero if it has none.
    pub fn get(&self, tid: u64) -> u64 {
        self.lock().get(&tid).copied().unwrap_or(0)
    }

    /// Held while the program forks.
    pub fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, u64>> {
        lock(&self.0)
    }

    /// The calling thread ends.
    pub fn leave(&self, abi: &'static Abi, space: &Space) {
        let tid = own_tid();
        let head = self.lock().remove(&tid);
        give_up(abi, space, tid, head);
    }

    /// All threads end.
    pub fn end(&self, abi: &'static Abi, space: &Space) {
        for (tid, head) in std::mem::take(&mut *self.lock()) {
            give_up(abi, space, tid, Some(head));
        }
    }
}

fn own_tid() -> u64 {
    host::gettid().unwrap_or(0)
}

/// Marks what a thread holds. A list that cannot be read ends where that shows.
fn give_up(abi: &'static Abi, space: &Space, tid: u64, head: Option<u64>) {
    if let Some(head) = head.filter(|head| *head != 0) {
        let _ = mark_all(abi, space, tid, head);
    }
}

/// [kernel/futex/core.c, exit_robust_list]
fn mark_all(abi: &'static Abi, space: &Space, tid: u64, head: u64) -> Result<(), Fault> {
    let RobustHead { list, distance, pending } = load(abi, space, head)?;
    let word = |entry: u64| abi.unsigned((entry & !1).wrapping_add_signed(distance));
    // Bit 0 of an entry's address says that the futex inherits priority.
    let mut entry = list;
    for _ in 0..MOST {
        if entry & !1 == head {
            break;
        }
        let next = load::<Word>(abi, space, entry & !1);
        if entry & !1 != pending & !1 {
            mark(space, word(entry), tid, entry & 1 != 0, false)?;
        }
        entry = next?.0;
    }
    if pending & !1 != 0 {
        mark(space, word(pending), tid, pending & 1 != 0, true)?;
    }
    Ok(())
}

fn load<T: Record>(abi: &'static Abi, space: &Space, at: u64) -> Result<T, Fault> {
    let mut bytes = Encoded::<T>::zeros(T::layout(abi));
    space.copy_in(at, &mut bytes)?;
    Ok(abi.decode(&bytes))
}

fn mark(space: &Space, at: u64, tid: u64, inherits: bool, pending: bool) -> Result<(), Fault> {
    if !at.is_multiple_of(4) {
        return Ok(());
    }
    loop {
        let old = space.load::<u32>(at)?;
        if pending && !inherits && old == 0 {
            // It was being unlocked: who waits has not been woken yet.
            wake(space, at);
            return Ok(());
        }
        if u64::from(old & TID) != tid {
            return Ok(());
        }
        if space.compare_exchange(at, old, old & WAITERS | OWNER_DIED)? == old {
            // The host itself wakes those who wait for one that inherits priority.
            if !inherits && old & WAITERS != 0 {
                wake(space, at);
            }
            return Ok(());
        }
    }
}

/// FUTEX_WAKE of one waiter, of any process.
pub(crate) fn wake(space: &Space, at: u64) {
    if let Some(word) = GuestMemory::new(space, at, 4) {
        let _ = host::futex_wake(word, 1, 1, 0, word, 0);
    }
}
