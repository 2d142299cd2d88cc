//! The address space: heap, mappings, protections.

pub mod policy;

use super::{Addr, Answer, Call};
use crate::abi::Errno;
use crate::host;
use crate::host::GuestMemory;
use memory::addr::{PAGE, on_page, page_up};
use memory::user::{Backing, MapKind, Move, Placement, Prot, Space};
use std::os::fd::BorrowedFd;

/// Nothing is mapped below this on demand, as under Linux's usual `vm.mmap_min_addr`.
const LOWEST: u64 = 0x1_0000;

/// The memory that `brk` moves the end of.
#[derive(Clone, Copy, Debug)]
pub struct Heap {
    start: u64,
    end: u64,
}

impl Heap {
    /// An empty heap at `start`, a page boundary.
    pub const fn new(start: u64) -> Self {
        Self { start, end: start }
    }

    /// Whether an address lies between its start and its end.
    pub fn holds(&self, at: u64) -> bool {
        self.start <= at && at < self.end
    }

    /// Moves the end; where that is impossible it stays. Returns where it is then.
    fn move_to(&mut self, wanted: u64, space: &Space) -> u64 {
        let (Some(old), Some(new)) = (page_up(self.end), page_up(wanted)) else { return self.end };
        if wanted < self.start {
            return self.end;
        }
        let done = if new > old {
            space.map(Placement::FixedNoReplace(old), new - old, Prot::RW, MapKind::ANONYMOUS).is_ok()
        } else if new < old {
            space.unmap(new, old - new).is_ok()
        } else {
            true
        };
        if done {
            self.end = wanted;
        }
        self.end
    }
}

pub fn brk(k: &mut Call<'_>, wanted: u64) -> Answer {
    Ok(k.p.heap().move_to(wanted, k.space))
}

/// `mmap` flags. [asm-generic/mman.h]
const MAP_SHARED: u64 = 1;
const MAP_PRIVATE: u64 = 2;
const MAP_SHARED_VALIDATE: u64 = 3;
const MAP_TYPE: u64 = 0xf;
const MAP_FIXED: u64 = 0x10;
const MAP_ANONYMOUS: u64 = 0x20;
const MAP_NORESERVE: u64 = 0x4000;
const MAP_FIXED_NOREPLACE: u64 = 0x10_0000;

/// Protection bits beyond the three are ignored, as Linux ignores them.
fn prot(bits: u64) -> Prot {
    Prot::from_bits(bits & 7).unwrap_or_default()
}

fn placement(at: u64, flags: u64) -> Result<Placement, Errno> {
    let fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE) != 0;
    if !fixed {
        return Ok(if at == 0 { Placement::Anywhere } else { Placement::Hint(at) });
    }
    if !on_page(at) {
        return Err(Errno::EINVAL);
    }
    if at < LOWEST {
        return Err(Errno::EPERM);
    }
    Ok(if flags & MAP_FIXED_NOREPLACE != 0 { Placement::FixedNoReplace(at) } else { Placement::Fixed(at) })
}

pub fn mmap(k: &mut Call<'_>, at: u64, len: u64, bits: u64, flags: u64, fd: i32, offset: u64) -> Answer {
    let shared = match flags & MAP_TYPE {
        MAP_SHARED | MAP_SHARED_VALIDATE => true,
        MAP_PRIVATE => false,
        _ => return Err(Errno::EINVAL),
    };
    if !on_page(offset) || len == 0 {
        return Err(Errno::EINVAL);
    }
    let noreserve = flags & MAP_NORESERVE != 0;
    let place = placement(at, flags)?;
    if flags & MAP_ANONYMOUS != 0 {
        let kind = MapKind { backing: Backing::Anonymous, shared, noreserve };
        return Ok(k.space.map(place, len, prot(bits), kind)?);
    }
    let fd = k.fd(fd)?.0;
    host::fcntl(fd, libc::F_GETFD, 0)?;
    let fd = host::borrow(fd).ok_or(Errno::EBADF)?;
    map_file(k, place, len, prot(bits), fd, offset, shared, noreserve)
}

/// `mmap` for programs with 32-bit words: the offset is in units of 4096 bytes.
pub fn mmap2(k: &mut Call<'_>, at: u64, len: u64, bits: u64, flags: u64, fd: i32, pages: u64) -> Answer {
    mmap(k, at, len, bits, flags, fd, pages << 12)
}

#[expect(clippy::too_many_arguments, reason = "they are the arguments of mmap")]
fn map_file(
    k: &Call<'_>,
    place: Placement,
    len: u64,
    prot: Prot,
    fd: BorrowedFd<'_>,
    offset: u64,
    shared: bool,
    noreserve: bool,
) -> Answer {
    let kind = MapKind { backing: Backing::File { fd, offset }, shared, noreserve };
    Ok(k.space.map(place, len, prot, kind)?)
}

pub fn munmap(k: &mut Call<'_>, at: u64, len: u64) -> Answer {
    k.space.unmap(at, len)?;
    Ok(0)
}

pub fn mprotect(k: &mut Call<'_>, at: u64, len: u64, bits: u64) -> Answer {
    // PROT_GROWSDOWN and PROT_GROWSUP need a mapping that grows; there is none.
    if !on_page(at) || bits & 0x0300_0000 != 0 {
        return Err(Errno::EINVAL);
    }
    k.space.protect(at, len, prot(bits))?;
    Ok(0)
}

pub fn mremap(k: &mut Call<'_>, at: u64, old: u64, new: u64, flags: u64, to: u64) -> Answer {
    const MAYMOVE: u64 = 1;
    const FIXED: u64 = 2;
    let how = match flags {
        0 => Move::Stay,
        MAYMOVE => Move::May,
        both if both == MAYMOVE | FIXED => {
            if to < LOWEST {
                return Err(Errno::EPERM);
            }
            Move::To(to)
        }
        _ => return Err(Errno::EINVAL),
    };
    Ok(k.space.remap(at, old, new, how)?)
}

/// A range of whole pages inside the space; `None` if it is empty.
fn range(k: &Call<'_>, at: u64, len: u64) -> Result<Option<(GuestMemory, u64)>, Errno> {
    if !on_page(at) {
        return Err(Errno::EINVAL);
    }
    let len = page_up(len).ok_or(Errno::EINVAL)?;
    if len == 0 {
        return Ok(None);
    }
    Ok(Some((GuestMemory::new(k.space, at, len).ok_or(Errno::ENOMEM)?, len)))
}

/// Whether every page of the range is mapped.
fn is_mapped(k: &Call<'_>, at: u64, len: u64) -> bool {
    let end = at.saturating_add(len);
    let mut next = at;
    while next < end {
        match k.space.region_at(next) {
            Some(region) => next = region.end,
            None => return false,
        }
    }
    true
}

/// Advice that changes nothing a program can see but its speed, or that it must be able to rely on.
/// [asm-generic/mman-common.h]
pub fn madvise(k: &mut Call<'_>, at: u64, len: u64, advice: i32) -> Answer {
    let Some((memory, len)) = range(k, at, len)? else { return Ok(0) };
    if !is_mapped(k, at, len) {
        return Err(Errno::ENOMEM);
    }
    match advice {
        // DONTNEED, FREE, REMOVE, DONTFORK, DOFORK, WIPEONFORK and KEEPONFORK: the host does them.
        4 | 8..=11 | 18 | 19 => {
            let done = host::madvise(memory, len, advice);
            if matches!(advice, 4 | 8 | 9) {
                k.space.discarded(at, at.saturating_add(len));
            }
            done
        }
        // NORMAL to WILLNEED, MERGEABLE to DODUMP, COLD to POPULATE_WRITE, COLLAPSE.
        0..=3 | 12..=17 | 20..=23 | 25 => Ok(0),
        _ => Err(Errno::EINVAL),
    }
}

pub fn msync(k: &mut Call<'_>, at: u64, len: u64, flags: i32) -> Answer {
    let Some((memory, len)) = range(k, at, len)? else { return Ok(0) };
    if !is_mapped(k, at, len) {
        return Err(Errno::ENOMEM);
    }
    host::msync(memory, len, flags)
}

pub fn mincore(k: &mut Call<'_>, at: u64, len: u64, to: Addr) -> Answer {
    let Some((_, len)) = range(k, at, len)? else { return Ok(0) };
    if !is_mapped(k, at, len) {
        return Err(Errno::ENOMEM);
    }
    k.must_write(to, len / PAGE)?;
    let mut done = 0;
    while done < len {
        let part = (len - done).min(4096 * PAGE);
        let memory = GuestMemory::new(k.space, at + done, part).ok_or(Errno::ENOMEM)?;
        let mut pages = [0; 4096];
        host::mincore(memory, part, &mut pages)?;
        k.put(to.plus(done / PAGE), &pages[..crate::abi::index(part / PAGE)])?;
        done += part;
    }
    Ok(0)
}

/// Locking memory is a promise about speed; the host may not let us make it.
pub fn lock_range(k: &mut Call<'_>, at: u64, len: u64) -> Answer {
    let start = memory::addr::page_down(at);
    let len = len.checked_add(at - start).and_then(page_up).ok_or(Errno::EINVAL)?;
    if len == 0 || is_mapped(k, start, len) { Ok(0) } else { Err(Errno::ENOMEM) }
}

/// The program has written instructions: `fence.i` for every hart. [arch/riscv/kernel/sys_riscv.c]
pub fn flush_icache(k: &mut Call<'_>, _start: u64, _end: u64, flags: u64) -> Answer {
    const LOCAL: u64 = 1;
    if flags & !LOCAL != 0 {
        return Err(Errno::EINVAL);
    }
    k.space.code_written();
    Ok(0)
}

/// The commands of `membarrier` that need no restartable sequences. [linux/membarrier.h]
const BARRIERS: i32 = 1 | 2 | 4 | 8 | 16 | 32 | 64 | 512;
const PRIVATE_EXPEDITED_SYNC_CORE: i32 = 32;

/// Barriers on behalf of other threads, which are host threads: the host makes them. SYNC_CORE is for
/// code that was written, which every driver of ours finds out by the code epoch.
pub fn membarrier(k: &mut Call<'_>, command: i32, flags: u32, cpu: i32) -> Answer {
    const QUERY: i32 = 0;
    match (command, flags) {
        (QUERY, 0) => Ok(host::membarrier(QUERY, 0, 0)? & u64::from(BARRIERS.unsigned_abs())),
        (_, 0) if command.count_ones() == 1 && command & BARRIERS != 0 => {
            if command == PRIVATE_EXPEDITED_SYNC_CORE {
                k.space.code_written();
            }
            host::membarrier(command, flags, cpu)
        }
        _ => Err(Errno::EINVAL),
    }
}

pub fn mlock2(k: &mut Call<'_>, at: u64, len: u64, flags: u32) -> Answer {
    const ONFAULT: u32 = 1;
    if flags & !ONFAULT != 0 { Err(Errno::EINVAL) } else { lock_range(k, at, len) }
}

/// MCL_CURRENT, MCL_FUTURE, MCL_ONFAULT; the last one alone means nothing.
pub fn mlockall(_: &mut Call<'_>, flags: i32) -> Answer {
    if matches!(flags, 1..=3 | 5..=7) { Ok(0) } else { Err(Errno::EINVAL) }
}

pub fn munlockall(_: &mut Call<'_>) -> Answer {
    Ok(0)
}
