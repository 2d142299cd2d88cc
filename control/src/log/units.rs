//! The log of a tier that translates: its units, as QEMU logs its blocks.

use super::{Item, Sink, listing};
use accel::units::{self, Translation, Witness, print};
use interp::Guest;
use interp::riscv::Rv;
use spec::riscv::Op;
use std::fmt::Display;
use std::fs::File;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use user::elf::Symbols;

/// Writes units to a sink, and their names for perf.
pub struct UnitLogger {
    sink: Sink,
    items: Vec<Item>,
    symbols: Arc<Symbols>,
    guest: &'static spec::riscv::Guest,
    perf: Option<PerfMap>,
}

impl UnitLogger {
    /// A logger for `items`, with a map for perf if `perf`; `None` if none of the items is about units.
    pub fn new(
        sink: &Sink,
        items: &[Item],
        symbols: Arc<Symbols>,
        guest: &'static spec::riscv::Guest,
        perf: bool,
    ) -> Option<Self> {
        let perf = perf.then(PerfMap::default);
        let told = perf.is_some() || items.iter().any(|item| item.is_of_units());
        let items = items.to_vec();
        told.then(|| Self { sink: sink.clone(), items, symbols, guest, perf })
    }

    fn wants(&self, item: Item) -> bool {
        self.items.contains(&item)
    }

    fn name(&self, pc: u64) -> String {
        self.symbols.describe(pc).unwrap_or_else(|| format!("{pc:#x}"))
    }

    fn section(&self, title: &dyn Display, text: impl IntoIterator<Item = impl Display>) {
        let mut all = format!("{title}\n");
        for line in text {
            all += &format!("{line}\n");
        }
        self.sink.line(&all);
    }

    fn code<X: Rv + Guest<Op = Op>>(&self, it: &Translation<'_, X>, pc: u64) {
        if self.wants(Item::InAsm) {
            let mut lines = vec![];
            for (insn, at) in it.insns.iter().zip(&it.before.insns) {
                lines.extend(listing(
                    self.guest,
                    &self.symbols,
                    X::unsigned(at.pc),
                    std::slice::from_ref(insn),
                ));
            }
            self.section(&format!("IN: {}", self.name(pc)), lines);
        }
        if self.wants(Item::Op) {
            self.section(&"OP:", print(it.before, it.places).to_string().lines());
        }
        if self.wants(Item::OpOpt) {
            self.section(&"OP after optimization:", print(it.after, it.places).to_string().lines());
        }
        if self.wants(Item::OutAsm) {
            let heading = |number: usize| {
                let pc = it.after.insns.get(number).map_or(pc, |at| X::unsigned(at.pc));
                format!("  -- guest addr {pc:#018x} {}", self.name(pc))
            };
            let lines = units::listing::lines(&it.host.bytes, it.at, &it.host.starts, &heading);
            self.section(&format!("OUT: [size={}]", it.host.bytes.len()), lines);
        }
    }
}

impl<X: Rv + Guest<Op = Op>> Witness<X> for UnitLogger {
    fn translated(&self, it: &Translation<'_, X>) {
        let Some(first) = it.before.insns.first() else { return };
        let pc = X::unsigned(first.pc);
        if self.wants(Item::Block) {
            let bytes: u64 = it.after.insns.iter().map(|at| u64::from(at.len)).sum();
            self.sink.line(&format!(
                "Block [{pc:016x}] {}: {} instructions of {bytes} bytes, {} operations and {} after the passes, {} \
                 host bytes at {:#010x}",
                self.name(pc),
                it.after.insns.len(),
                units::operations(it.before),
                units::operations(it.after),
                it.host.bytes.len(),
                it.at
            ));
        }
        if [Item::Op, Item::OpOpt, Item::OutAsm].into_iter().any(|item| self.wants(item)) {
            self.sink.line("----------------");
            self.code(it, pc);
        }
        if let Some(perf) = &self.perf {
            perf.add(it.at, it.host.bytes.len(), &self.name(pc));
        }
    }

    fn refused(&self, pc: u64, why: &'static str) {
        if self.wants(Item::Block) {
            let pc = X::unsigned(pc);
            self.sink.line(&format!("Block [{pc:016x}] {}: interpreted, because {why}", self.name(pc)));
        }
    }
}

/// The names of units in the file where Linux perf looks for those of a process's generated code. [tools/perf,
/// Documentation/jit-interface.txt]
#[derive(Default)]
struct PerfMap {
    /// The process whose file has been begun; a forked child has its own.
    process: AtomicU32,
}

impl PerfMap {
    /// Adds a line. The file is open only meanwhile, so that the program never sees its descriptor; one that cannot
    /// be written is no reason to stop the program.
    fn add(&self, start: u32, size: usize, name: &str) {
        let process = std::process::id();
        let begun = self.process.swap(process, Ordering::Relaxed) == process;
        let path = PathBuf::from(format!("/tmp/perf-{process}.map"));
        if !begun {
            // Left by an earlier process of this number.
            let _ = std::fs::remove_file(&path);
        }
        let nofollow = rustix::fs::OFlags::NOFOLLOW.bits().cast_signed();
        let file = File::options().create(true).append(true).custom_flags(nofollow).open(path);
        let line = format!("{start:x} {size:x} {name}\n");
        let _ = file.and_then(|mut file| file.write_all(line.as_bytes()));
    }
}
