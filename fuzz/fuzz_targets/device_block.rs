//! See `conformance::fuzz::device::block`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::block(data));
