//! See `conformance::fuzz::device::plic`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::plic(data));
