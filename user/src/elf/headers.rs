//! The headers of an ELF file of either class, as numbers of this host.

use super::error::{ElfError, machine_name};
use crate::abi::{Abi, RISCV32, RISCV64};
use object::LittleEndian as LE;
use object::elf;
use object::read::ReadRef;
use object::read::elf::{FileHeader, ProgramHeader};

/// Program headers that Linux reads at most, in bytes.
const MOST: u64 = 65536;

/// What the file header says.
pub(super) struct Header {
    /// How its program talks to the kernel.
    pub abi: &'static Abi,
    /// Whether its addresses are fixed.
    pub fixed: bool,
    /// `e_entry`.
    pub entry: u64,
    /// `e_phoff`.
    pub offset: u64,
    /// The program headers, at most 65535.
    pub programs: Vec<Program>,
}

/// A program header, its members as in the specification.
pub(super) struct Program {
    pub kind: elf::ProgramType,
    pub flags: elf::ProgramFlags,
    pub offset: u64,
    pub address: u64,
    pub file: u64,
    pub memory: u64,
    pub align: u64,
}

/// Checks the file header and reads the program headers.
pub(super) fn read<'a, R: ReadRef<'a>>(data: R) -> Result<Header, ElfError> {
    let has = data.len().map_err(|()| ElfError::Read("its size is unknown".into()))?;
    let begins = data.read_bytes_at(0, has.min(64)).map_err(|()| ElfError::Read("no bytes at 0".into()))?;
    if let Some(line) = begins.strip_prefix(b"#!") {
        let line = line.split(|b| *b == b'\n').next().unwrap_or_default();
        return Err(ElfError::Script {
            interpreter: String::from_utf8_lossy(line.trim_ascii()).into_owned(),
        });
    }
    if !begins.starts_with(&elf::ELFMAG) {
        return Err(ElfError::NotElf { begins: begins.iter().take(4).copied().collect() });
    }
    let field = |field, value: u8, wanted| Err(ElfError::Header { field, value: value.into(), wanted });
    match begins {
        [_, _, _, _, 1 | 2, 2, ..] => return Err(ElfError::BigEndian),
        [_, _, _, _, 1 | 2, 1, 1, ..] => {}
        [_, _, _, _, 1 | 2, 1, version, ..] => return field("EI_VERSION", *version, "not 1"),
        [_, _, _, _, 1 | 2, order, ..] => return field("EI_DATA", *order, "neither 1 nor 2"),
        [_, _, _, _, class, ..] => return field("EI_CLASS", *class, "neither 1 nor 2"),
        _ => {}
    }
    if begins.get(4) == Some(&1) {
        of_class::<elf::FileHeader32<LE>, R>(data, has, &RISCV32)
    } else {
        of_class::<elf::FileHeader64<LE>, R>(data, has, &RISCV64)
    }
}

fn of_class<'a, H: FileHeader<Endian = LE>, R: ReadRef<'a>>(
    data: R,
    has: u64,
    abi: &'static Abi,
) -> Result<Header, ElfError> {
    let needs = size_of::<H>() as u64;
    if has < needs {
        return Err(ElfError::Truncated { what: "the ELF header", needs, has });
    }
    let header = data.read_at::<H>(0).map_err(|()| ElfError::Read("no header at 0".into()))?;
    if header.e_machine(LE) != elf::EM_RISCV {
        return Err(ElfError::Machine { machine: machine_name(header.e_machine(LE)) });
    }
    let fixed = match header.e_type(LE) {
        elf::ET_EXEC => true,
        elf::ET_DYN => false,
        elf::ET_REL => return Err(ElfError::NotProgram { what: "an object file".into() }),
        elf::ET_CORE => return Err(ElfError::NotProgram { what: "a core dump".into() }),
        other => {
            return Err(ElfError::NotProgram { what: format!("an ELF file of type {:#x}", other.0) });
        }
    };
    let programs = table(header, data, has)?.iter().map(program).collect();
    Ok(Header { abi, fixed, entry: header.e_entry(LE).into(), offset: header.e_phoff(LE).into(), programs })
}

fn program<P: ProgramHeader<Endian = LE>>(header: &P) -> Program {
    Program {
        kind: header.p_type(LE),
        flags: header.p_flags(LE),
        offset: header.p_offset(LE).into(),
        address: header.p_vaddr(LE).into(),
        file: header.p_filesz(LE).into(),
        memory: header.p_memsz(LE).into(),
        align: header.p_align(LE).into(),
    }
}

fn table<'a, H: FileHeader<Endian = LE>, R: ReadRef<'a>>(
    header: &H,
    data: R,
    has: u64,
) -> Result<&'a [H::ProgramHeader], ElfError> {
    let (size, count) = (header.e_phentsize(LE), header.e_phnum(LE));
    if count == 0 {
        return Err(ElfError::Empty);
    }
    let wanted = size_of::<H::ProgramHeader>();
    if usize::from(size) != wanted {
        let wanted = if wanted == 56 { "not 56" } else { "not 32" };
        return Err(ElfError::Header { field: "e_phentsize", value: size.into(), wanted });
    }
    let bytes = u64::from(count) * u64::from(size);
    if bytes > MOST {
        let wanted = "more than the 64 KiB of headers that Linux reads";
        return Err(ElfError::Header { field: "e_phnum", value: count.into(), wanted });
    }
    let start: u64 = header.e_phoff(LE).into();
    let needs = start.saturating_add(bytes);
    if needs > has {
        return Err(ElfError::Truncated { what: "the program header table", needs, has });
    }
    data.read_slice_at(start, usize::from(count)).map_err(|()| ElfError::Header {
        field: "e_phoff",
        value: start,
        wanted: "not a place for a table",
    })
}
