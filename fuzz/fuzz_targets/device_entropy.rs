//! See `conformance::fuzz::device::entropy`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::entropy(data));
