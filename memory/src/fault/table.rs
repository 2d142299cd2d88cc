//! The fix-up table: which host instructions may fault, and where each resumes.
//!
//! The linker gathers the entries of all accessors, wherever they were inlined, in one section.
//! They are sorted once; after that a look-up takes no lock and allocates nothing, so it is safe
//! in a signal handler.

use std::arch::asm;
use std::sync::OnceLock;

/// One instruction that may fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fixup {
    /// Host address of the instruction.
    pub site: usize,
    /// Host address to go on at.
    pub resume: usize,
}

/// An entry as the assembler writes it: both offsets count from their own field.
#[repr(C)]
struct Entry {
    site: i32,
    resume: i32,
}

static SORTED: OnceLock<Box<[Fixup]>> = OnceLock::new();

/// Reads and sorts the section; must have run once before [`find`] can answer.
pub(super) fn prepare() -> &'static [Fixup] {
    SORTED.get_or_init(|| {
        let mut fixups: Vec<Fixup> = entries().iter().map(resolve).collect();
        fixups.sort_unstable_by_key(|f| f.site);
        fixups.into_boxed_slice()
    })
}

/// Where the instruction at host address `pc` resumes, if it is an accessor's.
pub(super) fn find(pc: usize) -> Option<usize> {
    let fixups = SORTED.get()?;
    fixups.binary_search_by_key(&pc, |f| f.site).ok().map(|i| fixups[i].resume)
}

fn resolve(entry: &Entry) -> Fixup {
    let absolute = |offset: &i32| std::ptr::from_ref(offset).addr().wrapping_add_signed(*offset as isize);
    Fixup { site: absolute(&entry.site), resume: absolute(&entry.resume) }
}

fn entries() -> &'static [Entry] {
    let (start, stop): (*const Entry, *const Entry);
    // SAFETY: computes two addresses. The empty piece of the section makes the linker define both
    // symbols even in a program that holds no accessor.
    unsafe {
        asm!(
            ".pushsection strata_fixups,\"aR\",@progbits",
            ".balign 4",
            ".popsection",
            "lea {start}, [rip + __start_strata_fixups]",
            "lea {stop}, [rip + __stop_strata_fixups]",
            start = out(reg) start,
            stop = out(reg) stop,
            options(nostack, nomem, preserves_flags, pure)
        );
    }
    let count = (stop.addr() - start.addr()) / size_of::<Entry>();
    // SAFETY: the linker lays the section out as whole entries from `start` to `stop`, aligned to
    // 4, and it is read-only for the life of the process.
    unsafe { std::slice::from_raw_parts(start, count) }
}
