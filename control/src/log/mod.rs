//! The log: the items of `-d` and where their lines go.

mod machine;
mod units;

pub use machine::{ITEMS as MACHINE_ITEMS, MachineLog, Wanted};
pub use units::UnitLogger;

use interp::Guest;
use interp::observe::Observer;
use interp::riscv::Rv;
use parking_lot::Mutex;
use spec::disasm::{Style, text_with};
use spec::riscv::{Insn, Op, RV32, RV64, State, names};
use std::any::Any;
use std::collections::HashSet;
use std::io::Write;
use std::sync::Arc;
use user::elf::Symbols;

/// Something `-d` can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    /// Guest assembly of each block when it is first decoded.
    InAsm,
    /// A line before each block that runs.
    Exec,
    /// Registers before each block that runs.
    Cpu,
    /// System calls and functions that are not implemented.
    Unimp,
    /// Totals at the end.
    Stats,
    /// Operations of each unit that is translated, as lifted.
    Op,
    /// The same after the passes.
    OpOpt,
    /// Host code of each unit.
    OutAsm,
    /// A line for each unit.
    Block,
    /// Totals of the tiers at the end.
    Tiers,
}

impl Item {
    /// Whether it is about the units of a tier that translates, which says nothing of each time that one runs.
    pub fn is_of_units(self) -> bool {
        matches!(self, Self::Op | Self::OpOpt | Self::OutAsm | Self::Block)
    }

    /// Whether it is about each block that runs, so that all have to be interpreted.
    pub fn is_of_runs(self) -> bool {
        matches!(self, Self::Exec | Self::Cpu)
    }
}

/// Every item: its name, and what `-d help` says of it.
pub const ITEMS: &[(Item, &str, &str)] = &[
    (Item::OutAsm, "out_asm", "show host assembly of each unit that is translated"),
    (Item::InAsm, "in_asm", "show guest assembly of each block when it is first decoded"),
    (Item::Op, "op", "show operations of each unit that is translated"),
    (Item::OpOpt, "op_opt", "show operations of each unit after the passes"),
    (Item::Block, "block", "show a line for each unit that is translated"),
    (Item::Exec, "exec", "show the address and symbol of each block before it runs"),
    (Item::Cpu, "cpu", "show the registers before each block runs"),
    (Item::Unimp, "unimp", "name system calls that are not implemented, each once"),
    (Item::Stats, "stats", "show totals when the program ends"),
    (Item::Tiers, "tiers", "show which tier ran how much when the program ends"),
];

/// A word of `-d` that is no item.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("there is no log item \"{word}\"; see -d help")]
pub struct UnknownItem {
    /// As written.
    pub word: String,
}

/// Reads the comma-separated items of `-d`.
///
/// # Errors
/// [`UnknownItem`] for the first word that is none.
pub fn items(list: &str) -> Result<Vec<Item>, UnknownItem> {
    let find = |word: &str| ITEMS.iter().find(|(_, name, _)| *name == word).map(|(item, ..)| *item);
    list.split(',').map(|word| find(word).ok_or_else(|| UnknownItem { word: word.into() })).collect()
}

/// Where log lines go, shared by all who write them. A log that cannot be written is no reason to stop the
/// guest, so errors are dropped.
#[derive(Clone)]
pub struct Sink(Arc<Mutex<Box<dyn Write + Send>>>);

impl Sink {
    /// A sink that writes to `out`.
    pub fn new(out: Box<dyn Write + Send>) -> Self {
        Self(Arc::new(Mutex::new(out)))
    }

    /// Writes one line.
    pub fn line(&self, line: &str) {
        let _ = writeln!(self.0.lock(), "{line}");
    }

    /// Hands everything written so far to the host.
    pub fn flush(&self) {
        let _ = self.0.lock().flush();
    }

    /// Keeps others from writing until the value that it returns is dropped.
    pub fn hold(&self) -> Box<dyn Any> {
        Box::new(self.0.lock_arc())
    }
}

/// Writes what a driver does to a sink.
pub struct Logger {
    sink: Sink,
    items: Vec<Item>,
    symbols: Arc<Symbols>,
    guest: &'static spec::riscv::Guest,
    hart: usize,
    /// Blocks already shown; the step driver decodes the same address again and again.
    shown: HashSet<u64>,
}

impl Logger {
    /// A logger for `items`, or `None` if none of them is about what a driver does.
    pub fn new(
        sink: &Sink,
        items: &[Item],
        symbols: Arc<Symbols>,
        guest: &'static spec::riscv::Guest,
    ) -> Option<Self> {
        let ours = |item: &&Item| matches!(item, Item::InAsm | Item::Exec | Item::Cpu);
        let items: Vec<_> = items.iter().filter(ours).copied().collect();
        let logger = Self { sink: sink.clone(), items, symbols, guest, hart: 0, shown: HashSet::new() };
        (!logger.items.is_empty()).then_some(logger)
    }

    /// The same for another hart than the first.
    pub fn of_hart(self, hart: usize) -> Self {
        Self { hart, ..self }
    }

    fn wants(&self, item: Item) -> bool {
        self.items.contains(&item)
    }
}

impl<X: Rv> Observer<X> for Logger
where
    X: Guest<Op = Op, State = State>,
{
    fn translated(&mut self, pc: u64, insns: &[Insn]) {
        if !self.wants(Item::InAsm) || !self.shown.insert(pc) {
            return;
        }
        let pc = X::unsigned(pc);
        let name = self.symbols.describe(pc).unwrap_or_default();
        self.sink.line("----------------");
        self.sink.line(&format!("IN: {name}"));
        for line in listing(self.guest, &self.symbols, pc, insns) {
            self.sink.line(&line);
        }
        self.sink.line("");
    }

    fn entered(&mut self, state: &State, _: usize) {
        if self.wants(Item::Exec) {
            let (pc, width) = (X::unsigned(state.pc), digits(X::XLEN));
            let name = self.symbols.describe(pc).unwrap_or_default();
            self.sink.line(&format!("Trace {}: [{pc:0width$x}] {name}", self.hart));
        }
        if self.wants(Item::Cpu) {
            self.sink.line(&registers(&unsigned::<X>(state), X::XLEN));
        }
    }
}

/// One line an instruction: address, bytes as a number, assembly.
pub fn listing(guest: &spec::riscv::Guest, symbols: &Symbols, pc: u64, insns: &[Insn]) -> Vec<String> {
    let mut at = pc;
    let named = |target: u64| symbols.describe(target);
    insns
        .iter()
        .map(|insn| {
            let text = text_with(guest, insn, at, Style::Aliases, &named);
            let line = format!("{at:#010x}:  {:<12}{}", code(insn), spaced(&text));
            at = at.wrapping_add(u64::from(insn.len));
            line
        })
        .collect()
}

/// The instruction word, as many digits as it has.
pub fn code(insn: &Insn) -> String {
    format!("{:0width$x}", insn.word, width = 2 * usize::from(insn.len))
}

/// Assembly text with its operands in a column.
pub fn spaced(text: &str) -> String {
    match text.split_once([' ', '\t']) {
        Some((mnemonic, operands)) => format!("{mnemonic:<15} {}", operands.trim_start()),
        None => text.into(),
    }
}

/// What text tools need to know of a hart's rows.
pub fn guest<X: Rv>() -> &'static spec::riscv::Guest {
    if X::XLEN == 32 { &RV32 } else { &RV64 }
}

/// A state whose registers and pc are unsigned numbers of their width.
pub fn unsigned<X: Rv>(state: &State) -> State {
    State { x: state.x.map(X::unsigned), pc: X::unsigned(state.pc), ..state.clone() }
}

fn digits(bits: u32) -> usize {
    if bits == 32 { 8 } else { 16 }
}

/// The registers, of which integers have `xlen` bits, four in a line, as QEMU prints them.
pub fn registers(state: &State, xlen: u32) -> String {
    let short = digits(xlen);
    let mut out = format!(" pc       {:0short$x}", state.pc);
    let all = (state.x.iter().zip(names::X).map(|(v, name)| ('x', short, name, v)))
        .chain(state.f.iter().zip(names::F).map(|(v, name)| ('f', 16, name, v)));
    for (place, (kind, width, name, value)) in all.enumerate() {
        out += if place % 4 == 0 { "\n " } else { " " };
        out += &format!("{:<8} {value:0width$x}", format!("{kind}{}/{name}", place % 32));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_and_an_unknown_one_is_named() {
        assert_eq!(items("in_asm,cpu"), Ok(vec![Item::InAsm, Item::Cpu]));
        let wrong = items("exec,nonsense").unwrap_err().to_string();
        assert_eq!(wrong, "there is no log item \"nonsense\"; see -d help");
    }

    #[test]
    fn registers_stand_four_in_a_line() {
        let mut state = State::new();
        state.x[10] = 0x2a;
        let text = registers(&state, 64);
        assert_eq!(text.lines().count(), 17);
        let third = " x8/s0    0000000000000000 x9/s1    0000000000000000 x10/a0   000000000000002a";
        assert!(text.contains(third), "{text}");
        assert!(registers(&state, 32).contains(" x8/s0    00000000 x9/s1    00000000 x10/a0   0000002a"));
    }
}
