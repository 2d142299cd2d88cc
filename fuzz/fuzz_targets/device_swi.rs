//! See `conformance::fuzz::device::swi`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::swi(data));
