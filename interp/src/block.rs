//! The block driver: pre-decoded blocks, linked to their successors.
//!
//! A block is a run of instructions through branches that are not taken and direct jumps. The pc and the count of retired instructions move once a
//! block; on a trap they are put right from the instruction's place in its block. Blocks are found
//! again through a link in the block before, then a direct-mapped table, then a map.
//!
//! Where memory translates, blocks are known by their physical address, their *place*, and do not leave a page. So a
//! block serves every mode and every mapping of its page. A link inside the page holds as long as the page is being
//! run; one to another page holds where that page lies where it lay. Blocks whose bytes were written are dropped when
//! the driver begins: such stores run alone, outside of it.

use crate::guest::{Flow, Guest, Hart, Stop};
use crate::mem::Memory;
use crate::observe::Observer;
use crate::step;
use hashbrown::HashMap;
use memory::addr::{PAGE, page_down};
use memory::tlb::{Kind, Stale};
use spec::bits::Low;
use spec::insn::Insn;
use spec::rows::Effects;
use std::ops::Range;

/// Longest block, in instructions. An instruction has at most four bytes, so the last one's offset in
/// units of two bytes fits the record's byte.
const LONGEST: usize = 64;
/// Entries of the direct-mapped table from pc to block.
const TABLE: usize = 4096;
/// Targets of jumps that a block remembers.
const WAYS: usize = 4;
/// What ends a block that is a basic one.
const ENDS: Effects = Effects::JUMP.and(Effects::SYSTEM).and(Effects::SYNC);
/// No block has this number.
const NONE: u32 = u32::MAX;
/// Records kept before everything is forgotten and decoded anew: 64 MiB of them.
const ROOM: usize = 4 << 20;

#[derive(Clone, Copy)]
struct Link {
    /// The target's place.
    place: u64,
    block: u32,
}

const UNLINKED: Link = Link { place: u64::MAX, block: NONE };

/// How a block was left.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Exit {
    /// To a block that is already known.
    Linked,
    /// Past its last instruction.
    Falls,
    /// By a jump.
    Jumps,
    /// The blocks were forgotten, or there was none before.
    Lost,
}

struct Block<C> {
    /// Place of the first instruction.
    start: u64,
    insns: Box<[Insn<C>]>,
    /// What the budget must have left: the count of instructions, or more than any budget when the block is dead.
    room: u64,
    /// Place of the instruction after the last.
    end: u64,
    /// The places between which all of its instructions lie.
    extent: Range<u64>,
    /// Where its jumps went, by the target's lowest bits: a block has as many exits as branches.
    taken: [Link; WAYS],
    /// Where it goes when it falls through.
    next: u32,
}

/// No block that can run needs this.
const DEAD: u64 = u64::MAX;

impl<C> Block<C> {
    fn way(place: u64) -> usize {
        (place >> 1) as usize % WAYS
    }
}

/// How a run of cold blocks ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cold<T> {
    /// As any run does.
    Stop(Stop<T>),
    /// At the start of a block that has run often enough; it has not run again.
    Hot,
}

/// A block that never becomes hot.
const NEVER: u32 = u32::MAX;

/// How often a block has run.
#[derive(Clone, Copy)]
struct Heat {
    runs: u32,
    /// Runs with which it is hot.
    limit: u32,
}

/// Decoded blocks of one hart.
pub struct Blocks<G: Guest> {
    blocks: Vec<Block<G::Code>>,
    /// How often each block has run while [`Blocks::run_cold`] counted.
    heat: Vec<Heat>,
    /// Records in all blocks.
    records: usize,
    table: Box<[Link]>,
    map: HashMap<u64, u32>,
    /// Blocks by the page they lie in, where memory translates.
    pages: HashMap<u64, Vec<u32>>,
    epoch: u64,
    /// Whether blocks end at branches and direct jumps, too.
    basic: bool,
    /// What is being decoded.
    fresh: Vec<Insn<G::Op>>,
}

impl<G: Guest> Default for Blocks<G> {
    fn default() -> Self {
        Self::new()
    }
}

impl<G: Guest> Blocks<G> {
    /// An empty cache.
    pub fn new() -> Self {
        let table = vec![UNLINKED; TABLE].into_boxed_slice();
        let (map, pages, fresh) = (HashMap::new(), HashMap::new(), vec![]);
        Self { blocks: vec![], heat: vec![], records: 0, table, map, pages, epoch: 0, basic: false, fresh }
    }

    /// An empty cache of blocks that end at every branch and jump. They are slower to run, but nothing is decoded
    /// that does not run, nor twice: better for code that runs a few times.
    pub fn basic() -> Self {
        Self { basic: true, ..Self::new() }
    }

    /// Forgets every block.
    #[cold]
    pub fn flush(&mut self) {
        self.blocks.clear();
        self.heat.clear();
        self.records = 0;
        self.map.clear();
        self.pages.clear();
        self.table.fill(UNLINKED);
    }

    /// Drops the blocks whose bytes were written.
    fn drop_stale<M: Memory>(&mut self, h: &mut Hart<G, M>) {
        let Some(mmu) = h.mem.mmu() else { return };
        match mmu.take_stale() {
            Stale::All => self.flush(),
            Stale::Ranges(ranges) => ranges.iter().for_each(|range| self.drop_in(range)),
        }
    }

    #[cold]
    fn drop_in(&mut self, range: &Range<u64>) {
        let mut page = page_down(range.start);
        while page < range.end {
            for &number in self.pages.get(&page).into_iter().flatten() {
                let block = &mut self.blocks[number as usize];
                if block.room == DEAD || block.extent.start >= range.end || block.extent.end <= range.start {
                    continue;
                }
                block.room = DEAD;
                self.records -= block.insns.len();
                block.insns = Box::default();
                self.map.remove(&block.start);
                let slot = &mut self.table[slot(block.start)];
                if slot.place == block.start {
                    *slot = UNLINKED;
                }
            }
            if let Some(known) = self.pages.get_mut(&page) {
                known.retain(|number| self.blocks[*number as usize].room != DEAD);
            }
            page = page.saturating_add(PAGE);
        }
    }

    /// Runs `budget` instructions, or fewer if one traps; tells `log`, if there is one.
    pub fn run<M: Memory>(
        &mut self,
        h: &mut Hart<G, M>,
        budget: u64,
        log: Option<&mut dyn Observer<G>>,
    ) -> Stop<G::Trap> {
        match self.drive(h, budget, NEVER, log) {
            Cold::Stop(stop) => stop,
            Cold::Hot => Stop::Budget,
        }
    }

    /// The same until a block is about to run that has run `hot` times before, or as [`Blocks::has_run`] and
    /// [`Blocks::settle`] say.
    pub fn run_cold<M: Memory>(&mut self, h: &mut Hart<G, M>, budget: u64, hot: u32) -> Cold<G::Trap> {
        self.drive(h, budget, hot.min(NEVER - 1), None)
    }

    /// The block at `pc` is never hot from now on.
    pub fn cool(&mut self, pc: u64) {
        self.reheat(pc, Heat { runs: 0, limit: NEVER });
    }

    /// There is something better than to interpret the block at `pc`: it is hot from now on, and has run no times.
    pub fn settle(&mut self, pc: u64) {
        self.reheat(pc, Heat { runs: 0, limit: 0 });
    }

    /// Whether the hot block at `pc` has run `hot` times. If not it runs on, and is hot again after as many runs more,
    /// or when it has.
    pub fn has_run(&mut self, pc: u64, hot: u32) -> bool {
        let Some(&Heat { runs, .. }) = self.map.get(&pc).map(|block| &self.heat[*block as usize]) else {
            return false;
        };
        if runs < hot {
            self.reheat(pc, Heat { runs, limit: runs.saturating_mul(2).clamp(1, hot) });
        }
        runs >= hot
    }

    fn reheat(&mut self, pc: u64, heat: Heat) {
        if let Some(&block) = self.map.get(&pc) {
            self.heat[block as usize] = heat;
        }
    }

    /// Counts a run of the block; true where it is hot instead.
    #[inline(always)]
    fn is_hot(&mut self, block: u32, hot: u32) -> bool {
        if hot == NEVER {
            return false;
        }
        let heat = &mut self.heat[block as usize];
        if heat.runs >= heat.limit {
            return true;
        }
        heat.runs += 1;
        false
    }

    fn drive<M: Memory>(
        &mut self,
        h: &mut Hart<G, M>,
        budget: u64,
        hot: u32,
        mut log: Option<&mut dyn Observer<G>>,
    ) -> Cold<G::Trap> {
        if self.epoch != h.mem.code_epoch() {
            self.epoch = h.mem.code_epoch();
            self.flush();
        }
        if M::TRANSLATES {
            self.drop_stale(h);
        }
        let mut left = budget;
        let mut exit = Exit::Lost;
        let mut at = NONE;
        loop {
            if exit != Exit::Linked {
                if left == 0 {
                    return Cold::Stop(Stop::Budget);
                }
                let (place, to) = match self.find(h, hot, &mut log) {
                    Ok(Some(found)) => found,
                    Ok(None) => {
                        // What no block is made of.
                        let stop = step::run(h, 1, log.as_mut().map(|log| &mut **log as _));
                        if stop != Stop::Budget {
                            return Cold::Stop(stop);
                        }
                        left -= 1;
                        exit = Exit::Lost;
                        continue;
                    }
                    Err(trap) => return Cold::Stop(Stop::Trap(trap)),
                };
                self.link(at, exit, place, to);
                at = to;
            }
            if self.is_hot(at, hot) {
                return Cold::Hot;
            }
            let block = &self.blocks[at as usize];
            let count = block.insns.len();
            if left < block.room {
                if M::TRANSLATES && block.room == DEAD {
                    exit = Exit::Lost;
                    continue;
                }
                return Cold::Stop(step::run(h, left, log));
            }
            let entry = G::pc(&h.state);
            if let Some(log) = &mut log {
                log.entered(&h.state, count);
            }
            let flow = loop {
                let (flow, rest) = G::run(h, &block.insns);
                if flow.refused() {
                    return Cold::Stop(refused(h, &block.insns, rest, flow));
                }
                let done = (count - rest) as u64;
                left -= done;
                let retired = G::retired(&mut h.state);
                *retired = retired.wrapping_add(done);
                // A loop of one block needs no look at any other.
                let again = flow == Flow::Branch && G::pc(&h.state) == entry;
                if !again || left < count as u64 || log.is_some() || hot != NEVER {
                    break flow;
                }
            };
            exit = match flow {
                Flow::Next => {
                    // Inside a page, what is virtual differs from what is physical by the same distance.
                    let distance =
                        if M::TRANSLATES { page_down(entry).wrapping_sub(page_down(block.start)) } else { 0 };
                    G::set_pc(&mut h.state, block.end.wrapping_add(distance));
                    let leaves = M::TRANSLATES && block.end.is_multiple_of(PAGE);
                    if block.next == NONE || leaves {
                        Exit::Falls
                    } else {
                        at = block.next;
                        Exit::Linked
                    }
                }
                Flow::Branch => {
                    let pc = G::pc(&h.state);
                    let place = if !M::TRANSLATES {
                        pc
                    } else if page_down(pc) == page_down(entry) {
                        page_down(block.start) | (pc % PAGE)
                    } else {
                        known::<G, M>(h, pc)
                    };
                    let link = block.taken[Block::<G::Code>::way(place)];
                    if link.place == place && link.block != NONE {
                        at = link.block;
                        Exit::Linked
                    } else {
                        Exit::Jumps
                    }
                }
                Flow::Look | Flow::Wait => return Cold::Stop(step::exit(flow).unwrap_or(Stop::Budget)),
                Flow::Sync | Flow::Trap | Flow::Alone => {
                    if !M::TRANSLATES {
                        self.flush();
                    }
                    Exit::Lost
                }
            };
        }
    }

    /// Remembers that block `from`, left by `exit`, was followed by block `to` at `place`.
    #[inline(never)]
    fn link(&mut self, from: u32, exit: Exit, place: u64, to: u32) {
        // Finding `to` may have forgotten every block to make room, `from` among them: then `from` may
        // name a later block, whose end tells.
        let Some(block) = self.blocks.get_mut(from as usize) else { return };
        match exit {
            Exit::Falls if block.end == place => block.next = to,
            Exit::Jumps => block.taken[Block::<G::Code>::way(place)] = Link { place, block: to },
            _ => {}
        }
    }

    /// The place of the state's pc and the block there, decoded if it is new; `None` where there is to be none.
    #[inline(never)]
    fn find<M: Memory>(
        &mut self,
        h: &mut Hart<G, M>,
        hot: u32,
        log: &mut Option<&mut dyn Observer<G>>,
    ) -> Result<Option<(u64, u32)>, G::Trap> {
        let pc = G::pc(&h.state);
        let Some(place) = G::place(h, pc)? else { return Ok(None) };
        let slot = slot(place);
        if self.table[slot].place == place && self.table[slot].block != NONE {
            return Ok(Some((place, self.table[slot].block)));
        }
        let block = match self.map.get(&place) {
            Some(&block) => block,
            None => match self.decode(h, (pc, place), hot, log)? {
                Some(block) => block,
                None => return Ok(None),
            },
        };
        self.table[slot] = Link { place, block };
        Ok(Some((place, block)))
    }

    fn decode<M: Memory>(
        &mut self,
        h: &mut Hart<G, M>,
        (pc, place): (u64, u64),
        limit: u32,
        log: &mut Option<&mut dyn Observer<G>>,
    ) -> Result<Option<u32>, G::Trap> {
        let mut insns = std::mem::take(&mut self.fresh);
        insns.clear();
        let inside = |at: u64| !M::TRANSLATES || page_down(at) == page_down(pc);
        let mut end = pc;
        // Where the straight run being decoded starts, as an address and in the list.
        let mut run = (pc, 0);
        let mut extent = pc..pc;
        while insns.len() < LONGEST && inside(end) {
            // What begins in a page's last two bytes may need the next page, which must not be walked for early.
            if M::TRANSLATES && !insns.is_empty() && end % PAGE == PAGE - 2 {
                break;
            }
            let mut insn = match G::fetch(h, end) {
                Ok(insn) => insn,
                Err(trap) if insns.is_empty() => return Err(trap),
                // The trap belongs to the next block, which starts there.
                Err(_) => break,
            };
            let effects = G::effects(insn.op);
            let after = end.wrapping_add(u64::from(insn.len));
            // What lies in two pages is run alone: the second may be mapped elsewhere the next time.
            if effects.any(Effects::SYSTEM) && !insns.is_empty() || !inside(after.wrapping_sub(1)) {
                break;
            }
            insn.off = (end.wrapping_sub(run.0) / 2).low8();
            insns.push(insn);
            extent = extent.start.min(end)..extent.end.max(after);
            if self.basic && effects.any(ENDS) {
                end = after;
                break;
            }
            let target = G::target(&insn, end).filter(|target| inside(*target));
            end = after;
            if let Some(target) = target.filter(|_| insns.len() < LONGEST) {
                tell(log, run, &insns);
                run = (target, insns.len());
                end = target;
                continue;
            }
            // A branch that is not taken goes on in the same block.
            let leaves = effects.any(Effects::JUMP) && !effects.all(Effects::BRANCH);
            if leaves || effects.any(Effects::SYSTEM.and(Effects::SYNC)) {
                break;
            }
        }
        tell(log, run, &insns);
        let distance = place.wrapping_sub(pc);
        let extent = extent.start.wrapping_add(distance)..extent.end.wrapping_add(distance);
        if M::TRANSLATES && (insns.is_empty() || !watch(h, &extent)) {
            return Ok(None);
        }
        if self.records + insns.len() > ROOM {
            self.flush();
        }
        self.records += insns.len();
        let number = self.blocks.len().low32();
        if M::TRANSLATES {
            self.pages.entry(page_down(place)).or_default().push(number);
        }
        self.heat.push(Heat { runs: 0, limit });
        self.blocks.push(Block {
            start: place,
            insns: G::plan(&insns),
            room: insns.len() as u64,
            end: end.wrapping_add(distance),
            extent,
            next: NONE,
            taken: [UNLINKED; WAYS],
        });
        self.map.insert(place, number);
        self.fresh = insns;
        Ok(Some(number))
    }
}

fn slot(place: u64) -> usize {
    (place >> 1) as usize % TABLE
}

/// Has stores to these places noticed; false where blocks cannot be kept.
fn watch<G: Guest, M: Memory>(h: &mut Hart<G, M>, places: &Range<u64>) -> bool {
    h.mem.mmu().is_some_and(|mmu| mmu.code_at(places.clone()))
}

/// The place of `pc` if its page is known to be executable, else one that no block has. A walk here would come before
/// its instruction does.
#[inline(always)]
fn known<G: Guest, M: Memory>(h: &mut Hart<G, M>, pc: u64) -> u64 {
    h.mem.mmu().and_then(|mmu| mmu.physical(G::fetch_address(pc), Kind::Fetch).ok()).unwrap_or(u64::MAX)
}

/// Tells of the straight run that starts at address `run.0` and place `run.1`.
fn tell<G: Guest>(log: &mut Option<&mut dyn Observer<G>>, run: (u64, usize), insns: &[Insn<G::Op>]) {
    if let Some(log) = log.as_mut().filter(|_| run.1 < insns.len()) {
        log.translated(run.0, &insns[run.1..]);
    }
}

/// Puts pc and count right for an instruction that did not happen, `rest` instructions before its block's end.
#[cold]
fn refused<G: Guest, M: Memory>(
    h: &mut Hart<G, M>,
    insns: &[Insn<G::Code>],
    rest: usize,
    flow: Flow,
) -> Stop<G::Trap> {
    let done = insns.len() - 1 - rest;
    let pc = G::pc(&h.state).wrapping_add(2 * u64::from(insns[done].off));
    G::set_pc(&mut h.state, pc);
    let retired = G::retired(&mut h.state);
    *retired = retired.wrapping_add(done as u64);
    step::exit(flow).or_else(|| h.trap.take().map(Stop::Trap)).unwrap_or(Stop::Budget)
}
