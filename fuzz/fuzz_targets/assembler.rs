//! See `conformance::fuzz::assembler`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::assembler(data));
