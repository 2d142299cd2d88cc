//! See `conformance::fuzz::decoder`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::decoder(data));
