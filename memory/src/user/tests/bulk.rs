use super::*;
use rstest::rstest;

/// Pages 4 and 5 hold a pattern; 6 is unmapped; the last page is mapped.
fn fixture() -> (Space, Vec<u8>) {
    let space = space();
    anon(&space, 4, 6, Prot::RW);
    anon(&space, PAGES - 1, PAGES, Prot::RW);
    let pattern: Vec<u8> = (0..2 * PAGE).map(|i| (i % 251) as u8 + 1).collect();
    space.copy_out(4 * PAGE, &pattern).unwrap();
    (space, pattern)
}

#[rstest]
#[case(4 * PAGE, 2 * PAGE)]
#[case(4 * PAGE + 1, 5000)]
#[case(6 * PAGE - 1, 1)]
#[case(6 * PAGE, 0)]
#[case(u64::MAX, 0)]
fn a_copy_in_brings_the_bytes(#[case] at: u64, #[case] len: u64) {
    let (space, pattern) = fixture();
    let mut got = vec![0; host_size(len)];
    space.copy_in(at, &mut got).unwrap();
    let from = host_size(at.saturating_sub(4 * PAGE)).min(pattern.len());
    assert!(len == 0 || got == pattern[from..][..got.len()]);
}

#[rstest]
#[case::one_byte_too_many(4 * PAGE, 2 * PAGE + 1, 6 * PAGE)]
#[case::far_too_many(5 * PAGE + 3, 9 * PAGE, 6 * PAGE)]
#[case::short_of_a_chunk(6 * PAGE - 5, 64, 6 * PAGE)]
#[case::nothing_at_all(6 * PAGE + 9, 64, 6 * PAGE + 9)]
#[case::over_the_limit(PAGES * PAGE - 8, 9, PAGES * PAGE)]
#[case::at_the_limit(PAGES * PAGE, 1, PAGES * PAGE)]
#[case::around_the_end_of_all_addresses(u64::MAX - 1, 64, u64::MAX - 1)]
fn a_copy_stops_at_the_first_bad_byte_and_keeps_what_came_before(
    #[case] at: u64,
    #[case] len: u64,
    #[case] bad: u64,
) {
    let (space, _) = fixture();
    let (mut there, done) = (vec![0xff; host_size(len)], host_size(bad - at));
    let before: Vec<u8> = (at..bad).map(|at| space.load(at).unwrap()).collect();
    let load = Fault { at: bad, access: Access::Load, bus: false };
    assert_eq!(space.copy_in(at, &mut there), Err(load));
    assert_eq!(there[..done], before);
    assert!(there[done..].iter().all(|byte| *byte == 0xff));
    let ours = vec![0x77; host_size(len)];
    assert_eq!(space.copy_out(at, &ours), Err(Fault { access: Access::Store, ..load }));
    let mut back = vec![0; done];
    space.copy_in(at, &mut back).unwrap();
    assert_eq!(back, ours[..done]);
}

#[test]
fn a_string_ends_at_its_zero_and_needs_nothing_after_its_page() {
    let (space, pattern) = fixture();
    space.store(6 * PAGE - 1, 0_u8).unwrap();
    let text = space.cstr(4 * PAGE + 5, 10_000).unwrap();
    assert_eq!(text.as_bytes(), &pattern[5..pattern.len() - 1]);
    assert_eq!(space.cstr(6 * PAGE - 1, 0).unwrap().as_bytes(), b"");
}

#[rstest]
#[case::no_zero_before_the_end(5 * PAGE + 100, 10_000, StrFault::Fault(Fault { at: 6 * PAGE, access: Access::Load, bus: false }))]
#[case::no_zero_within_the_limit(4 * PAGE, 300, StrFault::TooLong)]
#[case::a_limit_of_zero(4 * PAGE, 0, StrFault::TooLong)]
#[case::outside(u64::MAX, 9, StrFault::Fault(Fault { at: u64::MAX, access: Access::Load, bus: false }))]
fn a_bad_string_is_refused(#[case] at: u64, #[case] max: usize, #[case] fault: StrFault) {
    assert_eq!(fixture().0.cstr(at, max), Err(fault));
}

#[test]
fn a_string_of_exactly_the_limit_is_accepted() {
    let (space, _) = fixture();
    space.copy_out(4 * PAGE, b"abc\0").unwrap();
    assert_eq!(space.cstr(4 * PAGE, 3).unwrap().as_bytes(), b"abc");
    assert_eq!(space.cstr(4 * PAGE, 2), Err(StrFault::TooLong));
}
