//! Random sequences of changes against one entry per page.

use super::*;
use proptest::prelude::*;

/// Pages the sequences play with; few, so that they collide.
const FIRST: u64 = 20;
const COUNT: u64 = 8;

/// A mapped page: its protection and the byte it holds.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Page {
    prot: Prot,
    byte: u8,
}

type Model = [Option<Page>; host_size(COUNT)];

#[derive(Clone, Debug)]
enum Step {
    Map(u64, u64, Prot),
    Unmap(u64, u64),
    Protect(u64, u64, Prot),
    Move(u64, u64, u64),
    Store(u64, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let range = || (0..COUNT).prop_flat_map(|first| (Just(first), first + 1..=COUNT));
    let prot = || (0_u64..8).prop_map(|bits| Prot::from_bits(bits).unwrap());
    prop_oneof![
        3 => (range(), prot()).prop_map(|((from, to), prot)| Step::Map(from, to, prot)),
        2 => range().prop_map(|(from, to)| Step::Unmap(from, to)),
        3 => (range(), prot()).prop_map(|((from, to), prot)| Step::Protect(from, to, prot)),
        2 => (0..COUNT, 0..COUNT, 1..4_u64).prop_map(|(from, to, count)| Step::Move(from, to, count)),
        4 => (0..COUNT, 1_u8..).prop_map(|(page, byte)| Step::Store(page, byte)),
    ]
}

fn at(page: u64) -> u64 {
    (FIRST + page) * PAGE
}

fn pages(model: &mut Model, from: u64, to: u64) -> &mut [Option<Page>] {
    &mut model[host_size(from)..host_size(to)]
}

fn apply(space: &Space, model: &mut Model, step: &Step) {
    match *step {
        Step::Map(from, to, prot) => {
            anon(space, FIRST + from, FIRST + to, prot);
            pages(model, from, to).fill(Some(Page { prot, byte: 0 }));
        }
        Step::Unmap(from, to) => {
            space.unmap(at(from), (to - from) * PAGE).unwrap();
            pages(model, from, to).fill(None);
        }
        Step::Protect(from, to, prot) => {
            let whole = pages(model, from, to).iter().all(Option::is_some);
            let done = space.protect(at(from), (to - from) * PAGE, prot);
            assert_eq!(done, if whole { Ok(()) } else { Err(MapError::ENOMEM) });
            for page in pages(model, from, to).iter_mut().map_while(Option::as_mut) {
                page.prot = prot;
            }
        }
        Step::Move(from, to, count) => relocate(space, model, from, to, count),
        Step::Store(page, byte) => {
            let entry = &mut model[host_size(page)];
            let writable = entry.is_some_and(|p| p.prot.contains(Prot::WRITE));
            assert_eq!(space.store(at(page), byte).is_ok(), writable);
            if let Some(page) = entry.as_mut().filter(|_| writable) {
                page.byte = byte;
            }
        }
    }
}

fn relocate(space: &Space, model: &mut Model, from: u64, to: u64, count: u64) {
    let apart = from + count <= to || to + count <= from;
    if from.max(to) + count > COUNT || !apart {
        return;
    }
    let old = pages(model, from, from + count).to_vec();
    let alike = old.iter().all(|p| p.map(|p| p.prot) == old[0].map(|p| p.prot)) && old[0].is_some();
    let moved = space.remap(at(from), count * PAGE, count * PAGE, Move::To(at(to)));
    assert_eq!(moved, if alike { Ok(at(to)) } else { Err(MapError::EFAULT) });
    if alike {
        pages(model, to, to + count).copy_from_slice(&old);
        pages(model, from, from + count).fill(None);
    }
}

/// Every page's protection, contents and accessibility are what the model says.
fn agree(space: &Space, model: &Model) {
    for (page, entry) in (0..).zip(model) {
        let at = at(page);
        assert_eq!(space.region_at(at).map(|r| r.prot), entry.map(|p| p.prot), "page {page}");
        let readable = entry.filter(|p| p.prot != Prot::NONE);
        assert_eq!(space.load::<u8>(at).ok(), readable.map(|p| p.byte), "page {page}");
        let executable = entry.filter(|p| p.prot.contains(Prot::EXEC));
        assert_eq!(space.fetch::<u8>(at).ok(), executable.map(|p| p.byte), "page {page}");
        let byte = entry.map_or(0, |p| p.byte);
        let writable = entry.is_some_and(|p| p.prot.contains(Prot::WRITE));
        assert_eq!(space.compare_exchange(at, byte, byte).is_ok(), writable, "page {page}");
    }
    let regions: Vec<Region> = space.regions().collect();
    for pair in regions.windows(2) {
        assert!(pair[0].end <= pair[1].start);
        assert!(pair[0].end < pair[1].start || pair[0].prot != pair[1].prot, "not merged: {pair:?}");
    }
}

proptest! {
    #[test]
    fn any_sequence_of_changes_agrees_with_one_entry_per_page(
        steps in proptest::collection::vec(step(), 1..40),
    ) {
        let space = space();
        let mut model = Model::default();
        for step in &steps {
            apply(&space, &mut model, step);
            agree(&space, &model);
        }
    }
}
