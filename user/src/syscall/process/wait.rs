//! Waiting for children.

use super::super::time::rusage_to_guest;
use super::super::{Addr, Answer, Call};
use crate::abi::structs::Rusage;
use crate::abi::{Siginfo, int};
use crate::host;

/// Checks pointers before a child is taken off the list of the dead.
pub fn wait4(k: &mut Call<'_>, pid: i32, status: Addr, options: i32, usage: Addr) -> Answer {
    if !status.is_null() {
        k.must_write(status, 4)?;
    }
    if !usage.is_null() {
        k.must_write(usage, k.size::<Rusage>())?;
    }
    let (mut word, mut used) = (0, host::zeroed());
    let child = host::wait4(pid, &mut word, options, &mut used)?;
    if int(child) > 0 {
        k.store_some(status, &word)?;
        k.store_some(usage, &rusage_to_guest(&used))?;
    }
    Ok(child)
}

pub fn waitid(k: &mut Call<'_>, kind: i32, id: u32, info: Addr, options: i32, usage: Addr) -> Answer {
    if !info.is_null() {
        k.must_write(info, k.size::<Siginfo>())?;
    }
    if !usage.is_null() {
        k.must_write(usage, k.size::<Rusage>())?;
    }
    let (mut told, mut used) = (host::zeroed(), host::zeroed());
    let done = host::waitid(kind, id, &mut told, options, &mut used)?;
    k.store_some(info, &host::signals::info(&told))?;
    k.store_some(usage, &rusage_to_guest(&used))?;
    Ok(done)
}
