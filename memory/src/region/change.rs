//! Changes of the tree, and what follows when they are made.

use super::{FlatView, Kind, Leaf, Node, Region, Tree};
use crate::mmio::{Mmio, Rules};
use crate::ram::RamBlock;
use parking_lot::MutexGuard;
use std::sync::Arc;

/// A region that could not be placed.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PlaceError {
    /// It lies somewhere already.
    #[error("region {name} has its place already; take it out first")]
    Placed {
        /// The region.
        name: String,
    },
    /// It would come to lie in itself.
    #[error("region {name} would contain itself")]
    Cycle {
        /// The region.
        name: String,
    },
    /// Two regions of which neither may overlap.
    #[error(
        "region {name} at {at:#x} overlaps {other} at {other_at:#x}; move one, or place it with a priority"
    )]
    Overlap {
        /// The region.
        name: String,
        /// Where it was to lie in its container.
        at: u64,
        /// The region that lies there.
        other: String,
        /// Where.
        other_at: u64,
    },
}

/// A change of a map. It is made when this is dropped, or by [`Change::commit`]: then every address space has
/// its new view at once, and listeners are told.
pub struct Change<'a> {
    /// `None` only while dropping.
    tree: Option<MutexGuard<'a, Tree>>,
}

impl<'a> Change<'a> {
    pub(super) fn new(tree: MutexGuard<'a, Tree>) -> Self {
        Self { tree: Some(tree) }
    }

    /// Makes the change.
    pub fn commit(self) {}

    /// A region that only contains others. `size` may be 2^64.
    pub fn container(&mut self, name: &str, size: u128) -> Region {
        self.make(name, size, Kind::Container, false)
    }

    /// RAM, as long as its block and with its name.
    pub fn ram(&mut self, block: Arc<RamBlock>) -> Region {
        self.make_block(block, false)
    }

    /// ROM: RAM that only [`crate::space::AddressSpace::write_rom`] writes.
    pub fn rom(&mut self, block: Arc<RamBlock>) -> Region {
        self.make_block(block, true)
    }

    /// Memory that is written through a device, such as flash. It starts with reads going to the block.
    pub fn rom_device(&mut self, block: Arc<RamBlock>, device: Arc<dyn Mmio>, rules: Rules) -> Region {
        let (name, size) = (block.name().to_owned(), block.len());
        let leaf = Leaf::RomDevice { block, device, rules, direct: true };
        self.make(&name, size.into(), Kind::Leaf(leaf), false)
    }

    /// A device's registers.
    pub fn mmio(&mut self, name: &str, size: u64, device: Arc<dyn Mmio>, rules: Rules) -> Region {
        self.make(name, size.into(), Kind::Leaf(Leaf::Mmio { device, rules }), false)
    }

    /// A window of `size` bytes onto `target` from `offset`.
    pub fn alias(&mut self, name: &str, target: Region, offset: u64, size: u128) -> Region {
        self.make(name, size, Kind::Alias { target, offset }, false)
    }

    /// Places `part` at `at` in `container`, where it must not overlap what was placed so, too.
    ///
    /// # Errors
    /// [`PlaceError`]; then nothing has changed.
    pub fn place(&mut self, container: Region, part: Region, at: u64) -> Result<(), PlaceError> {
        self.check(container, part)?;
        self.check_overlap(container, part, at)?;
        self.put(container, part, at, 0, false);
        Ok(())
    }

    /// Places `part` at `at` in `container`, where the higher priority is seen; among equals, the one placed
    /// last.
    ///
    /// # Errors
    /// [`PlaceError`]; then nothing has changed.
    pub fn place_over(
        &mut self,
        container: Region,
        part: Region,
        at: u64,
        priority: i32,
    ) -> Result<(), PlaceError> {
        self.check(container, part)?;
        self.put(container, part, at, priority, true);
        Ok(())
    }

    /// Takes `part` out of its container; without one nothing happens.
    pub fn take_out(&mut self, part: Region) {
        if let Some(container) = self.tree().node_mut(part).container.take() {
            self.tree().node_mut(container).parts.retain(|other| *other != part);
        }
    }

    /// Moves `part` to `at` in its container, in front of those of its priority.
    pub fn move_to(&mut self, part: Region, at: u64) {
        let node = self.tree().node(part);
        let (container, priority, may_overlap) = (node.container, node.priority, node.may_overlap);
        match container {
            Some(container) => {
                self.take_out(part);
                self.put(container, part, at, priority, may_overlap);
            }
            None => self.tree().node_mut(part).at = at,
        }
    }

    /// Whether the region and all in it are seen.
    pub fn set_enabled(&mut self, region: Region, enabled: bool) {
        self.tree().node_mut(region).enabled = enabled;
    }

    /// Whether the region and all in it are only read.
    pub fn set_read_only(&mut self, region: Region, read_only: bool) {
        self.tree().node_mut(region).read_only = read_only;
    }

    /// Whether a ROM device is read as memory. Other regions have no such mode.
    pub fn set_direct(&mut self, region: Region, on: bool) {
        if let Kind::Leaf(Leaf::RomDevice { direct, .. }) = &mut self.tree().node_mut(region).kind {
            *direct = on;
        }
    }

    /// Where an alias begins in its target. Other regions have no such offset.
    pub fn set_alias_offset(&mut self, region: Region, to: u64) {
        if let Kind::Alias { offset, .. } = &mut self.tree().node_mut(region).kind {
            *offset = to;
        }
    }

    fn tree(&mut self) -> &mut Tree {
        self.tree.as_deref_mut().expect("only dropping takes the tree")
    }

    fn make_block(&mut self, block: Arc<RamBlock>, read_only: bool) -> Region {
        let (name, size) = (block.name().to_owned(), block.len());
        self.make(&name, size.into(), Kind::Leaf(Leaf::Ram(block)), read_only)
    }

    fn make(&mut self, name: &str, size: u128, kind: Kind, read_only: bool) -> Region {
        let nodes = &mut self.tree().nodes;
        nodes.push(Node {
            name: name.into(),
            size: size.min(1 << 64),
            kind,
            at: 0,
            priority: 0,
            may_overlap: false,
            container: None,
            parts: vec![],
            enabled: true,
            read_only,
        });
        Region(nodes.len() - 1)
    }

    fn check(&mut self, container: Region, part: Region) -> Result<(), PlaceError> {
        let tree = self.tree();
        let name = || tree.node(part).name.to_string();
        if tree.node(part).container.is_some() {
            return Err(PlaceError::Placed { name: name() });
        }
        if tree.reaches(part, container) {
            return Err(PlaceError::Cycle { name: name() });
        }
        Ok(())
    }

    fn check_overlap(&mut self, container: Region, part: Region, at: u64) -> Result<(), PlaceError> {
        let tree = self.tree();
        let end = u128::from(at) + tree.node(part).size;
        let meets = |other: &&Region| {
            let other = tree.node(**other);
            !other.may_overlap
                && u128::from(other.at) < end
                && u128::from(at) < u128::from(other.at) + other.size
        };
        match tree.node(container).parts.iter().find(meets) {
            Some(other) => Err(PlaceError::Overlap {
                name: tree.node(part).name.to_string(),
                at,
                other: tree.node(*other).name.to_string(),
                other_at: tree.node(*other).at,
            }),
            None => Ok(()),
        }
    }

    fn put(&mut self, container: Region, part: Region, at: u64, priority: i32, may_overlap: bool) {
        let tree = self.tree();
        let node = tree.node_mut(part);
        (node.at, node.priority, node.may_overlap) = (at, priority, may_overlap);
        node.container = Some(container);
        let parts = &tree.node(container).parts;
        let before = parts.iter().position(|other| priority >= tree.node(*other).priority);
        let index = before.unwrap_or(parts.len());
        tree.node_mut(container).parts.insert(index, part);
    }
}

impl Tree {
    /// Whether `to` is `from`, or seen through it.
    fn reaches(&self, from: Region, to: Region) -> bool {
        let mut seen = vec![false; self.nodes.len()];
        let mut left = vec![from];
        while let Some(region) = left.pop() {
            if region == to {
                return true;
            }
            if std::mem::replace(&mut seen[region.0], true) {
                continue;
            }
            left.extend(&self.node(region).parts);
            if let Kind::Alias { target, .. } = self.node(region).kind {
                left.push(target);
            }
        }
        false
    }
}

impl Drop for Change<'_> {
    fn drop(&mut self) {
        let Some(tree) = self.tree.take() else { return };
        let mut news = vec![];
        for space in tree.spaces() {
            let view = FlatView::render(&tree, space.root());
            if let Some(old) = space.show(view) {
                news.push((space, old));
            }
        }
        // Listeners may look at the tree, so that it is free again before they are told.
        drop(tree);
        news.into_iter().for_each(|(space, old)| space.tell(&old));
    }
}
