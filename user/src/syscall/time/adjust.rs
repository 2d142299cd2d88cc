//! Setting and tuning the clock, which takes a privilege.

use super::super::{Addr, Answer, Call};
use crate::abi::structs::{Timeval, Timex, Timezone};
use crate::host;

pub fn settimeofday(k: &mut Call<'_>, time: Addr, zone: Addr) -> Answer {
    let time = k.get_some(time)?.map(|bytes| Timeval::decode(&bytes));
    let time = time.map(|t| libc::timeval { tv_sec: t.sec, tv_usec: t.usec });
    let zone = k.get_some(zone)?.map(|bytes| Timezone::decode(&bytes));
    let zone = zone.map(|z| [z.minuteswest, z.dsttime]);
    host::settimeofday(time.as_ref(), zone.as_ref())
}

/// `struct timex` is one for all 64-bit CPUs; it is read, changed and written.
fn adjust(k: &Call<'_>, at: Addr, host: impl FnOnce(&mut [u8; Timex::SIZE]) -> Answer) -> Answer {
    k.must_write(at, Timex::SIZE as u64)?;
    let mut bytes = Timex::decode(&k.get(at)?).encode();
    let state = host(&mut bytes)?;
    k.put(at, &Timex::decode(&bytes).encode())?;
    Ok(state)
}

pub fn adjtimex(k: &mut Call<'_>, at: Addr) -> Answer {
    adjust(k, at, host::adjtimex)
}

pub fn clock_adjtime(k: &mut Call<'_>, clock: i32, at: Addr) -> Answer {
    adjust(k, at, |bytes| host::clock_adjtime(clock, bytes))
}
