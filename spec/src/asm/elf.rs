//! A static ELF executable from an assembled program. [System V ABI, object files]
//!
//! One segment per permission, each page-aligned in file and memory, then the symbol table. Left out:
//! relocations, dynamic linking, notes and debug information.

use super::program::{Image, Kind, Section};
use crate::rows::Guest;

/// Which kind of ELF file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Target {
    /// ELF64, else ELF32.
    pub wide: bool,
    /// Big-endian, else little-endian.
    pub big_endian: bool,
    /// `e_machine`.
    pub machine: u16,
    /// `e_flags`.
    pub flags: u32,
}

impl Target {
    /// The target of a guest's own programs.
    pub fn of<O>(guest: &Guest<O>) -> Self {
        let Guest { xlen, big_endian, machine, elf_flags, .. } = *guest;
        Target { wide: xlen == 64, big_endian, machine, flags: elf_flags }
    }
}

const EXECUTE: u32 = 1;
const WRITE: u32 = 2;
const READ: u32 = 4;
/// `SHN_ABS`: a symbol that is a number.
const ABSOLUTE: u16 = 0xfff1;

/// The executable file of `image`.
pub fn write(image: &Image, target: Target) -> Vec<u8> {
    let segments = segments(image);
    let mut out = Writer { bytes: vec![], target };
    let headers = out.pick(64, 52) + segments.len() as u64 * out.pick(56, 32);
    let (starts, filled_to) = starts(&segments, headers, image.page);
    let symbols = SymbolTable::new(image, target);
    let table_at = filled_to.next_multiple_of(8);
    let (sections, names) = sections(&segments, &starts, &symbols, table_at, out.pick(24, 16));
    let tables_end = table_at + (symbols.bytes.len() + symbols.names.0.len() + names.0.len()) as u64;
    let section_at = tables_end.next_multiple_of(8);
    out.header(image.entry, segments.len(), section_at, sections.len());
    for (at, segment) in starts.iter().zip(&segments) {
        out.segment(*at, segment, image.page);
    }
    for (at, segment) in starts.iter().zip(&segments) {
        for s in segment.iter().filter(|s| s.kind != Kind::Zero) {
            out.pad_to(at + (s.address - segment[0].address));
            out.bytes.extend_from_slice(&s.bytes);
        }
    }
    out.pad_to(table_at);
    for table in [&symbols.bytes, &symbols.names.0, &names.0] {
        out.bytes.extend_from_slice(table);
    }
    out.pad_to(section_at);
    sections.iter().for_each(|h| out.section(h));
    out.bytes
}

/// Where in the file each segment starts, and where the last one ends. In file and memory a segment
/// starts at the same place within a page.
fn starts(segments: &[&[Section]], headers: u64, page: u64) -> (Vec<u64>, u64) {
    let mut at = headers;
    let mut starts = vec![];
    for segment in segments {
        at = at.next_multiple_of(page) + segment[0].address % page;
        starts.push(at);
        at += filled(segment);
    }
    (starts, at)
}

/// The section headers and the table of their names: none, the program's sections, the tables.
fn sections(
    segments: &[&[Section]],
    starts: &[u64],
    symbols: &SymbolTable,
    table_at: u64,
    entry: u64,
) -> (Vec<Header>, Names) {
    let mut names = Names::default();
    let mut out = vec![Header::default()];
    for (start, segment) in starts.iter().zip(segments) {
        for s in *segment {
            let name = names.add(&s.name);
            out.push(Header { name, ..Header::of(s, start + (s.address - segment[0].address)) });
        }
    }
    let [symtab, strtab, shstrtab] = [".symtab", ".strtab", ".shstrtab"].map(|n| names.add(n));
    // SHT_SYMTAB is 2 and links to the table after it; SHT_STRTAB is 3.
    let link = u32::try_from(out.len() + 1).unwrap_or(0);
    let (mut offset, mut size) = (table_at, symbols.bytes.len() as u64);
    let info = symbols.first_global;
    out.push(Header {
        name: symtab,
        kind: 2,
        offset,
        size,
        link,
        info,
        align: 8,
        entry,
        ..Header::default()
    });
    for (name, len) in [(strtab, symbols.names.0.len()), (shstrtab, names.0.len())] {
        offset += size;
        size = len as u64;
        out.push(Header { name, kind: 3, offset, size, align: 1, ..Header::default() });
    }
    (out, names)
}

/// Runs of neighbouring sections with the same permissions.
fn segments(image: &Image) -> Vec<&[Section]> {
    image.sections.chunk_by(|a, b| a.kind.min(Kind::Data) == b.kind.min(Kind::Data)).collect()
}

/// The bytes of a segment that the file holds.
fn filled(segment: &[Section]) -> u64 {
    let start = segment.first().map_or(0, |s| s.address);
    let last = segment.iter().rev().find(|s| s.kind != Kind::Zero);
    last.map_or(0, |s| s.address - start + s.bytes.len() as u64)
}

/// A string table.
struct Names(Vec<u8>);

impl Default for Names {
    fn default() -> Self {
        Names(vec![0])
    }
}

impl Names {
    fn add(&mut self, name: &str) -> u32 {
        let at = u32::try_from(self.0.len()).unwrap_or(0);
        self.0.extend(name.bytes().chain([0]));
        at
    }
}

/// A section header.
#[derive(Default)]
struct Header {
    name: u32,
    kind: u32,
    flags: u64,
    address: u64,
    offset: u64,
    size: u64,
    link: u32,
    info: u32,
    align: u64,
    entry: u64,
}

impl Header {
    fn of(s: &Section, offset: u64) -> Self {
        const ALLOCATED: u64 = 2;
        let (kind, more) = match s.kind {
            Kind::Text => (1, 4),
            Kind::ReadOnly => (1, 0),
            Kind::Data => (1, 1),
            Kind::Zero => (8, 1),
        };
        Header {
            kind,
            flags: ALLOCATED | more,
            address: s.address,
            offset,
            size: s.bytes.len() as u64,
            align: s.align,
            ..Header::default()
        }
    }
}

/// The symbol table and its names; local symbols come first, as the format demands.
struct SymbolTable {
    bytes: Vec<u8>,
    names: Names,
    first_global: u32,
}

impl SymbolTable {
    fn new(image: &Image, target: Target) -> Self {
        let mut names = Names::default();
        let mut out = Writer { bytes: vec![], target };
        out.bytes.resize(if target.wide { 24 } else { 16 }, 0);
        let locals = image.symbols.iter().filter(|s| !s.global);
        let first_global = u32::try_from(locals.clone().count() + 1).unwrap_or(0);
        for s in locals.chain(image.symbols.iter().filter(|s| s.global)) {
            let name = names.add(&s.name);
            let info = u8::from(s.global) << 4 | if s.function { 2 } else { 0 };
            let section = s.section.and_then(|i| u16::try_from(i + 1).ok()).unwrap_or(ABSOLUTE);
            out.u32(name);
            if target.wide {
                out.bytes.extend([info, 0]);
                out.u16(section);
                out.u64(s.value);
                out.u64(s.size);
            } else {
                out.word(s.value);
                out.word(s.size);
                out.bytes.extend([info, 0]);
                out.u16(section);
            }
        }
        SymbolTable { bytes: out.bytes, names, first_global }
    }
}

struct Writer {
    bytes: Vec<u8>,
    target: Target,
}

impl Writer {
    fn pick(&self, wide: u64, narrow: u64) -> u64 {
        if self.target.wide { wide } else { narrow }
    }

    fn u16(&mut self, v: u16) {
        self.bytes.extend(if self.target.big_endian { v.to_be_bytes() } else { v.to_le_bytes() });
    }

    fn u32(&mut self, v: u32) {
        self.bytes.extend(if self.target.big_endian { v.to_be_bytes() } else { v.to_le_bytes() });
    }

    fn u64(&mut self, v: u64) {
        self.bytes.extend(if self.target.big_endian { v.to_be_bytes() } else { v.to_le_bytes() });
    }

    /// An address or size: 64 bits in ELF64, else 32.
    fn word(&mut self, v: u64) {
        use crate::bits::Low;
        if self.target.wide { self.u64(v) } else { self.u32(v.low32()) }
    }

    fn half(&mut self, v: u64) {
        use crate::bits::Low;
        self.u16(v.low16());
    }

    fn pad_to(&mut self, offset: u64) {
        let end = usize::try_from(offset).unwrap_or(usize::MAX);
        if end > self.bytes.len() {
            self.bytes.resize(end, 0);
        }
    }

    fn header(&mut self, entry: u64, segments: usize, section_at: u64, sections: usize) {
        let Target { wide, big_endian, machine, flags } = self.target;
        let class = if wide { 2 } else { 1 };
        let order = if big_endian { 2 } else { 1 };
        self.bytes.extend([0x7f, b'E', b'L', b'F', class, order, 1, 0]);
        self.bytes.extend([0; 8]);
        // ET_EXEC.
        self.u16(2);
        self.u16(machine);
        self.u32(1);
        let size = self.pick(64, 52);
        self.word(entry);
        self.word(size);
        self.word(section_at);
        self.u32(flags);
        let fields = [size, self.pick(56, 32), segments as u64, self.pick(64, 40), sections as u64];
        fields.into_iter().for_each(|v| self.half(v));
        // The last section holds the sections' names.
        self.half(sections as u64 - 1);
    }

    fn segment(&mut self, offset: u64, sections: &[Section], page: u64) {
        let (Some(first), Some(last)) = (sections.first(), sections.last()) else { return };
        let flags = match first.kind {
            Kind::Text => READ | EXECUTE,
            Kind::ReadOnly => READ,
            Kind::Data | Kind::Zero => READ | WRITE,
        };
        let memory = last.address - first.address + last.bytes.len() as u64;
        // PT_LOAD.
        self.u32(1);
        if self.target.wide {
            self.u32(flags);
        }
        for v in [offset, first.address, first.address, filled(sections), memory] {
            self.word(v);
        }
        if !self.target.wide {
            self.u32(flags);
        }
        self.word(page);
    }

    fn section(&mut self, h: &Header) {
        self.u32(h.name);
        self.u32(h.kind);
        for v in [h.flags, h.address, h.offset, h.size] {
            self.word(v);
        }
        self.u32(h.link);
        self.u32(h.info);
        self.word(h.align);
        self.word(h.entry);
    }
}
