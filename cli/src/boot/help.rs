//! Lists that options of `strata boot` print.

use spec::riscv::system::cpu::PROPERTIES;

/// What `-accel help` prints.
pub const TIERS: &str = "  interp           the interpreter, block by block; usable: yes\n  \
                           interp,step=on   the interpreter, one instruction at a time: the oracle; usable: yes\n  \
                           auto             the fastest that is usable: interp\n";

/// Name and meaning, a line each.
pub fn listed<'a>(rows: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    rows.map(|(name, help)| format!("  {name:<14} {help}\n")).collect()
}

/// What `-cpu help` prints.
pub fn cpus() -> String {
    let models =
        [("rv64", "64-bit RISC-V"), ("rv32", "32-bit RISC-V"), ("max", "everything that strata has")];
    let properties = PROPERTIES.iter().map(|property| (property.name, property.meaning));
    format!("{}\nproperties, NAME=on or NAME=off:\n{}", listed(models.into_iter()), listed(properties))
}
