use super::*;
use rstest::rstest;
use std::os::fd::AsFd;

const AT: u64 = 20 * PAGE;

/// Two pages at page 20 that hold 1 and 2, of the kind named.
fn fixture(kind: &str) -> Space {
    let space = space();
    let file = file(kind, &[0; 8 * 4096]);
    let kind = match kind {
        "private" => MapKind::ANONYMOUS,
        "shared" => MapKind { shared: true, ..MapKind::ANONYMOUS },
        "file" => MapKind::private_file(file.as_fd(), PAGE),
        _ => shared_file(&file, PAGE),
    };
    space.map(Placement::Fixed(AT), 2 * PAGE, Prot::RW, kind).unwrap();
    space.store(AT, 1_u8).unwrap();
    space.store(AT + PAGE, 2_u8).unwrap();
    space
}

fn bytes(space: &Space, at: u64, pages: u64) -> Vec<u8> {
    (0..pages).map(|page| space.load(at + page * PAGE).unwrap()).collect()
}

const KINDS: [&str; 4] = ["private", "shared", "file", "shared file"];

#[test]
fn a_mapping_shrinks_in_place() {
    for kind in KINDS {
        let space = fixture(kind);
        assert_eq!(space.remap(AT, 2 * PAGE, PAGE, Move::Stay), Ok(AT), "{kind}");
        assert_eq!(shape(&space), [(20, 21, Prot::RW)]);
        assert_eq!(space.load::<u8>(AT + PAGE).unwrap_err().at, AT + PAGE);
    }
}

#[test]
fn a_mapping_grows_in_place_where_there_is_room() {
    for kind in ["private", "file", "shared file"] {
        let space = fixture(kind);
        assert_eq!(space.remap(AT, 2 * PAGE, 4 * PAGE, Move::May), Ok(AT), "{kind}");
        assert_eq!(shape(&space), [(20, 24, Prot::RW)]);
        assert_eq!(bytes(&space, AT, 4), [1, 2, 0, 0]);
        space.store(AT + 4 * PAGE - 1, 1_u8).unwrap();
    }
}

#[test]
fn a_mapping_without_room_moves_or_stays_as_it_is() {
    for kind in ["private", "file", "shared file"] {
        let space = fixture(kind);
        anon(&space, 23, 24, Prot::READ);
        assert_eq!(space.remap(AT, 2 * PAGE, 4 * PAGE, Move::Stay), Err(MapError::ENOMEM), "{kind}");
        let to = (PAGES - 4) * PAGE;
        assert_eq!(space.remap(AT, 2 * PAGE, 4 * PAGE, Move::May), Ok(to), "{kind}");
        assert_eq!(bytes(&space, to, 4), [1, 2, 0, 0]);
        assert_eq!(shape(&space), [(23, 24, Prot::READ), (PAGES - 4, PAGES, Prot::RW)]);
        assert_eq!(space.load::<u8>(AT).unwrap_err().at, AT);
        anon(&space, 20, 22, Prot::RW);
        assert_eq!(bytes(&space, AT, 2), [0, 0]);
    }
}

#[test]
fn a_mapping_moves_over_another() {
    for kind in KINDS {
        let space = fixture(kind);
        anon(&space, 30, 34, Prot::READ);
        assert_eq!(space.remap(AT, 2 * PAGE, 2 * PAGE, Move::To(31 * PAGE)), Ok(31 * PAGE), "{kind}");
        assert_eq!(bytes(&space, 31 * PAGE, 2), [1, 2]);
        assert_eq!(shape(&space), [(30, 31, Prot::READ), (31, 33, Prot::RW), (33, 34, Prot::READ)]);
    }
}

#[test]
fn a_mapping_moves_and_shrinks_at_once() {
    let space = fixture("private");
    assert_eq!(space.remap(AT, 2 * PAGE, PAGE, Move::To(30 * PAGE)), Ok(30 * PAGE));
    assert_eq!(shape(&space), [(30, 31, Prot::RW)]);
    assert_eq!(bytes(&space, 30 * PAGE, 1), [1]);
}

#[test]
fn an_old_length_of_zero_maps_a_shared_object_twice() {
    let space = fixture("shared file");
    let to = space.remap(AT + PAGE, 0, PAGE, Move::May).unwrap();
    space.store(to, 9_u8).unwrap();
    assert_eq!(bytes(&space, AT, 2), [1, 9]);
    assert_eq!(space.region_at(to).unwrap().file.unwrap().offset, 2 * PAGE);
    assert_eq!(fixture("private").remap(AT, 0, PAGE, Move::May), Err(MapError::EINVAL));
}

#[rstest]
#[case::no_new_length(AT, PAGE, 0, Move::May, MapError::EINVAL)]
#[case::misaligned(AT + 1, PAGE, PAGE, Move::May, MapError::EINVAL)]
#[case::nothing_there(AT - PAGE, PAGE, 2 * PAGE, Move::May, MapError::EFAULT)]
#[case::more_than_there_is(AT, 3 * PAGE, 4 * PAGE, Move::May, MapError::EFAULT)]
#[case::onto_itself(AT, 2 * PAGE, 2 * PAGE, Move::To(AT + PAGE), MapError::EINVAL)]
#[case::onto_itself_from_below(AT, 2 * PAGE, 2 * PAGE, Move::To(AT - PAGE), MapError::EINVAL)]
#[case::misaligned_target(AT, PAGE, PAGE, Move::To(8), MapError::EINVAL)]
#[case::target_outside(AT, PAGE, PAGE, Move::To(PAGES * PAGE), MapError::EINVAL)]
#[case::wrapping_target(AT, PAGE, PAGE, Move::To(u64::MAX - PAGE + 1), MapError::EINVAL)]
#[case::wrapping_length(AT, u64::MAX - PAGE, PAGE, Move::May, MapError::EINVAL)]
#[case::longer_than_the_window(AT, PAGE, PAGES * PAGE * 2, Move::May, MapError::ENOMEM)]
fn a_bad_remap_is_refused(
    #[case] at: u64,
    #[case] old: u64,
    #[case] new: u64,
    #[case] how: Move,
    #[case] error: MapError,
) {
    let space = fixture("private");
    assert_eq!(space.remap(at, old, new, how), Err(error));
    assert_eq!(shape(&space), [(20, 22, Prot::RW)]);
    assert_eq!(bytes(&space, AT, 2), [1, 2]);
}

/// Private pages that came here by a move keep their own host mapping beside an equal neighbour.
#[test]
fn a_region_the_host_holds_in_two_pieces_moves_as_one() {
    let space = fixture("private");
    anon(&space, 30, 31, Prot::RW);
    space.store(30 * PAGE, 3_u8).unwrap();
    space.remap(30 * PAGE, PAGE, PAGE, Move::To(22 * PAGE)).unwrap();
    space.protect(AT, 3 * PAGE, Prot::NONE).unwrap();
    assert_eq!(shape(&space), [(20, 23, Prot::NONE)]);
    assert_eq!(space.remap(AT, 3 * PAGE, 5 * PAGE, Move::To(40 * PAGE)), Ok(40 * PAGE));
    assert_eq!(shape(&space), [(40, 45, Prot::NONE)]);
    space.protect(40 * PAGE, 5 * PAGE, Prot::READ).unwrap();
    assert_eq!(bytes(&space, 40 * PAGE, 5), [1, 2, 3, 0, 0]);
}
