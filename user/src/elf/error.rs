//! Why a file is not a program that runs here.

use object::elf;

/// A file that is refused, with the fact and what to do.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ElfError {
    /// No ELF magic.
    #[error(
        "not an ELF file: it begins with {begins:02x?}; give a program built for riscv64 or riscv32 Linux"
    )]
    NotElf {
        /// The first bytes, at most four.
        begins: Vec<u8>,
    },
    /// A script.
    #[error("a script for `{interpreter}`; run that interpreter, with the script as its argument")]
    Script {
        /// What follows `#!`.
        interpreter: String,
    },
    /// The file ends early.
    #[error(
        "{what} reaches to byte {needs:#x} but the file has {has:#x} bytes: it is cut short; copy it again"
    )]
    Truncated {
        /// Which part.
        what: &'static str,
        /// Where that part ends.
        needs: u64,
        /// The size of the file.
        has: u64,
    },
    /// A program for a machine that was not asked for.
    #[error("built for {own}, but this is qemu-{wanted}; run it with qemu-{own} or strata run")]
    OtherMachine {
        /// Its machine.
        own: &'static str,
        /// The one whose programs are run.
        wanted: &'static str,
    },
    /// A dynamic linker for another kind of program.
    #[error("it is for {own}, but the program is for {wanted}; name the root of a {wanted} system with -L")]
    OtherAbi {
        /// Its machine.
        own: &'static str,
        /// The program's.
        wanted: &'static str,
    },
    /// Big endian.
    #[error("a big-endian file, but RISC-V Linux is little-endian; build it for riscv64 or riscv32")]
    BigEndian,
    /// Another CPU.
    #[error("built for {machine}, not for RISC-V; build it for riscv64 or riscv32")]
    Machine {
        /// The CPU's name, or its number.
        machine: String,
    },
    /// An object file, a core dump or something unknown.
    #[error("{what}, not a program; link it first or give the program itself")]
    NotProgram {
        /// What it is.
        what: String,
    },
    /// A dynamic program that is no file of its own.
    #[error("a dynamically linked program (it asks for {linker}), which must be run from a file")]
    Dynamic {
        /// The dynamic linker.
        linker: String,
    },
    /// A `PT_INTERP` segment that holds no name.
    #[error("the name of its dynamic linker cannot be read; build or copy the file again")]
    LinkerName,
    /// A dynamic linker with addresses of its own, which are taken.
    #[error("its addresses {low:#x} to {high:#x} are the program's; take a position-independent one")]
    Meets {
        /// Its first byte.
        low: u64,
        /// One past its last byte.
        high: u64,
    },
    /// A header field that no linker writes.
    #[error("the header is corrupt: {field} is {value:#x}, {wanted}; build or copy the file again")]
    Header {
        /// Its name in the specification.
        field: &'static str,
        /// What it holds.
        value: u64,
        /// What it should hold.
        wanted: &'static str,
    },
    /// A segment that cannot be mapped.
    #[error("segment {number} at {at:#x} {problem}; build or copy the file again")]
    Segment {
        /// Its place in the program header table.
        number: usize,
        /// Its address.
        at: u64,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// More memory than there is room for.
    #[error(
        "the program reaches to {end:#x}, beyond the {room:#x} bytes of address space it gets; make its data smaller"
    )]
    TooLarge {
        /// One past its last byte.
        end: u64,
        /// Where room ends.
        room: u64,
    },
    /// Nothing to run.
    #[error("no part of the file is to be loaded; give a program, not an object file")]
    Empty,
    /// Entry outside executable memory.
    #[error("the entry point {entry:#x} is not in an executable segment; build or copy the file again")]
    Entry {
        /// The address.
        entry: u64,
    },
    /// The file could not be read.
    #[error("the file could not be read: {0}; check the disk")]
    Read(String),
}

/// The name of an ELF machine number.
pub(super) fn machine_name(machine: elf::Machine) -> String {
    let known = [
        (elf::EM_386, "x86"),
        (elf::EM_X86_64, "x86-64"),
        (elf::EM_ARM, "Arm"),
        (elf::EM_AARCH64, "AArch64"),
        (elf::EM_MIPS, "MIPS"),
        (elf::EM_PPC, "PowerPC"),
        (elf::EM_PPC64, "PowerPC 64"),
        (elf::EM_S390, "s390x"),
        (elf::EM_SPARCV9, "SPARC V9"),
        (elf::EM_LOONGARCH, "LoongArch"),
        (elf::EM_68K, "m68k"),
    ];
    let name = known.iter().find(|(number, _)| *number == machine).map(|(_, name)| (*name).to_owned());
    name.unwrap_or_else(|| format!("machine number {}", machine.0))
}
