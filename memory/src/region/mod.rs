//! The tree of memory regions, from which each address space has its flat view.
//!
//! A region is RAM, ROM, a ROM device, device registers, a window onto another region (an alias), or only a
//! container. Regions are placed in regions. Where two overlap the higher priority is seen; among equals the
//! one placed last. A container shows what lies below it wherever it has nothing itself; RAM and registers
//! answer wherever none of their own parts does. [QEMU docs/devel/memory.rst]
//!
//! Changes are made between [`Map::change`] and the end of the [`Change`]; only then are flat views made anew
//! and listeners told.
//!
//! A container with two parts, one of them with a hole through which the container below is seen:
//!
//! ```
//! use memory::region::Map;
//! use memory::ram::{Backing, RamBlock};
//! use memory::mmio::Order;
//! use memory::space::AddressSpace;
//! use std::sync::Arc;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let block = |name: &str| RamBlock::anonymous(name, 0x1000).map(Arc::new);
//! let map = Map::new();
//! let mut change = map.change();
//! let all = change.container("all", 0x8000);
//! // At 0x2000 lies a card of 0x5000 bytes over the container's own memory.
//! let card = change.container("card", 0x5000);
//! let (low, high) = (change.ram(block("card.low")?), change.ram(block("card.high")?));
//! let own = change.ram(Arc::new(RamBlock::anonymous("own", 0x8000)?));
//! change.place(card, low, 0)?;
//! change.place(card, high, 0x4000)?;
//! change.place_over(all, own, 0, 0)?;
//! change.place_over(all, card, 0x2000, 1)?;
//! change.commit();
//!
//! let space = AddressSpace::new(&map, all, "memory");
//! let seen: Vec<_> = space.view().ranges().iter().map(|r| (r.start, r.name().to_owned())).collect();
//! let expected = [(0, "own"), (0x2000, "card.low"), (0x3000, "own"), (0x6000, "card.high"), (0x7000, "own")];
//! assert_eq!(seen, expected.map(|(at, name)| (at, name.to_owned())));
//!
//! space.store::<u32>(0x2004, 7, Order::Little)?;
//! assert_eq!(space.load::<u8>(0x2004, Order::Little)?, 7);
//! # Ok(())
//! # }
//! ```

mod change;
mod flat;
mod text;

pub use change::{Change, PlaceError};
pub use flat::{FlatRange, FlatView};

use crate::mmio::{Mmio, Rules};
use crate::ram::RamBlock;
use crate::space::{AddressSpace, Shared as Space};
use parking_lot::Mutex;
use std::sync::{Arc, Weak};

/// All regions of a machine. Clones are the same map.
#[derive(Clone, Default)]
pub struct Map {
    tree: Arc<Mutex<Tree>>,
}

/// A region of a [`Map`], which must not be used with another map.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Region(usize);

/// What answers in a region.
#[derive(Clone)]
pub enum Leaf {
    /// RAM, or ROM where the range is read-only.
    Ram(Arc<RamBlock>),
    /// Read as memory while `direct`; written, and otherwise read, as a device.
    RomDevice {
        /// What is read.
        block: Arc<RamBlock>,
        /// What is written.
        device: Arc<dyn Mmio>,
        /// The device's rules.
        rules: Rules,
        /// Whether reads go to the block.
        direct: bool,
    },
    /// A device's registers.
    Mmio {
        /// The device.
        device: Arc<dyn Mmio>,
        /// Its rules.
        rules: Rules,
    },
}

impl Leaf {
    /// The block that reads come from, if they need no device.
    pub fn readable_block(&self) -> Option<&Arc<RamBlock>> {
        match self {
            Self::Ram(block) | Self::RomDevice { block, direct: true, .. } => Some(block),
            _ => None,
        }
    }

    /// The device and its rules, if there is one.
    pub fn device(&self) -> Option<(&dyn Mmio, &Rules)> {
        match self {
            Self::Ram(_) => None,
            Self::RomDevice { device, rules, .. } | Self::Mmio { device, rules } => Some((&**device, rules)),
        }
    }

    /// The block behind it, whoever may read it.
    pub fn block(&self) -> Option<&Arc<RamBlock>> {
        match self {
            Self::Ram(block) | Self::RomDevice { block, .. } => Some(block),
            Self::Mmio { .. } => None,
        }
    }
}

/// What stands behind a region itself, apart from the regions placed in it.
#[derive(Clone)]
enum Kind {
    Container,
    Leaf(Leaf),
    Alias { target: Region, offset: u64 },
}

/// A region.
struct Node {
    name: Arc<str>,
    size: u128,
    kind: Kind,
    /// Where it lies in its container.
    at: u64,
    priority: i32,
    may_overlap: bool,
    container: Option<Region>,
    /// Those that are seen first come first.
    parts: Vec<Region>,
    enabled: bool,
    read_only: bool,
}

#[derive(Default)]
struct Tree {
    nodes: Vec<Node>,
    spaces: Vec<Weak<Space>>,
}

impl Tree {
    fn node(&self, region: Region) -> &Node {
        &self.nodes[region.0]
    }

    fn node_mut(&mut self, region: Region) -> &mut Node {
        &mut self.nodes[region.0]
    }

    /// Address spaces that still exist, oldest first.
    fn spaces(&self) -> impl Iterator<Item = Arc<Space>> {
        self.spaces.iter().filter_map(Weak::upgrade)
    }
}

impl Map {
    /// A map without regions.
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a change. Another thread that wants to begin one waits until this one has ended; a thread must
    /// not begin a second one.
    pub fn change(&self) -> Change<'_> {
        Change::new(self.tree.lock())
    }

    /// Makes a space known, and gives it its first view.
    pub(crate) fn add_space(&self, space: &Arc<Space>) {
        let mut tree = self.tree.lock();
        space.show(FlatView::render(&tree, space.root()));
        tree.spaces.retain(|space| space.strong_count() > 0);
        tree.spaces.push(Arc::downgrade(space));
    }

    /// The tree of each address space, as QEMU's `info mtree` prints it.
    pub fn tree_text(&self) -> String {
        text::tree(&self.tree.lock())
    }

    /// The flat view of each address space, as QEMU's `info mtree -f` prints it.
    pub fn flat_text(&self) -> String {
        text::flat(&self.tree.lock())
    }

    /// The RAM blocks, as QEMU's `info ramblock` prints them.
    pub fn ram_text(&self) -> String {
        text::ram(&self.tree.lock())
    }

    /// The RAM blocks of all regions, in the order in which these were made.
    pub fn ram_blocks(&self) -> Vec<Arc<RamBlock>> {
        self.tree.lock().ram_blocks()
    }

    /// The address spaces that still exist, oldest first.
    pub fn spaces(&self) -> Vec<AddressSpace> {
        self.tree.lock().spaces().map(AddressSpace::from).collect()
    }
}

impl Tree {
    fn ram_blocks(&self) -> Vec<Arc<RamBlock>> {
        let mut found: Vec<Arc<RamBlock>> = vec![];
        for node in &self.nodes {
            if let Kind::Leaf(leaf) = &node.kind
                && let Some(block) = leaf.block()
                && !found.iter().any(|known| Arc::ptr_eq(known, block))
            {
                found.push(block.clone());
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
