//! See `conformance::fuzz::device::rtc`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::rtc(data));
