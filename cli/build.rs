//! Assembles the tour guest with strata's own assembler.

use spec::asm::{self, elf};
use spec::riscv::RV64;
use std::path::Path;
use std::{env, fs};

const SOURCE: &str = "tour/tour.s";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=build.rs");
    // At a fixed address nothing is to be relocated when it starts: a third of what a short program costs.
    println!("cargo::rustc-link-arg-bins=-no-pie");
    let image = asm::program(&RV64, &fs::read_to_string(SOURCE)?, &asm::Options::default())
        .map_err(|faults| faults.iter().map(|fault| format!("{SOURCE}: {fault}\n")).collect::<String>())?;
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    fs::write(Path::new(&out).join("tour.elf"), elf::write(&image, elf::Target::of(&RV64)))?;
    Ok(())
}
