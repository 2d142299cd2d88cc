//! CPU models: the value of `-cpu`, with QEMU's names of models and properties. [QEMU, target/riscv/cpu.c]
//!
//! Everything that tells guests what a hart can do comes from one set of [`Features`]: the rows that decode, `misa`,
//! which control registers and bits there are, how pages are walked, and what the device tree says.

use super::System;
use super::mode;
use super::status;
use crate::riscv::Op;
use std::sync::LazyLock;

/// A set of properties.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Features(pub u64);

impl Features {
    /// Whether all of `other` are in it.
    pub const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }
    /// Both.
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
    /// Those that are not in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }
}

/// A property of `-cpu`.
#[derive(Clone, Copy, Debug)]
pub struct Property {
    /// As it is written.
    pub name: &'static str,
    /// Its bit.
    pub feature: Features,
    /// How it stands in the ISA string, if it does: a letter, or a name.
    pub isa: &'static str,
    /// Whether it is on unless said otherwise.
    pub on: bool,
    /// What it gives.
    pub meaning: &'static str,
}

macro_rules! properties {
    ($($bit:literal $id:ident $name:literal $isa:literal $on:literal $meaning:literal;)*) => {
        impl Features { $(
            #[doc = $meaning]
            pub const $id: Self = Self(1 << $bit);
        )* }
        /// Every property, in the order of the ISA string. [Unpriv. ISA, ISA extension naming conventions]
        pub static PROPERTIES: &[Property] = &[$(Property {
            name: $name, feature: Features::$id, isa: $isa, on: $on, meaning: $meaning,
        }),*];
    };
}

#[rustfmt::skip]
properties! {
    0  M           "m"           "m"           true  "multiplication and division";
    1  A           "a"           "a"           true  "atomic instructions";
    2  F           "f"           "f"           true  "single-precision floating point";
    3  D           "d"           "d"           true  "double-precision floating point";
    4  C           "c"           "c"           true  "compressed instructions";
    5  S           "s"           ""            true  "supervisor mode";
    6  U           "u"           ""            true  "user mode";
    7  ZICBOM      "zicbom"      "zicbom"      true  "cache-block management";
    8  ZICBOZ      "zicboz"      "zicboz"      true  "cache-block zero";
    30 ZICNTR      "zicntr"      "zicntr"      true  "counters of cycles, time and instructions that every mode may read";
    9  ZICOND      "x-zicond"    "zicond"      true  "integer conditional operations";
    10 ICSR        "Zicsr"       "zicsr"       true  "control register instructions";
    11 IFENCEI     "Zifencei"    "zifencei"    true  "instruction-fetch fence";
    12 ZIHINTPAUSE "Zihintpause" "zihintpause" true  "pause hint";
    31 ZIHPM       "zihpm"       "zihpm"       true  "counters of events, which read as zero";
    13 ZFHMIN      "Zfhmin"      "zfhmin"      true  "half-precision loads, stores and conversions";
    14 ZBA         "zba"         "zba"         true  "address generation";
    15 ZBB         "zbb"         "zbb"         true  "basic bit manipulation";
    16 ZBC         "zbc"         "zbc"         true  "carry-less multiplication";
    17 ZBS         "zbs"         "zbs"         true  "single-bit instructions";
    18 SSTC        "sstc"        "sstc"        true  "supervisor timer compare";
    19 SVADE       "svade"       "svade"       true  "pages whose accessed or dirty bit is clear fault";
    20 SVADU       "svadu"       "svadu"       false "hardware sets accessed and dirty bits where menvcfg.ADUE permits it";
    21 SVINVAL     "svinval"     "svinval"     false "fine-grained invalidation of translations";
    22 SVNAPOT     "svnapot"     "svnapot"     false "naturally aligned 64 KiB pages";
    23 SVPBMT      "svpbmt"      "svpbmt"      false "page-based memory types";
    24 SV39        "sv39"        ""            true  "39-bit virtual addresses";
    25 SV48        "sv48"        ""            true  "48-bit virtual addresses";
    26 SV57        "sv57"        ""            true  "57-bit virtual addresses";
    27 MMU         "mmu"         ""            true  "address translation";
    28 PMP         "pmp"         ""            true  "physical memory protection";
    29 MISALIGNED  "misaligned"  ""            true  "misaligned loads and stores are done, not trapped";
}

/// A hart as `-cpu` describes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cpu {
    /// Register width.
    pub xlen: u32,
    /// What it has.
    pub features: Features,
}

/// What is wrong with a value of `-cpu`.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CpuError {
    /// No model has this name.
    #[error("there is no CPU model \"{name}\" here; the models are rv64, rv32 and max")]
    Model {
        /// As written.
        name: String,
    },
    /// The model has no such property.
    #[error("CPU model {model} has no property \"{property}\"; did you mean \"{nearest}\"?")]
    Property {
        /// The model.
        model: String,
        /// As written.
        property: String,
        /// The property with the most similar name.
        nearest: &'static str,
    },
    /// A property is on or off.
    #[error("property {property} is \"{value}\", which is neither on nor off")]
    Value {
        /// The property.
        property: String,
        /// As written.
        value: String,
    },
    /// A property needs another.
    #[error("CPU property {property} needs {needs}")]
    Needs {
        /// The property.
        property: &'static str,
        /// What it needs.
        needs: &'static str,
    },
}

/// Pairs of which the first needs the second. [Unpriv. ISA, the chapter of each extension]
const NEEDS: &[(Features, &str, Features, &str)] = &[
    (Features::D, "d", Features::F, "f"),
    (Features::F, "f", Features::ICSR, "Zicsr"),
    (Features::ZFHMIN, "Zfhmin", Features::F, "f"),
    (Features::S, "s", Features::U, "u"),
    (Features::SSTC, "sstc", Features::S, "s"),
];

impl Cpu {
    /// The default model of a register width: `rv64` or `rv32`.
    pub fn new(xlen: u32) -> Self {
        let on = PROPERTIES.iter().filter(|p| p.on).fold(Features(0), |all, p| all.with(p.feature));
        let wide = Features::SV39.with(Features::SV48).with(Features::SV57);
        Self { xlen, features: if xlen == 32 { on.without(wide) } else { on } }
    }

    /// Reads `rv64,svadu=on,zba=off,…`; `max` is `rv64` with everything on, and `base` names the width of `max`.
    ///
    /// # Errors
    /// [`CpuError`] naming what is not understood.
    pub fn parse(text: &str, base: u32) -> Result<Self, CpuError> {
        let mut words = text.split(',');
        let model = words.next().unwrap_or_default();
        let mut cpu = match model {
            "rv64" | "any" if base == 64 || model == "rv64" => Self::new(64),
            "rv32" | "any" => Self::new(32),
            "max" => {
                let all = PROPERTIES.iter().fold(Features(0), |all, p| all.with(p.feature));
                let cpu = Self::new(base);
                let gone = PROPERTIES.iter().filter(|p| p.on && !cpu.features.has(p.feature));
                // Without Svade, Svadu is on from reset: the two exclude each other at one moment.
                let gone = gone.fold(Features::SVADE, |gone, p| gone.with(p.feature));
                Self { features: all.without(gone), ..cpu }
            }
            name => return Err(CpuError::Model { name: name.into() }),
        };
        for word in words.filter(|word| !word.is_empty()) {
            cpu.set(model, word)?;
        }
        for (feature, property, needed, needs) in NEEDS {
            if cpu.features.has(*feature) && !cpu.features.has(*needed) {
                return Err(CpuError::Needs { property, needs });
            }
        }
        Ok(cpu)
    }

    fn set(&mut self, model: &str, word: &str) -> Result<(), CpuError> {
        let (name, value) = word.split_once('=').unwrap_or((word, "on"));
        let Some(property) = PROPERTIES.iter().find(|p| p.name.eq_ignore_ascii_case(name)) else {
            let nearest = PROPERTIES.iter().min_by_key(|p| distance(p.name, name)).map_or("", |p| p.name);
            return Err(CpuError::Property { model: model.into(), property: name.into(), nearest });
        };
        let on = match value {
            "on" | "true" | "yes" => true,
            "off" | "false" | "no" => false,
            _ => return Err(CpuError::Value { property: name.into(), value: value.into() }),
        };
        self.features =
            if on { self.features.with(property.feature) } else { self.features.without(property.feature) };
        // A hart without Svade updates the bits; asking for one is refusing the other.
        match (property.feature, on) {
            (Features::SVADE, true) => self.features = self.features.without(Features::SVADU),
            (Features::SVADU, true) => self.features = self.features.without(Features::SVADE),
            _ => {}
        }
        Ok(())
    }

    /// What `misa` shows. [Priv. ISA, machine ISA register]
    pub fn misa(self) -> u64 {
        let letter = |letter: u8| 1u64 << (letter - b'A');
        let single = PROPERTIES.iter().filter(|p| p.name.len() == 1 && self.features.has(p.feature));
        let letters =
            single.fold(letter(b'I'), |all, p| all | letter(p.name.as_bytes()[0].to_ascii_uppercase()));
        letters | if self.xlen == 32 { 1 << 30 } else { 2 << 62 }
    }

    /// The ISA string of the device tree: `rv64imafdc_zicbom_…`. [Devicetree binding riscv,isa]
    pub fn isa(self) -> String {
        let mut text = format!("rv{}i", self.xlen);
        for property in PROPERTIES.iter().filter(|p| !p.isa.is_empty() && self.features.has(p.feature)) {
            if property.isa.len() > 1 {
                text.push('_');
            }
            text.push_str(property.isa);
        }
        text
    }

    /// The extensions as a list, without the base. [Devicetree binding riscv,isa-extensions]
    pub fn extensions(self) -> Vec<&'static str> {
        let named = PROPERTIES.iter().filter(|p| !p.isa.is_empty() && self.features.has(p.feature));
        std::iter::once("i").chain(named.map(|p| p.isa)).collect()
    }

    /// The widest translation for the device tree's `mmu-type`; none without one.
    pub fn mmu_type(self) -> Option<&'static str> {
        let modes =
            [(Features::SV57, "riscv,sv57"), (Features::SV48, "riscv,sv48"), (Features::SV39, "riscv,sv39")];
        let there = self.features.has(Features::MMU.with(Features::S));
        let wide = modes.into_iter().find(|(feature, _)| self.features.has(*feature)).map(|(_, name)| name);
        let narrow = (self.xlen == 32).then_some("riscv,sv32");
        there.then(|| wide.or(narrow)).flatten()
    }

    /// The privileged registers after reset. [Priv. ISA, reset]
    pub fn reset(self, hartid: u64) -> System {
        let widths = if self.xlen == 32 { 0 } else { 2 << 32 | 2 << 34 };
        System {
            mode: mode::MACHINE,
            mstatus: widths,
            mcounteren: 0,
            scounteren: 0,
            menvcfg: if self.features.has(Features::SVADE) { 0 } else { self.menvcfg() & status::ADUE },
            senvcfg: 0,
            mhartid: hartid,
            features: self.features.0,
            ..System::user()
        }
    }

    /// The bits of `menvcfg` that there are.
    pub fn menvcfg(self) -> u64 {
        let bits = [
            (Features::U, status::FIOM),
            (Features::ZICBOM, status::CBIE | status::CBCFE),
            (Features::ZICBOZ, status::CBZE),
            (Features::SVADU, status::ADUE),
            (Features::SVPBMT, status::PBMTE),
            (Features::SSTC, status::STCE),
        ];
        bits.into_iter().filter(|(feature, _)| self.features.has(*feature)).fold(0, |all, (_, bit)| all | bit)
    }
}

/// The property that a row needs; hints and the base need none.
pub fn needed(op: Op) -> Features {
    static TABLE: LazyLock<Vec<Features>> = LazyLock::new(|| {
        let feature = |ext: &str| {
            match ext {
                "S" => Features::S,
                "Zcd" => Features::C.with(Features::D),
                "Zcf" => Features::C.with(Features::F),
                // Without it, a prefetch is an `ori` to x0 and a pause is a `fence`: neither does anything.
                "Zicbop" | "Zihintpause" => Features(0),
                _ => PROPERTIES
                    .iter()
                    .find(|p| p.isa.eq_ignore_ascii_case(ext))
                    .map_or(Features(0), |p| p.feature),
            }
        };
        crate::riscv::ROWS.iter().map(|row| feature(row.ext)).collect()
    });
    TABLE.get(op as usize).copied().unwrap_or(Features(0))
}

/// Changes of one letter between two names.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<_> = b.bytes().map(|c| c.to_ascii_lowercase()).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().map(|c| c.to_ascii_lowercase()).enumerate() {
        let mut corner = std::mem::replace(&mut row[0], i + 1);
        for (j, y) in b.iter().enumerate() {
            let changed = corner + usize::from(x != *y);
            corner = row[j + 1];
            row[j + 1] = changed.min(corner + 1).min(row[j] + 1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Cpu, CpuError, Features, needed};
    use crate::riscv::Op;
    use rstest::rstest;

    #[rstest]
    #[case("rv64", 0x8000_0000_0014_112d, "riscv,sv57")]
    #[case("rv64,d=off,f=off,Zfhmin=off,sv57=off", 0x8000_0000_0014_1105, "riscv,sv48")]
    #[case("rv32", 0x4014_112d, "riscv,sv32")]
    fn misa_and_the_device_tree_agree_with_the_properties(
        #[case] text: &str,
        #[case] misa: u64,
        #[case] mmu: &str,
    ) {
        let cpu = Cpu::parse(text, 64).unwrap();
        assert_eq!((cpu.misa(), cpu.mmu_type()), (misa, Some(mmu)));
    }

    #[test]
    fn an_isa_string_lists_what_is_on() {
        let cpu = Cpu::parse("rv64,svadu=on,zba=off", 64).unwrap();
        assert_eq!(
            cpu.isa(),
            "rv64imafdc_zicbom_zicboz_zicntr_zicond_zicsr_zifencei_zihintpause_zihpm_zfhmin_zbb_zbc_zbs_sstc_svadu"
        );
        assert!(!cpu.features.has(needed(Op::Sh1add)) && cpu.features.has(needed(Op::Andn)));
        assert!(!cpu.features.has(Features::SVADE));
    }

    #[test]
    fn an_unknown_property_names_the_nearest() {
        let error = Cpu::parse("rv64,svadv=on", 64).unwrap_err();
        assert_eq!(error.to_string(), "CPU model rv64 has no property \"svadv\"; did you mean \"svade\"?");
        assert!(matches!(Cpu::parse("rv128", 64), Err(CpuError::Model { .. })));
        assert!(matches!(Cpu::parse("rv64,zba=2", 64), Err(CpuError::Value { .. })));
        assert!(matches!(Cpu::parse("rv64,f=off", 64), Err(CpuError::Needs { .. })));
    }
}
