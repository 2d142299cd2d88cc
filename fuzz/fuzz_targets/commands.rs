//! See `conformance::fuzz::commands`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::commands(data));
