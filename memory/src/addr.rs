//! Page arithmetic on guest addresses.

/// Bytes in a guest page. Every guest that user mode runs is given pages of this size, which is
/// also the host's, so that a guest protection is a host protection.
pub const PAGE: u64 = 4096;

/// The start of the page that holds `at`.
#[inline]
pub const fn page_down(at: u64) -> u64 {
    at & !(PAGE - 1)
}

/// `at` rounded up to a page boundary; `None` beyond the last page of 64-bit space.
#[inline]
pub const fn page_up(at: u64) -> Option<u64> {
    match at.checked_add(PAGE - 1) {
        Some(sum) => Some(page_down(sum)),
        None => None,
    }
}

/// Whether `at` is a page boundary.
#[inline]
pub const fn on_page(at: u64) -> bool {
    at.is_multiple_of(PAGE)
}

/// A guest length or offset as the host counts.
#[inline(always)]
#[expect(clippy::cast_possible_truncation, reason = "this crate builds for 64-bit hosts only, see its root")]
pub const fn host_size(bytes: u64) -> usize {
    bytes as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, 0, Some(0))]
    #[case(1, 0, Some(PAGE))]
    #[case(PAGE, PAGE, Some(PAGE))]
    #[case(2 * PAGE - 1, PAGE, Some(2 * PAGE))]
    #[case(u64::MAX, u64::MAX - 4095, None)]
    fn an_address_rounds_to_its_page(#[case] at: u64, #[case] down: u64, #[case] up: Option<u64>) {
        assert_eq!((page_down(at), page_up(at)), (down, up));
    }
}
