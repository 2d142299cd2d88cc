use super::*;
use rstest::rstest;
use std::os::fd::AsFd;

fn map(space: &Space, placement: Placement, len: u64) -> Result<u64, MapError> {
    space.map(placement, len, Prot::RW, MapKind::ANONYMOUS)
}

#[test]
fn anonymous_mappings_stack_downwards_and_fill_the_highest_gap() {
    let space = space();
    let top = PAGES * PAGE;
    assert_eq!(map(&space, Placement::Anywhere, 1), Ok(top - PAGE));
    assert_eq!(map(&space, Placement::Anywhere, 3 * PAGE), Ok(top - 4 * PAGE));
    space.unmap(top - 3 * PAGE, PAGE).unwrap();
    assert_eq!(map(&space, Placement::Anywhere, 2 * PAGE), Ok(top - 6 * PAGE));
    assert_eq!(map(&space, Placement::Anywhere, PAGE), Ok(top - 3 * PAGE));
    assert_eq!(shape(&space), [(PAGES - 6, PAGES, Prot::RW)]);
}

#[rstest]
#[case::free(20 * PAGE, 20 * PAGE)]
#[case::rounded_up(20 * PAGE - 5, 20 * PAGE)]
#[case::taken(31 * PAGE, 62 * PAGE)]
#[case::too_low(PAGE, 62 * PAGE)]
#[case::too_high(PAGES * PAGE - PAGE, 62 * PAGE)]
#[case::absurd(u64::MAX, 62 * PAGE)]
fn a_hint_is_taken_if_it_can_be(#[case] hint: u64, #[case] got: u64) {
    let space = space();
    anon(&space, 32, 33, Prot::RW);
    assert_eq!(map(&space, Placement::Hint(hint), 2 * PAGE), Ok(got));
}

#[rstest]
#[case::empty(Placement::Anywhere, 0, MapError::EINVAL)]
#[case::too_long(Placement::Anywhere, u64::MAX, MapError::ENOMEM)]
#[case::longer_than_the_window(Placement::Anywhere, PAGES * PAGE + 1, MapError::ENOMEM)]
#[case::misaligned(Placement::Fixed(PAGE + 1), PAGE, MapError::EINVAL)]
#[case::over_the_limit(Placement::Fixed(PAGES * PAGE - PAGE), 2 * PAGE, MapError::ENOMEM)]
#[case::wrapping(Placement::Fixed(u64::MAX - PAGE + 1), 2 * PAGE, MapError::ENOMEM)]
#[case::taken(Placement::FixedNoReplace(31 * PAGE), 2 * PAGE, MapError::EEXIST)]
fn a_mapping_that_cannot_be_is_refused(#[case] to: Placement, #[case] len: u64, #[case] error: MapError) {
    let space = space();
    anon(&space, 32, 33, Prot::RW);
    assert_eq!(map(&space, to, len), Err(error));
    assert_eq!(shape(&space), [(32, 33, Prot::RW)]);
}

#[test]
fn a_full_window_is_out_of_memory_until_something_is_unmapped() {
    let space = space();
    map(&space, Placement::Anywhere, (PAGES - 16) * PAGE).unwrap();
    assert_eq!(map(&space, Placement::Anywhere, 1), Err(MapError::ENOMEM));
    space.unmap(40 * PAGE, PAGE).unwrap();
    assert_eq!(map(&space, Placement::Anywhere, PAGE), Ok(40 * PAGE));
}

#[test]
fn memory_mapped_anew_is_zero() {
    let space = space();
    anon(&space, 4, 6, Prot::RW);
    space.store(4 * PAGE, 1_u8).unwrap();
    space.store(5 * PAGE, 1_u8).unwrap();
    anon(&space, 4, 5, Prot::RW);
    space.unmap(5 * PAGE, PAGE).unwrap();
    anon(&space, 5, 6, Prot::RW);
    assert_eq!((space.load::<u8>(4 * PAGE), space.load::<u8>(5 * PAGE)), (Ok(0), Ok(0)));
}

#[rstest]
#[case::empty(4 * PAGE, 0)]
#[case::misaligned(4 * PAGE + 1, PAGE)]
#[case::outside((PAGES - 1) * PAGE, 2 * PAGE)]
#[case::wrapping(4 * PAGE, u64::MAX)]
fn a_bad_unmap_is_refused(#[case] at: u64, #[case] len: u64) {
    let space = space();
    anon(&space, 4, 5, Prot::RW);
    assert_eq!(space.unmap(at, len), Err(MapError::EINVAL));
    assert_eq!(shape(&space), [(4, 5, Prot::RW)]);
}

#[test]
fn protecting_over_a_hole_changes_what_comes_before_it() {
    let space = space();
    anon(&space, 4, 6, Prot::RW);
    anon(&space, 7, 8, Prot::RW);
    assert_eq!(space.protect(5 * PAGE, 3 * PAGE, Prot::READ), Err(MapError::ENOMEM));
    assert_eq!(shape(&space), [(4, 5, Prot::RW), (5, 6, Prot::READ), (7, 8, Prot::RW)]);
    assert_eq!(space.protect(4 * PAGE, 0, Prot::READ), Ok(()));
    assert_eq!(space.protect(4 * PAGE + 8, PAGE, Prot::READ), Err(MapError::EINVAL));
    assert_eq!(space.protect(4 * PAGE, u64::MAX, Prot::READ), Err(MapError::ENOMEM));
}

#[test]
fn a_private_file_shows_the_file_and_keeps_stores_to_itself() {
    let (one, two) = (space(), space());
    let file = file("private", &[[1_u8; 4096], [2; 4096]].concat());
    for space in [&one, &two] {
        let kind = MapKind::private_file(file.as_fd(), PAGE);
        assert_eq!(space.map(Placement::Fixed(4 * PAGE), 100, Prot::RW, kind), Ok(4 * PAGE));
    }
    one.store(4 * PAGE, 9_u8).unwrap();
    assert_eq!(two.load::<u16>(4 * PAGE), Ok(0x0202));
    let region = one.region_at(4 * PAGE + 5).unwrap();
    let part = region.file.unwrap();
    assert_eq!((region.shared, part.offset), (false, PAGE));
    assert!(part.file.path.to_string_lossy().contains("private"));
    assert!(part.file.inode != 0);
}

#[test]
fn a_shared_file_is_one_memory_in_two_spaces() {
    let (one, two) = (space(), space());
    let file = file("shared", &[0; 4096]);
    for space in [&one, &two] {
        space.map(Placement::Fixed(4 * PAGE), PAGE, Prot::RW, shared_file(&file, 0)).unwrap();
    }
    one.store(4 * PAGE + 8, 77_u32).unwrap();
    assert_eq!(two.load::<u32>(4 * PAGE + 8), Ok(77));
}

#[test]
fn the_host_says_what_a_file_is_not_open_for() {
    let space = space();
    let file = File::open(std::env::current_exe().unwrap()).unwrap();
    let eacces = MapError { errno: libc::EACCES };
    anon(&space, 4, 5, Prot::RW);
    space.store(4 * PAGE, 3_u8).unwrap();
    let at = Placement::Fixed(4 * PAGE);
    assert_eq!(space.map(at, PAGE, Prot::RW, shared_file(&file, 0)), Err(eacces));
    assert_eq!(space.load::<u8>(4 * PAGE), Ok(3));
    space.map(at, PAGE, Prot::READ, shared_file(&file, 0)).unwrap();
    assert_eq!(space.protect(4 * PAGE, PAGE, Prot::RW), Err(eacces));
    assert_eq!(shape(&space), [(4, 5, Prot::READ)]);
    let odd = MapKind::private_file(file.as_fd(), 5);
    assert_eq!(space.map(at, PAGE, Prot::READ, odd), Err(MapError::EINVAL));
    let far = MapKind::private_file(file.as_fd(), 1 << 63);
    assert_eq!(space.map(at, PAGE, Prot::READ, far), Err(MapError { errno: libc::EOVERFLOW }));
    assert_eq!(eacces.to_string(), "Permission denied (os error 13)");
}

#[test]
fn a_mapping_over_part_of_a_file_leaves_the_rest_at_its_offsets() {
    let space = space();
    let file = file("offsets", &[0; 5 * 4096]);
    space.map(Placement::Fixed(4 * PAGE), 5 * PAGE, Prot::READ, shared_file(&file, 0)).unwrap();
    anon(&space, 6, 7, Prot::RW);
    let offsets: Vec<_> =
        space.regions().map(|r| (r.len() / PAGE, r.file.map(|f| f.offset / PAGE))).collect();
    assert_eq!(offsets, [(2, Some(0)), (1, None), (2, Some(3))]);
}

#[test]
fn a_dropped_space_gives_its_window_back() {
    for _ in 0..64 {
        let space = Space::new(Space::SV39_TOP).unwrap();
        anon(&space, 4, 5, Prot::RW);
    }
}
