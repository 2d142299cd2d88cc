//! Timers that a program makes: each is one of the host's, of the same number.

use super::super::{Addr, Answer, Call};
use super::{itimerspec_at, put_itimerspec};
use crate::abi::structs::{Itimerspec, Sigevent};
use crate::abi::{Encoded, Errno, RISCV64};
use crate::host;

/// `struct sigevent`, unless the pointer is null. Its numbers of signals and threads are the host's.
pub fn sigevent_at(k: &Call<'_>, at: Addr) -> Result<Option<Sigevent>, Errno> {
    k.load_some(at)
}

pub fn timer_create(k: &mut Call<'_>, clock: i32, event: Addr, id_at: Addr) -> Answer {
    let event = sigevent_at(k, event)?.map(|event| RISCV64.encode(&event));
    k.must_write(id_at, 4)?;
    let mut id = 0;
    host::timer_create(clock, event.as_ref().map(Encoded::room), &mut id)?;
    k.store(id_at, &id)
}

pub fn timer_settime(k: &mut Call<'_>, id: i32, flags: i32, new: Addr, old: Addr) -> Answer {
    if new.is_null() {
        return Err(Errno::EINVAL);
    }
    let new = itimerspec_at(k, new)?;
    if !old.is_null() {
        k.must_write(old, k.size::<Itimerspec>())?;
    }
    let mut before = host::zeroed();
    host::timer_settime(id, flags, &new, &mut before)?;
    if old.is_null() { Ok(0) } else { put_itimerspec(k, old, &before) }
}

pub fn timer_gettime(k: &mut Call<'_>, id: i32, at: Addr) -> Answer {
    let mut now = host::zeroed();
    host::timer_gettime(id, &mut now)?;
    put_itimerspec(k, at, &now)
}

pub fn timer_getoverrun(_: &mut Call<'_>, id: i32) -> Answer {
    host::timer_getoverrun(id)
}

pub fn timer_delete(_: &mut Call<'_>, id: i32) -> Answer {
    host::timer_delete(id)
}
