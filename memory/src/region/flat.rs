//! The flat view: what is seen at each address, as ranges that do not overlap.

use super::{Kind, Leaf, Region, Tree};
use std::sync::Arc;

/// A range of addresses in which one region is seen.
#[derive(Clone)]
pub struct FlatRange {
    /// First address.
    pub start: u64,
    /// Last address.
    pub last: u64,
    /// The region that is seen.
    pub region: Region,
    /// Where in the region the range starts; for RAM, also in its block.
    pub offset: u64,
    /// Whether a guest cannot write RAM here.
    pub read_only: bool,
    /// What answers.
    pub leaf: Leaf,
    pub(super) priority: i32,
    name: Arc<str>,
}

impl FlatRange {
    /// The region's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where in the region `at`, which lies in the range, is.
    pub const fn offset_of(&self, at: u64) -> u64 {
        self.offset + (at - self.start)
    }

    /// Bytes from `at`, which lies in the range, to its end; at most `most`.
    pub fn left(&self, at: u64, most: u64) -> u64 {
        if most == 0 { 0 } else { (self.last - at).min(most - 1) + 1 }
    }

    /// Whether reads go to the block of a ROM device.
    const fn direct(&self) -> bool {
        matches!(self.leaf, Leaf::RomDevice { direct: true, .. })
    }

    /// Whether both show the same region in the same way, wherever they lie.
    fn alike(&self, other: &Self) -> bool {
        self.region == other.region && self.read_only == other.read_only && self.direct() == other.direct()
    }

    /// Whether nothing differs.
    pub fn same(&self, other: &Self) -> bool {
        self.alike(other) && (self.start, self.last, self.offset) == (other.start, other.last, other.offset)
    }
}

/// What is seen at each address of an address space.
#[derive(Clone, Default)]
pub struct FlatView {
    ranges: Vec<FlatRange>,
}

/// Addresses from the first to before the second. Aliases may put a region's start below zero.
type Span = (i128, i128);

impl FlatView {
    /// The ranges, ascending.
    pub fn ranges(&self) -> &[FlatRange] {
        &self.ranges
    }

    /// The range that holds `at`.
    pub fn find(&self, at: u64) -> Option<&FlatRange> {
        let index = self.ranges.partition_point(|range| range.last < at);
        self.ranges.get(index).filter(|range| range.start <= at)
    }

    /// Bytes from `at` to the next range, where `at` is in none; at most `most`.
    pub(crate) fn hole(&self, at: u64, most: u64) -> u64 {
        let index = self.ranges.partition_point(|range| range.last < at);
        self.ranges.get(index).map_or(most, |next| (next.start - at).min(most))
    }

    pub(super) fn render(tree: &Tree, root: Region) -> Self {
        let mut view = Self { ranges: vec![] };
        view.add(tree, root, 0, (0, 1 << 64), false);
        view.join();
        view
    }

    /// Adds what is seen of `region`, whose container starts at `base`, inside `clip`.
    fn add(&mut self, tree: &Tree, region: Region, base: i128, clip: Span, read_only: bool) {
        let node = tree.node(region);
        let base = base + i128::from(node.at);
        let read_only = read_only || node.read_only;
        let clip = (clip.0.max(base), clip.1.min(base + node.size.cast_signed()));
        if !node.enabled || clip.0 >= clip.1 {
            return;
        }
        if let Kind::Alias { target, offset } = node.kind {
            let base = base - i128::from(tree.node(target).at) - i128::from(offset);
            return self.add(tree, target, base, clip, read_only);
        }
        for part in &node.parts {
            self.add(tree, *part, base, clip, read_only);
        }
        if let Kind::Leaf(leaf) = &node.kind {
            let whole = FlatRange {
                start: 0,
                last: 0,
                region,
                offset: 0,
                read_only,
                leaf: leaf.clone(),
                priority: node.priority,
                name: node.name.clone(),
            };
            self.fill(&whole, base, clip);
        }
    }

    /// Shows `whole`, which starts at `base`, wherever `clip` is still free.
    fn fill(&mut self, whole: &FlatRange, base: i128, clip: Span) {
        let mut at = clip.0;
        let mut index = self.ranges.partition_point(|range| i128::from(range.last) < at);
        while at < clip.1 {
            let next =
                self.ranges.get(index).map(|range| (i128::from(range.start), i128::from(range.last) + 1));
            let end = next.map_or(clip.1, |(start, _)| start.min(clip.1));
            if at < end {
                self.ranges.insert(index, piece(whole, base, (at, end)));
                index += 1;
            }
            at = next.map_or(clip.1, |(_, end)| end);
            index += 1;
        }
    }

    /// Joins neighbours that show one region without a break.
    fn join(&mut self) {
        self.ranges.dedup_by(|next, range| {
            let touches = range.last.checked_add(1) == Some(next.start);
            let joins = touches
                && range.alike(next)
                && next.offset.wrapping_sub(range.offset) == next.start - range.start;
            if joins {
                range.last = next.last;
            }
            joins
        });
    }
}

/// The part of `whole`, which starts at `base`, inside `span`.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a span that is shown lies in 64-bit space, behind the start of its region"
)]
fn piece(whole: &FlatRange, base: i128, span: Span) -> FlatRange {
    let (start, last, offset) = (span.0 as u64, (span.1 - 1) as u64, (span.0 - base) as u64);
    FlatRange { start, last, offset, ..whole.clone() }
}
