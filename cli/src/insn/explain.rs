//! `strata explain`: one instruction, in full.

use crate::Outcome;
use spec::explain;
use std::io::Write;

/// What to explain.
#[derive(clap::Args)]
pub struct Arguments {
    /// A word (0x00a50533), a mnemonic (addi) or an instruction ('addi a0,a0,1')
    #[arg(required = true)]
    what: Vec<String>,
    /// The guest
    #[arg(long, default_value = "riscv64")]
    guest: String,
}

/// Runs the command.
pub fn run(arguments: &Arguments) -> Outcome {
    let guest = super::asm::guest(&arguments.guest)?;
    let mut out = std::io::stdout().lock();
    for (place, one) in explain::explain(guest, &arguments.what.join(" "), 0)?.iter().enumerate() {
        if place > 0 {
            writeln!(out)?;
        }
        write!(out, "{one}")?;
    }
    Ok(())
}
