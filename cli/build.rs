//! Assembles the guests of the tour with strata's own assembler.

use spec::asm::{self, elf};
use spec::riscv::RV64;
use std::path::Path;
use std::{env, fs};

/// Sources, what they become, and where they lie: a Linux program, and a machine's first program.
const GUESTS: &[(&str, &str, Option<u64>)] =
    &[("tour/tour.s", "tour.elf", None), ("tour/machine.s", "machine.elf", Some(0x8000_0000))];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    // At a fixed address nothing is to be relocated when it starts: a third of what a short program costs.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    for (source, name, base) in GUESTS {
        println!("cargo::rerun-if-changed={source}");
        let usual = asm::Options::default();
        let options = asm::Options { base: base.unwrap_or(usual.base), ..usual };
        let image = asm::program(&RV64, &fs::read_to_string(source)?, &options).map_err(|faults| {
            faults.iter().map(|fault| format!("{source}: {fault}\n")).collect::<String>()
        })?;
        fs::write(Path::new(&out).join(name), elf::write(&image, elf::Target::of(&RV64)))?;
    }
    Ok(())
}
