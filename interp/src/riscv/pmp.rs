//! Physical memory protection. [Priv. ISA, physical memory protection]

use super::access::Purpose;
use memory::addr::{PAGE, page_down};
use spec::riscv::system::{PMP_ENTRIES, System, cpu::Features, mode};

/// Loads, stores, fetches: bits 0 to 2 of an entry's settings.
const ALL: u8 = 7;
/// The entry holds in machine mode too, and stays until reset.
pub const LOCKED: u8 = 1 << 7;
const TOR: u8 = 1;
const NA4: u8 = 2;

/// The settings of entry `index`.
pub fn settings(sys: &System, index: usize) -> u8 {
    sys.pmpcfg.get(index / 8).map_or(0, |word| word.to_le_bytes()[index % 8])
}

/// Bits 4:3 of an entry's settings: off, top of range, four bytes, power of two.
fn kind(settings: u8) -> u8 {
    settings >> 3 & 3
}

/// Whether the entry's address is locked: by itself, or as the bottom of a locked range above.
pub fn address_locked(sys: &System, index: usize) -> bool {
    let above = if index + 1 < PMP_ENTRIES { settings(sys, index + 1) } else { 0 };
    settings(sys, index) & LOCKED != 0 || above & LOCKED != 0 && kind(above) == TOR
}

/// The first address of an entry and the one after its last.
fn range(sys: &System, index: usize) -> Option<(u64, u64)> {
    let address = |index: usize| sys.pmpaddr.get(index).copied().unwrap_or(0);
    let top = address(index);
    let (start, end) = match kind(settings(sys, index)) {
        0 => return None,
        TOR => (index.checked_sub(1).map_or(0, address) << 2, top << 2),
        NA4 => (top << 2, (top << 2) + 4),
        _ => {
            // The trailing ones say the size: none of them, eight bytes.
            let size = 8u64 << top.trailing_ones();
            let start = top << 2 & !(size - 1);
            (start, start + size)
        }
    };
    (start < end).then_some((start, end))
}

fn allowed(sys: &System, privilege: u64, at: u64, len: u64) -> u8 {
    if !Features(sys.features).has(Features::PMP) {
        return ALL;
    }
    let end = at.saturating_add(len);
    for index in 0..PMP_ENTRIES {
        let Some((low, high)) = range(sys, index) else { continue };
        if at >= high || end <= low {
            continue;
        }
        let settings = settings(sys, index);
        return match at >= low && end <= high {
            false => 0,
            true if privilege == mode::MACHINE && settings & LOCKED == 0 => ALL,
            true => settings & ALL,
        };
    }
    if privilege == mode::MACHINE { ALL } else { 0 }
}

fn bit(purpose: Purpose) -> u8 {
    match purpose {
        Purpose::Load => 1,
        Purpose::Store => 2,
        Purpose::Fetch => 4,
    }
}

/// Whether `len` bytes at `at` may be accessed.
pub fn allows(sys: &System, privilege: u64, at: u64, len: u64, purpose: Purpose) -> bool {
    allowed(sys, privilege, at, len) & bit(purpose) != 0
}

/// What all of the page around `at` may be accessed for: load, store, fetch; `None` where parts of it differ.
pub fn page(sys: &System, privilege: u64, at: u64) -> Option<[bool; 3]> {
    let (start, end) = (page_down(at), page_down(at).saturating_add(PAGE));
    let whole = (0..PMP_ENTRIES).filter_map(|index| range(sys, index)).all(|(low, high)| {
        let outside = start >= high || end <= low;
        outside || start >= low && end <= high
    });
    let all = allowed(sys, privilege, start, PAGE);
    whole.then(|| [Purpose::Load, Purpose::Store, Purpose::Fetch].map(|purpose| all & bit(purpose) != 0))
}
