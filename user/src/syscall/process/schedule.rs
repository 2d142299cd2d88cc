//! Scheduling: policies, priorities, processors.

use super::super::time::put_timespec;
use super::super::{Addr, Answer, Call};
use crate::abi::structs::SchedAttr;
use crate::abi::{Errno, index};
use crate::host;

pub fn sched_yield(_: &mut Call<'_>) -> Answer {
    host::sched_yield()
}

/// Answers how many bytes of the set the kernel knows.
pub fn sched_getaffinity(k: &mut Call<'_>, pid: i32, size: u64, at: Addr) -> Answer {
    let mut set = [0; 128];
    let known = host::sched_getaffinity(pid, size.min(1024), &mut set)?;
    let bytes: Vec<u8> = set.iter().flat_map(|word: &u64| word.to_le_bytes()).collect();
    k.put(at, &bytes[..index(known)])?;
    Ok(known)
}

pub fn sched_setaffinity(k: &mut Call<'_>, pid: i32, size: u64, at: Addr) -> Answer {
    let mut set = [0; 128];
    let size = size.min(1024);
    for (n, word) in (0..size / 8).zip(&mut set) {
        *word = u64::from_le_bytes(k.get(at.plus(n * 8))?);
    }
    host::sched_setaffinity(pid, size, &set)
}

/// The only member of `struct sched_param`.
fn priority(k: &Call<'_>, at: Addr) -> Result<i32, Errno> {
    // A null pointer is an invalid argument here, not a bad address. [kernel/sched/syscalls.c]
    if at.is_null() { Err(Errno::EINVAL) } else { Ok(i32::from_le_bytes(k.get(at)?)) }
}

pub fn sched_setparam(k: &mut Call<'_>, pid: i32, at: Addr) -> Answer {
    host::sched_setparam(pid, &priority(k, at)?)
}

pub fn sched_getparam(k: &mut Call<'_>, pid: i32, at: Addr) -> Answer {
    if at.is_null() {
        return Err(Errno::EINVAL);
    }
    let mut priority = 0;
    host::sched_getparam(pid, &mut priority)?;
    k.put(at, &priority.to_le_bytes())
}

pub fn sched_setscheduler(k: &mut Call<'_>, pid: i32, policy: i32, at: Addr) -> Answer {
    if policy < 0 {
        return Err(Errno::EINVAL);
    }
    host::sched_setscheduler(pid, policy, &priority(k, at)?)
}

pub fn sched_getscheduler(_: &mut Call<'_>, pid: i32) -> Answer {
    host::sched_getscheduler(pid)
}

pub fn sched_get_priority_max(_: &mut Call<'_>, policy: i32) -> Answer {
    host::sched_get_priority_max(policy)
}

pub fn sched_get_priority_min(_: &mut Call<'_>, policy: i32) -> Answer {
    host::sched_get_priority_min(policy)
}

pub fn sched_rr_get_interval(k: &mut Call<'_>, pid: i32, at: Addr) -> Answer {
    let mut slice = host::zeroed();
    host::sched_rr_get_interval(pid, &mut slice)?;
    put_timespec(k, at, &slice)
}

/// Bytes of `struct sched_attr` as it was at first, and at most. [sched_setattr(2)]
const FIRST_SIZE: u32 = 48;
const MOST_SIZE: u32 = 4096;

/// Members that a program has beyond those known here must be zero.
pub fn sched_setattr(k: &mut Call<'_>, pid: i32, at: Addr, flags: u32) -> Answer {
    if at.is_null() || pid < 0 || flags != 0 {
        return Err(Errno::EINVAL);
    }
    let size = match u32::from_le_bytes(k.get(at)?) {
        0 => FIRST_SIZE,
        size => size,
    };
    if !(FIRST_SIZE..=MOST_SIZE).contains(&size) {
        return Err(Errno::E2BIG);
    }
    let mut bytes = vec![0; index(size.into()).max(SchedAttr::SIZE)];
    k.space.copy_in(at.0, &mut bytes[..index(size.into())])?;
    let (known, rest) = bytes.split_first_chunk().ok_or(Errno::E2BIG)?;
    if rest.iter().any(|byte| *byte != 0) {
        return Err(Errno::E2BIG);
    }
    let attributes = SchedAttr { size: size.min(56), ..SchedAttr::decode(known) };
    host::sched_setattr(pid, &attributes.encode(), flags)
}

pub fn sched_getattr(k: &mut Call<'_>, pid: i32, at: Addr, size: u32, flags: u32) -> Answer {
    if at.is_null() || pid < 0 || flags != 0 || !(FIRST_SIZE..=MOST_SIZE).contains(&size) {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; SchedAttr::SIZE];
    host::sched_getattr(pid, &mut bytes, size.min(56), flags)?;
    let attributes = SchedAttr::decode(&bytes);
    k.put(at, &attributes.encode()[..index(size.into()).min(SchedAttr::SIZE)])
}

pub fn ioprio_set(_: &mut Call<'_>, which: i32, who: i32, priority: i32) -> Answer {
    host::ioprio_set(which, who, priority)
}

pub fn ioprio_get(_: &mut Call<'_>, which: i32, who: i32) -> Answer {
    host::ioprio_get(which, who)
}
