//! Places in the section in which one thread is alone; `gate.rs` has the rest.

use jit::code::Section;

#[test]
fn there_is_a_place_for_everybody() {
    let section = Section::new();
    let places: Vec<_> = (1..=200).map(|key| section.join(key)).collect();
    let again: Vec<_> = (1..=200).map(|key| section.join(key)).collect();
    assert_eq!(places, again);
    assert!((1..200).all(|n| places[n - 1] != places[n] && places[n].is_of(n + 1)));
    let last = section.run(places[199]);
    assert!(!section.is_alone());
    drop(last);
    assert!(section.is_alone());
}

#[test]
fn who_has_given_its_place_back_joins_again() {
    let section = Section::new();
    let [one, two] = [1, 2].map(|key| section.join(key));
    section.part(one);
    assert!(!section.arrive(one) && section.try_run(one).is_none());
    let three = section.join(3);
    assert!(!section.arrive(one) && section.arrive(two) && section.arrive(three));
    assert!(section.arrive(section.join(1)));
}
