//! From virtual addresses to physical ones: Sv32, Sv39, Sv48 and Sv57. [Priv. ISA, supervisor-level ISA, virtual
//! address translation]

use super::access::Purpose;
use super::pmp;
use memory::addr::{PAGE, page_down};
use memory::mmio::Order;
use memory::space::AddressSpace;
use memory::tlb::Mapping;
use spec::bits::Low;
use spec::riscv::system::{System, cpu::Features, mode, status};

const V: u64 = 1;
const R: u64 = 1 << 1;
const W: u64 = 1 << 2;
const X: u64 = 1 << 3;
const U: u64 = 1 << 4;
const A: u64 = 1 << 6;
const D: u64 = 1 << 7;
/// Svnapot: one of the pages of a larger one.
const N: u64 = 1 << 63;
const PBMT: u64 = 3 << 61;
const RESERVED: u64 = 0x7f << 54;

/// A page-table format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scheme {
    levels: u32,
    /// Bits of an index.
    index: u32,
    /// Bytes of an entry.
    entry: u64,
}

/// What refuses a translation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The upper bits of the address are not all alike.
    Canonical,
    /// Nothing answers where a table should be.
    Table,
    /// Physical memory protection refuses the table.
    TableProtected,
    /// An entry is not valid.
    Invalid,
    /// An entry has bits set that are reserved, or may be written and not read.
    Reserved,
    /// The lowest table has no leaf.
    Depth,
    /// A page of supervisor mode, in user mode.
    Supervisor,
    /// A page of user mode, in supervisor mode.
    User,
    /// The page does not let it be done.
    Right,
    /// The address of a large page is not aligned.
    Misaligned,
    /// Accessed or dirty is clear, and software is to set it.
    Noted,
    /// Physical memory protection refuses the access.
    Protected,
}

impl Refused {
    /// Whether an access fault comes of it, and no page fault.
    pub const fn is_access(self) -> bool {
        matches!(self, Self::Table | Self::TableProtected | Self::Protected)
    }
}

/// A table's entry, as a walk has found it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Entry {
    /// The level: 0 for pages of 4 KiB.
    pub level: u32,
    /// Its physical address.
    pub at: u64,
    /// Itself.
    pub pte: u64,
}

/// What a walk does, told without doing anything else.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trace {
    /// Levels of tables; none for addresses that are physical ones.
    pub levels: Option<u32>,
    /// The entries that were read, the highest first.
    pub entries: Vec<Entry>,
    /// The physical address, or why there is none.
    pub found: Result<u64, Refused>,
}

/// What a walk found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// For the TLB.
    pub mapping: Mapping,
    /// Whether it holds for all of the page, and not only for the bytes asked for.
    pub whole: bool,
}

/// A page, or a larger one, as the page tables say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// Its first virtual address, not sign-extended.
    pub at: u64,
    /// Its first physical address.
    pub physical: u64,
    /// Bytes.
    pub size: u64,
    /// Its entry.
    pub pte: u64,
}

/// Tables that are looked at for all leaves. An address space of 32 GiB in small pages has as many.
const TABLES: u32 = 1 << 14;

/// The mode in which loads and stores are made. [Priv. ISA, memory privilege in mstatus]
pub fn data_mode(sys: &System) -> u64 {
    let lent = sys.mode == mode::MACHINE && sys.mstatus & status::MPRV != 0;
    if lent { (sys.mstatus & status::MPP) >> status::MPP_SHIFT } else { sys.mode }
}

/// The format that `satp` chooses; none for bare addresses.
pub fn scheme(sys: &System, xlen: u32) -> Option<Scheme> {
    if xlen == 32 {
        return (sys.satp >> 31 & 1 == 1).then_some(Scheme { levels: 2, index: 10, entry: 4 });
    }
    let levels = match sys.satp >> 60 {
        8 => 3,
        9 => 4,
        10 => 5,
        _ => return None,
    };
    Some(Scheme { levels, index: 9, entry: 8 })
}

/// What tells the mappings and rights of this state from those of others: the TLB's key.
pub fn key(sys: &System, xlen: u32) -> u64 {
    let data = data_mode(sys);
    let mapped = sys.mode != mode::MACHINE || data != mode::MACHINE;
    let modes = sys.mode | data << 2;
    if !mapped || scheme(sys, xlen).is_none() {
        return modes;
    }
    let (kind, asid) =
        if xlen == 32 { (1, sys.satp >> 22 & 0x1ff) } else { (sys.satp >> 60, sys.satp >> 44 & 0xffff) };
    let rights =
        sys.mstatus & status::MXR | if data == mode::SUPERVISOR { sys.mstatus & status::SUM } else { 0 };
    modes | rights >> 14 | kind << 8 | asid << 16
}

/// The address space that a key belongs to.
pub fn asid_of(key: u64) -> u64 {
    key >> 16
}

/// The table that an entry points at.
fn next(pte: u64) -> u64 {
    (pte >> 10 & ((1 << 44) - 1)) << 12
}

/// A hart's state and memory, as a walk needs them.
pub struct Walk<'a> {
    /// Its privileged registers.
    pub sys: &'a System,
    /// Its register width.
    pub xlen: u32,
    /// Its memory.
    pub space: &'a AddressSpace,
}

impl Walk<'_> {
    /// Translates an access to `len` bytes at `at`, which do not leave their page.
    ///
    /// # Errors
    /// What refuses it.
    pub fn translate(&self, at: u64, len: u64, purpose: Purpose) -> Result<Found, Refused> {
        let privilege = if purpose == Purpose::Fetch { self.sys.mode } else { data_mode(self.sys) };
        let scheme = scheme(self.sys, self.xlen).filter(|_| privilege != mode::MACHINE);
        let mut mapping = match scheme {
            None => Mapping {
                virtual_at: at,
                physical_at: at,
                log2: 12,
                readable: true,
                writable: true,
                executable: true,
            },
            Some(scheme) => self.walk(scheme, at, (purpose, privilege), false, &mut |_| {})?,
        };
        let physical = mapping.physical_at;
        let protected = pmp::page(self.sys, privilege, physical);
        let [load, store, fetch] = protected.unwrap_or_else(|| {
            [Purpose::Load, Purpose::Store, Purpose::Fetch]
                .map(|purpose| pmp::allows(self.sys, privilege, physical, len, purpose))
        });
        let now = match purpose {
            Purpose::Load => load,
            Purpose::Store => store,
            Purpose::Fetch => fetch,
        };
        if !now {
            return Err(Refused::Protected);
        }
        // Where loads go by another mode than fetches, an entry is for one of the two.
        let same = data_mode(self.sys) == self.sys.mode;
        let fetching = purpose == Purpose::Fetch;
        mapping.readable &= load && (same || !fetching);
        mapping.writable &= store && (same || !fetching);
        mapping.executable &= fetch && (same || fetching);
        Ok(Found { mapping, whole: protected.is_some() })
    }

    /// What an access to `at` would meet. Nothing is noted.
    pub fn trace(&self, at: u64, purpose: Purpose) -> Trace {
        let privilege = if purpose == Purpose::Fetch { self.sys.mode } else { data_mode(self.sys) };
        let scheme = scheme(self.sys, self.xlen).filter(|_| privilege != mode::MACHINE);
        let mut entries = vec![];
        let found = match scheme {
            None => Ok(at),
            Some(scheme) => self
                .walk(scheme, at, (purpose, privilege), true, &mut |entry| entries.push(entry))
                .map(|mapping| mapping.physical_at),
        };
        let allowed = |physical| pmp::allows(self.sys, privilege, physical, 1, purpose);
        let found = found.and_then(|at| if allowed(at) { Ok(at) } else { Err(Refused::Protected) });
        Trace { levels: scheme.map(|scheme| scheme.levels), entries, found }
    }

    /// Where `at` lies for a debugger: no rights are asked for, nothing is noted.
    pub fn peek(&self, at: u64) -> Option<u64> {
        let Some(scheme) = scheme(self.sys, self.xlen).filter(|_| data_mode(self.sys) != mode::MACHINE)
        else {
            return Some(at);
        };
        let (_, pte, level) = self.leaf(scheme, at, false, &mut |_| {}).ok()?;
        Some(self.physical(scheme, at, pte, level))
    }

    /// Gives each leaf to `each`, by virtual address, and says whether those were all; a guest can make tables without end.
    /// `None` where `satp` asks for no translation.
    pub fn leaves(&self, each: &mut dyn FnMut(Leaf)) -> Option<bool> {
        let scheme = scheme(self.sys, self.xlen)?;
        let mut tables = TABLES;
        Some(self.below(scheme, self.root(), scheme.levels - 1, 0, &mut tables, each))
    }

    /// The leaves below a table, whose entries are of `level`.
    fn below(
        &self,
        scheme: Scheme,
        table: u64,
        level: u32,
        base: u64,
        tables: &mut u32,
        each: &mut dyn FnMut(Leaf),
    ) -> bool {
        let Some(left) = tables.checked_sub(1) else { return false };
        *tables = left;
        let size = PAGE << (level * scheme.index);
        for index in 0..1u64 << scheme.index {
            let at = base + index * size;
            let Ok(pte) = self.load(scheme, table + index * scheme.entry) else { return true };
            if pte & V == 0 || pte & (R | W) == W {
                continue;
            }
            if pte & (R | X) != 0 {
                each(Leaf { at, physical: self.physical(scheme, at, pte, level), size, pte });
            } else if level > 0 && !self.below(scheme, next(pte), level - 1, at, tables, each) {
                return false;
            }
        }
        true
    }

    /// The first table.
    fn root(&self) -> u64 {
        let ppn = self.sys.satp & if self.xlen == 32 { (1 << 22) - 1 } else { (1 << 44) - 1 };
        ppn << 12
    }

    /// Descends to a leaf: its address, itself, and its level.
    fn leaf(
        &self,
        scheme: Scheme,
        at: u64,
        checked: bool,
        tell: &mut impl FnMut(Entry),
    ) -> Result<(u64, u64, u32), Refused> {
        let bits = 12 + scheme.levels * scheme.index;
        let beyond = at.cast_signed() >> (bits - 1);
        if self.xlen == 64 && beyond != 0 && beyond != -1 {
            return Err(Refused::Canonical);
        }
        let mut table = self.root();
        for level in (0..scheme.levels).rev() {
            let index = at >> (12 + level * scheme.index) & ((1 << scheme.index) - 1);
            let place = table + index * scheme.entry;
            let readable = pmp::allows(self.sys, mode::SUPERVISOR, place, scheme.entry, Purpose::Load);
            if checked && !readable {
                return Err(Refused::TableProtected);
            }
            let pte = self.load(scheme, place)?;
            tell(Entry { level, at: place, pte });
            if pte & V == 0 {
                return Err(Refused::Invalid);
            }
            if pte & (R | W) == W || self.reserved(scheme, pte) {
                return Err(Refused::Reserved);
            }
            if pte & (R | X) != 0 {
                return Ok((place, pte, level));
            }
            if pte & (A | D | U | N | PBMT) != 0 {
                return Err(Refused::Reserved);
            }
            table = next(pte);
        }
        Err(Refused::Depth)
    }

    fn load(&self, scheme: Scheme, place: u64) -> Result<u64, Refused> {
        let loaded = match scheme.entry {
            4 => self.space.load::<u32>(place, Order::Little).map(u64::from),
            _ => self.space.load::<u64>(place, Order::Little),
        };
        loaded.map_err(|_| Refused::Table)
    }

    /// Whether bits are set that this hart does not know.
    fn reserved(&self, scheme: Scheme, pte: u64) -> bool {
        let has = |feature| Features(self.sys.features).has(feature);
        let types = has(Features::SVPBMT) && self.sys.menvcfg & status::PBMTE != 0;
        let bad_type = if types { pte & PBMT == PBMT } else { pte & PBMT != 0 };
        scheme.entry == 8 && (pte & RESERVED != 0 || bad_type || pte & N != 0 && !has(Features::SVNAPOT))
    }

    fn physical(&self, scheme: Scheme, at: u64, pte: u64, level: u32) -> u64 {
        let large = level * scheme.index + if pte & N != 0 { 4 } else { 0 };
        let inside = (1u64 << large) - 1;
        let ppn = pte >> 10 & ((1 << 44) - 1) & !inside | at >> 12 & inside;
        ppn << 12 | at & (PAGE - 1)
    }

    /// Walks for an access from `privilege`; a `dry` walk sets no bits.
    fn walk(
        &self,
        scheme: Scheme,
        at: u64,
        (purpose, privilege): (Purpose, u64),
        dry: bool,
        tell: &mut impl FnMut(Entry),
    ) -> Result<Mapping, Refused> {
        let (place, mut pte, level) = self.leaf(scheme, at, true, tell)?;
        let status = self.sys.mstatus;
        let user = pte & U != 0;
        let permitted = match (privilege, user) {
            (mode::USER, user) => user,
            (_, true) => purpose != Purpose::Fetch && status & status::SUM != 0,
            (_, false) => true,
        };
        let readable = pte & R != 0 || status & status::MXR != 0 && pte & X != 0;
        let right = match purpose {
            Purpose::Load => readable,
            Purpose::Store => pte & W != 0,
            Purpose::Fetch => pte & X != 0,
        };
        let ppn = pte >> 10;
        let superpage = ppn & ((1 << (level * scheme.index)) - 1) != 0;
        let napot = pte & N != 0 && (level != 0 || ppn & 0xf != 8);
        if !permitted {
            return Err(if user { Refused::User } else { Refused::Supervisor });
        }
        if !right {
            return Err(Refused::Right);
        }
        if superpage || napot {
            return Err(Refused::Misaligned);
        }
        let wanted = if purpose == Purpose::Store { A | D } else { A };
        if pte & wanted != wanted {
            pte = self.note(scheme, place, pte, wanted, dry)?;
        }
        // A page of user mode never serves supervisor fetches, whatever its loads may do.
        let executable = pte & X != 0 && (privilege == mode::USER || !user);
        Ok(Mapping {
            virtual_at: at,
            physical_at: self.physical(scheme, at, pte, level),
            log2: 12 + level * scheme.index + if pte & N != 0 { 4 } else { 0 },
            readable,
            writable: pte & W != 0 && pte & D != 0,
            executable,
        })
    }

    /// Sets accessed and dirty bits where the hardware does that (Svadu); else software is asked to, by a fault
    /// (Svade).
    fn note(&self, scheme: Scheme, place: u64, pte: u64, wanted: u64, dry: bool) -> Result<u64, Refused> {
        if self.sys.menvcfg & status::ADUE == 0 {
            return Err(Refused::Noted);
        }
        if !pmp::allows(self.sys, mode::SUPERVISOR, place, scheme.entry, Purpose::Store) {
            return Err(Refused::TableProtected);
        }
        let view = self.space.view();
        let range = view.find(page_down(place)).ok_or(Refused::Table)?;
        let block = range.leaf.block().filter(|_| !range.read_only).ok_or(Refused::Table)?;
        let offset = range.offset_of(place);
        let new = pte | wanted;
        if dry {
            return Ok(new);
        }
        let found = match scheme.entry {
            4 => block.compare_exchange(offset, pte.low32(), new.low32()).map(u64::from),
            _ => block.compare_exchange(offset, pte, new),
        };
        match found {
            Ok(found) if found == pte => Ok(new),
            // Somebody changed the entry meanwhile: what is there now is not known to allow the access.
            Ok(_) => Err(Refused::Noted),
            Err(_) => Err(Refused::Table),
        }
    }
}
