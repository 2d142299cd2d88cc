//! The log of a machine: the items of `-d` and `-trace`, which the monitor switches while it runs.

use super::{Item, Logger, Sink};
use accel::machine::{MachineCpu, Taken};
use machine::Machine;
use model::{Event, Reports, Tracer};
use spec::asm::did_you_mean;
use spec::riscv::{RV32, RV64};
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use user::elf::Symbols;

/// What `-d` and the monitor's `log` can ask for: names, and what help says of them.
pub const ITEMS: &[(&str, &str)] = &[
    ("none", "remove all items"),
    ("in_asm", "show guest assembly of each block when it is first decoded"),
    ("exec", "show the address of each block before it runs"),
    ("cpu", "show the registers before each block runs"),
    ("int", "show each trap and interrupt that is taken"),
    ("guest_errors", "name what the guest does wrong with devices"),
    ("unimp", "the same: what devices lack is named there"),
    ("hash", "print a hash of the machine's state in the end; hash=N also each N instructions"),
    ("trace:PATTERN", "switch trace events on; trace:help lists them"),
    ("fpu", "nothing more: cpu shows these registers always"),
    ("nochain", "nothing more: exec and cpu show every block always"),
];

/// Items of QEMU's that mean nothing here, and why.
const REFUSED: &[(&str, &str)] = &[
    ("out_asm", "is of translators, and machines are interpreted"),
    ("op", "is of translators, and machines are interpreted"),
    ("op_opt", "is of translators, and machines are interpreted"),
    ("op_ind", "is of translators, and machines are interpreted"),
    ("mmu", "is not logged; info mem and info tlb of the monitor show translations"),
    ("cpu_reset", "is not logged; info registers of the monitor shows registers"),
    ("pcall", "is of x86"),
    ("page", "is of programs; info mem of the monitor shows pages"),
    ("strace", "is of programs; write strata run -strace"),
    ("plugin", "is of plugins, of which there are none"),
    ("tid", "is of logs of many threads; harts take turns on one"),
];

/// What is logged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// What drivers tell.
    code: Vec<Item>,
    interrupts: bool,
    guest_errors: bool,
    /// A hash in the end, and each so many instructions.
    pub hash: Option<Option<NonZeroU64>>,
    /// Patterns of trace events.
    pub traces: Vec<String>,
}

impl Wanted {
    /// Adds the comma-separated items of `-d`.
    ///
    /// # Errors
    /// A sentence about the first word that is no item, without its name, and the word.
    pub fn add(&mut self, list: &str) -> Result<(), (String, String)> {
        list.split(',').try_for_each(|word| self.item(word).map_err(|why| (word.to_owned(), why)))
    }

    fn item(&mut self, word: &str) -> Result<(), String> {
        match word {
            "none" => *self = Self::default(),
            "in_asm" => self.code.push(Item::InAsm),
            "exec" => self.code.push(Item::Exec),
            "cpu" => self.code.push(Item::Cpu),
            "int" => self.interrupts = true,
            "guest_errors" | "unimp" => self.guest_errors = true,
            "fpu" | "nochain" => {}
            "hash" => self.hash = Some(self.hash.flatten()),
            _ => return self.valued(word),
        }
        Ok(())
    }

    fn valued(&mut self, word: &str) -> Result<(), String> {
        if let Some(pattern) = word.strip_prefix("trace:") {
            Tracer::silent().switch(pattern, true).map_err(|error| error.to_string())?;
            self.traces.push(pattern.into());
            return Ok(());
        }
        if let Some(count) = word.strip_prefix("hash=") {
            let every = machine::config::value::number(count).and_then(NonZeroU64::new);
            let why = "names no number of instructions; write hash=1000000, or hash alone";
            self.hash = Some(Some(every.ok_or(why)?));
            return Ok(());
        }
        if let Some((_, why)) = REFUSED.iter().find(|(name, _)| *name == word) {
            return Err((*why).into());
        }
        let near = did_you_mean(word, ITEMS.iter().map(|(name, _)| *name));
        Err(format!("is no log item{near}; see -d help"))
    }
}

/// The log of a machine.
pub struct MachineLog {
    sink: Sink,
    tracer: Tracer,
    wanted: Wanted,
    guest_errors: Arc<AtomicBool>,
    /// When the next hash is due, in instructions of all harts.
    next: u64,
}

impl MachineLog {
    /// A log into `sink` that shows nothing yet. The machine's trace events are those of `tracer`.
    pub fn new(sink: Sink, tracer: Tracer) -> Self {
        let (wanted, guest_errors) = (Wanted::default(), Arc::new(AtomicBool::new(false)));
        Self { sink, tracer, wanted, guest_errors, next: u64::MAX }
    }

    /// Where the machine's devices report what the guest does wrong.
    pub fn reports(&self) -> Reports {
        let (sink, on) = (self.sink.clone(), Arc::clone(&self.guest_errors));
        Reports::new(move |error| {
            if on.load(Relaxed) {
                sink.line(&error.to_string());
            }
        })
    }

    /// What traces the machine's events.
    pub fn tracer(&self) -> &Tracer {
        &self.tracer
    }

    /// What is logged.
    pub fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// Logs what is `wanted` from now on, and nothing else but trace events that are on.
    pub fn set(&mut self, wanted: Wanted, machine: &mut Machine) {
        self.guest_errors.store(wanted.guest_errors, Relaxed);
        // Patterns were looked at when they were read.
        wanted.traces.iter().for_each(|pattern| drop(self.tracer.switch(pattern, true)));
        if wanted.hash != self.wanted.hash {
            let every = wanted.hash.flatten().map_or(u64::MAX, NonZeroU64::get);
            self.next = (machine.retired() / every + 1).saturating_mul(every);
        }
        for (number, hart) in machine.harts.iter_mut().enumerate() {
            self.watch(&wanted, number, &mut **hart);
        }
        self.wanted = wanted;
    }

    /// Follows trace events that were switched.
    pub fn follow(&mut self, machine: &mut Machine) {
        self.set(self.wanted.clone(), machine);
    }

    fn watch(&self, wanted: &Wanted, number: usize, hart: &mut dyn MachineCpu) {
        let guest = if hart.xlen() == 32 { &RV32 } else { &RV64 };
        let symbols = Arc::new(Symbols::default());
        let logger = Logger::new(&self.sink, &wanted.code, symbols, guest);
        hart.watch_code(logger.map(|logger| Box::new(logger.of_hart(number)) as _));
        let (lines, traces) = (wanted.interrupts, self.tracer.is_on(Event::RiscvTrap));
        if !lines && !traces {
            return hart.watch_traps(None);
        }
        let (sink, tracer) = (self.sink.clone(), self.tracer.clone());
        hart.watch_traps(Some(Box::new(move |taken: Taken| {
            let text = trap(number, &taken);
            if lines {
                sink.line(&format!("riscv_cpu_do_interrupt: {text}"));
            }
            tracer.emit(Event::RiscvTrap, format_args!("{text}"));
        })));
    }

    /// Writes a hash if one is due. Called between slices.
    pub fn look(&mut self, machine: &mut Machine) {
        let Some(Some(every)) = self.wanted.hash else { return };
        let retired = machine.retired();
        if retired >= self.next {
            self.hash(machine);
            self.next = (retired / every + 1).saturating_mul(every.get());
        }
        machine.look_at(self.next);
    }

    /// Writes what is to be known in the end.
    pub fn end(&self, machine: &Machine) {
        if self.wanted.hash.is_some() {
            self.hash(machine);
        }
    }

    fn hash(&self, machine: &Machine) {
        let (hash, retired, now) = (machine.hash(), machine.retired(), machine.now());
        self.sink.line(&format!("hash {hash:016x} after {retired} instructions, {now} ns"));
    }
}

/// Names of exceptions and interrupts by cause. [Priv. ISA, mcause; QEMU: target/riscv/cpu.c]
const EXCEPTIONS: [&str; 16] = [
    "misaligned_fetch",
    "fault_fetch",
    "illegal_instruction",
    "breakpoint",
    "misaligned_load",
    "fault_load",
    "misaligned_store",
    "fault_store",
    "user_ecall",
    "supervisor_ecall",
    "hypervisor_ecall",
    "machine_ecall",
    "exec_page_fault",
    "load_page_fault",
    "reserved",
    "store_page_fault",
];
const INTERRUPTS: [&str; 12] = [
    "u_software",
    "s_software",
    "vs_software",
    "m_software",
    "u_timer",
    "s_timer",
    "vs_timer",
    "m_timer",
    "u_external",
    "s_external",
    "vs_external",
    "m_external",
];

fn trap(hart: usize, taken: &Taken) -> String {
    let interrupt = taken.trap.is_none();
    // The highest bit of either width says that it is an interrupt.
    let cause = taken.cause & 0x7fff_ffff;
    let names = if interrupt { &INTERRUPTS[..] } else { &EXCEPTIONS[..] };
    let name = usize::try_from(cause).ok().and_then(|cause| names.get(cause)).unwrap_or(&"reserved");
    let (pc, value) = (taken.pc, taken.value);
    format!(
        "hart:{hart}, async:{}, cause:{cause:016x}, epc:0x{pc:016x}, tval:0x{value:016x}, desc={name}",
        u8::from(interrupt)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_read_and_those_that_mean_nothing_are_refused_with_the_reason() {
        let mut wanted = Wanted::default();
        wanted.add("in_asm,int,hash=1000,trace:virtio_*,fpu").unwrap();
        assert_eq!(wanted.code, [Item::InAsm]);
        assert!(wanted.interrupts && !wanted.guest_errors);
        assert_eq!(wanted.hash, Some(NonZeroU64::new(1000)));
        wanted.add("none,unimp").unwrap();
        assert_eq!(wanted, Wanted { guest_errors: true, ..Wanted::default() });
        for (word, why) in [
            ("hush", "is no log item: did you mean 'hash'?; see -d help"),
            ("hash=0", "names no number of instructions; write hash=1000000, or hash alone"),
            ("mmu", "is not logged; info mem and info tlb of the monitor show translations"),
            ("trace:fish", "trace event 'fish' does not exist; info trace-events and -trace help list them"),
        ] {
            assert_eq!(wanted.add(word), Err((word.into(), why.into())));
        }
    }
}
