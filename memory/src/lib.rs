//! Where bytes are: the only crate that knows host pointers to guest memory.
//!
//! [`user::Space`] is the address space of one guest program: a reserved window of host address
//! space, reached through accessors that return a fault as a value. [`fault`] owns the process's
//! only SIGSEGV and SIGBUS handler and makes that possible without a look-up per access.
//!
//! A machine has a [`region::Map`] of [`ram`] and [`mmio`], seen flat by each [`space::AddressSpace`]; its CPUs
//! reach that through a [`tlb::SoftMmu`]. [`dirty`] knows what was written.
#![deny(unsafe_code)]

#[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
compile_error!("memory needs a Linux host on x86-64: its accessors are host instructions with fix-ups");

pub mod addr;
pub mod dirty;
#[allow(unsafe_code, reason = "signal handling, the fix-up table and the accessors' host instructions")]
pub mod fault;
pub mod mmio;
#[allow(unsafe_code, reason = "host mappings behind guest RAM, and accesses to them")]
pub mod ram;
pub mod region;
pub mod space;
#[allow(unsafe_code, reason = "host addresses of guest pages, which the fast path trusts")]
pub mod tlb;
#[allow(unsafe_code, reason = "host mappings, and the pointers into them that the accessors use")]
pub mod user;
