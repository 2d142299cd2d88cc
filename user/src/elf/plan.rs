//! From the file's headers to a list of what to map.

use super::error::ElfError;
use super::headers::{self, Header, Program};
use crate::abi::Abi;
use memory::addr::{PAGE, page_down, page_up};
use memory::user::Prot;
use object::elf;
use object::read::ReadRef;
use std::ffi::{CStr, CString};

/// Linux keeps programs away from the first 64 KiB (`vm.mmap_min_addr`), so that null faults.
const LOWEST: u64 = 0x1_0000;
/// `p_align` of position-independent programs is obeyed up to this.
const MOST_ALIGN: u64 = 1 << 30;
/// Bytes of a dynamic linker's name, its terminator included. [PATH_MAX]
const MOST_NAME: u64 = 4096;

/// Which of the two files of a dynamic program is planned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Program,
    Linker,
}

/// One `PT_LOAD` segment at its final address.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Segment {
    /// First byte in memory.
    pub start: u64,
    /// Bytes in memory.
    pub memory: u64,
    /// First byte in the file; congruent to `start` modulo the page size.
    pub offset: u64,
    /// Bytes from the file; the rest is zero.
    pub file: u64,
    /// What the program may do with it.
    pub prot: Prot,
}

impl Segment {
    /// One past the last byte in memory.
    pub fn end(&self) -> u64 {
        self.start + self.memory
    }
}

/// What a checked program asks for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// How the program talks to the kernel.
    pub abi: &'static Abi,
    /// Segments, lowest first, without overlap, none empty.
    pub segments: Vec<Segment>,
    /// Where it starts.
    pub entry: u64,
    /// What was added to the file's addresses.
    pub bias: u64,
    /// Where the program headers lie in memory; zero if no segment holds them.
    pub headers: u64,
    /// How many program headers there are.
    pub header_count: u16,
    /// Whether the stack is to be executable (`PT_GNU_STACK` says so).
    pub exec_stack: bool,
    /// The dynamic linker that the program asks for (`PT_INTERP`); `None` for a static program.
    pub linker: Option<CString>,
}

impl Plan {
    /// Checks a program and plans its mapping below what `room` says of its ABI.
    ///
    /// # Errors
    /// [`ElfError`], the first thing found wrong.
    pub fn read<'a, R: ReadRef<'a>>(data: R, room: impl Fn(&Abi) -> u64) -> Result<Self, ElfError> {
        let header = headers::read(data)?;
        let room = room(header.abi);
        Self::read_as(Role::Program, &header, data, room)
    }

    /// Checks a program's dynamic linker and plans its mapping as high as it fits below `room`, so that
    /// what is mapped later comes below it. A linker that asks for a linker does not get one, as under Linux.
    ///
    /// # Errors
    /// [`ElfError`], the first thing found wrong.
    pub fn read_linker<'a, R: ReadRef<'a>>(data: R, abi: &Abi, room: u64) -> Result<Self, ElfError> {
        let header = headers::read(data)?;
        if header.abi != abi {
            return Err(ElfError::OtherAbi { own: header.abi.machine, wanted: abi.machine });
        }
        Self::read_as(Role::Linker, &header, data, room)
    }

    fn read_as<'a, R: ReadRef<'a>>(
        role: Role,
        header: &Header,
        data: R,
        room: u64,
    ) -> Result<Self, ElfError> {
        let programs = &header.programs;
        let interp = programs.iter().find(|p| p.kind == elf::PT_INTERP && role == Role::Program);
        let linker = interp.map(|p| linker_name(p, data)).transpose()?;
        let loads: Vec<(usize, &Program)> =
            programs.iter().enumerate().filter(|(_, p)| p.kind == elf::PT_LOAD && p.memory != 0).collect();
        let bias = bias(role, header, &loads, room)?;
        let mut segments = Vec::new();
        for (number, load) in &loads {
            let before = segments.last().map_or(0, Segment::end);
            segments.push(segment(*number, load, data, bias, before, room)?);
        }
        let entry = header.entry.wrapping_add(bias);
        check_entry(entry, &segments)?;
        let stack = programs.iter().find(|p| p.kind == elf::PT_GNU_STACK);
        Ok(Self {
            abi: header.abi,
            headers: headers_in_memory(header, &segments),
            header_count: u16::try_from(programs.len()).unwrap_or(u16::MAX),
            exec_stack: stack.is_some_and(|p| p.flags.0 & elf::PF_X.0 != 0),
            segments,
            entry,
            bias,
            linker,
        })
    }

    /// First byte of the first page.
    pub fn low(&self) -> u64 {
        self.segments.first().map_or(0, |s| page_down(s.start))
    }

    /// Whether two plans want the same page.
    pub fn meets(&self, other: &Self) -> bool {
        self.low() < other.high() && other.low() < self.high()
    }

    /// One past the last page.
    pub fn high(&self) -> u64 {
        self.segments.last().and_then(|s| page_up(s.end())).unwrap_or(0)
    }
}

/// The name in a `PT_INTERP` segment: at least one byte and a terminating zero. [fs/binfmt_elf.c]
fn linker_name<'a, R: ReadRef<'a>>(segment: &Program, data: R) -> Result<CString, ElfError> {
    let (start, len) = (segment.offset, segment.file);
    let bytes = if len <= MOST_NAME { data.read_bytes_at(start, len).unwrap_or_default() } else { &[] };
    match CStr::from_bytes_until_nul(bytes) {
        Ok(name) if !name.is_empty() && bytes.ends_with(&[0]) => Ok(name.to_owned()),
        _ => Err(ElfError::LinkerName),
    }
}

/// What to add to the addresses in the file, modulo 2^64.
fn bias(role: Role, header: &Header, loads: &[(usize, &Program)], room: u64) -> Result<u64, ElfError> {
    let (_, first) = loads.first().ok_or(ElfError::Empty)?;
    if header.fixed {
        return Ok(0);
    }
    let align = loads.iter().map(|(_, p)| p.align).filter(|a| a.is_power_of_two()).max().unwrap_or(PAGE);
    let align = align.clamp(PAGE, MOST_ALIGN);
    let low = page_down(first.address);
    let base = match role {
        // The same two thirds where there is less address space.
        Role::Program if room / 4 * 3 < header.abi.pie => (room / 3 * 2) & !(align - 1),
        Role::Program => header.abi.pie.next_multiple_of(align),
        Role::Linker => {
            let high = loads.iter().map(|(_, p)| p.address.saturating_add(p.memory)).max();
            let span = page_up(high.unwrap_or(low)).unwrap_or(u64::MAX).saturating_sub(low);
            (room.saturating_sub(span) & !(align - 1)).max(LOWEST)
        }
    };
    Ok(base.wrapping_sub(low))
}

fn segment<'a, R: ReadRef<'a>>(
    number: usize,
    load: &Program,
    data: R,
    bias: u64,
    before: u64,
    room: u64,
) -> Result<Segment, ElfError> {
    let start = load.address.wrapping_add(bias);
    let refuse = |problem| Err(ElfError::Segment { number, at: start, problem });
    let (offset, file, memory) = (load.offset, load.file, load.memory);
    if file > memory {
        return refuse("has more bytes in the file than in memory");
    }
    if !(start ^ offset).is_multiple_of(PAGE) {
        return refuse("is not aligned: its address and its place in the file differ within a page");
    }
    let has = data.len().unwrap_or(0);
    let needs = offset.saturating_add(file);
    if needs > has {
        return Err(ElfError::Truncated { what: "a segment", needs, has });
    }
    if start < LOWEST {
        return refuse("lies in the first 64 KiB, which Linux keeps free");
    }
    match start.checked_add(memory) {
        None => return Err(ElfError::TooLarge { end: u64::MAX, room }),
        Some(end) if end > room => return Err(ElfError::TooLarge { end, room }),
        Some(_) => {}
    }
    if start < before {
        return refuse("overlaps the one before it or is out of order");
    }
    Ok(Segment { start, memory, offset, file, prot: prot(load.flags) })
}

fn prot(flags: elf::ProgramFlags) -> Prot {
    let bit = |flag: elf::ProgramFlags, prot| if flags.0 & flag.0 != 0 { prot } else { Prot::NONE };
    bit(elf::PF_R, Prot::READ) | bit(elf::PF_W, Prot::WRITE) | bit(elf::PF_X, Prot::EXEC)
}

fn check_entry(entry: u64, segments: &[Segment]) -> Result<(), ElfError> {
    let home = segments.iter().find(|s| s.start <= entry && entry < s.end());
    match home {
        Some(home) if home.prot.contains(Prot::EXEC) && entry.is_multiple_of(2) => Ok(()),
        _ => Err(ElfError::Entry { entry }),
    }
}

/// Where `AT_PHDR` points.
fn headers_in_memory(header: &Header, segments: &[Segment]) -> u64 {
    let at = header.offset;
    let home = segments.iter().find(|s| s.offset <= at && at < s.offset + s.file);
    home.map_or(0, |s| s.start + (at - s.offset))
}
