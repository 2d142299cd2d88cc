//! Setting and tuning the clock, which takes a privilege.

use super::super::{Addr, Answer, Call};
use crate::abi::structs::{Timeval, Timex, Timezone};
use crate::host;

pub fn settimeofday(k: &mut Call<'_>, time: Addr, zone: Addr) -> Answer {
    let time = k.load_some::<Timeval>(time)?;
    let time = time.map(|t| libc::timeval { tv_sec: t.sec, tv_usec: t.usec });
    let zone = k.load_some::<Timezone>(zone)?;
    let zone = zone.map(|z| [z.minuteswest, z.dsttime]);
    host::settimeofday(time.as_ref(), zone.as_ref())
}

/// `struct timex` is read, changed and written.
fn adjust(k: &Call<'_>, at: Addr, host: impl FnOnce(&mut [u8; Timex::SIZE]) -> Answer) -> Answer {
    k.must_write(at, k.size::<Timex>())?;
    let mut timex = k.load_for_host::<Timex>(at)?;
    let state = host(timex.room_mut())?;
    k.store_from_host::<Timex>(at, &timex)?;
    Ok(state)
}

pub fn adjtimex(k: &mut Call<'_>, at: Addr) -> Answer {
    adjust(k, at, host::adjtimex)
}

pub fn clock_adjtime(k: &mut Call<'_>, clock: i32, at: Addr) -> Answer {
    adjust(k, at, |bytes| host::clock_adjtime(clock, bytes))
}
