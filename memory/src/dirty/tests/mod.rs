//! Clients and lines.
#![allow(clippy::single_range_in_vec_init, reason = "a list of ranges with one range is meant")]

use super::lines::{LINE, Stale};
use super::*;
use proptest::prelude::*;

const ALL: [Client; 3] = [Client::Code, Client::Migration, Client::Display];

#[test]
fn a_client_sees_only_writes_made_while_it_was_enabled() {
    let dirty = Dirty::new(16 * PAGE);
    dirty.mark(0, 1);
    dirty.enable(Client::Migration);
    assert_eq!(dirty.harvest(Client::Migration), []);
    dirty.mark(2 * PAGE - 1, 2);
    dirty.mark(5 * PAGE, PAGE);
    assert_eq!(dirty.harvest(Client::Migration), [PAGE..3 * PAGE, 5 * PAGE..6 * PAGE]);
    assert_eq!(dirty.harvest(Client::Migration), []);
    dirty.mark(0, 1);
    dirty.disable(Client::Migration);
    assert_eq!(dirty.harvest(Client::Migration), []);
    dirty.enable(Client::Migration);
    assert_eq!(dirty.harvest(Client::Migration), []);
}

#[test]
fn harvesting_for_one_client_leaves_the_others_their_pages() {
    let dirty = Dirty::new(4 * PAGE);
    ALL.into_iter().for_each(|client| dirty.enable(client));
    dirty.mark(PAGE, 1);
    assert_eq!(dirty.harvest(Client::Display), [PAGE..2 * PAGE]);
    assert!(dirty.is_dirty(Client::Code, PAGE) && dirty.is_dirty(Client::Migration, PAGE));
    assert!(!dirty.is_dirty(Client::Display, PAGE));
}

#[test]
fn bytes_beyond_the_block_are_not_marked() {
    let dirty = Dirty::new(2 * PAGE);
    dirty.enable(Client::Migration);
    dirty.mark(PAGE, u64::MAX);
    dirty.mark(u64::MAX, 2);
    dirty.mark(7 * PAGE, 1);
    dirty.mark(0, 0);
    assert_eq!(dirty.harvest(Client::Migration), [PAGE..2 * PAGE]);
}

#[test]
fn a_page_is_watched_while_somebody_has_it_clean() {
    let dirty = Dirty::new(2 * PAGE);
    assert!(!dirty.is_watched(0));
    dirty.enable(Client::Display);
    dirty.enable(Client::Migration);
    assert!(dirty.is_watched(0));
    dirty.mark(0, 1);
    assert!(!dirty.is_watched(0) && dirty.is_watched(PAGE));
    let epoch = dirty.epoch();
    dirty.harvest(Client::Display);
    assert!(dirty.is_watched(0) && dirty.epoch() > epoch);
}

proptest! {
    #[test]
    fn what_is_harvested_is_what_was_marked(
        marks in prop::collection::vec((0u64..200 * PAGE, 1u64..3 * PAGE), 0..20)
    ) {
        let dirty = Dirty::new(200 * PAGE);
        dirty.enable(Client::Migration);
        let mut pages = std::collections::BTreeSet::new();
        for (offset, len) in marks {
            dirty.mark(offset, len);
            pages.extend(offset / PAGE..=((offset + len - 1) / PAGE).min(199));
        }
        let found = dirty.harvest(Client::Migration);
        prop_assert!(found.windows(2).all(|two| two[0].end < two[1].start));
        let found: std::collections::BTreeSet<u64> =
            found.into_iter().flat_map(|range| range.start / PAGE..range.end / PAGE).collect();
        prop_assert_eq!(found, pages);
    }

    #[test]
    fn a_write_tells_exactly_of_the_marked_lines_it_touches(
        code in (0u64..3 * PAGE, 1u64..500), write in (0u64..3 * PAGE, 1u64..500)
    ) {
        let lines = Lines::new(4 * PAGE);
        let touched = |(at, len): (u64, u64)| at / LINE..=(at + len - 1) / LINE;
        prop_assert!(lines.mark(code.0..code.0 + code.1));
        let expected: Vec<u64> = touched(code).filter(|line| touched(write).contains(line)).collect();
        prop_assert_eq!(lines.any(write.0, write.1), !expected.is_empty());
        let mut seen = 0;
        lines.written(write.0, write.1);
        let Stale::Ranges(stale) = lines.since(&mut seen) else { panic!("the log is long enough") };
        let stale: Vec<u64> = stale.into_iter().flat_map(|r| r.start / LINE..r.end / LINE).collect();
        prop_assert_eq!(stale, expected);
        prop_assert!(!lines.any(write.0, write.1));
    }
}

#[test]
fn each_reader_of_the_log_has_its_own_place() {
    let lines = Lines::new(PAGE);
    let (mut early, mut late) = (0, 0);
    lines.mark(0..PAGE);
    lines.written(0, 1);
    assert_eq!(lines.since(&mut early), Stale::Ranges(vec![0..LINE]));
    lines.written(LINE, 1);
    assert_eq!(lines.since(&mut early), Stale::Ranges(vec![LINE..2 * LINE]));
    assert_eq!(lines.since(&mut late), Stale::Ranges(vec![0..LINE, LINE..2 * LINE]));
    assert_eq!(lines.since(&mut late), Stale::Ranges(vec![]));
}

#[test]
fn a_reader_who_comes_too_late_is_told_of_everything() {
    let lines = Lines::new(64 * PAGE);
    let mut seen = 0;
    for _ in 0..2 {
        lines.mark(0..64 * PAGE);
        (0..64 * PAGE).step_by(128).for_each(|at| lines.written(at, 1));
    }
    assert_eq!(lines.since(&mut seen), Stale::All);
    assert_eq!(lines.since(&mut seen), Stale::Ranges(vec![]));
}
