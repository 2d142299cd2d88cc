//! A thread that runs units.

use super::cache::{Cache, CodeError, Placed, Spot};
use super::frame::{Frame, Kind, Table};
use super::gate::Slot;
use super::hosted::Hosted;
use super::witness::{self, Census, Tally, Translation, Witness};
use crate::emit::Emitted;
use crate::emit::host::{self, Features};
use crate::ir::Unit;
use crate::opt::{Optimizer, Passes};
use crate::region::{self, But};
use interp::block::{Blocks, Cold};
use interp::{Hart, Llsc, Stop, step};
use memory::user::Space;
use spec::insn::Insn;
use spec::rows::Effects;
use std::arch::asm;
use std::ops::Range;
use std::sync::Arc;

/// All exceptions masked, to nearest. [Intel SDM vol. 1, 10.2.3]
const MXCSR: u32 = 0x1f80;
/// Where the rounding mode lies in it.
const ROUNDING: u32 = 13;

/// Instructions after which code is left at most: each may be a call, which takes eight bytes of the host's stack.
const MOST: u64 = 1 << 16;

/// In AT_HWCAP2: programs may use `wrgsbase`. [Linux, arch/x86/include/uapi/asm/hwcap2.h]
const HWCAP2_FSGSBASE: usize = 1 << 1;

/// How a program is translated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Options {
    /// Times that a block is interpreted before it is translated.
    pub hot: u32,
    /// Bytes of code kept.
    pub cache: usize,
    /// The passes that improve units.
    pub passes: Passes,
    /// What a store-conditional asks of memory. Where it is strict and others reach the memory, units are left for a
    /// load-reserved, and whoever runs the runner sees to the rest.
    pub llsc: Llsc,
    /// What code may ask of the host.
    pub features: Features,
    /// Makes lifts wrong, for tests.
    pub spoil: Option<Spoil>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            hot: 32,
            cache: 64 << 20,
            passes: Passes::ALL,
            llsc: Llsc::Fast,
            features: Features::detect(),
            spoil: None,
        }
    }
}

/// Changes a unit before anything else does, as a wrong lift would have made it: so that tests show that wrong
/// lifts are found. It is given the words of the unit's instructions.
#[derive(Clone, Copy, Debug)]
pub struct Spoil(pub fn(&mut Unit, &[u32]));

impl PartialEq for Spoil {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::fn_addr_eq(self.0, other.0)
    }
}

impl Eq for Spoil {}

/// Why code was left.
enum Way {
    /// To go on at a guest address.
    To(u64),
    /// The interpreter is to execute this instruction.
    Alone(u64),
    /// An access of this instruction faulted: the interpreter is to execute it, and the budget gets back what has
    /// not run.
    Again(Spot),
    /// The budget ends in the unit that begins with this instruction.
    Step(u64),
    /// A handler raised a trap.
    Trapped,
}

/// A thread's way of running a hart: by interpreted blocks while they are cold, by host code when they are hot.
pub struct Runner<G: Hosted> {
    cache: Arc<Cache>,
    blocks: Blocks<G>,
    table: Table,
    /// Where this thread says that it is inside.
    slot: Arc<Slot>,
    generation: u64,
    /// Times that a block runs before it is translated where the cache is large enough.
    hot: u32,
    optimizer: Optimizer,
    /// Whether the host lets programs write the base of gs.
    wrgsbase: bool,
    spoil: Option<Spoil>,
    llsc: Llsc,
    /// Instructions after which code is left: the calls among them need no more than half of the host's stack.
    most: i64,
    /// Whether a budget need not be spent to its last instruction.
    slice: bool,
    /// Instructions that ran as host code.
    native: u64,
    /// Who wants to know of translations.
    witness: Option<Arc<dyn Witness<G>>>,
    census: Option<Box<Census<G>>>,
}

impl<G: Hosted> Runner<G> {
    /// A runner on the space's cache, which is made if there is none.
    ///
    /// # Errors
    /// A [`CodeError`] where the host gives no executable memory.
    pub fn new(space: &Space, options: Options) -> Result<Self, CodeError> {
        let make = || Cache::new::<G>(options).map(Arc::new);
        let cache = space.companion(make)?;
        // Whoever made this thread should have said so; but then no thread runs code that supposes it alone.
        if cache.take() {
            space.make_shared();
        }
        Ok(Self {
            generation: cache.generation(),
            slot: cache.slot(space, here()),
            cache,
            blocks: Blocks::basic(),
            table: Table::new(),
            hot: options.hot,
            optimizer: Optimizer::new(options.passes),
            wrgsbase: rustix::param::linux_hwcap().1 & HWCAP2_FSGSBASE != 0,
            spoil: options.spoil,
            llsc: options.llsc,
            most: most(),
            slice: false,
            native: 0,
            witness: None,
            census: None,
        })
    }

    /// From now on counts what [`Runner::tally`] says of rows, and tells `witness` of translations.
    pub fn watch(&mut self, witness: Option<Arc<dyn Witness<G>>>) {
        self.witness = witness;
        self.census = Some(Box::new(Census::new()));
    }

    /// From now on keeps what [`Runner::noted`] says.
    pub fn note(&mut self) {
        self.census.get_or_insert_with(|| Box::new(Census::new())).note();
    }

    /// Which instructions handlers executed since the last call, as ranges of the count of retired instructions before
    /// each: all others ran as host code, but for one that trapped, which is always a handler's.
    pub fn noted(&mut self) -> Vec<Range<u64>> {
        self.census.as_mut().map(|census| census.noted()).unwrap_or_default()
    }

    /// How this thread ran its instructions; rows are counted since [`Runner::watch`].
    pub fn tally(&self) -> Tally<G::Op> {
        let counts = self.cache.counts();
        match &self.census {
            Some(census) => census.tally(self.native, counts),
            None => Census::<G>::new().tally(self.native, counts),
        }
    }

    /// Instructions that ran as host code.
    pub fn native(&self) -> u64 {
        self.native
    }

    /// The cache.
    pub fn cache(&self) -> &Arc<Cache> {
        &self.cache
    }

    /// Runs exactly `budget` instructions, or fewer if one of them traps.
    pub fn run(&mut self, h: &mut Hart<G, Space>, budget: u64) -> Stop<G::Trap> {
        self.slice = false;
        self.drive(h, budget)
    }

    /// As [`Runner::run`], but may end where less is left than a unit needs: neither is the rest interpreted, nor does
    /// the next slice begin amid a loop and have that translated once more.
    pub fn run_slice(&mut self, h: &mut Hart<G, Space>, budget: u64) -> Stop<G::Trap> {
        // A unit is never longer, so that every slice gets on.
        self.slice = budget > region::LONGEST as u64;
        self.drive(h, budget)
    }

    fn drive(&mut self, h: &mut Hart<G, Space>, budget: u64) -> Stop<G::Trap> {
        let mut left = i64::try_from(budget).unwrap_or(i64::MAX);
        self.arrive(&h.mem);
        while left > 0 {
            if !self.cache.is_fresh(&h.mem) && self.cache.refresh::<G>(&h.mem).is_err() {
                return self.by_handlers(h, |runner, h| runner.blocks.run(h, left.cast_unsigned(), None));
            }
            let stop = match self.code(h) {
                Some(code) => self.execute(h, code, &mut left),
                None => self.interpret(h, &mut left),
            };
            if let Some(stop) = stop {
                return stop;
            }
        }
        Stop::Budget
    }

    /// Runs one instruction by its handler.
    pub fn step(&mut self, h: &mut Hart<G, Space>) -> Stop<G::Trap> {
        self.by_handlers(h, |_, h| step::run(h, 1, None))
    }

    /// Has the interpreter run, and notes what it executed.
    fn by_handlers<T>(
        &mut self,
        h: &mut Hart<G, Space>,
        run: impl FnOnce(&mut Self, &mut Hart<G, Space>) -> T,
    ) -> T {
        let before = *G::retired(&mut h.state);
        let ended = run(self, h);
        if let Some(census) = &mut self.census {
            census.interpreted(before..*G::retired(&mut h.state));
        }
        ended
    }

    /// The thread that runs is this one, outside. It may have been another before; and a child after vfork may have
    /// been killed inside, in this thread's place.
    fn arrive(&mut self, space: &Space) {
        if !self.slot.is_of(here()) {
            self.slot = self.cache.slot(space, here());
        }
        self.slot.leave();
    }

    /// Forgets what this thread knows of code that has been thrown away.
    fn catch_up(&mut self) {
        let generation = self.cache.generation();
        if self.generation != generation {
            self.generation = generation;
            self.table.clear();
        }
    }

    /// The host code at the hart's pc, if it may run.
    fn code(&mut self, h: &Hart<G, Space>) -> Option<u32> {
        self.catch_up();
        G::rounding(&h.state)?;
        let pc = G::pc(&h.state);
        if let Some(code) = self.table.get(pc) {
            return Some(code);
        }
        let code = self.cache.with(&h.mem, |cache| cache.find(pc))?;
        self.table.insert(pc, code);
        Some(code)
    }

    /// Interprets until a block is hot, and translates that.
    fn interpret(&mut self, h: &mut Hart<G, Space>, left: &mut i64) -> Option<Stop<G::Trap>> {
        let before = *G::retired(&mut h.state);
        let budget = u64::try_from(*left).unwrap_or(0);
        if G::rounding(&h.state).is_none() {
            return Some(self.by_handlers(h, |runner, h| runner.blocks.run(h, budget, None)));
        }
        let cold = self.by_handlers(h, |runner, h| runner.blocks.run_cold(h, budget, runner.hot));
        let ran = G::retired(&mut h.state).wrapping_sub(before);
        *left -= i64::try_from(ran).unwrap_or(i64::MAX);
        match cold {
            Cold::Stop(stop) => Some(stop),
            Cold::Hot => {
                self.warm(h);
                None
            }
        }
    }

    /// Sees to it that there is host code for what lies at the hart's pc, if it has run often enough for that.
    fn warm(&mut self, h: &mut Hart<G, Space>) {
        let pc = G::pc(&h.state);
        // The interpreter comes by at units that exist, too.
        let is_known = self.cache.with(&h.mem, |cache| cache.find(pc)).is_some();
        let hot = self.cache.hot();
        // Where nothing that runs is evicted, what was hot once comes back at once.
        if !is_known && (hot == self.hot || self.blocks.has_run(pc, hot)) {
            self.translate(h);
        }
        if is_known {
            self.blocks.settle(pc);
        }
    }

    /// Translates what lies at the hart's pc, or leaves it to the interpreter for good.
    fn translate(&mut self, h: &mut Hart<G, Space>) {
        let pc = G::pc(&h.state);
        let epoch = h.mem.code_epoch();
        let mut why = witness::NO_UNIT;
        // Instructions that this host has no code for are the interpreter's, one by one.
        let mut handled = vec![];
        let alone = match self.llsc == Llsc::Strict && !h.mem.is_private() {
            true => Effects::RESERVE,
            false => Effects::NONE,
        };
        loop {
            let but = But { handled: &handled, alone };
            let Some((mut unit, insns)) = region::unit_but::<G>(pc, but, &mut |pc| G::fetch(h, pc)) else {
                break;
            };
            let words: Vec<u32> = insns.iter().map(|insn| insn.word).collect();
            if let Some(Spoil(spoil)) = self.spoil {
                spoil(&mut unit, &words);
            }
            let before = self.witness.as_ref().map(|_| unit.clone());
            self.optimizer.run(&mut unit, G::places());
            match self.cache.translate::<G>(&h.mem, &unit, &words, epoch) {
                Ok(Placed::Code(host, at)) => {
                    self.blocks.settle(pc);
                    return self.tell(&insns, before, &unit, &host, at);
                }
                Ok(Placed::Known | Placed::Stale) => return,
                Ok(Placed::Full | Placed::Waits { .. }) => {
                    why = witness::NO_ROOM;
                    break;
                }
                Err(refusal) => {
                    let number = usize::from(refusal.insn);
                    why = witness::reason(refusal.why);
                    if let (Some(census), Some(insn)) = (&mut self.census, insns.get(number)) {
                        census.refused(insn.op, why);
                    }
                    match unit.insns.get(number) {
                        Some(at) if !handled.contains(&at.pc) => handled.push(at.pc),
                        _ => break,
                    }
                }
            }
        }
        self.cache.refused(&h.mem);
        self.blocks.cool(pc);
        if let Some(witness) = &self.witness {
            witness.refused(pc, why);
        }
    }

    /// Tells the witness, if there is one, of a unit that has got host code.
    fn tell(&self, insns: &[Insn<G::Op>], before: Option<Unit>, after: &Unit, host: &Emitted, at: u32) {
        if let (Some(witness), Some(before)) = (&self.witness, &before) {
            witness.translated(&Translation { insns, places: G::places(), before, after, host, at });
        }
    }

    /// Runs host code from `code` on until it is left.
    fn execute(&mut self, h: &mut Hart<G, Space>, code: u32, left: &mut i64) -> Option<Stop<G::Trap>> {
        let rounding = G::rounding(&h.state)?;
        let inside = self.cache.enter(&self.slot, self.generation)?;
        let enter = self.cache.entry();
        let given = (*left).min(self.most);
        if let Some(census) = &mut self.census {
            census.entered(G::retired(&mut h.state).wrapping_add(given.cast_unsigned()));
        }
        let mut frame = Frame {
            budget: given,
            payload: 0,
            kind: 0,
            state: std::ptr::from_mut(&mut h.state).cast(),
            table: self.table.pointer(),
            interpret: run_handler::<G>,
            hart: std::ptr::from_mut(h).cast(),
            census: self.census.as_deref_mut().map_or(std::ptr::null_mut(), std::ptr::from_mut).cast(),
            mxcsr: MXCSR | rounding << ROUNDING,
            host_mxcsr: 0,
        };
        let Some(base) = h.mem.host_pointer(0, 0) else { return Some(Stop::Budget) };
        // SAFETY: `enter` and `code` are code of the cache's arena, which no one throws away while `inside` lives.
        // The frame, the hart, the table and the census outlive the call and nobody else uses them meanwhile. Generated
        // code touches the state within its type, the frame, its own stack, and guest memory through gs.
        unsafe {
            set_gs(base.addr() as u64, self.wrgsbase);
            let enter: extern "C" fn(*mut Frame, u64) = std::mem::transmute(enter as usize);
            enter(&raw mut frame, u64::from(code));
        }
        let way = self.way(&h.mem, &frame);
        // Sites mean something else once code has been thrown away.
        drop(inside);
        accrue::<G>(h, frame.mxcsr);
        let spent = given - frame.budget;
        *left -= spent;
        self.retire(h, spent);
        self.go(h, way?, left)
    }

    fn retire(&mut self, h: &mut Hart<G, Space>, count: i64) {
        let retired = G::retired(&mut h.state);
        *retired = retired.wrapping_add(count.cast_unsigned());
        self.native = self.native.wrapping_add(count.cast_unsigned());
    }

    /// Why code was left, in terms of guest instructions.
    fn way(&self, space: &Space, frame: &Frame) -> Option<Way> {
        let site = u32::try_from(frame.payload).unwrap_or(u32::MAX);
        match Kind::of(frame.kind) {
            Kind::Link => self.cache.with(space, |cache| cache.follow(site)).map(Way::To),
            Kind::Indirect => Some(Way::To(frame.payload)),
            Kind::Leave => Some(Way::Alone(frame.payload)),
            Kind::Budget => Some(Way::Step(frame.payload)),
            Kind::Fault => self.cache.with(space, |cache| cache.faulted(frame.payload)).map(Way::Again),
            Kind::Interpreted => Some(Way::Trapped),
        }
    }

    /// Does what is to be done after code was left.
    fn go(&mut self, h: &mut Hart<G, Space>, way: Way, left: &mut i64) -> Option<Stop<G::Trap>> {
        match way {
            Way::To(pc) => {
                G::set_pc(&mut h.state, pc);
                None
            }
            Way::Alone(pc) => {
                let op = self.census.as_ref().and_then(|_| G::fetch(h, pc).ok()).map(|insn| insn.op);
                G::set_pc(&mut h.state, pc);
                // What units are left for is mostly a block of its own, which is decoded already.
                let stop = match self.by_handlers(h, |runner, h| runner.blocks.run(h, 1, None)) {
                    Stop::Budget => {
                        *left -= 1;
                        None
                    }
                    stop => Some(stop),
                };
                // Where it needs others to stand still it is executed by whoever sees to that.
                let is_done = matches!(stop, None | Some(Stop::Exit(_)));
                if let (Some(census), Some(op), true) = (&mut self.census, op, is_done) {
                    census.handled(op);
                }
                stop
            }
            Way::Step(pc) => {
                G::set_pc(&mut h.state, pc);
                if *left >= region::LONGEST as i64 {
                    return None;
                }
                if self.slice {
                    return Some(Stop::Budget);
                }
                let rest = u64::try_from(*left).unwrap_or(0);
                Some(self.by_handlers(h, |_, h| step::run(h, rest, None)))
            }
            Way::Again(spot) => {
                if let Some(census) = &mut self.census {
                    census.faults += 1;
                }
                *left += spot.left;
                self.retire(h, -spot.left);
                self.alone(h, spot.pc, left)
            }
            Way::Trapped => h.trap.take().map(Stop::Trap),
        }
    }

    /// Lets the interpreter execute one instruction.
    fn alone(&mut self, h: &mut Hart<G, Space>, pc: u64, left: &mut i64) -> Option<Stop<G::Trap>> {
        G::set_pc(&mut h.state, pc);
        match self.by_handlers(h, |_, h| step::step(h)) {
            Ok(_) => {
                *left -= 1;
                None
            }
            Err(stop) => Some(stop),
        }
    }
}

/// See [`Runner::most`].
fn most() -> i64 {
    let stack = rustix::process::getrlimit(rustix::process::Resource::Stack).current.unwrap_or(u64::MAX);
    i64::try_from((stack / 16).clamp(2 * region::LONGEST as u64, MOST)).unwrap_or(i64::MAX)
}

/// What tells this thread from all others that live in this memory; not zero. A child after vfork, which has its parent's
/// thread pointer, has its parent's, who waits meanwhile.
pub fn here() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| std::ptr::from_ref(here).addr())
}

/// Merges the exception flags of the host's register into the guest's.
fn accrue<G: Hosted>(h: &mut Hart<G, Space>, mxcsr: u32) {
    let flags = host::FLAGS[(mxcsr & 0x3f) as usize];
    if let (Some(float), true) = (G::places().float, flags != 0) {
        let before = G::read(&h.state, float.flags);
        G::write(&mut h.state, float.flags, before | u64::from(flags));
    }
}

/// Runs the instruction at `pc` by its handler for the unit that called.
extern "C" fn run_handler<G: Hosted>(frame: *mut Frame, pc: u64, back: u64) -> u64 {
    // SAFETY: the stub passes the frame that `Runner::execute` made, which still lives; the hart and the census it
    // names are borrowed by that function, which does not use them before the code is left.
    let (frame, h, census) = unsafe {
        let census = (*frame).census.cast::<Census<G>>().as_mut();
        (&mut *frame, &mut *(*frame).hart.cast::<Hart<G, Space>>(), census)
    };
    G::set_pc(&mut h.state, pc);
    let noted = census.and_then(|census| Some((census, G::fetch(h, pc).ok()?.op)));
    let back = i64::try_from(back).unwrap_or(0);
    let before = *G::retired(&mut h.state);
    let stop = step::run(h, 1, None);
    // The unit's instructions are counted when it is left.
    *G::retired(&mut h.state) = before;
    match stop {
        Stop::Trap(trap) => {
            h.trap = Some(trap);
            frame.budget += back;
            1
        }
        // A program's hart asks for nothing.
        Stop::Budget | Stop::Exit(_) => {
            if let Some((census, op)) = noted {
                census.handled_inside(op, frame.budget + back);
            }
            0
        }
    }
}

/// Points gs at guest memory, by `wrgsbase` or by a call of the host.
unsafe fn set_gs(base: u64, wrgsbase: bool) {
    // SAFETY: nothing else on this host uses gs in user mode; both ways only change its base.
    unsafe {
        if wrgsbase {
            asm!("wrgsbase {}", in(reg) base, options(nomem, nostack, preserves_flags));
        } else {
            const ARCH_SET_GS: u64 = 0x1001;
            asm!("syscall", inout("rax") 158u64 => _, in("rdi") ARCH_SET_GS, in("rsi") base,
                 out("rcx") _, out("r11") _, options(nostack));
        }
    }
}
