//! A hart as a machine's loop drives it.

/// When a slice of a hart begins and how long it may be.
#[derive(Clone, Copy, Debug)]
pub struct Slice {
    /// Instructions at most, at least one.
    pub budget: u64,
    /// Guest time of its first instruction in nanoseconds, as the hart's counter shows it.
    pub now: u64,
    /// An instruction takes 2^shift nanoseconds.
    pub shift: u32,
    /// The interrupts that devices hold pending, bits as in `mip`.
    pub lines: u64,
}

/// Why a slice has ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ended {
    /// Its budget is spent, or a device was reached, so that timers and lines are to be looked at.
    Spent,
    /// The hart waits for an interrupt.
    Waiting,
}

/// A hart as a machine's loop drives it.
pub trait Hart {
    /// Runs a slice. Says why it ended and how many instructions were retired.
    fn run(&mut self, slice: Slice) -> (Ended, u64);
    /// Guest time at which the hart's own timer (Sstc) raises an interrupt, as its counter shows it.
    fn deadline(&mut self) -> Option<u64>;
    /// Whether an interrupt that is enabled is pending, given what devices hold pending at time `now`.
    fn is_woken(&mut self, now: u64, lines: u64) -> bool;
    /// Goes to the state after power-on, to start at `pc`.
    fn reset(&mut self, pc: u64);
    /// Instructions retired since power-on.
    fn retired(&mut self) -> u64;
    /// Registers as text.
    fn registers(&mut self) -> String;
    /// All that the hart remembers, as text that is equal where the state is.
    fn fingerprint(&mut self) -> String;
    /// The program counter.
    fn pc(&mut self) -> u64;
    /// The physical address behind a virtual one, as the hart's current mode reads it.
    fn translate(&mut self, at: u64) -> Option<u64>;
    /// The pages of the current address space, as `info mem` and `info tlb` print them.
    fn pages(&mut self) -> String;
}
