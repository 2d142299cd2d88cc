use super::*;

#[test]
fn a_32_bit_space_ends_at_4_gib() {
    let space = Space::new_32().unwrap();
    assert_eq!(space.limit(), 1 << 32);
    let at = space.map(Placement::Anywhere, PAGE, Prot::RW, MapKind::ANONYMOUS).unwrap();
    assert_eq!(at, (1 << 32) - 3 * PAGE);
    assert_eq!(space.load::<u64>(u64::from(u32::MAX)).unwrap_err().at, u64::from(u32::MAX));
    assert_eq!(space.load::<u64>(1 << 32).unwrap_err().at, 1 << 32);
}

#[test]
fn a_64_bit_space_places_below_its_top_and_maps_above_it_if_told() {
    let space = Space::new(Space::SV39_TOP).unwrap();
    assert!(space.limit() >= 1 << 39);
    let at = space.map(Placement::Anywhere, PAGE, Prot::RW, MapKind::ANONYMOUS);
    assert_eq!(at, Ok(Space::SV39_TOP - PAGE));
    let last = space.limit() - PAGE;
    space.map(Placement::Fixed(last), PAGE, Prot::RW, MapKind::ANONYMOUS).unwrap();
    space.store(space.limit() - 1, 5_u8).unwrap();
}

#[test]
fn a_window_of_part_of_a_page_is_refused() {
    for bytes in [0, 1, PAGE + 1] {
        assert_eq!(Space::with_window(bytes, 0).err(), Some(SpaceError::Size { bytes }));
    }
}

#[test]
fn a_window_larger_than_all_memory_is_refused_with_a_remedy() {
    let bytes = 1 << 60;
    let error = Space::with_window(bytes, bytes).err().unwrap();
    assert_eq!(error, SpaceError::Window { bytes, errno: libc::ENOMEM });
    assert!(error.to_string().contains("ulimit -v"));
    assert!(Space::with_window(u64::MAX - PAGE + 1, 0).is_err());
}

/// A limit on address space cannot be undone, hence the child.
#[test]
fn a_host_without_address_space_is_an_error_and_not_a_panic() {
    if is_child() {
        let limit = libc::rlimit { rlim_cur: 1 << 30, rlim_max: 1 << 30 };
        // SAFETY: setrlimit reads one struct.
        assert_eq!(unsafe { libc::setrlimit(libc::RLIMIT_AS, &limit) }, 0);
        let error = Space::new(Space::SV39_TOP).err().unwrap();
        assert_eq!(error, SpaceError::Window { bytes: 1 << 39, errno: libc::ENOMEM });
        assert!(Space::with_window(16 * PAGE, 16 * PAGE).is_ok());
        return;
    }
    let out = child("user::tests::limits::a_host_without_address_space_is_an_error_and_not_a_panic");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    assert!(String::from_utf8_lossy(&out.stdout).contains("1 passed"));
}
