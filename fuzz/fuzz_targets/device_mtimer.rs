//! See `conformance::fuzz::device::mtimer`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::mtimer(data));
