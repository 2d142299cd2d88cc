//! Platform-level interrupt controller with SiFive's memory map.
//!
//! A gateway per source, level-triggered: a source becomes pending while its line is high, is taken by a claim, and
//! may become pending again once it is completed. A pending source stays so when its line falls, until it is
//! claimed. [RISC-V PLIC specification 1.0.0]
//!
//! Left out: edge-triggered gateways, for which the memory map has no setting.

use memory::mmio::{BusError, Rules, Width};
use model::{Context, Device, Direction, Event, IrqLine, Outline, Port, Snapshot, SnapshotError, refuse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Sources that the memory map has room for; source 0 does not exist.
pub const MAX_SOURCES: usize = 1024;
/// Contexts that the memory map has room for.
pub const MAX_CONTEXTS: usize = 15872;
/// Where the registers of the first context begin.
const CONTEXTS: u64 = 0x20_0000;
/// Bytes from one context's registers to the next's.
const CONTEXT_STRIDE: u64 = 0x1000;
/// 32-bit words of one bit per source.
const WORDS: usize = MAX_SOURCES / 32;

/// Bytes that a controller of so many contexts takes. QEMU's virt maps as many as for its most harts.
pub const fn size(contexts: u64) -> u64 {
    CONTEXTS + contexts * CONTEXT_STRIDE
}

model::registers! {
    /// The memory map. [PLIC chapter 3]
    pub enum Reg:
        /// Of each source; 0 never interrupts.
        Priority[MAX_SOURCES; 4]          @ 0x00_0000, "PRIORITY",  [4], RW, 0;
        /// 32 sources a word.
        Pending[WORDS; 4]                 @ 0x00_1000, "PENDING",   [4], R,  0;
        /// 32 sources a word, 32 words a context.
        Enable[MAX_CONTEXTS * WORDS; 4]   @ 0x00_2000, "ENABLE",    [4], RW, 0;
        /// A source must have more than this.
        Threshold[MAX_CONTEXTS; 0x1000]   @ 0x20_0000, "THRESHOLD", [4], RW, 0;
        /// A read claims, a write completes.
        Claim[MAX_CONTEXTS; 0x1000]       @ 0x20_0004, "CLAIM",     [4], RW, 0;
}

/// How a controller is built.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Sources, with the 0 that does not exist: 96 on virt.
    pub sources: usize,
    /// Bits of a priority and a threshold: 3 on virt.
    pub priority_bits: u32,
}

/// One bit per source.
type Bits = [u32; WORDS];

fn bit(bits: &Bits, source: usize) -> bool {
    bits.get(source / 32).is_some_and(|word| word >> (source % 32) & 1 != 0)
}

fn set_bit(bits: &mut Bits, source: usize, on: bool) {
    if let Some(word) = bits.get_mut(source / 32) {
        *word = *word & !(1 << (source % 32)) | u32::from(on) << (source % 32);
    }
}

/// The interrupt controller.
pub struct Plic {
    config: Config,
    /// Ones for the sources that exist.
    real: Bits,
    priority: Vec<u32>,
    /// Levels of the input lines.
    level: Bits,
    pending: Bits,
    /// Claimed and not completed yet: the gateway is shut.
    claimed: Bits,
    contexts: Vec<Target>,
}

/// A context: a hart in a privilege mode.
struct Target {
    enable: Bits,
    threshold: u32,
    line: IrqLine,
}

impl Plic {
    /// A controller with an output line for each context, in the order of the map.
    pub fn new(config: Config, lines: Vec<IrqLine>) -> Self {
        let config = Config {
            sources: config.sources.clamp(1, MAX_SOURCES),
            priority_bits: config.priority_bits.clamp(1, 31),
        };
        let mut real = [0; WORDS];
        (1..config.sources).for_each(|source| set_bit(&mut real, source, true));
        let target = |line| Target { enable: [0; WORDS], threshold: 0, line };
        Self {
            config,
            real,
            priority: vec![0; config.sources],
            level: [0; WORDS],
            pending: [0; WORDS],
            claimed: [0; WORDS],
            contexts: lines.into_iter().take(MAX_CONTEXTS).map(target).collect(),
        }
    }

    /// The input line of `source`.
    pub fn input(port: &Arc<Port<Self>>, source: usize) -> IrqLine {
        let port = Arc::downgrade(port);
        IrqLine::new(move |level| {
            if let Some(port) = port.upgrade() {
                port.tell(move |plic, cx| {
                    cx.trace(Event::PlicInput, format_args!("source {source} level {}", u8::from(level)));
                    plic.drive(source, level);
                });
            }
        })
    }

    /// Sets the level of a source's line.
    pub fn drive(&mut self, source: usize, level: bool) {
        if bit(&self.real, source) {
            set_bit(&mut self.level, source, level);
            self.gateway(source);
            self.update();
        }
    }

    /// Lets a high line through unless its source is being served.
    fn gateway(&mut self, source: usize) {
        if bit(&self.level, source) && !bit(&self.claimed, source) {
            set_bit(&mut self.pending, source, true);
        }
    }

    /// The pending and enabled source of the highest priority above `floor`; of equal ones the lowest.
    fn best(&self, enable: &Bits, floor: u32) -> Option<usize> {
        let mut best = None;
        let mut floor = floor;
        for (index, (pending, enable)) in self.pending.iter().zip(enable).enumerate() {
            let mut left = pending & enable;
            while left != 0 {
                let source = 32 * index + left.trailing_zeros() as usize;
                left &= left - 1;
                let priority = self.priority.get(source).copied().unwrap_or(0);
                if priority > floor {
                    (best, floor) = (Some(source), priority);
                }
            }
        }
        best
    }

    fn update(&self) {
        for target in &self.contexts {
            target.line.set(self.best(&target.enable, target.threshold).is_some());
        }
    }

    /// The claimed source, or 0. A claim does not look at the threshold. [PLIC 9]
    fn claim(&mut self, context: usize) -> u64 {
        let best = self.contexts.get(context).and_then(|target| self.best(&target.enable, 0));
        if let Some(source) = best {
            set_bit(&mut self.pending, source, false);
            set_bit(&mut self.claimed, source, true);
            self.update();
        }
        best.unwrap_or(0) as u64
    }

    /// A source that the context has not enabled is ignored. [PLIC 10]
    fn complete(&mut self, context: usize, source: u64, cx: &Context) {
        cx.trace(Event::PlicComplete, format_args!("context {context} source {source}"));
        let enabled =
            |source: &usize| self.contexts.get(context).is_some_and(|target| bit(&target.enable, *source));
        match usize::try_from(source).ok().filter(enabled) {
            Some(source) => {
                set_bit(&mut self.claimed, source, false);
                self.gateway(source);
                self.update();
            }
            None => cx.guest_error(
                "CLAIM",
                format_args!("completion of source {source}, which context {context} has not enabled"),
            ),
        }
    }

    fn priority_mask(&self) -> u32 {
        (1 << self.config.priority_bits) - 1
    }

    /// Reports a register of a source or context that this controller does not have.
    fn absent(cx: &Context, what: &str, index: usize) -> u64 {
        cx.guest_error(what, format_args!("there is no number {index}"));
        0
    }

    /// Registers as lines of text.
    pub fn describe(&self) -> String {
        model::describe::<Reg>(|hit| match hit.reg {
            Reg::Claim => 0,
            _ => self.peek(hit.reg, hit.index).unwrap_or(0).into(),
        })
    }

    /// A register that can be read without effect.
    fn peek(&self, reg: Reg, index: usize) -> Option<u32> {
        match reg {
            Reg::Priority => self.priority.get(index).copied(),
            Reg::Pending => self.pending.get(index).copied(),
            Reg::Enable => self.contexts.get(index / WORDS)?.enable.get(index % WORDS).copied(),
            Reg::Threshold => self.contexts.get(index).map(|target| target.threshold),
            Reg::Claim => self.contexts.get(index).map(|_| 0),
        }
    }
}

impl Device for Plic {
    fn outline(&self) -> Outline {
        let sources = model::counted(self.config.sources as u64);
        let priorities = model::counted(u64::from(self.priority_mask()));
        let contexts = model::counted(self.contexts.len() as u64);
        let properties =
            vec![("num-sources", sources), ("num-priorities", priorities), ("num-contexts", contexts)];
        Outline { properties, ..Outline::default() }
    }

    fn rules(&self) -> Rules {
        Rules::only(Width::Word)
    }

    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError> {
        let Some(hit) = cx.register::<Reg>(Direction::Read, offset, width) else { return Ok(0) };
        let Some(value) = self.peek(hit.reg, hit.index) else {
            return Ok(Self::absent(cx, name(hit.reg), hit.index));
        };
        if hit.reg != Reg::Claim {
            return Ok(value.into());
        }
        let (context, source) = (hit.index, self.claim(hit.index));
        cx.trace(Event::PlicClaim, format_args!("context {context} source {source}"));
        Ok(source)
    }

    #[expect(clippy::cast_possible_truncation, reason = "registers have 32 bits, and so has the access")]
    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        let Some(hit) = cx.register::<Reg>(Direction::Write, offset, width) else { return Ok(()) };
        if self.peek(hit.reg, hit.index).is_none() {
            Self::absent(cx, name(hit.reg), hit.index);
            return Ok(());
        }
        // Priorities and thresholds are WARL: bits they do not have are dropped. [PLIC 4 and 8]
        let mask = self.priority_mask();
        let (index, word, value) = (hit.index, hit.index % WORDS, value as u32);
        let real = self.real.get(word).copied().unwrap_or(0);
        match hit.reg {
            Reg::Priority => self
                .priority
                .iter_mut()
                .skip(index.max(1))
                .take(usize::from(index > 0))
                .for_each(|p| *p = value & mask),
            Reg::Enable => {
                let target = self.contexts.get_mut(index / WORDS);
                if let Some(enable) = target.and_then(|target| target.enable.get_mut(word)) {
                    *enable = value & real;
                }
            }
            Reg::Threshold => {
                if let Some(target) = self.contexts.get_mut(index) {
                    target.threshold = value & mask;
                }
            }
            Reg::Claim => self.complete(index, value.into(), cx),
            Reg::Pending => {}
        }
        self.update();
        Ok(())
    }

    /// The input lines keep their levels: they are the devices' to lower.
    fn reset(&mut self, _: &Context) {
        self.priority.fill(0);
        self.pending = [0; WORDS];
        self.claimed = [0; WORDS];
        for target in &mut self.contexts {
            target.enable = [0; WORDS];
            target.threshold = 0;
        }
        (1..self.config.sources).for_each(|source| self.gateway(source));
        self.update();
    }
}

fn name(reg: Reg) -> &'static str {
    model::row(reg).map_or("PLIC", |row| row.name)
}

/// The saved controller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Of each source.
    pub priority: Vec<u32>,
    /// Levels of the input lines, one bit per source.
    pub level: Bits,
    /// One bit per source.
    pub pending: Bits,
    /// One bit per source.
    pub claimed: Bits,
    /// Enabled sources of each context.
    pub enable: Vec<Bits>,
    /// Of each context.
    pub threshold: Vec<u32>,
}

impl Snapshot for Plic {
    const NAME: &'static str = "riscv.sifive.plic";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        State {
            priority: self.priority.clone(),
            level: self.level,
            pending: self.pending,
            claimed: self.claimed,
            enable: self.contexts.iter().map(|target| target.enable).collect(),
            threshold: self.contexts.iter().map(|target| target.threshold).collect(),
        }
    }

    fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
        let (sources, contexts, mask) = (self.priority.len(), self.contexts.len(), self.priority_mask());
        let real = |bits: &Bits| bits.iter().zip(&self.real).all(|(word, real)| word & !real == 0);
        if state.priority.len() != sources || state.priority.iter().any(|p| p & !mask != 0) {
            return Err(refuse::<Self>("priority", state.priority));
        }
        if state.threshold.len() != contexts || state.threshold.iter().any(|t| t & !mask != 0) {
            return Err(refuse::<Self>("threshold", state.threshold));
        }
        if state.enable.len() != contexts || !state.enable.iter().all(real) {
            return Err(refuse::<Self>("enable", state.enable));
        }
        for (field, bits) in
            [("level", &state.level), ("pending", &state.pending), ("claimed", &state.claimed)]
        {
            if !real(bits) {
                return Err(refuse::<Self>(field, bits));
            }
        }
        self.priority = state.priority;
        (self.level, self.pending, self.claimed) = (state.level, state.pending, state.claimed);
        for (target, (enable, threshold)) in
            self.contexts.iter_mut().zip(state.enable.into_iter().zip(state.threshold))
        {
            (target.enable, target.threshold) = (enable, threshold);
        }
        self.update();
        Ok(())
    }
}
