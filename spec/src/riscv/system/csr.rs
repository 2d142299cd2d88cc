//! Control registers of a machine's hart: one row each. [Priv. ISA, CSR listing]
//!
//! The least privilege lies in bits 9:8 of a number, and numbers whose bits 11:10 are ones are read-only. There are
//! no debug triggers: `tselect` and the registers behind it do not exist, and reaching them is illegal, which is how
//! software finds that out. [Debug specification, Sdtrig]

use super::irq;
use super::status::{FS, MIE, MPIE, MPP, MPRV, MXR, SIE, SPIE, SPP, SUM, TSR, TVM, TW};
use crate::rows::Widths;
use std::sync::LazyLock;

/// What a register needs beyond its privilege.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Nothing.
    Always,
    /// The floating-point unit, switched on. [Priv. ISA, extension context status]
    Float,
    /// Its bit in `mcounteren`, and for user mode in `scounteren`. [Priv. ISA, machine counter-enable register]
    Counter,
    /// Sstc, and for supervisor mode `menvcfg.STCE` and the `time` bit of `mcounteren`. [Priv. ISA, Sstc]
    Compare,
    /// For supervisor mode, that `mstatus.TVM` is clear. [Priv. ISA, virtualization support in mstatus]
    Translation,
}

/// What a write keeps.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Warl {
    /// These bits; the others keep their value.
    Mask(u64),
    /// Nothing.
    Fixed,
    /// What the register's rule makes of it.
    Rule,
}

/// What a write can bring about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// Nothing more.
    Nothing,
    /// Accesses translate or are protected otherwise.
    Translation,
    /// An interrupt is due.
    Interrupt,
    /// Both.
    Both,
    /// What is known of translations is void.
    Flush,
}

/// A register, or a run of registers of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Which.
    pub csr: Csr,
    /// Its number, or the first's.
    pub number: u16,
    /// How many there are.
    pub count: u16,
    /// Register widths that have it.
    pub widths: Widths,
    /// What it needs.
    pub needs: Needs,
    /// What a write keeps.
    pub warl: Warl,
    /// What a write can bring about.
    pub cause: Cause,
}

impl Row {
    /// The least privilege that reaches it.
    pub const fn privilege(&self) -> u64 {
        (self.number >> 8 & 3) as u64
    }

    /// Whether a write is illegal.
    pub const fn read_only(&self) -> bool {
        self.number >> 10 == 3
    }

    /// Its name, with the number of one of a run.
    pub fn name(&self, number: u16) -> &'static str {
        let names = super::super::names::CSR;
        names.binary_search_by_key(&number, |(n, _)| *n).map_or("", |place| names[place].1)
    }
}

macro_rules! csrs {
    ($($csr:ident $number:literal + $count:literal $widths:ident $needs:ident $warl:expr, $cause:ident; $doc:literal)*) => {
        /// The registers there are.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        pub enum Csr { $(#[doc = $doc] $csr),* }

        /// Their rows, by number.
        pub static ROWS: &[Row] = &[$(Row {
            csr: Csr::$csr,
            number: $number,
            count: $count,
            widths: Widths::$widths,
            needs: Needs::$needs,
            warl: $warl,
            cause: Cause::$cause,
        }),*];
    };
}

use Warl::{Fixed, Mask, Rule};

/// All of a register.
const ANY: Warl = Mask(u64::MAX);
/// The part of `mstatus` that supervisor mode sees and may write. [Priv. ISA, supervisor status register]
pub const SSTATUS: u64 = SIE | SPIE | SPP | FS | SUM | MXR;
/// The part of `mstatus` that can be written. MPP's rule: a mode that there is.
pub const MSTATUS: u64 = SSTATUS | MIE | MPIE | MPP | MPRV | TVM | TW | TSR;
/// Exceptions that can be delegated: all but the call from machine mode and reserved codes.
pub const MEDELEG: u64 = 0xb3ff & !(1 << 10);

#[rustfmt::skip]
csrs! {
    // csr      number + count  widths needs    what a write keeps, and causes
    Fflags      0x001 + 1   ANY Float       Rule, Nothing;                  "Accrued exception flags."
    Frm         0x002 + 1   ANY Float       Rule, Nothing;                  "Rounding mode."
    Fcsr        0x003 + 1   ANY Float       Rule, Nothing;                  "Both."
    Sstatus     0x100 + 1   ANY Always      Rule, Both;                     "Supervisor's view of the status."
    Sie         0x104 + 1   ANY Always      Rule, Interrupt;                "Delegated interrupts that are enabled."
    Stvec       0x105 + 1   ANY Always      Rule, Nothing;                  "Trap vector of supervisor mode: direct or vectored."
    Scounteren  0x106 + 1   ANY Always      Mask(0xffff_ffff), Nothing;     "Counters for user mode."
    Senvcfg     0x10a + 1   ANY Always      Rule, Nothing;                  "Environment of user mode."
    Sscratch    0x140 + 1   ANY Always      ANY, Nothing;                   "For supervisor mode's software."
    Sepc        0x141 + 1   ANY Always      Mask(!1), Nothing;              "Where a trap came from."
    Scause      0x142 + 1   ANY Always      ANY, Nothing;                   "Why."
    Stval       0x143 + 1   ANY Always      ANY, Nothing;                   "What about."
    Sip         0x144 + 1   ANY Always      Rule, Interrupt;                "Delegated interrupts that are pending."
    Stimecmp    0x14d + 1   ANY Compare     ANY, Interrupt;                 "When the supervisor timer interrupt becomes pending."
    Stimecmph   0x15d + 1   W32 Compare     ANY, Interrupt;                 "Its upper half."
    Satp        0x180 + 1   ANY Translation Rule, Translation;              "Address translation; a mode that there is not keeps the old value."
    Mstatus     0x300 + 1   ANY Always      Rule, Both;                     "Status."
    Misa        0x301 + 1   ANY Always      Fixed, Nothing;                 "Width and extensions."
    Medeleg     0x302 + 1   ANY Always      Mask(MEDELEG), Nothing;         "Exceptions delegated."
    Mideleg     0x303 + 1   ANY Always      Mask(irq::SUPERVISOR), Interrupt; "Interrupts delegated."
    Mie         0x304 + 1   ANY Always      Mask(irq::ALL), Interrupt;      "Interrupts enabled."
    Mtvec       0x305 + 1   ANY Always      Rule, Nothing;                  "Trap vector of machine mode: direct or vectored."
    Mcounteren  0x306 + 1   ANY Always      Mask(0xffff_ffff), Nothing;     "Counters for supervisor mode."
    Menvcfg     0x30a + 1   ANY Always      Rule, Both;                     "Environment of supervisor mode."
    Mstatush    0x310 + 1   W32 Always      Fixed, Nothing;                 "Upper half of the status."
    Menvcfgh    0x31a + 1   W32 Always      Rule, Both;                     "Upper half of the environment."
    Mcountinhibit 0x320 + 1 ANY Always      Mask(5), Nothing;               "Counters that stand still."
    Mhpmevent   0x323 + 29  ANY Always      Fixed, Nothing;                 "Events of counters that count nothing."
    Mscratch    0x340 + 1   ANY Always      ANY, Nothing;                   "For machine mode's software."
    Mepc        0x341 + 1   ANY Always      Mask(!1), Nothing;              "Where a trap came from."
    Mcause      0x342 + 1   ANY Always      ANY, Nothing;                   "Why."
    Mtval       0x343 + 1   ANY Always      ANY, Nothing;                   "What about."
    Mip         0x344 + 1   ANY Always      Mask(irq::SUPERVISOR), Interrupt; "Interrupts pending."
    Pmpcfg      0x3a0 + 4   ANY Always      Rule, Flush;                    "PMP settings; locked entries stay."
    Pmpaddr     0x3b0 + 16  ANY Always      Rule, Flush;                    "PMP addresses; those of locked entries stay."
    Mseccfg     0x747 + 1   ANY Always      Fixed, Nothing;                 "Security settings: none."
    Mseccfgh    0x757 + 1   W32 Always      Fixed, Nothing;                 "Their upper half."
    Mcycle      0xb00 + 1   ANY Always      ANY, Nothing;                   "Cycles: one an instruction."
    Minstret    0xb02 + 1   ANY Always      ANY, Nothing;                   "Instructions retired."
    Mhpmcounter 0xb03 + 29  ANY Always      Fixed, Nothing;                 "Counters that count nothing."
    Mcycleh     0xb80 + 1   W32 Always      ANY, Nothing;                   "Upper half of mcycle."
    Minstreth   0xb82 + 1   W32 Always      ANY, Nothing;                   "Upper half of minstret."
    Mhpmcounterh 0xb83 + 29 W32 Always      Fixed, Nothing;                 "Their upper halves."
    Cycle       0xc00 + 1   ANY Counter     Fixed, Nothing;                 "Cycles, for all modes."
    Time        0xc01 + 1   ANY Counter     Fixed, Nothing;                 "Time, for all modes."
    Instret     0xc02 + 1   ANY Counter     Fixed, Nothing;                 "Instructions retired, for all modes."
    Hpmcounter  0xc03 + 29  ANY Counter     Fixed, Nothing;                 "Counters that count nothing, for all modes."
    Cycleh      0xc80 + 1   W32 Counter     Fixed, Nothing;                 "Upper half of cycle."
    Timeh       0xc81 + 1   W32 Counter     Fixed, Nothing;                 "Upper half of time."
    Instreth    0xc82 + 1   W32 Counter     Fixed, Nothing;                 "Upper half of instret."
    Hpmcounterh 0xc83 + 29  W32 Counter     Fixed, Nothing;                 "Their upper halves."
    Mvendorid   0xf11 + 1   ANY Always      Fixed, Nothing;                 "Who made it: nobody."
    Marchid     0xf12 + 1   ANY Always      Fixed, Nothing;                 "Which microarchitecture: none."
    Mimpid      0xf13 + 1   ANY Always      Fixed, Nothing;                 "Which version: none."
    Mhartid     0xf14 + 1   ANY Always      Fixed, Nothing;                 "The hart's number."
    Mconfigptr  0xf15 + 1   ANY Always      Fixed, Nothing;                 "No configuration structure."
}

/// The row of a number, on a hart with registers of `xlen` bits.
pub fn row(number: u16, xlen: u32) -> Option<&'static Row> {
    static PLACES: LazyLock<[u8; 4096]> = LazyLock::new(|| {
        let mut places = [0; 4096];
        for (place, row) in (1..).zip(ROWS) {
            places[usize::from(row.number)..][..usize::from(row.count)].fill(place);
        }
        places
    });
    let place = PLACES.get(usize::from(number)).copied().filter(|place| *place != 0)?;
    let row = ROWS.get(usize::from(place) - 1)?;
    // With 64-bit registers only the even ones of pmpcfg exist. [Priv. ISA, physical memory protection CSRs]
    let odd = row.csr == Csr::Pmpcfg && xlen == 64 && number & 1 == 1;
    (row.widths.has(xlen) && !odd).then_some(row)
}

#[cfg(test)]
mod tests {
    use super::{ROWS, row};

    #[test]
    fn every_register_has_a_name_and_rows_stand_by_number() {
        assert!(ROWS.windows(2).all(|w| w[0].number + w[0].count <= w[1].number));
        for row in ROWS {
            for number in row.number..row.number + row.count {
                assert_ne!(row.name(number), "", "{number:#x}");
            }
        }
    }

    #[test]
    fn halves_belong_to_32_bits_and_odd_settings_too() {
        assert!(row(0x310, 32).is_some() && row(0x310, 64).is_none());
        assert!(row(0x3a1, 32).is_some() && row(0x3a1, 64).is_none());
        assert!(row(0x7a0, 64).is_none() && row(0x3a4, 64).is_none());
    }
}
