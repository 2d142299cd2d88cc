//! The memory of a random program: its code and its data, in a space of its own.

use crate::random::{CODE, Program, Subject};
use accel::lockstep::{LockstepError, Scene};
use interp::Guest;
use memory::addr::{PAGE, host_size, page_down};
use memory::user::{MapKind, Placement, Prot, Space};
use spec::riscv::State;
use std::ops::Range;

/// Where a program's code and data lie, in whole pages.
pub struct Room {
    code: Range<u64>,
    data: Range<u64>,
    limit: u64,
}

/// The window of 64-bit programs, in which their addresses and many wild ones lie.
const WINDOW: u64 = 1 << 39;

impl Room {
    /// The room of a program.
    pub fn of<S: Guest>(program: &Program<S>, xlen: u32) -> Self {
        let whole = |start: u64, len: u64| page_down(start)..page_down(start + len + PAGE - 1);
        Self {
            code: whole(program.code, CODE),
            data: whole(program.data.start, program.data.bytes.len() as u64),
            limit: if xlen == 32 { 1 << 32 } else { WINDOW },
        }
    }

    /// A memory that holds the program before its first instruction.
    ///
    /// # Errors
    /// [`LockstepError`] if the host has no room.
    pub fn space<S: Subject>(&self, program: &Program<S>) -> Result<Space, LockstepError> {
        let space = Space::with_window(self.limit, self.limit)?;
        for (range, prot) in self.ranges() {
            let len = range.end - range.start;
            space.map(Placement::Fixed(range.start), len, prot, MapKind::ANONYMOUS)?;
        }
        // Atomic accesses have host code of two kinds; each program has one.
        if program.slots.len() % 2 == 1 {
            space.make_shared();
        }
        for piece in program.memory(false).pieces {
            space.copy_out(piece.start, &piece.bytes).map_err(|_| memory::user::MapError::EFAULT)?;
        }
        Ok(space)
    }

    fn ranges(&self) -> [(Range<u64>, Prot); 2] {
        [(self.code.clone(), Prot::RW | Prot::EXEC), (self.data.clone(), Prot::RW)]
    }

    /// Whether a page is one of the code's.
    pub fn is_code(&self, at: u64) -> bool {
        self.code.contains(&at)
    }

    /// Whether a page is one of the program's.
    pub fn has(&self, at: u64) -> bool {
        self.is_code(at) || self.data.contains(&at)
    }

    /// Takes every fault back.
    ///
    /// # Errors
    /// What the host says.
    pub fn open(&self, space: &Space) -> Result<(), LockstepError> {
        for (range, prot) in self.ranges() {
            space.protect(range.start, range.end - range.start, prot)?;
        }
        Ok(())
    }

    /// All that a memory holds, which must be open.
    pub fn read(&self, space: &Space) -> Vec<u8> {
        let mut all = vec![];
        for (range, _) in self.ranges() {
            let mut bytes = vec![0; host_size(range.end - range.start)];
            // What is open can be read.
            let _ = space.copy_in(range.start, &mut bytes);
            all.extend(bytes);
        }
        all
    }

    /// Puts back what [`Room::read`] read.
    pub fn write(&self, space: &Space, all: &[u8]) {
        let mut rest = all;
        for (range, _) in self.ranges() {
            let (bytes, after) = rest.split_at(host_size(range.end - range.start).min(rest.len()));
            // As above.
            let _ = space.copy_out(range.start, bytes);
            rest = after;
        }
        space.code_written();
    }

    /// The moment at which a memory held `all`, under the protections that `space` has.
    pub fn scene(&self, state: &State, space: &Space, all: &[u8]) -> Scene {
        let mut scene = Scene {
            state: state.clone(),
            limit: self.limit,
            shared: !space.is_private(),
            ..Scene::default()
        };
        scene.regions = space.regions().collect();
        let places = self.ranges().into_iter().flat_map(|(range, _)| range.step_by(host_size(PAGE)));
        for (at, bytes) in places.zip(all.as_chunks::<{ host_size(PAGE) }>().0) {
            scene.pages.insert(at, Box::new(*bytes));
        }
        scene
    }
}
