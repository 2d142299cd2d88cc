use super::*;
use rstest::rstest;

const AT: u64 = 8 * PAGE;

/// Pages 8 and 9 writable, 10 read-only, 11 mapped without access, 12 unmapped, last page writable.
fn fixture() -> Space {
    let space = space();
    anon(&space, 8, 10, Prot::RW);
    anon(&space, 10, 11, Prot::READ);
    anon(&space, 11, 12, Prot::NONE);
    anon(&space, PAGES - 1, PAGES, Prot::RW);
    space
}

#[test]
fn every_width_comes_back_as_stored_at_every_offset() {
    let space = fixture();
    for at in AT + PAGE - 9..AT + PAGE + 9 {
        space.store(at, 0x8877_6655_4433_2211_u64).unwrap();
        assert_eq!(space.load::<u64>(at), Ok(0x8877_6655_4433_2211));
        assert_eq!(space.load::<u32>(at), Ok(0x4433_2211));
        assert_eq!(space.load::<u16>(at + 6), Ok(0x8877));
        assert_eq!(space.load::<u8>(at + 7), Ok(0x88));
        space.store(at, 0xaa_u8).unwrap();
        space.store(at + 2, 0xbbcc_u16).unwrap();
        space.store(at + 4, 0xddee_ff00_u32).unwrap();
        assert_eq!(space.load::<u64>(at), Ok(0xddee_ff00_bbcc_22aa));
    }
}

#[rstest]
#[case::first_byte_unmapped(0, 0)]
#[case::low_page_without_access(11 * PAGE, 11 * PAGE)]
#[case::inside_an_unmapped_page(12 * PAGE + 17, 12 * PAGE + 17)]
#[case::crossing_out_of_a_mapping(11 * PAGE - 3, 11 * PAGE)]
#[case::crossing_out_by_one_byte(11 * PAGE - 7, 11 * PAGE)]
#[case::crossing_into_a_mapping(AT - 3, AT - 3)]
#[case::crossing_between_two_bad_pages(12 * PAGE - 1, 12 * PAGE - 1)]
#[case::last_byte_of_the_window(PAGES * PAGE - 1, PAGES * PAGE)]
#[case::first_byte_after_the_window(PAGES * PAGE, PAGES * PAGE)]
#[case::far_outside(1 << 47, 1 << 47)]
#[case::the_highest_address(u64::MAX, u64::MAX)]
fn a_load_names_the_first_byte_it_cannot_reach(#[case] at: u64, #[case] bad: u64) {
    let fault = Fault { at: bad, access: Access::Load, bus: false };
    assert_eq!(fixture().load::<u64>(at), Err(fault));
}

#[rstest]
#[case::read_only(10 * PAGE + 8, 10 * PAGE + 8)]
#[case::crossing_into_read_only(10 * PAGE - 4, 10 * PAGE)]
#[case::crossing_out_of_read_only(11 * PAGE - 4, 11 * PAGE - 4)]
#[case::last_byte_of_the_window(PAGES * PAGE - 1, PAGES * PAGE)]
#[case::the_limit(PAGES * PAGE, PAGES * PAGE)]
#[case::the_highest_address(u64::MAX, u64::MAX)]
fn a_store_names_the_first_byte_it_cannot_reach(#[case] at: u64, #[case] bad: u64) {
    let space = fixture();
    let fault = Err(Fault { at: bad, access: Access::Store, bus: false });
    assert_eq!(space.store(at, u64::MAX), fault);
    assert_eq!(space.compare_exchange(at, 0, u64::MAX), fault.map(|()| 0));
}

#[test]
fn a_store_that_fails_on_its_second_page_leaves_the_first_alone() {
    let space = fixture();
    for back in 1..8 {
        space.store(10 * PAGE - back, u64::MAX).unwrap_err();
        space.compare_exchange(10 * PAGE - back, 0, u64::MAX).unwrap_err();
    }
    assert_eq!(space.load::<u64>(10 * PAGE - 8), Ok(0));
}

#[test]
fn the_last_bytes_of_the_window_are_memory() {
    let space = fixture();
    let end = PAGES * PAGE;
    space.store(end - 1, 7_u8).unwrap();
    space.store(end - 8, 0x0102_0304_0506_0708_u64).unwrap();
    assert_eq!(space.load::<u8>(end - 1), Ok(1));
    assert_eq!(space.load::<u16>(end - 1).unwrap_err().at, end);
}

#[test]
fn compare_exchange_stores_only_on_a_match_and_tells_what_it_found() {
    let space = fixture();
    macro_rules! check {
        ($($t:ty)*) => { $( for at in [AT, AT + 1, AT + PAGE - 1] {
            space.store::<u64>(at, 0).unwrap();
            assert_eq!(space.compare_exchange::<$t>(at, 0, 0x5a), Ok(0));
            assert_eq!(space.compare_exchange::<$t>(at, 0, 0x11), Ok(0x5a));
            assert_eq!(space.compare_exchange::<$t>(at, 0x5a, <$t>::MAX), Ok(0x5a));
            assert_eq!(space.load::<u64>(at), Ok(u64::from(<$t>::MAX)));
        } )* };
    }
    check!(u8 u16 u32 u64);
}

#[test]
fn compare_exchange_counts_right_between_threads() {
    let space = fixture();
    let add = || {
        for _ in 0..10_000 {
            let mut seen = space.load::<u32>(AT).unwrap();
            loop {
                match space.compare_exchange(AT, seen, seen + 1).unwrap() {
                    found if found == seen => break,
                    found => seen = found,
                }
            }
        }
    };
    std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(add))));
    assert_eq!(space.load::<u32>(AT), Ok(30_000));
}

#[test]
fn threads_that_fault_at_once_each_get_their_own_address() {
    let space = fixture();
    std::thread::scope(|scope| {
        for thread in 0..3 {
            let space = &space;
            scope.spawn(move || {
                for i in 0..2_000 {
                    let at = 12 * PAGE + thread * PAGE + i;
                    assert_eq!(space.load::<u8>(at).unwrap_err().at, at);
                }
            });
        }
    });
}

#[test]
fn a_page_beyond_the_end_of_its_file_is_a_bus_fault() {
    let space = space();
    let file = file("bus", &[1; 5000]);
    space.map(Placement::Fixed(AT), 3 * PAGE, Prot::RW, shared_file(&file, 0)).unwrap();
    assert_eq!(space.load::<u32>(AT + 4998), Ok(0x0101));
    let end = AT + 2 * PAGE;
    let fault = |access| Fault { at: end, access, bus: true };
    assert_eq!(space.load::<u64>(end - 2), Err(fault(Access::Load)));
    assert_eq!(space.store(end - 2, u64::MAX), Err(fault(Access::Store)));
    assert_eq!(space.copy_in(end - 10, &mut [0; 20]), Err(fault(Access::Load)));
    assert_eq!(space.load::<u16>(end - 2), Ok(0));
}

#[test]
fn two_spaces_do_not_share_an_address() {
    let (one, two) = (fixture(), fixture());
    one.store(AT, 1_u32).unwrap();
    two.store(AT, 2_u32).unwrap();
    assert_eq!((one.load::<u32>(AT), two.load::<u32>(AT)), (Ok(1), Ok(2)));
}
