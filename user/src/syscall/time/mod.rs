//! Clocks, sleeping, timers, and what time was spent.

pub mod adjust;
pub mod timer;

use super::{Addr, Answer, Call};
use crate::abi::Errno;
use crate::abi::structs::{Itimerspec, Itimerval, Rusage, Timespec, Timeval, Timezone, Tms};
use crate::host;

/// A `struct timespec`, unless the pointer is null.
pub fn timespec_at(k: &Call<'_>, at: Addr) -> Result<Option<libc::timespec>, Errno> {
    Ok(k.load_some(at)?.map(|time| timespec_to_host(&time)))
}

fn timespec_to_host(t: &Timespec) -> libc::timespec {
    libc::timespec { tv_sec: t.sec, tv_nsec: t.nsec }
}

/// Writes a `struct timespec`.
pub fn put_timespec(k: &Call<'_>, at: Addr, t: &libc::timespec) -> Answer {
    k.store_some(at, &Timespec { sec: t.tv_sec, nsec: t.tv_nsec })
}

/// Access and modification time for `utimensat`, unless the pointer is null.
pub fn times_at(k: &Call<'_>, at: Addr) -> Result<Option<[libc::timespec; 2]>, Errno> {
    let Some(first) = timespec_at(k, at)? else { return Ok(None) };
    let second = k.load(at.plus(k.size::<Timespec>()))?;
    Ok(Some([first, timespec_to_host(&second)]))
}

/// What a clock shows where time is counted. The host says whether there is such a clock.
fn counted(k: &Call<'_>, clock: i32) -> Option<Timespec> {
    /// 2000-01-01, in seconds.
    const DATE: i64 = 946_684_800;
    let nanoseconds = i64::try_from(k.p.clock?()).unwrap_or(i64::MAX);
    let dated = matches!(
        clock,
        libc::CLOCK_REALTIME | libc::CLOCK_REALTIME_COARSE | libc::CLOCK_REALTIME_ALARM | libc::CLOCK_TAI
    );
    let sec = nanoseconds / 1_000_000_000 + if dated { DATE } else { 0 };
    Some(Timespec { sec, nsec: nanoseconds % 1_000_000_000 })
}

pub fn clock_gettime(k: &mut Call<'_>, clock: i32, at: Addr) -> Answer {
    let mut now = host::zeroed();
    host::clock_gettime(clock, &mut now)?;
    if let Some(now) = counted(k, clock) {
        return k.store(at, &now);
    }
    k.store(at, &Timespec { sec: now.tv_sec, nsec: now.tv_nsec })
}

pub fn clock_getres(k: &mut Call<'_>, clock: i32, at: Addr) -> Answer {
    let mut step = host::zeroed();
    host::clock_getres(clock, &mut step)?;
    put_timespec(k, at, &step)
}

pub fn clock_settime(k: &mut Call<'_>, clock: i32, at: Addr) -> Answer {
    let wanted = timespec_at(k, at)?.ok_or(Errno::EFAULT)?;
    host::clock_settime(clock, &wanted)
}

pub fn clock_nanosleep(k: &mut Call<'_>, clock: i32, flags: i32, wanted: Addr, left: Addr) -> Answer {
    let wanted = timespec_at(k, wanted)?.ok_or(Errno::EFAULT)?;
    let mut rest = host::zeroed();
    let answer = host::clock_nanosleep(clock, flags, &wanted, &mut rest);
    if answer == Err(Errno::EINTR) && flags & libc::TIMER_ABSTIME == 0 {
        put_timespec(k, left, &rest)?;
    }
    answer
}

pub fn nanosleep(k: &mut Call<'_>, wanted: Addr, left: Addr) -> Answer {
    clock_nanosleep(k, libc::CLOCK_MONOTONIC, 0, wanted, left)
}

pub fn gettimeofday(k: &mut Call<'_>, time: Addr, zone: Addr) -> Answer {
    let (mut now, mut place) = (host::zeroed::<libc::timeval>(), [0; 2]);
    host::gettimeofday(&mut now, &mut place)?;
    if let Some(counted) = counted(k, libc::CLOCK_REALTIME) {
        (now.tv_sec, now.tv_usec) = (counted.sec, counted.nsec / 1000);
    }
    k.store_some(time, &Timeval { sec: now.tv_sec, usec: now.tv_usec })?;
    k.store_some(zone, &Timezone { minuteswest: place[0], dsttime: place[1] })
}

fn itimer_to_guest(t: &libc::itimerval) -> Itimerval {
    Itimerval {
        interval: [t.it_interval.tv_sec, t.it_interval.tv_usec],
        value: [t.it_value.tv_sec, t.it_value.tv_usec],
    }
}

/// A `struct itimerspec`.
pub fn itimerspec_at(k: &Call<'_>, at: Addr) -> Result<libc::itimerspec, Errno> {
    let t: Itimerspec = k.load(at)?;
    let spec = |tv_sec, tv_nsec| libc::timespec { tv_sec, tv_nsec };
    Ok(libc::itimerspec {
        it_interval: spec(t.interval_sec, t.interval_nsec),
        it_value: spec(t.value_sec, t.value_nsec),
    })
}

/// Writes a `struct itimerspec`.
pub fn put_itimerspec(k: &Call<'_>, at: Addr, t: &libc::itimerspec) -> Answer {
    let guest = Itimerspec {
        interval_sec: t.it_interval.tv_sec,
        interval_nsec: t.it_interval.tv_nsec,
        value_sec: t.it_value.tv_sec,
        value_nsec: t.it_value.tv_nsec,
    };
    k.store(at, &guest)
}

pub fn getitimer(k: &mut Call<'_>, which: i32, at: Addr) -> Answer {
    let mut timer = host::zeroed();
    host::getitimer(which, &mut timer)?;
    k.store(at, &itimer_to_guest(&timer))
}

pub fn setitimer(k: &mut Call<'_>, which: i32, new: Addr, old: Addr) -> Answer {
    // A null pointer disarms, as Linux still has it.
    let wanted = k.load_some::<Itimerval>(new)?.unwrap_or_default();
    let [interval_sec, interval_usec] = wanted.interval;
    let [value_sec, value_usec] = wanted.value;
    let wanted = libc::itimerval {
        it_interval: libc::timeval { tv_sec: interval_sec, tv_usec: interval_usec },
        it_value: libc::timeval { tv_sec: value_sec, tv_usec: value_usec },
    };
    let mut before = host::zeroed();
    host::setitimer(which, &wanted, &mut before)?;
    k.store_some(old, &itimer_to_guest(&before))
}

pub fn times(k: &mut Call<'_>, at: Addr) -> Answer {
    let mut t = host::zeroed::<libc::tms>();
    let now = host::times(&mut t)?;
    let guest = Tms { utime: t.tms_utime, stime: t.tms_stime, cutime: t.tms_cutime, cstime: t.tms_cstime };
    k.store_some(at, &guest)?;
    Ok(now)
}

/// The host's `struct rusage` as the guest's.
pub fn rusage_to_guest(u: &libc::rusage) -> Rusage {
    Rusage {
        utime: [u.ru_utime.tv_sec, u.ru_utime.tv_usec],
        stime: [u.ru_stime.tv_sec, u.ru_stime.tv_usec],
        counts: [
            u.ru_maxrss,
            u.ru_ixrss,
            u.ru_idrss,
            u.ru_isrss,
            u.ru_minflt,
            u.ru_majflt,
            u.ru_nswap,
            u.ru_inblock,
            u.ru_oublock,
            u.ru_msgsnd,
            u.ru_msgrcv,
            u.ru_nsignals,
            u.ru_nvcsw,
            u.ru_nivcsw,
        ],
    }
}

pub fn getrusage(k: &mut Call<'_>, who: i32, at: Addr) -> Answer {
    let mut used = host::zeroed();
    host::getrusage(who, &mut used)?;
    k.store(at, &rusage_to_guest(&used))
}
