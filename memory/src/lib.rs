//! Where bytes are: the only crate that knows host pointers to guest memory.
//!
//! [`user::Space`] is the address space of one guest program: a reserved window of host address
//! space, reached through accessors that return a fault as a value. [`fault`] owns the process's
//! only SIGSEGV and SIGBUS handler and makes that possible without a look-up per access.
#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("memory needs a Linux host on x86-64: its accessors are host instructions with fix-ups");

pub mod addr;
#[allow(unsafe_code, reason = "signal handling, the fix-up table and the accessors' host instructions")]
pub mod fault;
#[allow(unsafe_code, reason = "host mappings, and the pointers into them that the accessors use")]
pub mod user;
