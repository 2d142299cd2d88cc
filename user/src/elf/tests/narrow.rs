//! Files with 32-bit addresses.

use super::*;
use crate::abi::RISCV32;

const ROOM: u64 = 0xff00_0000;
const FIRST: usize = 52;
const SECOND: usize = 52 + 32;

/// The tiny program again: code at 0x10000 with the headers, data of which most is zero.
struct Narrow(Vec<u8>);

impl Patched for Narrow {
    fn file(&mut self) -> &mut [u8] {
        &mut self.0
    }
}

impl Narrow {
    fn new() -> Self {
        let mut file = Self(vec![0; CODE + 0x200]);
        file.bytes(0, b"\x7fELF\x01\x01\x01");
        file.half(16, 2).half(18, 243).word(20, 1);
        file.word(24, 0x1_1000).word(28, 52).half(40, 52).half(42, 32).half(44, 2);
        file.program(FIRST, 5, [0, 0x1_0000, 0x1100, 0x1100]);
        file.program(SECOND, 6, [0x1100, 0x1_2100, 0x100, 0x2_0000]);
        file
    }

    /// Offset, address, bytes in the file, bytes in memory.
    fn program(&mut self, at: usize, flags: u32, place: [u32; 4]) -> &mut Self {
        let [offset, address, file, memory] = place;
        self.word(at, 1).word(at + 4, offset).word(at + 8, address).word(at + 12, address);
        self.word(at + 16, file).word(at + 20, memory).word(at + 24, flags).word(at + 28, 0x1000)
    }

    fn plan(&self) -> Result<Plan, ElfError> {
        Plan::read(&self.0[..], |_| ROOM)
    }
}

#[test]
fn a_sound_file_is_planned_for_riscv32() {
    let plan = Narrow::new().plan().unwrap();
    assert_eq!(plan.abi, &RISCV32);
    assert_eq!((plan.entry, plan.bias, plan.headers, plan.header_count), (0x1_1000, 0, 0x1_0034, 2));
    assert_eq!((plan.low(), plan.high()), (0x1_0000, 0x3_3000));
    assert_eq!(plan.segments[0].prot, Prot::RX);
}

#[test]
fn a_position_independent_file_goes_two_thirds_up() {
    let mut file = Narrow::new();
    file.half(16, 3);
    assert_eq!(file.plan().unwrap().low(), 0xaaaa_a000);
}

#[test]
fn a_linker_of_the_other_width_is_refused() {
    let said = Plan::read_linker(&Narrow::new().0[..], &RISCV64, ROOM).unwrap_err().to_string();
    assert_eq!(
        said,
        "it is for riscv32, but the program is for riscv64; name the root of a riscv64 system with -L"
    );
}

#[rstest]
#[case::header_size(|f: &mut Narrow| { f.half(42, 56); }, "e_phentsize is 0x38, not 32")]
#[case::many_headers(|f: &mut Narrow| { f.half(44, 3000); }, "e_phnum is 0xbb8, more than the 64 KiB")]
#[case::table_outside(|f: &mut Narrow| { f.word(28, u32::MAX); }, "the program header table reaches to byte 0x10000003f")]
#[case::machine(|f: &mut Narrow| { f.half(18, 3); }, "built for x86, not for RISC-V")]
#[case::big(|f: &mut Narrow| { f.bytes(5, &[2]); }, "a big-endian file")]
#[case::cut_short(|f: &mut Narrow| { f.0.truncate(51); }, "the ELF header reaches to byte 0x34 but the file has 0x33")]
#[case::beyond(|f: &mut Narrow| { f.word(SECOND + 20, u32::MAX); }, "the program reaches to 0x1000120ff, beyond")]
#[case::low(|f: &mut Narrow| { f.word(FIRST + 8, 0x1000); }, "lies in the first 64 KiB")]
#[case::entry(|f: &mut Narrow| { f.word(24, 0xffff_fffe); }, "the entry point 0xfffffffe is not")]
fn a_broken_file_is_refused_with_a_sentence(#[case] harm: impl Fn(&mut Narrow), #[case] sentence: &str) {
    let mut file = Narrow::new();
    harm(&mut file);
    let said = file.plan().unwrap_err().to_string();
    assert!(said.contains(sentence), "{said}");
}

#[test]
fn every_beginning_of_a_file_is_refused() {
    let whole = Narrow::new().0;
    for len in 0..whole.len() {
        assert!(Plan::read(&whole[..len], |_| ROOM).is_err(), "{len} bytes");
    }
}
