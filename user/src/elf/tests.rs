//! Broken files, made by patching a tiny sound one.

use super::*;
use crate::abi::RISCV64;
use memory::user::{Prot, Space};
use rstest::rstest;

const ROOM: u64 = 0x3f_ff70_0000;
const CODE: usize = 0x1000;

/// A file that is made by writing numbers into it.
trait Patched: Sized {
    fn file(&mut self) -> &mut [u8];

    fn bytes(&mut self, at: usize, bytes: &[u8]) -> &mut Self {
        self.file()[at..at + bytes.len()].copy_from_slice(bytes);
        self
    }
    fn half(&mut self, at: usize, value: u16) -> &mut Self {
        self.bytes(at, &value.to_le_bytes())
    }
    fn word(&mut self, at: usize, value: u32) -> &mut Self {
        self.bytes(at, &value.to_le_bytes())
    }
    fn long(&mut self, at: usize, value: u64) -> &mut Self {
        self.bytes(at, &value.to_le_bytes())
    }
}

/// A program of two segments: code at 0x10000 with the headers, data of which most is zero.
struct Tiny(Vec<u8>);

impl Patched for Tiny {
    fn file(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Tiny {
    fn new() -> Self {
        let mut file = Self(vec![0; CODE + 0x200]);
        file.bytes(0, b"\x7fELF\x02\x01\x01");
        file.half(16, 2).half(18, 243).word(20, 1);
        file.long(24, 0x1_1000).long(32, 64).half(52, 64).half(54, 56).half(56, 3);
        file.program(0, 1, 5, [0, 0x1_0000, 0x1100, 0x1100]);
        file.program(1, 1, 6, [0x1100, 0x1_2100, 0x100, 0x2_0000]);
        file.program(2, 0x6474_e551, 6, [0, 0, 0, 0]);
        file
    }

    /// Offset, address, bytes in the file, bytes in memory.
    fn program(&mut self, number: usize, kind: u32, flags: u32, place: [u64; 4]) -> &mut Self {
        let at = 64 + 56 * number;
        let [offset, address, file, memory] = place;
        self.word(at, kind).word(at + 4, flags).long(at + 8, offset).long(at + 16, address);
        self.long(at + 24, address).long(at + 32, file).long(at + 40, memory).long(at + 48, 0x1000)
    }
}

fn plan(bytes: &[u8]) -> Result<Plan, ElfError> {
    Plan::read(bytes, |_| ROOM)
}

#[test]
fn a_sound_file_is_planned() {
    let plan = plan(&Tiny::new().0).unwrap();
    assert_eq!((plan.entry, plan.bias, plan.headers, plan.header_count), (0x1_1000, 0, 0x1_0040, 3));
    assert_eq!((plan.low(), plan.high(), plan.exec_stack), (0x1_0000, 0x3_3000, false));
    assert_eq!(plan.segments[1].prot, Prot::RW);
}

#[test]
fn a_position_independent_file_gets_a_fixed_place() {
    let mut file = Tiny::new();
    file.half(16, 3);
    let plan = plan(&file.0).unwrap();
    assert_eq!(plan.low(), 0x2a_aaaa_a000);
    assert_eq!(plan.entry, 0x2a_aaaa_b000);
    assert_eq!(plan.headers, 0x2a_aaaa_a040);
}

#[test]
fn a_dynamic_file_names_its_linker() {
    let mut file = Tiny::new();
    file.program(2, 3, 4, [0x1000, 0, 8, 8]).bytes(CODE, b"/ld.so\0");
    assert_eq!(plan(&file.0).unwrap().linker.as_deref(), Some(c"/ld.so"));
    assert_eq!(plan(&Tiny::new().0).unwrap().linker, None);
}

#[test]
fn a_linker_goes_as_high_as_it_fits_and_asks_for_no_other() {
    let mut file = Tiny::new();
    file.half(16, 3).program(2, 3, 4, [0x1000, 0, 8, 8]).bytes(CODE, b"/ld.so\0");
    let linker = Plan::read_linker(&file.0[..], &RISCV64, ROOM).unwrap();
    assert_eq!((linker.high(), linker.linker.clone()), (ROOM, None));
    assert!(!linker.meets(&plan(&file.0).unwrap()));
    assert!(linker.meets(&linker));
}

#[test]
fn a_linker_that_does_not_fit_is_refused() {
    let mut file = Tiny::new();
    file.half(16, 3).long(NEXT + 40, ROOM);
    let said = Plan::read_linker(&file.0[..], &RISCV64, ROOM).unwrap_err().to_string();
    assert!(said.contains("beyond"), "{said}");
}

const HEAD: usize = 64;
const NEXT: usize = 64 + 56;

#[rstest]
#[case::no_magic(|f: &mut Tiny| { f.bytes(0, b"MZ"); }, "not an ELF file: it begins with [4d, 5a, 4c, 46]")]
#[case::script(|f: &mut Tiny| { f.bytes(0, b"#!/bin/sh\n"); }, "a script for `/bin/sh`")]
#[case::narrow(|f: &mut Tiny| { f.bytes(4, &[1]); }, "no part of the file is to be loaded")]
#[case::class(|f: &mut Tiny| { f.bytes(4, &[7]); }, "EI_CLASS is 0x7")]
#[case::big(|f: &mut Tiny| { f.bytes(5, &[2]); }, "a big-endian file")]
#[case::order(|f: &mut Tiny| { f.bytes(5, &[0]); }, "EI_DATA is 0x0")]
#[case::version(|f: &mut Tiny| { f.bytes(6, &[9]); }, "EI_VERSION is 0x9")]
#[case::machine(|f: &mut Tiny| { f.half(18, 62); }, "built for x86-64, not for RISC-V; build it for riscv64 or riscv32")]
#[case::odd_machine(|f: &mut Tiny| { f.half(18, 0x7777); }, "built for machine number 30583")]
#[case::object(|f: &mut Tiny| { f.half(16, 1); }, "an object file, not a program")]
#[case::core(|f: &mut Tiny| { f.half(16, 4); }, "a core dump, not a program")]
#[case::kind(|f: &mut Tiny| { f.half(16, 0xfe00); }, "an ELF file of type 0xfe00")]
#[case::no_headers(|f: &mut Tiny| { f.half(56, 0); }, "no part of the file is to be loaded")]
#[case::header_size(|f: &mut Tiny| { f.half(54, 32); }, "e_phentsize is 0x20, not 56")]
#[case::many_headers(|f: &mut Tiny| { f.half(56, 2000); }, "e_phnum is 0x7d0")]
#[case::table_outside(|f: &mut Tiny| { f.long(32, 0x1180); }, "the program header table reaches to byte 0x1228 but the file has 0x1200")]
#[case::table_overflow(|f: &mut Tiny| { f.long(32, u64::MAX - 8); }, "cut short")]
#[case::no_load(|f: &mut Tiny| { f.word(HEAD, 4).word(NEXT, 4); }, "no part of the file is to be loaded")]
#[case::linker_lost(|f: &mut Tiny| { f.program(2, 3, 4, [u64::MAX, 0, 8, 8]); }, "the name of its dynamic linker cannot be read")]
#[case::linker_unnamed(|f: &mut Tiny| { f.program(2, 3, 4, [0x1000, 0, 8, 8]); }, "the name of its dynamic linker")]
#[case::linker_endless(|f: &mut Tiny| { f.program(2, 3, 4, [0x1000, 0, 8, 8]).bytes(CODE, b"/ld.so.1"); }, "the name of its dynamic linker")]
#[case::linker_name_huge(|f: &mut Tiny| { f.program(2, 3, 4, [0x1000, 0, 1 << 60, 8]); }, "the name of its dynamic linker")]
#[case::file_over_memory(|f: &mut Tiny| { f.long(NEXT + 40, 1); }, "has more bytes in the file than in memory")]
#[case::cut_short(|f: &mut Tiny| { f.0.truncate(0x1180); }, "a segment reaches to byte 0x1200 but the file has 0x1180")]
#[case::offset_overflow(|f: &mut Tiny| { f.long(NEXT + 8, 0xffff_ffff_ffff_f100); }, "a segment reaches to byte")]
#[case::unaligned(|f: &mut Tiny| { f.long(NEXT + 16, 0x1_2104); }, "segment 1 at 0x12104 is not aligned")]
#[case::low(|f: &mut Tiny| { f.long(HEAD + 16, 0x1000); }, "lies in the first 64 KiB")]
#[case::overlap(|f: &mut Tiny| { f.long(NEXT + 16, 0x1_0100); }, "segment 1 at 0x10100 overlaps the one before it")]
#[case::huge(|f: &mut Tiny| { f.long(NEXT + 40, 1 << 62); }, "the program reaches to 0x4000000000012100, beyond")]
#[case::wraps(|f: &mut Tiny| { f.long(NEXT + 40, u64::MAX); }, "the program reaches to 0xffffffffffffffff")]
#[case::entry_nowhere(|f: &mut Tiny| { f.long(24, 0x10); }, "the entry point 0x10 is not in an executable segment")]
#[case::entry_in_data(|f: &mut Tiny| { f.long(24, 0x1_2100); }, "the entry point 0x12100 is not")]
#[case::entry_odd(|f: &mut Tiny| { f.long(24, 0x1_1001); }, "the entry point 0x11001 is not")]
fn a_broken_file_is_refused_with_a_sentence(#[case] harm: impl Fn(&mut Tiny), #[case] sentence: &str) {
    let mut file = Tiny::new();
    harm(&mut file);
    let said = plan(&file.0).unwrap_err().to_string();
    assert!(said.contains(sentence), "{said}");
}

#[test]
fn every_beginning_of_a_file_is_refused() {
    let whole = Tiny::new().0;
    for len in 0..whole.len() {
        assert!(plan(&whole[..len]).is_err(), "{len} bytes");
    }
}

#[test]
fn a_mapped_program_is_in_memory_with_its_zeros_and_protections() {
    let mut file = Tiny::new();
    file.bytes(0x1100, &[0xaa; 0x100]);
    let space = Space::with_window(1 << 30, 1 << 30).unwrap();
    let plan = Plan::read(&file.0[..], |_| 1 << 30).unwrap();
    assert_eq!(map(&plan, Source::Bytes(&file.0), &space).unwrap().end, 0x3_3000);
    assert_eq!(space.load::<u32>(0x1_0000), Ok(u32::from_le_bytes(*b"\x7fELF")));
    assert_eq!(space.load::<u8>(0x1_21ff), Ok(0xaa));
    assert_eq!(space.load::<u64>(0x1_2200), Ok(0));
    assert!(space.store::<u8>(0x1_0000, 1).is_err());
    assert!(space.store::<u8>(0x3_2000, 1).is_ok());
    assert!(space.load::<u8>(0x3_3000).is_err());
}

#[test]
fn a_file_is_mapped_as_its_bytes_would_be() {
    let mut file = Tiny::new();
    file.bytes(0x1100, &[0xaa; 0x100]);
    let path = std::env::temp_dir().join(format!("strata-elf-{}", std::process::id()));
    std::fs::write(&path, &file.0).unwrap();
    let open = std::fs::File::open(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    let plan = Plan::read(&file.0[..], |_| 1 << 30).unwrap();
    let spaces = [Source::Bytes(&file.0), Source::File(&open)].map(|source| {
        let space = Space::with_window(1 << 30, 1 << 30).unwrap();
        map(&plan, source, &space).unwrap();
        space
    });
    let mut both = [vec![0; 0x2_1000], vec![0; 0x2_1000]];
    for (space, bytes) in spaces.iter().zip(&mut both) {
        space.copy_in(0x1_2000, bytes).unwrap();
        // What lies before the segment in its first page is the file's business.
        bytes[..0x100].fill(0);
    }
    assert!(both[0] == both[1]);
}

/// Random harm to a sound file: 20,000 files unless `STRATA_FUZZ_N` says otherwise.
#[test]
fn no_harm_to_a_file_makes_the_loader_panic_or_map_much() {
    let rounds = std::env::var("STRATA_FUZZ_N").ok().and_then(|n| n.parse().ok()).unwrap_or(20_000);
    let mut random = crate::stack::Random::new(20);
    let mut accepted = 0;
    for _ in 0..rounds {
        let mut file = Tiny::new();
        for _ in 0..1 + random.next() % 4 {
            let at = usize::try_from(random.next() % 232).unwrap();
            let [value, how, ..] = random.next().to_le_bytes();
            match how % 3 {
                0 => file.0[at] = value,
                1 => file.0[at] ^= 1 << (value % 8),
                _ => drop(file.bytes(at & !7, &[[0, 0xff][usize::from(value % 2)]; 8])),
            }
        }
        if random.next().is_multiple_of(16) {
            file.0.truncate(usize::try_from(random.next() % 0x1200).unwrap());
        }
        let _names = Symbols::read(&file.0[..], 0);
        let _linker = Plan::read_linker(&file.0[..], &RISCV64, 1 << 30);
        let Ok(plan) = Plan::read(&file.0[..], |_| 1 << 30) else { continue };
        accepted += 1;
        let space = Space::with_window(1 << 30, 1 << 30).unwrap();
        assert!(plan.high() <= 1 << 30 && plan.low() >= 0x1_0000);
        // The host may refuse what the plan allows; it must not be asked for more.
        let _refused = map(&plan, Source::Bytes(&file.0), &space);
    }
    assert!(accepted > 0 && accepted < rounds);
}

mod narrow;

mod symbols {
    use super::*;

    /// The tiny file with a symbol table: main (8 bytes at 0x11000), helper (no size) at 0x11010.
    fn named() -> Vec<u8> {
        let mut file = Tiny::new();
        file.0.resize(0x2000, 0);
        let names = b"\0main\0helper\0$x\0";
        file.bytes(0x1300, names);
        for (n, (name, info, section, at, size)) in
            [(0, 0, 0, 0, 0), (1, 2, 1, 0x1_1000, 8), (6, 0, 1, 0x1_1010, 0), (13, 0, 1, 0x1_1004, 0)]
                .into_iter()
                .enumerate()
        {
            let to = 0x1400 + 24 * n;
            file.word(to, name)
                .bytes(to + 4, &[info])
                .half(to + 6, section)
                .long(to + 8, at)
                .long(to + 16, size);
        }
        // Sections: none, code, names, symbols.
        for (n, (kind, offset, size, link, entry)) in
            [(0, 0, 0, 0, 0), (1, 0x1000, 0x100, 0, 0), (3, 0x1300, 16, 0, 0), (2, 0x1400, 96, 2, 24)]
                .into_iter()
                .enumerate()
        {
            let to = 0x1500 + 64 * n;
            file.word(to + 4, kind).long(to + 24, offset).long(to + 32, size).word(to + 40, link);
            file.long(to + 56, entry);
        }
        file.long(40, 0x1500).half(58, 64).half(60, 4).half(62, 2);
        file.0
    }

    #[rstest]
    #[case(0x1_1000, Some("main"))]
    #[case(0x1_1004, Some("main+0x4"))]
    #[case(0x1_1008, None)]
    #[case(0x1_1010, Some("helper"))]
    #[case(0x1_1810, Some("helper+0x800"))]
    #[case(0, None)]
    fn an_address_has_a_name(#[case] at: u64, #[case] name: Option<&str>) {
        assert_eq!(Symbols::read(&named()[..], 0).describe(at).as_deref(), name);
    }

    #[test]
    fn a_name_has_an_address_and_the_bias_counts() {
        let symbols = Symbols::read(&named()[..], 0x100);
        assert_eq!(symbols.find("main"), Some(0x1_1100));
        assert_eq!(symbols.find("$x"), None);
        assert_eq!(symbols.iter().count(), 2);
    }

    #[test]
    fn a_file_without_symbols_has_no_names() {
        assert!(Symbols::read(&Tiny::new().0[..], 0).is_empty());
    }
}
