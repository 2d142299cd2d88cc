//! What integer operations compute. The passes fold constants with these functions.

use crate::ir::{Bin, Cond, Rmw, Size, Un, Width};
use spec::bits::{Low, Sext};

/// The low bits of `value` that a size or width has, the others zero or copies of the sign.
pub fn extended(signed: bool, bits: u32, value: u64) -> u64 {
    let unused = 64u32.saturating_sub(bits).min(63);
    if signed {
        (value << unused).cast_signed().wrapping_shr(unused).cast_unsigned()
    } else {
        value << unused >> unused
    }
}

/// [`crate::ir::Op::Ext`].
pub fn ext(signed: bool, from: Size, value: u64) -> u64 {
    extended(signed, from.bits(), value)
}

/// [`crate::ir::Op::Bin`]; the upper half of a result of 32 bits is zero.
pub fn bin(op: Bin, width: Width, a: u64, b: u64) -> u64 {
    match width {
        Width::W64 => bin64(op, a, b),
        Width::W32 => {
            // An operation on sign-extended numbers has the right low half, but for those that read from
            // the left or look at the count.
            let (x, y) = (u64::from(a.low32()), u64::from(b.low32()));
            let whole = match op {
                Bin::Shr => x >> (y % 32),
                Bin::Shl => x << (y % 32),
                Bin::Sar => x.sext32().cast_signed().wrapping_shr(y.low32() % 32).cast_unsigned(),
                Bin::Ror => u64::from(x.low32().rotate_right(y.low32() % 32)),
                Bin::DivU | Bin::RemU => bin64(op, x, y),
                _ => bin64(op, x.sext32(), y.sext32()),
            };
            u64::from(whole.low32())
        }
    }
}

fn bin64(op: Bin, a: u64, b: u64) -> u64 {
    let (sa, sb) = (a.cast_signed(), b.cast_signed());
    let count = (b % 64).low32();
    match op {
        Bin::Add => a.wrapping_add(b),
        Bin::Sub => a.wrapping_sub(b),
        Bin::Mul => a.wrapping_mul(b),
        Bin::MulHigh => ((i128::from(sa) * i128::from(sb)) >> 64).low64(),
        Bin::MulHighU => ((u128::from(a) * u128::from(b)) >> 64).low64(),
        Bin::MulHighSu => ((i128::from(sa) * i128::from(b)) >> 64).low64(),
        Bin::Div if b == 0 => u64::MAX,
        Bin::Div => sa.wrapping_div(sb).cast_unsigned(),
        Bin::DivU => a.checked_div(b).unwrap_or(u64::MAX),
        Bin::Rem if b == 0 => a,
        Bin::Rem => sa.wrapping_rem(sb).cast_unsigned(),
        Bin::RemU => a.checked_rem(b).unwrap_or(a),
        Bin::And => a & b,
        Bin::Or => a | b,
        Bin::Xor => a ^ b,
        Bin::Andn => a & !b,
        Bin::Shl => a << count,
        Bin::Shr => a >> count,
        Bin::Sar => (sa >> count).cast_unsigned(),
        Bin::Ror => a.rotate_right(count),
        Bin::Clmul => carryless(a, b).low64(),
        Bin::ClmulHigh => (carryless(a, b) >> 64).low64(),
    }
}

/// The product of two polynomials over the field of two elements.
fn carryless(a: u64, b: u64) -> u128 {
    let mut product = 0;
    for bit in 0..64 {
        if b >> bit & 1 != 0 {
            product ^= u128::from(a) << bit;
        }
    }
    product
}

/// [`crate::ir::Op::Un`]; the upper half of a result of 32 bits is zero.
pub fn un(op: Un, width: Width, a: u64) -> u64 {
    let a = extended(false, width.bits(), a);
    let above = 64 - width.bits();
    match op {
        Un::Clz => u64::from(a.leading_zeros() - above),
        Un::Ctz => u64::from(a.trailing_zeros().min(width.bits())),
        Un::Popcnt => u64::from(a.count_ones()),
        Un::Bswap => a.swap_bytes() >> above,
        Un::OrcB => u64::from_ne_bytes(a.to_ne_bytes().map(|byte| if byte == 0 { 0 } else { 0xff })),
    }
}

/// Whether `a cond b` holds.
pub fn holds(cond: Cond, width: Width, a: u64, b: u64) -> bool {
    let unsigned = |x| extended(false, width.bits(), x);
    let signed = |x| extended(true, width.bits(), x).cast_signed();
    match cond {
        Cond::Eq => unsigned(a) == unsigned(b),
        Cond::Ne => unsigned(a) != unsigned(b),
        Cond::Lt => signed(a) < signed(b),
        Cond::Ge => signed(a) >= signed(b),
        Cond::LtU => unsigned(a) < unsigned(b),
        Cond::GeU => unsigned(a) >= unsigned(b),
    }
}

/// What an atomic operation writes, of what memory held and its operand; the low bits count.
pub fn rmw(op: Rmw, size: Size, old: u64, operand: u64) -> u64 {
    let bits = size.bits();
    let wins = |cond| {
        let width = if bits == 64 { Width::W64 } else { Width::W32 };
        if holds(cond, width, old, operand) { old } else { operand }
    };
    match op {
        Rmw::Swap => operand,
        Rmw::Add => old.wrapping_add(operand),
        Rmw::And => old & operand,
        Rmw::Or => old | operand,
        Rmw::Xor => old ^ operand,
        Rmw::Min => wins(Cond::Lt),
        Rmw::Max => wins(Cond::Ge),
        Rmw::MinU => wins(Cond::LtU),
        Rmw::MaxU => wins(Cond::GeU),
    }
}
