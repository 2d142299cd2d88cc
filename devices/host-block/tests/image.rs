//! Images and disks against real files.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use host_block::{Disk, Error, Image, Options, Request};
use model::{Inbox, Waiting};
use proptest::prelude::*;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

/// An image file of this test's own.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("strata-block-{}-{name}", std::process::id()));
    std::fs::write(&path, bytes).unwrap();
    path
}

fn read(image: &Image, at: u64, len: usize) -> Vec<u8> {
    let mut bytes = vec![0xaa; len];
    image.read(at, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_size_is_rounded_up_to_sectors_and_the_rest_is_zeros() {
    let image = Image::open(&Options::new(file("odd", &[7; 700]))).unwrap();
    assert_eq!(image.len(), 1024);
    assert_eq!(read(&image, 698, 4), [7, 7, 0, 0]);
    assert_eq!(read(&image, 1020, 4), [0; 4]);
    assert!(image.read(1020, &mut [0; 5]).is_err());
    assert!(image.read(u64::MAX, &mut [0; 5]).is_err());
}

#[test]
fn a_read_only_image_refuses_every_change() {
    let path = file("ro", &[1; 1024]);
    let mut image = Image::open(&Options { read_only: true, ..Options::new(path) }).unwrap();
    assert!(image.write(0, &[0]).is_err());
    assert!(image.discard(0, 512).is_err());
    assert!(image.write_zeroes(0, 512, true).is_err());
    assert_eq!(read(&image, 0, 2), [1, 1]);
}

#[test]
fn two_writers_of_one_image_exclude_each_other_and_the_error_names_the_first() {
    let path = file("locked", &[0; 512]);
    let first = Image::open(&Options::new(&path)).unwrap();
    let error = Image::open(&Options::new(&path)).err().unwrap();
    assert!(matches!(error, Error::Locked { .. }));
    let text = error.to_string();
    assert!(text.contains("is in use by another drive of this machine; give up one of the two"), "{text}");
    assert!(Image::open(&Options { read_only: true, ..Options::new(&path) }).is_err());
    assert!(Image::open(&Options { locking: false, ..Options::new(&path) }).is_ok());
    drop(first);
    let reader = Options { read_only: true, ..Options::new(&path) };
    let readers = [Image::open(&reader).unwrap(), Image::open(&reader).unwrap()];
    assert!(Image::open(&Options::new(&path)).is_err());
    drop(readers);
    assert!(Image::open(&Options::new(&path)).is_ok());
}

#[test]
fn what_is_no_image_is_refused() {
    let missing = Image::open(&Options::new("/nowhere/disk.img")).err().unwrap();
    assert_eq!(missing.to_string(), "/nowhere/disk.img cannot be opened");
    let folder = Image::open(&Options::new(std::env::temp_dir())).err().unwrap();
    assert!(matches!(folder, Error::Kind { .. }));
}

#[test]
fn a_snapshot_changes_nothing_until_it_is_committed() {
    let path = file("snapshot", &[1; 10_000]);
    let mut image = Image::open(&Options { snapshot: true, ..Options::new(&path) }).unwrap();
    image.write(4090, &[9; 10]).unwrap();
    assert_eq!(read(&image, 4089, 12), [&[1][..], &[9; 10], &[1]].concat());
    assert_eq!(std::fs::read(&path).unwrap(), [1; 10_000]);
    image.commit().unwrap();
    let mut expected = vec![1; 10_000];
    expected[4090..4100].fill(9);
    assert_eq!(std::fs::read(&path).unwrap()[..10_000], expected);
    assert_eq!(read(&image, 4089, 3), [1, 9, 9]);
}

#[test]
fn a_person_has_a_disk_written_out_that_was_to_forget() {
    let path = file("committed", &[1; 4096]);
    let options = Options { snapshot: true, ..Options::new(&path) };
    let disk = Disk::new(Image::open(&options).unwrap()).unwrap();
    let inbox = Inbox::new(|| {});
    disk.submit(Request::Write { at: 100, bytes: vec![7; 4] }, inbox.expect(0, |_: Option<_>| {}));
    let committer = disk.committer();
    committer.commit().unwrap();
    assert_eq!(std::fs::read(&path).unwrap()[99..105], [1, 7, 7, 7, 7, 1]);
    drop(disk);
    assert_eq!(committer.commit().unwrap_err().to_string(), "the disk is not there any more");
}

#[test]
fn a_discarded_range_gives_its_room_back_if_asked_to() {
    for (discard, shrinks) in [(false, false), (true, true)] {
        let path = file("discard", &vec![5; 1 << 20]);
        std::fs::File::open(&path).unwrap().sync_all().unwrap();
        let mut image = Image::open(&Options { discard, ..Options::new(&path) }).unwrap();
        let before = std::fs::metadata(&path).unwrap().blocks();
        image.discard(0, 1 << 20).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().blocks() < before, shrinks);
        image.write_zeroes(0, 1 << 20, true).unwrap();
        assert_eq!(read(&image, 0, 1 << 20), vec![0; 1 << 20]);
        assert_eq!(std::fs::metadata(&path).unwrap().len(), 1 << 20);
    }
}

#[test]
fn a_disk_completes_in_the_order_of_asking() {
    let path = file("disk", &[0; 4096]);
    let disk = Disk::new(Image::open(&Options::new(&path)).unwrap()).unwrap();
    let (inbox, done) = (Inbox::new(|| {}), Arc::new(Mutex::new(vec![])));
    let ask = |due, name: &'static str, request| {
        let done = Arc::clone(&done);
        let ticket = inbox.expect(due, move |outcome: Option<host_block::Outcome>| {
            done.lock().unwrap().push((name, outcome.unwrap().ok()));
        });
        disk.submit(request, ticket);
    };
    ask(100, "write", Request::Write { at: 512, bytes: vec![3; 4] });
    ask(100, "read", Request::Read { at: 510, len: 4 });
    ask(100, "beyond", Request::Read { at: 4000, len: 500 });
    ask(100, "flush", Request::Flush);
    assert_eq!(inbox.deliver(99, Waiting::Block), 0);
    assert_eq!(inbox.deliver(100, Waiting::Block), 4);
    let expected = [
        ("write", Some(vec![])),
        ("read", Some(vec![0, 0, 3, 3])),
        ("beyond", None),
        ("flush", Some(vec![])),
    ];
    assert_eq!(*done.lock().unwrap(), expected);
    drop(disk);
    assert_eq!(std::fs::read(&path).unwrap()[510..516], [0, 0, 3, 3, 3, 3]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn an_overlay_reads_as_the_image_would_have(
        writes in proptest::collection::vec((0u64..40_000, 1usize..9000, any::<u8>()), 1..30)
    ) {
        let original: Vec<u8> = (0..40_000u32).map(|i| i.to_le_bytes()[0]).collect();
        let path = file("overlay", &original);
        let options = Options { snapshot: true, locking: false, ..Options::new(path) };
        let mut image = Image::open(&options).unwrap();
        let mut model = original;
        model.resize(usize::try_from(image.len()).unwrap(), 0);
        for (at, len, byte) in writes {
            let start = usize::try_from(at).unwrap();
            let len = len.min(model.len() - start);
            image.write(at, &vec![byte; len]).unwrap();
            model[start..start + len].fill(byte);
        }
        prop_assert_eq!(read(&image, 0, model.len()), model);
    }
}
