//! What a write to a control register keeps (WARL). [Priv. ISA, the section of each register]

use super::hart::Rv;
use super::pmp;
use spec::riscv::system::cpu::{Cpu, Features};
use spec::riscv::system::{PMP_ENTRIES, System, mode, status};

/// The hart's CPU model.
pub fn cpu<X: Rv>(sys: &System) -> Cpu {
    Cpu { xlen: X::XLEN, features: Features(sys.features) }
}

/// `old` with the bits of `mask` from `value`.
pub fn insert(old: u64, value: u64, mask: u64) -> u64 {
    old & !mask | value & mask
}

/// The bits of an address that instructions can have: with compressed ones, all but the lowest.
pub fn aligned(sys: &System) -> u64 {
    if Features(sys.features).has(Features::C) { !1 } else { !3 }
}

/// `mstatus` with the bits of `mask` written; MPP keeps its mode where the new one does not exist, and bits of what
/// the hart lacks stay zero.
pub fn status(sys: &System, value: u64, mask: u64) -> u64 {
    let has = |feature| Features(sys.features).has(feature);
    let mut mask = mask;
    let written = (value & status::MPP) >> status::MPP_SHIFT;
    let exists = match written {
        mode::MACHINE => true,
        mode::SUPERVISOR => has(Features::S),
        mode::USER => has(Features::U),
        _ => false,
    };
    if !exists {
        mask &= !status::MPP;
    }
    if !has(Features::S) {
        mask &= !(status::SIE
            | status::SPIE
            | status::SPP
            | status::SUM
            | status::MXR
            | status::TVM
            | status::TSR);
    }
    if !has(Features::U) {
        mask &= !(status::MPRV | status::TW);
    }
    if !has(Features::F) {
        mask &= !status::FS;
    }
    insert(sys.mstatus, value, mask)
}

/// Direct or vectored; another mode keeps the old one.
pub fn vector(old: u64, value: u64) -> u64 {
    if value & 2 == 0 { value } else { value & !3 | old & 3 }
}

/// `menvcfg` or `senvcfg`: the bits that there are; 2 in CBIE is reserved and keeps the old value.
pub fn environment(old: u64, value: u64, mask: u64) -> u64 {
    let reserved = value & status::CBIE == 2 << 4;
    insert(old, value, if reserved { mask & !status::CBIE } else { mask })
}

/// `satp`: a mode that there is not leaves all of it as it was. Sixteen bits of address-space identifier, nine with
/// 32-bit registers.
pub fn satp<X: Rv>(sys: &System, value: u64) -> u64 {
    let has = |feature| Features(sys.features).has(feature);
    if !has(Features::MMU) {
        return sys.satp;
    }
    if X::XLEN == 32 {
        return value & 0xffff_ffff;
    }
    let exists = match value >> 60 {
        0 => true,
        8 => has(Features::SV39),
        9 => has(Features::SV48),
        10 => has(Features::SV57),
        _ => false,
    };
    if exists { value } else { sys.satp }
}

/// Settings of PMP entries: four a register with 32-bit registers, else eight. Locked entries stay; writable without
/// readable is reserved and becomes neither.
pub fn pmp_settings<X: Rv>(sys: &mut System, register: usize, value: u64) {
    let bytes = if X::XLEN == 32 { 4 } else { 8 };
    for (place, byte) in value.to_le_bytes().into_iter().take(bytes).enumerate() {
        let index = register * 4 + place;
        if index >= PMP_ENTRIES || pmp::settings(sys, index) & pmp::LOCKED != 0 {
            continue;
        }
        let byte = if byte & 3 == 2 { byte & !2 } else { byte } & 0x9f;
        let shift = index % 8 * 8;
        let word = &mut sys.pmpcfg[index / 8];
        *word = *word & !(0xff << shift) | u64::from(byte) << shift;
    }
}

/// The address of a PMP entry: bits 55 to 2, or 33 to 2 with 32-bit registers.
pub fn pmp_address<X: Rv>(sys: &mut System, index: usize, value: u64) {
    if index < PMP_ENTRIES && !pmp::address_locked(sys, index) {
        sys.pmpaddr[index] = if X::XLEN == 32 { value & 0xffff_ffff } else { value & ((1 << 54) - 1) };
    }
}
