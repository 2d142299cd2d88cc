//! The C integer types that the Berkeley SoftFloat bindings name.
//!
//! Stands in for the registry's crate of this name, which runs CMake to find out what these are; on an
//! x86-64 Linux host they are known. Used by tests only.
#![forbid(unsafe_code)]
#![allow(non_camel_case_types, reason = "C's names")]

/// At least 8 bits.
pub type uint_fast8_t = u8;

/// At least 32 bits; 64 with glibc on x86-64.
pub type int_fast32_t = i64;

/// At least 32 bits, unsigned; 64 with glibc on x86-64.
pub type uint_fast32_t = u64;

/// At least 64 bits.
pub type int_fast64_t = i64;

/// At least 64 bits, unsigned.
pub type uint_fast64_t = u64;
