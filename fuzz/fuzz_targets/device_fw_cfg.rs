//! See `conformance::fuzz::device::fw_cfg`.
#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| conformance::fuzz::device::fw_cfg(data));
