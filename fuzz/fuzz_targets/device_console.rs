//! See `conformance::fuzz::device::console`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::console(data));
