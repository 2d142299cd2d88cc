//! The ELF file of a vDSO: a shared object in one page. [vdso(7); System V ABI; Linux's vdso.lds.S for RISC-V]
//!
//! One segment holds everything: the tables of the dynamic linker with one version, the code, and sections for
//! debuggers. Left out: call frame information. A signal's frame is known by its two instructions, and no other
//! function has a frame.

use spec::asm::{self, Image, Symbol};
use spec::riscv::Guest;

/// The version that Linux gives all its functions on RISC-V.
const VERSION: &str = "LINUX_4.15";
/// What the object calls itself.
const NAME: &str = "linux-vdso.so.1";
/// Bytes of the page that the image must fit in.
const PAGE: usize = 4096;

const ALLOCATED: u64 = 2;
const EXECUTED: u64 = 4;

/// A finished image.
pub struct Vdso {
    /// The file, which is also the memory.
    pub bytes: Vec<u8>,
    /// Where handlers of signals return to, counted from the first byte.
    pub sigreturn: u64,
}

/// Assembles `source` and wraps it.
///
/// # Errors
/// What the assembler says, or that the image does not fit.
pub fn build(guest: &Guest, source: &str) -> Result<Vdso, String> {
    let code = asm::program(guest, source, &asm::Options { base: 0, page: 16 })
        .map_err(|faults| faults.iter().map(|fault| format!("{fault}\n")).collect::<String>())?;
    let (bytes, text) = Builder::new(guest).file(guest, &code)?;
    if bytes.len() > PAGE {
        return Err(format!("{} bytes are more than a page", bytes.len()));
    }
    let sigreturn = code.symbol("__vdso_rt_sigreturn").ok_or("__vdso_rt_sigreturn is missing")?;
    Ok(Vdso { bytes, sigreturn: text + sigreturn })
}

/// A section under way: its name, type, flags, alignment, entry size, link and info, and its bytes.
struct Section {
    name: &'static str,
    kind: u32,
    flags: u64,
    entry: u64,
    link: u32,
    info: u32,
    bytes: Vec<u8>,
}

/// Places in the section table.
const DYNSYM: u32 = 2;
const DYNSTR: u32 = 3;
const DYNAMIC: usize = 6;
const TEXT: u16 = 7;

struct Builder {
    wide: bool,
    strings: Vec<u8>,
}

impl Builder {
    fn new(guest: &Guest) -> Self {
        Self { wide: guest.xlen == 64, strings: vec![0] }
    }

    /// `wide` in a 64-bit image, else `narrow`.
    fn pick(&self, wide: u64, narrow: u64) -> u64 {
        if self.wide { wide } else { narrow }
    }

    /// An address or a size.
    fn word(&self, to: &mut Vec<u8>, value: u64) {
        to.extend(&value.to_le_bytes()[..if self.wide { 8 } else { 4 }]);
    }

    /// The place of a name among the strings.
    fn string(&mut self, name: &str) -> u32 {
        let at = short(self.strings.len());
        self.strings.extend(name.bytes().chain([0]));
        at
    }

    /// The file, and where its code starts.
    fn file(mut self, guest: &Guest, code: &Image) -> Result<(Vec<u8>, u64), String> {
        let text = code.section(".text").ok_or("there is no code")?.bytes.clone();
        let functions: Vec<&Symbol> = code.symbols.iter().filter(|symbol| symbol.global).collect();
        let headers = self.pick(64 + 2 * 56, 52 + 2 * 32);
        let named: Vec<u32> = functions.iter().map(|f| self.string(&f.name)).collect();
        let (version, name) = (self.string(VERSION), self.string(NAME));
        let count = functions.len() + 1;
        let symbol_size = self.pick(24, 16);
        // The sizes of all are known before the addresses in some.
        let sizes = [
            hash_table(&functions).len(),
            usize::try_from(symbol_size).unwrap_or(0) * count,
            self.strings.len(),
            2 * count,
            2 * 28,
            usize::try_from(self.pick(16, 8)).unwrap_or(0) * 10,
            text.len(),
        ];
        let places = places(headers, &sizes);
        let symbols = self.symbols(&functions, &named, places[6]);
        let dynamic = self.dynamic(&places, name);
        let section = |name, kind, flags, entry, link, info, bytes| Section {
            name,
            kind,
            flags: flags | ALLOCATED,
            entry,
            link,
            info,
            bytes,
        };
        let versions = [0_u16].into_iter().chain(functions.iter().map(|_| 2)).flat_map(u16::to_le_bytes);
        let sections = [
            section(".hash", 5, 0, 4, DYNSYM, 0, hash_table(&functions)),
            section(".dynsym", 11, 0, symbol_size, DYNSTR, 1, symbols),
            section(".dynstr", 3, 0, 0, 0, 0, self.strings.clone()),
            section(".gnu.version", 0x6fff_ffff, 0, 2, DYNSYM, 0, versions.collect()),
            section(".gnu.version_d", 0x6fff_fffd, 0, 0, DYNSTR, 2, version_definitions(name, version)),
            section(".dynamic", 6, 0, self.pick(16, 8), DYNSTR, 0, dynamic),
            section(".text", 1, EXECUTED, 0, 0, 0, text),
        ];
        Ok((self.assemble(guest, &sections, &places), places[6]))
    }

    /// Headers, sections, and the table of sections.
    fn assemble(&self, guest: &Guest, sections: &[Section], places: &[u64]) -> Vec<u8> {
        let mut names = vec![0];
        let mut table = vec![0; usize::try_from(self.pick(64, 40)).unwrap_or(0)];
        let mut bytes = vec![];
        for (section, at) in sections.iter().zip(places) {
            bytes.resize(usize::try_from(*at).unwrap_or(0), 0);
            bytes.extend(&section.bytes);
            self.section_header(&mut table, short(names.len()), section, *at);
            names.extend(section.name.bytes().chain([0]));
        }
        let at = bytes.len() as u64;
        let own = short(names.len());
        names.extend(b".shstrtab\0");
        let list = Section { name: "", kind: 3, flags: 0, entry: 0, link: 0, info: 0, bytes: names };
        self.section_header(&mut table, own, &list, at);
        bytes.extend(&list.bytes);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        let table_at = bytes.len() as u64;
        bytes.extend(table);
        let mut head = self.header(guest, table_at, sections.len() + 2);
        let (all, dynamic) = (bytes.len() as u64, sections.get(DYNAMIC - 1));
        self.program_header(&mut head, 1, 4 | 1, 0, all, PAGE as u64);
        let at = places.get(DYNAMIC - 1).copied().unwrap_or(0);
        self.program_header(&mut head, 2, 4, at, dynamic.map_or(0, |d| d.bytes.len() as u64), 8);
        bytes.splice(..head.len(), head);
        bytes
    }

    fn header(&self, guest: &Guest, table: u64, sections: usize) -> Vec<u8> {
        let class = if self.wide { 2 } else { 1 };
        let mut to = vec![0x7f, b'E', b'L', b'F', class, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        // ET_DYN.
        to.extend(3_u16.to_le_bytes());
        to.extend(guest.machine.to_le_bytes());
        to.extend(1_u32.to_le_bytes());
        for value in [0, self.pick(64, 52), table] {
            self.word(&mut to, value);
        }
        to.extend(guest.elf_flags.to_le_bytes());
        let counts = [self.pick(64, 52), self.pick(56, 32), 2, self.pick(64, 40), sections as u64];
        for value in counts.into_iter().chain([sections as u64 - 1]) {
            to.extend(&value.to_le_bytes()[..2]);
        }
        to
    }

    fn program_header(&self, to: &mut Vec<u8>, kind: u32, flags: u32, at: u64, len: u64, align: u64) {
        to.extend(kind.to_le_bytes());
        if self.wide {
            to.extend(flags.to_le_bytes());
        }
        for value in [at, at, at, len, len] {
            self.word(to, value);
        }
        if !self.wide {
            to.extend(flags.to_le_bytes());
        }
        self.word(to, align);
    }

    fn section_header(&self, to: &mut Vec<u8>, name: u32, section: &Section, at: u64) {
        to.extend([name, section.kind].map(u32::to_le_bytes).as_flattened());
        let address = if section.flags & ALLOCATED != 0 { at } else { 0 };
        for value in [section.flags, address, at, section.bytes.len() as u64] {
            self.word(to, value);
        }
        to.extend([section.link, section.info].map(u32::to_le_bytes).as_flattened());
        for value in [8, section.entry] {
            self.word(to, value);
        }
    }

    /// Nothing, then the global functions.
    fn symbols(&self, functions: &[&Symbol], names: &[u32], text: u64) -> Vec<u8> {
        let mut to = vec![0; usize::try_from(self.pick(24, 16)).unwrap_or(0)];
        // STB_GLOBAL, STT_FUNC.
        let info = [1 << 4 | 2, 0];
        for (function, name) in functions.iter().zip(names) {
            to.extend(name.to_le_bytes());
            if self.wide {
                to.extend(info);
                to.extend(TEXT.to_le_bytes());
            }
            self.word(&mut to, text + function.value);
            self.word(&mut to, function.size);
            if !self.wide {
                to.extend(info);
                to.extend(TEXT.to_le_bytes());
            }
        }
        to
    }

    fn dynamic(&self, places: &[u64; 7], name: u32) -> Vec<u8> {
        let [hash, symbols, strings, versions, definitions, ..] = *places;
        let entries = [
            [14, name.into()],
            [4, hash],
            [5, strings],
            [6, symbols],
            [10, self.strings.len() as u64],
            [11, self.pick(24, 16)],
            [0x6fff_fff0, versions],
            [0x6fff_fffc, definitions],
            [0x6fff_fffd, 2],
            [0, 0],
        ];
        let mut to = vec![];
        entries.as_flattened().iter().for_each(|value| self.word(&mut to, *value));
        to
    }
}

/// Where sections of these sizes lie, the first behind the headers.
fn places(headers: u64, sizes: &[usize; 7]) -> [u64; 7] {
    let mut at = headers;
    sizes.map(|size| {
        let here = at.next_multiple_of(16);
        at = here + size as u64;
        here
    })
}

fn short(value: usize) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

/// The hash of a name. [System V ABI, hash table]
fn hash(name: &str) -> u32 {
    name.bytes().fold(0, |hash: u32, byte| {
        let hash = (hash << 4).wrapping_add(byte.into());
        let high = hash & 0xf000_0000;
        (hash ^ high >> 24) & !high
    })
}

/// Two buckets, and a chain of symbols from each.
fn hash_table(functions: &[&Symbol]) -> Vec<u8> {
    let mut chains = vec![0; functions.len() + 1];
    let mut buckets = [0_u32; 2];
    for (place, function) in (1..).zip(functions) {
        let bucket = &mut buckets[usize::from(hash(&function.name) % 2 == 1)];
        chains[place] = *bucket;
        *bucket = short(place);
    }
    let head = [2, short(chains.len())];
    head.into_iter().chain(buckets).chain(chains).flat_map(u32::to_le_bytes).collect()
}

/// The object itself, which is version 1, and the functions' version, which is 2. [Elf64_Verdef]
fn version_definitions(name: u32, version: u32) -> Vec<u8> {
    let mut to = vec![];
    for (flags, index, text, at, next) in [(1_u16, 1_u16, NAME, name, 28_u32), (0, 2, VERSION, version, 0)] {
        to.extend([1, flags, index, 1].map(u16::to_le_bytes).as_flattened());
        to.extend([hash(text), 20, next, at, 0].map(u32::to_le_bytes).as_flattened());
    }
    to
}
