//! See `conformance::fuzz::device::finisher`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::finisher(data));
