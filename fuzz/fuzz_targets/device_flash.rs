//! See `conformance::fuzz::device::flash`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::flash(data));
