//! See `conformance::fuzz::device::htif`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::htif(data));
