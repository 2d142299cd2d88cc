//! System V segments in the window.

use super::*;
use rstest::rstest;

/// A fresh segment of `bytes` bytes, removed when dropped.
struct Made(Segment);

impl Made {
    fn new(bytes: u64) -> Self {
        let size = usize::try_from(bytes).unwrap();
        // SAFETY: no pointer is passed.
        let id = unsafe { libc::shmget(libc::IPC_PRIVATE, size, 0o600) };
        assert!(id >= 0, "{}", std::io::Error::last_os_error());
        Self(Segment { id, key: 0, bytes })
    }

    fn attached(&self) -> u64 {
        // SAFETY: the structure is ours, and as large as the kernel fills it.
        unsafe {
            let mut facts: libc::shmid_ds = std::mem::zeroed();
            assert_eq!(libc::shmctl(self.0.id, libc::IPC_STAT, &mut facts), 0);
            facts.shm_nattch
        }
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        // SAFETY: no pointer is passed but null.
        unsafe { libc::shmctl(self.0.id, libc::IPC_RMID, std::ptr::null_mut()) };
    }
}

#[test]
fn two_attachments_show_the_same_bytes() {
    let (space, made) = (space(), Made::new(PAGE + 1));
    let first = space.attach(Placement::Fixed(8 * PAGE), made.0, Prot::RW).unwrap();
    let second = space.attach(Placement::Anywhere, made.0, Prot::READ).unwrap();
    assert_eq!((first, made.attached()), (8 * PAGE, 2));
    space.copy_out(first, b"shared").unwrap();
    let mut bytes = [0; 6];
    space.copy_in(second, &mut bytes).unwrap();
    assert_eq!(&bytes, b"shared");
    assert!(space.copy_out(second, b"x").is_err());
    let region = space.region_at(first + PAGE).unwrap();
    assert_eq!((region.start, region.end, region.shared), (first, first + 2 * PAGE, true));
    assert_eq!(region.file.unwrap().file.path.to_str(), Some("/SYSV00000000 (deleted)"));
}

#[test]
fn detaching_frees_the_addresses_and_the_segment() {
    let (space, made) = (space(), Made::new(3 * PAGE));
    let at = space.attach(Placement::Fixed(8 * PAGE), made.0, Prot::RW).unwrap();
    space.unmap(at, PAGE).unwrap();
    space.protect(at + PAGE, PAGE, Prot::READ).unwrap();
    anon(&space, 11, 12, Prot::RW);
    assert_eq!(space.detach(at), Ok(()));
    assert_eq!(made.attached(), 0);
    let left: Vec<u64> = space.regions().map(|region| region.start).collect();
    assert_eq!(left, [11 * PAGE]);
    assert_eq!(space.detach(at), Err(MapError::EINVAL));
}

#[rstest]
#[case(Placement::Fixed(1), PAGE, MapError::EINVAL)]
#[case(Placement::Fixed(63 * PAGE), 2 * PAGE, MapError::ENOMEM)]
#[case(Placement::FixedNoReplace(4 * PAGE), PAGE, MapError::EEXIST)]
#[case(Placement::Anywhere, u64::MAX, MapError::EINVAL)]
#[case(Placement::Fixed(8 * PAGE), 2 * PAGE, MapError::EFAULT)]
fn a_segment_that_does_not_fit_is_refused(
    #[case] placement: Placement,
    #[case] bytes: u64,
    #[case] wanted: MapError,
) {
    let (space, made) = (space(), Made::new(PAGE));
    anon(&space, 4, 5, Prot::RW);
    assert_eq!(space.attach(placement, Segment { bytes, ..made.0 }, Prot::RW), Err(wanted));
    assert_eq!(made.attached(), 0);
    assert_eq!(space.regions().count(), 1);
}

#[test]
fn other_shared_memory_is_no_attachment() {
    let space = space();
    let kind = MapKind { shared: true, ..MapKind::ANONYMOUS };
    let at = space.map(Placement::Fixed(8 * PAGE), PAGE, Prot::RW, kind).unwrap();
    assert_eq!(space.detach(at), Err(MapError::EINVAL));
    assert_eq!(space.detach(u64::MAX), Err(MapError::EINVAL));
}
