//! Map, flat views and RAM blocks as QEMU's monitor prints them. [QEMU softmmu/memory.c, softmmu/physmem.c, 7.2]

use super::{Kind, Leaf, Node, Region, Tree};
use crate::space::Shared as Space;
use std::fmt::{self, Write};
use std::sync::Arc;

/// What QEMU starts the offset of each RAM block at a multiple of.
const BLOCK_ALIGN: u64 = 64 * 4096;

/// `info mtree`: what is placed where. Disabled regions are left out.
pub(super) fn tree(tree: &Tree) -> String {
    let mut out = Printer { tree, text: String::new(), aliased: vec![] };
    for spaces in by_root(tree) {
        for space in &spaces {
            out.line(format_args!("address-space: {}", space.name()));
        }
        out.region(spaces[0].root(), 1, 0);
        out.text.push('\n');
    }
    let mut next = 0;
    while let Some(region) = out.aliased.get(next).copied() {
        out.line(format_args!("memory-region: {}", tree.node(region).name));
        out.region(region, 1, 0);
        out.text.push('\n');
        next += 1;
    }
    out.text
}

/// `info mtree -f`: what is seen where.
pub(super) fn flat(tree: &Tree) -> String {
    let mut out = Printer { tree, text: String::new(), aliased: vec![] };
    for (number, spaces) in by_root(tree).iter().enumerate() {
        out.line(format_args!("FlatView #{number}"));
        let root = tree.node(spaces[0].root());
        for space in spaces {
            let alias = match root.kind {
                Kind::Alias { target, .. } => format!(", alias {}", tree.node(target).name),
                _ => String::new(),
            };
            out.line(format_args!(" AS \"{}\", root: {}{alias}", space.name(), root.name));
        }
        out.line(format_args!(" Root memory region: {}", root.name));
        let view = spaces[0].view();
        if view.ranges().is_empty() {
            out.line(format_args!("  No rendered FlatView"));
        }
        for range in view.ranges() {
            let kind = if range.read_only { "rom" } else { out.kind(range.region) };
            let offset = if range.offset == 0 { String::new() } else { format!(" @{:016x}", range.offset) };
            out.line(format_args!(
                "  {:016x}-{:016x} (prio {}, {kind}): {}{offset}",
                range.start,
                range.last,
                range.priority,
                range.name()
            ));
        }
        out.text.push('\n');
    }
    out.text
}

/// `info ramblock`: the longest blocks first.
pub(super) fn ram(tree: &Tree) -> String {
    let mut rows = vec![];
    let mut offset = 0u64;
    for block in tree.ram_blocks() {
        rows.push((offset, block.clone()));
        offset += block.len().next_multiple_of(BLOCK_ALIGN);
    }
    rows.sort_by_key(|(_, block)| std::cmp::Reverse(block.len()));
    let mut text =
        format!("{:>24} {:>8}  {:>18} {:>18} {:>18}\n", "Block Name", "PSize", "Offset", "Used", "Total");
    for (offset, block) in rows {
        let (name, bytes) = (block.name(), block.len());
        text += &format!("{name:>24} {:>8}  {offset:#018x} {bytes:#018x} {bytes:#018x}\n", "4 KiB");
    }
    text
}

/// The spaces, those of one root together.
fn by_root(tree: &Tree) -> Vec<Vec<Arc<Space>>> {
    let mut groups: Vec<Vec<Arc<Space>>> = vec![];
    for space in tree.spaces() {
        match groups.iter_mut().find(|group| group[0].root() == space.root()) {
            Some(group) => group.push(space),
            None => groups.push(vec![space]),
        }
    }
    groups.iter_mut().for_each(|group| group.sort_by(|a, b| a.name().cmp(b.name())));
    groups
}

struct Printer<'a> {
    tree: &'a Tree,
    text: String,
    /// Targets of aliases, in the order met.
    aliased: Vec<Region>,
}

impl Printer<'_> {
    fn line(&mut self, what: fmt::Arguments<'_>) {
        // Writing to a string cannot fail.
        let _written = writeln!(self.text, "{what}");
    }

    fn region(&mut self, region: Region, level: usize, base: u64) {
        let node = self.tree.node(region);
        let start = base.wrapping_add(node.at);
        let last = start.wrapping_add(last_offset(node));
        if let Kind::Alias { target, .. } = node.kind
            && !self.aliased.contains(&target)
        {
            self.aliased.push(target);
        }
        if node.enabled {
            let overflow = if start < base || last < start { "[DETECTED OVERFLOW!] " } else { "" };
            let indent = "  ".repeat(level);
            let (kind, shown) = (self.kind(region), self.shown(node));
            self.line(format_args!(
                "{indent}{overflow}{start:016x}-{last:016x} (prio {}, {kind}): {shown}",
                node.priority
            ));
        }
        let mut parts = node.parts.clone();
        parts.sort_by_key(|part| (self.tree.node(*part).at, -i64::from(self.tree.node(*part).priority)));
        parts.into_iter().for_each(|part| self.region(part, level + 1, start));
    }

    fn shown(&self, node: &Node) -> String {
        match node.kind {
            Kind::Alias { target, offset } => {
                let last = offset.wrapping_add(last_offset(node));
                format!("alias {} @{} {offset:016x}-{last:016x}", node.name, self.tree.node(target).name)
            }
            _ => node.name.to_string(),
        }
    }

    fn kind(&self, region: Region) -> &'static str {
        let node = self.tree.node(region);
        match &node.kind {
            Kind::Alias { target, .. } => self.kind(*target),
            Kind::Leaf(Leaf::RomDevice { direct: true, .. }) => "romd",
            Kind::Leaf(Leaf::Ram(_)) if node.read_only => "rom",
            Kind::Leaf(Leaf::Ram(_)) => "ram",
            _ => "i/o",
        }
    }
}

/// The offset of the region's last byte, or 0 in an empty one.
fn last_offset(node: &Node) -> u64 {
    u64::try_from(node.size.saturating_sub(1)).unwrap_or(u64::MAX)
}
