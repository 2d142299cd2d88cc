//! ELF files of kernels, firmware and bare-metal programs.

use super::{Blob, BootError, Loaded, Target};
use object::read::elf::{ElfFile, FileHeader, ProgramHeader};
use object::{Object, ObjectSymbol, elf};

/// Whether these are the first bytes of an ELF file.
pub fn is_elf(bytes: &[u8]) -> bool {
    bytes.starts_with(&elf::ELFMAG)
}

/// The segments of an ELF file at their physical addresses. One that is position independent and linked for address
/// zero, as OpenSBI's are, goes to `at`.
pub fn load(target: Target, path: &str, bytes: &[u8], at: u64) -> Result<Loaded, BootError> {
    let loaded = match bytes.get(4) {
        // ELFCLASS32
        Some(1) => segments::<elf::FileHeader32<object::Endianness>>(target, path, bytes)?,
        _ => segments::<elf::FileHeader64<object::Endianness>>(target, path, bytes)?,
    };
    Ok(if is_movable(bytes) && loaded.start == 0 { loaded.moved(at) } else { loaded })
}

/// Whether `e_type` is `ET_DYN`; RISC-V files are little-endian.
fn is_movable(bytes: &[u8]) -> bool {
    bytes.get(16..18) == Some(&elf::ET_DYN.0.to_le_bytes())
}

/// The CPU that a file is for, by the name of people.
fn cpu(machine: elf::Machine) -> String {
    let known = [
        (elf::EM_X86_64, "x86-64"),
        (elf::EM_386, "x86"),
        (elf::EM_AARCH64, "64-bit Arm"),
        (elf::EM_ARM, "32-bit Arm"),
        (elf::EM_PPC64, "64-bit PowerPC"),
        (elf::EM_PPC, "PowerPC"),
        (elf::EM_MIPS, "MIPS"),
        (elf::EM_LOONGARCH, "LoongArch"),
        (elf::EM_S390, "S/390"),
    ];
    let name = known.iter().find(|(number, _)| *number == machine).map(|(_, name)| (*name).to_owned());
    name.unwrap_or_else(|| format!("machine {}", machine.0))
}

fn segments<Elf: FileHeader<Endian = object::Endianness>>(
    target: Target,
    path: &str,
    bytes: &[u8],
) -> Result<Loaded, BootError> {
    let damaged = |source| BootError::Elf { path: path.into(), source };
    let file = ElfFile::<Elf>::parse(bytes).map_err(damaged)?;
    let (header, endian) = (file.elf_header(), file.endian());
    let wrong = |found: String| BootError::Format {
        path: path.into(),
        found,
        remedy: "this machine runs RISC-V programs of its own width, see -arch",
    };
    if header.e_machine(endian) != elf::EM_RISCV {
        return Err(wrong(format!("an ELF file for {}", cpu(header.e_machine(endian)))));
    }
    let bits = if header.is_class_64() { 64 } else { 32 };
    if bits != target.xlen {
        return Err(wrong(format!("an ELF file of {bits} bits, and the harts have {}", target.xlen)));
    }
    let mut entry: u64 = header.e_entry(endian).into();
    let mut blobs = vec![];
    for segment in file.elf_program_headers() {
        let size: u64 = segment.p_memsz(endian).into();
        if segment.p_type(endian) != elf::PT_LOAD || size == 0 {
            continue;
        }
        let data = segment.data(endian, bytes).map_err(|()| BootError::Format {
            path: path.into(),
            found: "an ELF file that ends inside a segment".into(),
            remedy: "copy it anew",
        })?;
        let (mut at, mut virt): (u64, u64) = (segment.p_paddr(endian).into(), segment.p_vaddr(endian).into());
        let (mut size, mut data) = (size, data);
        // Linkers put the file's headers before a program that they were told to begin where RAM does.
        let before = target.board.ram.saturating_sub(at);
        if segment.p_offset(endian).into() == 0 && before > 0 && before < size {
            (at, virt, size) = (at + before, virt.wrapping_add(before), size - before);
            data = usize::try_from(before).ok().and_then(|before| data.get(before..)).unwrap_or_default();
        }
        let start: u64 = header.e_entry(endian).into();
        if start >= virt && start - virt < size {
            entry = at.wrapping_add(start - virt);
        }
        blobs.push(Blob { name: path.into(), at, contents: data.to_vec().into(), size });
    }
    let start = blobs.iter().map(|blob| blob.at).min();
    let end = blobs.iter().map(Blob::end).max();
    let (Some(start), Some(end)) = (start, end) else {
        return Err(BootError::Format {
            path: path.into(),
            found: "an ELF file without segments".into(),
            remedy: "link it: objects cannot be booted",
        });
    };
    let symbol = |name: &str| file.symbol_by_name(name).map(|symbol| symbol.address());
    let htif = symbol("tohost").map(|to| (to, symbol("fromhost").unwrap_or(to + 8)));
    Ok(Loaded { blobs, entry, start, end, htif })
}
