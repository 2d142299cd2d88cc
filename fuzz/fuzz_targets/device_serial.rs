//! See `conformance::fuzz::device::serial`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::serial(data));
