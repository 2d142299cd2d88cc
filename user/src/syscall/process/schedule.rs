//! Scheduling: policies, priorities, processors.

use super::super::time::put_timespec;
use super::super::{Addr, Answer, Call};
use crate::abi::structs::SchedAttr;
use crate::abi::{Errno, RISCV64, index};
use crate::host;

pub fn sched_yield(_: &mut Call<'_>) -> Answer {
    host::sched_yield()
}

/// Answers how many bytes of the set the kernel knows.
pub fn sched_getaffinity(k: &mut Call<'_>, pid: i32, size: u64, at: Addr) -> Answer {
    if !size.is_multiple_of(k.abi().word_size()) {
        return Err(Errno::EINVAL);
    }
    let mut set = [0; 128];
    // The host too wants whole words, of its own size.
    let known = host::sched_getaffinity(pid, size.next_multiple_of(8).min(1024), &mut set)?.min(size);
    k.store_bits(at, known * 8, &set)?;
    Ok(known)
}

pub fn sched_setaffinity(k: &mut Call<'_>, pid: i32, size: u64, at: Addr) -> Answer {
    let word = k.abi().word_size();
    let size = size.min(1024);
    let mut set = [0; 128];
    k.load_bits(at, size / word * word * 8, &mut set)?;
    host::sched_setaffinity(pid, size.next_multiple_of(8), &set)
}

/// The only member of `struct sched_param`.
fn priority(k: &Call<'_>, at: Addr) -> Result<i32, Errno> {
    // A null pointer is an invalid argument here, not a bad address. [kernel/sched/syscalls.c]
    if at.is_null() { Err(Errno::EINVAL) } else { k.load(at) }
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
    k.store(at, &priority)
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
    let size = match k.load(at)? {
        0 => FIRST_SIZE,
        size => size,
    };
    if !(FIRST_SIZE..=MOST_SIZE).contains(&size) {
        return Err(Errno::E2BIG);
    }
    let mut bytes = vec![0; index(size.into()).max(SchedAttr::SIZE)];
    k.space.copy_in(at.0, &mut bytes[..index(size.into())])?;
    let (known, rest) = bytes.split_at(SchedAttr::SIZE);
    if rest.iter().any(|byte| *byte != 0) {
        return Err(Errno::E2BIG);
    }
    let attributes = SchedAttr { size: size.min(56), ..k.abi().decode(known) };
    host::sched_setattr(pid, RISCV64.encode(&attributes).room(), flags)
}

pub fn sched_getattr(k: &mut Call<'_>, pid: i32, at: Addr, size: u32, flags: u32) -> Answer {
    if at.is_null() || pid < 0 || flags != 0 || !(FIRST_SIZE..=MOST_SIZE).contains(&size) {
        return Err(Errno::EINVAL);
    }
    let mut bytes = [0; SchedAttr::SIZE];
    host::sched_getattr(pid, &mut bytes, size.min(56), flags)?;
    let attributes: SchedAttr = RISCV64.decode(&bytes);
    k.put(at, &k.abi().encode(&attributes)[..index(size.into()).min(SchedAttr::SIZE)])
}

pub fn ioprio_set(_: &mut Call<'_>, which: i32, who: i32, priority: i32) -> Answer {
    host::ioprio_set(which, who, priority)
}

pub fn ioprio_get(_: &mut Call<'_>, which: i32, who: i32) -> Answer {
    host::ioprio_get(which, who)
}
