//! A moment of a guest that can be returned to: a state, a map, and the pages that differ from what the map
//! shows.

use super::mirror;
use super::pages::{self, Pages};
use super::pair::LockstepError;
use memory::user::{Region, Space};
use spec::riscv::State;

/// A moment of a guest.
#[derive(Clone, Debug, Default)]
pub struct Scene {
    /// The registers.
    pub state: State,
    /// The map, lowest region first.
    pub regions: Vec<Region>,
    /// Contents beyond zeros and files.
    pub pages: Pages,
    /// One past the last address there is.
    pub limit: u64,
    /// Whether others reach the memory, so that atomic accesses are locked ones.
    pub shared: bool,
}

/// The smallest window of a 64-bit guest: twice what Sv39 has, so that the stack fits with room.
const WINDOW: u64 = 1 << 39;

impl Scene {
    /// The moment at which a guest is.
    pub fn capture(state: &State, space: &Space) -> Self {
        let mut scene = Self::default();
        scene.update(state, space);
        scene
    }

    /// Moves on to the moment at which the guest is.
    pub fn update(&mut self, state: &State, space: &Space) {
        self.state.clone_from(state);
        self.regions = space.regions().collect();
        pages::refresh(space, &mut self.pages);
        let end = self.regions.last().map_or(0, |region| region.end);
        // A window that is less than the host's largest leaves room for more of them.
        let window = if end <= WINDOW { WINDOW } else { u64::MAX };
        self.limit = space.limit().min(window);
        self.shared = !space.is_private();
    }

    /// A memory as it was then. Shared mappings are private ones.
    ///
    /// # Errors
    /// [`LockstepError`] if the host has no room.
    pub fn space(&self) -> Result<Space, LockstepError> {
        let space = Space::with_window(self.limit, self.limit)?;
        mirror::build(&space, &self.regions, &self.pages)?;
        if self.shared {
            space.make_shared();
        }
        Ok(space)
    }
}
