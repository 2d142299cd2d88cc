//! How often a block has to run before it is translated, by how the cache is used.
//!
//! While what is translated stays, that is what the user asked for. Where units come back that have been evicted
//! shortly before, the cache is smaller than what runs: the number of runs is doubled until the interpreter has what
//! is not worth a translation, and halved again when other code comes.

use hashbrown::HashMap;

/// Runs of a block that cost about ten times its translation: with more of them nothing would be gained.
const MOST: u32 = 1024;

/// See the module. A turn is the time in which one region is filled.
pub(super) struct Pressure {
    /// As the user asked for.
    asked: u32,
    now: u32,
    /// Turns in which evicted units have to come back, to count as such.
    memory: u64,
    turn: u64,
    /// Evicted units by their guest addresses, and the turn in which they were.
    evicted: HashMap<u64, u64>,
    /// Units placed in this turn.
    placed: u32,
    /// Those of them that had been evicted.
    back: u32,
}

impl Pressure {
    /// `asked` runs are what the user asked for; what has been evicted is remembered for `memory` turns.
    pub fn new(asked: u32, memory: u64) -> Self {
        Self { asked, now: asked, memory, turn: 0, evicted: HashMap::new(), placed: 0, back: 0 }
    }

    /// Times that a block is to run before it is translated.
    pub fn hot(&self) -> u32 {
        self.now
    }

    /// A unit has been evicted.
    pub fn evicted(&mut self, pc: u64) {
        self.evicted.insert(pc, self.turn);
    }

    /// A unit has been placed.
    pub fn placed(&mut self, pc: u64) {
        self.placed += 1;
        self.back += u32::from(self.evicted.remove(&pc).is_some());
    }

    /// The next turn begins.
    pub fn turn(&mut self) {
        if self.back > self.placed / 4 {
            self.now = self.now.saturating_mul(2).clamp(1, MOST.max(self.asked));
        } else if self.back <= self.placed / 16 {
            self.now = (self.now / 2).max(self.asked);
        }
        (self.placed, self.back) = (0, 0);
        self.turn += 1;
        let oldest = self.turn.saturating_sub(self.memory);
        self.evicted.retain(|_, turn| *turn >= oldest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn in which these units are placed and then evicted.
    fn turn(pressure: &mut Pressure, units: std::ops::Range<u64>) -> u32 {
        units.clone().for_each(|pc| pressure.placed(pc));
        units.for_each(|pc| pressure.evicted(pc));
        pressure.turn();
        pressure.hot()
    }

    #[test]
    fn new_code_is_translated_as_the_user_asked() {
        let mut pressure = Pressure::new(3, 4);
        assert!((0..100).all(|n| turn(&mut pressure, n * 10..(n + 1) * 10) == 3));
    }

    #[test]
    fn code_that_comes_back_has_to_run_twice_as_often_each_time() {
        let mut pressure = Pressure::new(3, 4);
        let hot: Vec<_> = (0..12).map(|_| turn(&mut pressure, 0..100)).collect();
        assert_eq!(hot, [3, 6, 12, 24, 48, 96, 192, 384, 768, 1024, 1024, 1024]);
    }

    #[test]
    fn no_run_at_all_becomes_one() {
        let mut pressure = Pressure::new(0, 4);
        let hot: Vec<_> = (0..4).map(|_| turn(&mut pressure, 0..100)).collect();
        assert_eq!(hot, [0, 1, 2, 4]);
    }

    #[test]
    fn other_code_takes_the_pressure_off() {
        let mut pressure = Pressure::new(3, 4);
        (0..4).for_each(|_| _ = turn(&mut pressure, 0..100));
        let hot: Vec<_> = (1..6).map(|n| turn(&mut pressure, n * 100..(n + 1) * 100)).collect();
        assert_eq!(hot, [12, 6, 3, 3, 3]);
    }

    #[test]
    fn code_that_comes_back_after_a_long_time_is_new() {
        let mut pressure = Pressure::new(3, 4);
        for n in 0..50 {
            assert_eq!(turn(&mut pressure, n % 6 * 100..(n % 6 + 1) * 100), 3);
        }
    }

    #[test]
    fn more_runs_than_are_worth_it_stay_what_the_user_asked_for() {
        let mut pressure = Pressure::new(5000, 4);
        assert!((0..5).all(|_| turn(&mut pressure, 0..100) == 5000));
    }
}
