//! The comparison of emitted bytes with what iced-x86 makes of them.

use iced_x86::{Decoder, DecoderOptions, Instruction, Mnemonic, OpKind, Register};
use jit::x64::{Asm, Gpr, Label, Mem, Prec, Rm, Scale, Width, Xm, Xmm};

/// Where the decoder believes the code to lie.
pub const ORIGIN: u64 = 0x40_0000;
/// Bytes between the end of the instruction under test and the label of [`near_label`].
const BEHIND: usize = 300;

pub const WIDTHS: [Width; 4] = [Width::W8, Width::W16, Width::W32, Width::W64];
pub const NO_BYTE: [Width; 3] = [Width::W16, Width::W32, Width::W64];
pub const LONG: [Width; 2] = [Width::W32, Width::W64];
pub const PRECS: [Prec; 2] = [Prec::F32, Prec::F64];
pub const SCALES: [Scale; 4] = [Scale::S1, Scale::S2, Scale::S4, Scale::S8];

/// Edges of every size of an immediate, and numbers without a pattern.
pub const IMMEDIATES: [i32; 21] = [
    0,
    1,
    -1,
    2,
    127,
    128,
    -128,
    -129,
    255,
    256,
    32767,
    32768,
    -32768,
    -32769,
    65535,
    65408,
    0x1234_5678,
    -0x1234_5679,
    0x7654_3280,
    i32::MAX,
    i32::MIN,
];

/// An operand as the decoder should see it.
#[derive(Clone, Copy, Debug)]
pub enum Want {
    Reg(Register),
    /// An address and the bytes at it.
    Mem(Mem, usize),
    /// An immediate, of which this many bits count.
    Imm(i64, u32),
}

/// A general register as an operand of this width.
pub fn g(w: Width, reg: Gpr) -> Want {
    Want::Reg(register(w, reg))
}

/// A vector register as an operand.
pub fn x(reg: Xmm) -> Want {
    Want::Reg(Register::XMM0 + u32::from(reg.number()))
}

pub fn imm(w: Width, imm: i32) -> Want {
    Want::Imm(imm.into(), w.bits())
}

/// A byte that is no number but a count, a predicate or the like.
pub fn byte(imm: u8) -> Want {
    Want::Imm(imm.into(), 8)
}

pub fn m(w: Width, mem: Mem) -> Want {
    Want::Mem(mem, w.bytes() as usize)
}

pub fn rm(w: Width, rm: Rm) -> Want {
    match rm {
        Rm::Reg(reg) => g(w, reg),
        Rm::Mem(mem) => m(w, mem),
    }
}

/// A vector operand, of `bytes` bytes if in memory.
pub fn xm(bytes: usize, xm: Xm) -> Want {
    match xm {
        Xm::Reg(reg) => x(reg),
        Xm::Mem(mem) => Want::Mem(mem, bytes),
    }
}

pub fn size(p: Prec) -> usize {
    match p {
        Prec::F32 => 4,
        Prec::F64 => 8,
    }
}

fn register(w: Width, reg: Gpr) -> Register {
    let number = u32::from(reg.number());
    match w {
        Width::W8 if number < 4 => Register::AL + number,
        Width::W8 => Register::SPL + (number - 4),
        Width::W16 => Register::AX + number,
        Width::W32 => Register::EAX + number,
        Width::W64 => Register::RAX + number,
    }
}

/// The label that [`check`] binds a little behind the instruction.
pub fn near_label() -> Label {
    Asm::new().label()
}

/// Addresses of every kind, few of each: all bases with each size of displacement, indices, segments.
pub fn memories() -> Vec<Mem> {
    let bases = Gpr::ALL.into_iter().flat_map(|base| {
        [0, 8, -128, 128].map(|disp| Mem::base(base).disp(disp)).into_iter().chain([Mem::base(base).gs()])
    });
    let indices = Gpr::ALL.into_iter().filter(|index| *index != Gpr::Rsp).map(|index| {
        let scale = SCALES[usize::from(index.number() % 4)];
        Mem::base(Gpr::from_number(index.number() + 3)).index(index, scale)
    });
    let odd = [
        Mem::abs(0),
        Mem::abs(i32::MIN).gs(),
        Mem::abs(-0x100).fs(),
        Mem::abs(-1).addr32(),
        Mem::abs(16).index(Gpr::R13, Scale::S8),
        Mem::base(Gpr::Rbx).gs().addr32(),
        Mem::base(Gpr::R13).addr32().disp(i32::MAX),
        Mem::label(near_label()),
        Mem::label(near_label()).disp(-0x1234),
        Mem::label(near_label()).gs(),
    ];
    bases.chain(indices).chain(odd).collect()
}

/// Every register, and [`memories`].
pub fn rms() -> Vec<Rm> {
    Gpr::ALL.into_iter().map(Rm::from).chain(memories().into_iter().map(Rm::from)).collect()
}

/// Every vector register, and [`memories`].
pub fn xms() -> Vec<Xm> {
    Xmm::ALL.into_iter().map(Xm::from).chain(memories().into_iter().map(Xm::from)).collect()
}

/// All instructions of `code`, to its last byte.
pub fn decode(code: &[u8]) -> Vec<Instruction> {
    let decoder = Decoder::with_ip(64, code, ORIGIN, DecoderOptions::NONE);
    let all: Vec<_> = decoder.into_iter().collect();
    assert!(all.iter().all(|one| !one.is_invalid()), "{code:02x?} is not code: {all:?}");
    assert_eq!(all.iter().map(Instruction::len).sum::<usize>(), code.len());
    all
}

/// Emits one instruction and compares what the decoder reads: all its bytes, its name and its operands.
pub fn check(mnemonic: Mnemonic, wants: &[Want], emit: impl FnOnce(&mut Asm)) -> Instruction {
    let mut asm = Asm::new();
    let label = asm.label();
    emit(&mut asm);
    let len = asm.len();
    asm.nop(BEHIND);
    asm.bind(label);
    let code = asm.finish().unwrap();
    let got = Decoder::with_ip(64, &code, ORIGIN, DecoderOptions::NONE).decode();
    let bytes = &code[..len];
    assert!(!got.is_invalid(), "{bytes:02x?} is no instruction; {mnemonic:?} {wants:?} was meant");
    assert_eq!(got.len(), len, "{bytes:02x?} is read as {got}; {mnemonic:?} {wants:?} was meant");
    let same = got.mnemonic() == mnemonic
        && got.op_count() as usize == wants.len()
        && (0..).zip(wants).all(|(at, want)| is(&got, at, *want));
    assert!(same, "{bytes:02x?} is {got}; {mnemonic:?} {wants:?} was meant");
    got
}

fn is(got: &Instruction, at: u32, want: Want) -> bool {
    match (want, got.op_kind(at)) {
        (Want::Reg(reg), OpKind::Register) => got.op_register(at) == reg,
        (Want::Mem(mem, size), OpKind::Memory) => {
            // iced gives lea no size.
            let sized = got.memory_size().size() == size || got.mnemonic() == Mnemonic::Lea;
            sized && addresses(got, mem)
        }
        (Want::Imm(imm, bits), kind) if !matches!(kind, OpKind::Register | OpKind::Memory) => {
            (got.immediate(at) ^ imm.cast_unsigned()) << (64 - bits) == 0
        }
        _ => false,
    }
}

fn addresses(got: &Instruction, mem: Mem) -> bool {
    let w = if mem.addr32 { Width::W32 } else { Width::W64 };
    let name = |reg: Option<Gpr>| reg.map_or(Register::None, |reg| register(w, reg));
    let segment = match (mem.gs, mem.fs) {
        (true, _) => Register::GS,
        (_, true) => Register::FS,
        _ => Register::None,
    };
    let scale = mem.index.map_or(1, |(_, scale)| 1 << scale as u32);
    let disp = i64::from(mem.disp).cast_unsigned();
    let (base, disp) = match mem.label {
        Some(_) => (Register::RIP, (got.next_ip() + BEHIND as u64).wrapping_add(disp)),
        None => (name(mem.base), disp),
    };
    let bits = if mem.addr32 { 32 } else { 64 };
    got.segment_prefix() == segment
        && got.memory_base() == base
        && got.memory_index() == name(mem.index.map(|(reg, _)| reg))
        && got.memory_index_scale() == scale
        && (got.memory_displacement64() ^ disp) << (64 - bits) == 0
}
