//! Builds the vDSO of each guest with strata's own assembler.

#[path = "vdso/image.rs"]
mod image;

use spec::riscv::{RV32, RV64};
use std::path::Path;
use std::{env, fs};

const COMMON: &str = "vdso/common.s";
const CLOCK: &str = "vdso/clock.s";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    for file in ["vdso/image.rs", COMMON, CLOCK] {
        println!("cargo::rerun-if-changed={file}");
    }
    let (common, clock) = (fs::read_to_string(COMMON)?, fs::read_to_string(CLOCK)?);
    let out = env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?;
    let mut text = String::new();
    for (guest, source) in [(&RV64, common.clone() + &clock), (&RV32, common)] {
        let built = image::build(guest, &source).map_err(|error| format!("vdso: {error}"))?;
        let path = Path::new(&out).join(format!("{}.vdso", guest.name));
        fs::write(&path, built.bytes)?;
        let name = guest.name.to_uppercase();
        text += &format!("/// The image for {}.\n", guest.name);
        text += &format!("pub const {name}: Image = Image {{ bytes: include_bytes!({path:?}), ");
        text += &format!("sigreturn: {} }};\n", built.sigreturn);
    }
    fs::write(Path::new(&out).join("vdso.rs"), text)?;
    Ok(())
}
