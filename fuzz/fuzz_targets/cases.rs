//! See `conformance::fuzz::cases`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::cases(data));
