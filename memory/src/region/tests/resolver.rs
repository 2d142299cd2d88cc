//! The flat view against a resolver that asks the tree for one address at a time.

use super::*;
use crate::addr::host_size;

/// A region of the model.
struct Spec {
    size: i128,
    at: i128,
    priority: i32,
    enabled: bool,
    read_only: bool,
    leaf: bool,
    alias: Option<(usize, i128)>,
    /// Those placed in it, in the order of placing.
    parts: Vec<usize>,
}

/// What is seen at offset `at` of region `index`: region, offset in it, read-only.
fn resolve(model: &[Spec], index: usize, at: i128) -> Option<(usize, i128, bool)> {
    let spec = &model[index];
    if !spec.enabled || at < 0 || at >= spec.size {
        return None;
    }
    let found = match spec.alias {
        Some((target, offset)) => resolve(model, target, at + offset),
        None => {
            let mut parts: Vec<usize> = spec.parts.iter().rev().copied().collect();
            parts.sort_by_key(|part| -model[*part].priority);
            let own = spec.leaf.then_some((index, at, false));
            parts.into_iter().find_map(|part| resolve(model, part, at - model[part].at)).or(own)
        }
    };
    found.map(|(region, offset, read_only)| (region, offset, read_only || spec.read_only))
}

/// A xorshift generator.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % limit
    }

    fn index(&mut self, limit: usize) -> usize {
        host_size(self.below(limit as u64))
    }
}

const SPACE: u64 = 40;

/// A random tree in a map, and its model. The first region is the root.
fn tree(random: &mut Random, device: &Arc<Nothing>) -> (Map, Vec<Region>, Vec<Spec>) {
    let map = Map::new();
    let mut change = map.change();
    let mut regions = vec![change.container("root", SPACE.into())];
    let spec = |size: u64| Spec {
        size: size.into(),
        at: 0,
        priority: 0,
        enabled: true,
        read_only: false,
        leaf: false,
        alias: None,
        parts: vec![],
    };
    let mut model = vec![spec(SPACE)];
    for index in 1..2 + random.index(9) {
        let size = 1 + random.below(SPACE);
        let mut made = spec(size);
        let region = match random.below(4) {
            0 => change.container("container", size.into()),
            1 => {
                let (target, offset) = (random.index(index), random.below(8));
                made.alias = Some((target, offset.into()));
                change.alias("alias", regions[target], offset, size.into())
            }
            _ => {
                made.leaf = true;
                change.mmio("leaf", size, device.clone(), Rules::default())
            }
        };
        let (at, priority) = (random.below(SPACE), i32::try_from(random.below(3)).unwrap() - 1);
        (made.at, made.priority) = (at.into(), priority);
        made.enabled = random.below(8) != 0;
        made.read_only = random.below(6) == 0;
        change.set_enabled(region, made.enabled);
        change.set_read_only(region, made.read_only);
        // Where this would be a cycle, the region stays without a place.
        let container = random.index(index);
        if change.place_over(regions[container], region, at, priority).is_ok() {
            model[container].parts.push(index);
        }
        regions.push(region);
        model.push(made);
    }
    change.commit();
    (map, regions, model)
}

#[test]
fn a_flat_view_shows_at_each_address_what_the_tree_has_there() {
    let device = Arc::new(Nothing);
    for seed in 1..=100_000u64 {
        let (map, regions, model) = tree(&mut Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15)), &device);
        let view = AddressSpace::new(&map, regions[0], "memory").view();
        for at in 0..SPACE {
            let found =
                view.find(at).map(|range| (range.region, i128::from(range.offset_of(at)), range.read_only));
            let expected = resolve(&model, 0, at.into()).map(|(r, offset, ro)| (regions[r], offset, ro));
            assert_eq!(found, expected, "seed {seed}, address {at}:\n{}", map.tree_text());
        }
        for two in view.ranges().windows(2) {
            assert!(two[0].last < two[1].start, "seed {seed}");
            let one_region = (two[0].region, two[0].read_only) == (two[1].region, two[1].read_only);
            let goes_on =
                two[0].last + 1 == two[1].start && two[0].offset_of(two[0].last) + 1 == two[1].offset;
            assert!(!(one_region && goes_on), "seed {seed}: two ranges that are one");
        }
    }
}
