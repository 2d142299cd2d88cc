use super::*;
use rstest::rstest;

#[test]
fn only_executable_pages_can_be_fetched() {
    let space = space();
    anon(&space, 4, 6, Prot::RX);
    anon(&space, 6, 7, Prot::EXEC);
    anon(&space, 7, 8, Prot::RW);
    let bad = |at| Err(Fault { at, access: Access::Fetch, bus: false });
    for _ in 0..2 {
        assert_eq!(space.fetch::<u32>(4 * PAGE), Ok(0));
        assert_eq!(space.fetch::<u32>(6 * PAGE - 2), Ok(0));
        assert_eq!(space.fetch::<u16>(7 * PAGE - 2), Ok(0));
        assert_eq!(space.fetch::<u32>(7 * PAGE - 2), bad(7 * PAGE));
        assert_eq!(space.fetch::<u32>(7 * PAGE), bad(7 * PAGE));
        assert_eq!(space.fetch::<u32>(4 * PAGE - 2), bad(4 * PAGE - 2));
        assert_eq!(space.fetch::<u32>(u64::MAX), bad(u64::MAX));
        assert_eq!(space.fetch::<u32>(PAGES * PAGE), bad(PAGES * PAGE));
    }
}

#[test]
fn a_fetch_sees_a_change_at_once() {
    let space = space();
    anon(&space, 4, 6, Prot::RX);
    assert_eq!(space.fetch::<u32>(4 * PAGE), Ok(0));
    space.protect(4 * PAGE, PAGE, Prot::READ).unwrap();
    assert_eq!(space.fetch::<u32>(4 * PAGE).unwrap_err().at, 4 * PAGE);
    assert_eq!(space.fetch::<u32>(5 * PAGE), Ok(0));
    space.unmap(5 * PAGE, PAGE).unwrap();
    assert_eq!(space.fetch::<u32>(5 * PAGE).unwrap_err().access, Access::Fetch);
}

/// Pages 4 and 5 executable, 8 and 9 data.
#[rstest]
#[case::map_data(|s: &Space| anon(s, 20, 21, Prot::RW), false)]
#[case::map_code(|s: &Space| anon(s, 20, 21, Prot::RX), true)]
#[case::map_data_over_code(|s: &Space| anon(s, 5, 6, Prot::RW), true)]
#[case::unmap_data(|s: &Space| s.unmap(8 * PAGE, PAGE).unwrap(), false)]
#[case::unmap_code(|s: &Space| s.unmap(4 * PAGE, PAGE).unwrap(), true)]
#[case::unmap_nothing(|s: &Space| s.unmap(30 * PAGE, PAGE).unwrap(), false)]
#[case::protect_data(|s: &Space| s.protect(8 * PAGE, PAGE, Prot::READ).unwrap(), false)]
#[case::data_becomes_code(|s: &Space| s.protect(8 * PAGE, PAGE, Prot::RX).unwrap(), true)]
#[case::code_becomes_data(|s: &Space| s.protect(4 * PAGE, PAGE, Prot::READ).unwrap(), true)]
#[case::code_as_it_was(|s: &Space| s.protect(4 * PAGE, PAGE, Prot::RX).unwrap(), false)]
#[case::move_data(|s: &Space| { s.remap(8 * PAGE, PAGE, PAGE, Move::To(30 * PAGE)).unwrap(); }, false)]
#[case::move_code(|s: &Space| { s.remap(4 * PAGE, PAGE, PAGE, Move::To(30 * PAGE)).unwrap(); }, true)]
#[case::move_data_over_code(|s: &Space| { s.remap(8 * PAGE, PAGE, PAGE, Move::To(5 * PAGE)).unwrap(); }, true)]
#[case::shrink_code(|s: &Space| { s.remap(4 * PAGE, 2 * PAGE, PAGE, Move::Stay).unwrap(); }, true)]
fn the_code_epoch_moves_exactly_when_executable_memory_changes(
    #[case] change: fn(&Space),
    #[case] moves: bool,
) {
    let space = space();
    anon(&space, 4, 6, Prot::RX);
    anon(&space, 8, 10, Prot::RW);
    let before = space.code_epoch();
    change(&space);
    assert_eq!(space.code_epoch() > before, moves);
}
