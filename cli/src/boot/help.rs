//! Lists that options of `strata boot` print.

use spec::riscv::system::cpu::PROPERTIES;

/// What `-accel help` prints.
pub const TIERS: &str = "  interp           the interpreter, block by block; usable: yes\n  \
                           interp,step=on   the interpreter, one instruction at a time: the oracle; usable: yes\n  \
                           auto             the fastest that is usable: interp\n";

/// Properties of `-device loader`.
pub const LOADER: &[&str] = &["file", "addr", "cpu-num", "data", "data-len", "data-be", "force-raw"];

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

/// What `-device help` prints.
pub fn devices() -> String {
    let loader = ("loader", "puts a file or a value into memory at each reset");
    let virtio = super::virtio::DEVICES.iter().map(|(name, help, _)| (*name, *help));
    listed(std::iter::once(loader).chain(virtio))
}

/// What `-device loader,help` prints.
pub fn loader() -> String {
    let meanings = [
        "the file; an ELF file knows where it belongs",
        "physical address",
        "0: hart 0 starts there",
        "a value in place of a file",
        "bytes of the value, 1 to 8",
        "the value's first byte is its highest",
        "an ELF file is copied as it is",
    ];
    listed(LOADER.iter().copied().zip(meanings))
}
