//! See `conformance::fuzz::elf`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::elf(data));
