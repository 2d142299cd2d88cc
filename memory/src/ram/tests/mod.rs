//! Blocks and what is behind them.
#![allow(clippy::single_range_in_vec_init, reason = "a list of ranges with one range is meant")]

use super::*;
use crate::addr::PAGE;
use crate::dirty::Client;
use rstest::rstest;
use std::os::unix::fs::FileExt;

/// A path that is gone when the test ends.
struct Temporary(PathBuf);

impl Temporary {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("strata-{}-{name}", std::process::id())))
    }

    fn backing(&self, share: bool) -> Backing {
        Backing::File { path: self.0.clone(), offset: 0, share }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _gone = std::fs::remove_file(&self.0);
    }
}

#[rstest]
#[case(Backing::Anonymous)]
#[case(Backing::Shared)]
#[case(Backing::Memfd)]
fn a_block_starts_as_zeros_and_keeps_what_is_written(#[case] backing: Backing) {
    let block = RamBlock::new("ram", 3 * PAGE - 1, backing).unwrap();
    assert_eq!(block.len(), 3 * PAGE);
    let mut bytes = [1; 5];
    block.read(PAGE - 2, &mut bytes).unwrap();
    assert_eq!(bytes, [0; 5]);
    block.write(PAGE - 2, &[1, 2, 3, 4, 5]).unwrap();
    assert_eq!(block.load::<u32>(PAGE - 1), Ok(0x0504_0302));
    block.store(PAGE, 0xaau8).unwrap();
    assert_eq!(block.compare_exchange(PAGE, 0xaau8, 0xbb), Ok(0xaa));
    assert_eq!(block.load::<u8>(PAGE), Ok(0xbb));
}

#[rstest]
#[case(0)]
#[case(1 << 47)]
#[case(u64::MAX)]
fn a_block_without_bytes_or_with_too_many_is_refused(#[case] bytes: u64) {
    assert!(matches!(RamBlock::anonymous("ram", bytes), Err(RamError::Size { .. })));
}

#[test]
fn beyond_the_end_nothing_answers() {
    let block = RamBlock::anonymous("ram", PAGE).unwrap();
    assert_eq!(block.load::<u64>(PAGE - 7), Err(BusError::Decode));
    assert_eq!(block.store(u64::MAX, 1u8), Err(BusError::Decode));
    assert_eq!(block.read(PAGE, &mut []), Ok(()));
    assert_eq!(block.write(PAGE - 1, &[1, 2]), Err(BusError::Decode));
    assert_eq!(block.load::<u8>(PAGE - 1), Ok(0));
}

#[test]
fn an_untouched_page_weighs_nothing() {
    let block = RamBlock::anonymous("ram", 1 << 30).unwrap();
    for page in 0..100 {
        block.store(page * 1000 * PAGE, 1u8).unwrap();
    }
    let start = format!("{:x}-", block.host().addr());
    let maps = std::fs::read_to_string("/proc/self/smaps").unwrap();
    let about = maps.lines().skip_while(|line| !line.starts_with(&start));
    let rss = about.skip(1).find_map(|line| line.strip_prefix("Rss:")).unwrap();
    let kilobytes: u64 = rss.trim().trim_end_matches(" kB").parse().unwrap();
    // A host that is set to use large pages everywhere gives 2 MiB at a time.
    assert!((400..=100 * 2048).contains(&kilobytes), "{kilobytes} kB for 100 pages");
}

#[test]
fn a_shared_file_gets_what_is_written_and_a_private_one_does_not() {
    let file = Temporary::new("share");
    let shared = RamBlock::new("shared", PAGE, file.backing(true)).unwrap();
    let private = RamBlock::new("private", PAGE, file.backing(false)).unwrap();
    shared.write(0, b"all").unwrap();
    private.write(8, b"one").unwrap();
    let bytes = std::fs::read(&file.0).unwrap();
    assert_eq!((bytes.len() as u64, &bytes[..3], &bytes[8..11]), (PAGE, &b"all"[..], &[0; 3][..]));
}

#[test]
fn a_memfd_can_be_handed_on() {
    let block = RamBlock::new("ram", PAGE, Backing::Memfd).unwrap();
    block.write(5, b"strata").unwrap();
    let mut bytes = [0; 6];
    block.file().unwrap().file().read_exact_at(&mut bytes, 5).unwrap();
    assert_eq!(&bytes, b"strata");
}

#[test]
fn a_file_cut_short_is_an_error_and_not_a_crash() {
    let file = Temporary::new("short");
    let block = RamBlock::new("ram", 4 * PAGE, file.backing(true)).unwrap();
    File::options().write(true).open(&file.0).unwrap().set_len(PAGE).unwrap();
    assert_eq!(block.load::<u64>(PAGE), Err(BusError::Device));
    assert_eq!(block.store(2 * PAGE, 1u32), Err(BusError::Device));
    assert_eq!(block.compare_exchange(2 * PAGE, 0u32, 1), Err(BusError::Device));
    let mut bytes = [7; 8];
    assert_eq!(block.read(PAGE - 4, &mut bytes), Err(BusError::Device));
    assert_eq!(bytes, [0, 0, 0, 0, 7, 7, 7, 7]);
    assert_eq!(block.load::<u64>(0), Ok(0));
}

#[test]
fn a_file_that_cannot_be_made_is_named() {
    let path = PathBuf::from("/nowhere/ram");
    let backing = Backing::File { path, offset: 0, share: true };
    let error = RamBlock::new("ram", PAGE, backing).unwrap_err();
    assert_eq!(error.to_string(), "file /nowhere/ram cannot hold RAM block ram");
}

#[test]
fn writes_of_every_kind_are_noted() {
    let block = RamBlock::anonymous("ram", 8 * PAGE).unwrap();
    block.dirty().enable(Client::Migration);
    block.store(0, 1u8).unwrap();
    block.write(3 * PAGE - 1, &[1, 2]).unwrap();
    block.compare_exchange(5 * PAGE, 0u32, 1).unwrap();
    let found = block.dirty().harvest(Client::Migration);
    assert_eq!(found, [0..PAGE, 2 * PAGE..4 * PAGE, 5 * PAGE..6 * PAGE]);
}

#[rstest]
#[case(0, 0, 0)]
#[case(PAGE, 0, PAGE + 1)]
#[case(u64::MAX, 0, 1)]
#[case(0, u64::MAX, 2)]
fn a_part_lies_in_its_block_and_in_the_address_space(
    #[case] offset: u64,
    #[case] start: u64,
    #[case] len: u64,
) {
    let block = std::sync::Arc::new(RamBlock::anonymous("ram", 2 * PAGE).unwrap());
    assert!(RamPart::new(block, offset, start, len).is_none());
}
