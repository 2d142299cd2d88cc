//! Who a process is and what it belongs to.

use super::super::{Addr, Answer, Call, Fd};
use crate::abi::Errno;
use crate::abi::structs::{CapData, CapHead};
use crate::host;

macro_rules! plain {
    ($($name:ident($($arg:ident: $t:ty),*);)*) => { $(
        pub fn $name(_: &mut Call<'_>, $($arg: $t),*) -> Answer {
            host::$name($($arg),*)
        }
    )* };
}

plain! {
    getpid();
    getppid();
    gettid();
    getuid();
    geteuid();
    getgid();
    getegid();
    setuid(id: u32);
    setgid(id: u32);
    setreuid(real: u32, effective: u32);
    setregid(real: u32, effective: u32);
    setresuid(real: u32, effective: u32, saved: u32);
    setresgid(real: u32, effective: u32, saved: u32);
    setfsuid(id: u32);
    setfsgid(id: u32);
    getpgid(pid: i32);
    setpgid(pid: i32, group: i32);
    getsid(pid: i32);
    setsid();
    getpriority(which: i32, who: i32);
    setpriority(which: i32, who: i32, nice: i32);
    personality(persona: u32);
    unshare(flags: u64);
}

fn put_three(k: &Call<'_>, to: [Addr; 3], ids: [u32; 3]) -> Answer {
    for (at, id) in to.into_iter().zip(ids) {
        k.store(at, &id)?;
    }
    Ok(0)
}

pub fn getresuid(k: &mut Call<'_>, real: Addr, effective: Addr, saved: Addr) -> Answer {
    let (mut r, mut e, mut s) = (0, 0, 0);
    host::getresuid(&mut r, &mut e, &mut s)?;
    put_three(k, [real, effective, saved], [r, e, s])
}

pub fn getresgid(k: &mut Call<'_>, real: Addr, effective: Addr, saved: Addr) -> Answer {
    let (mut r, mut e, mut s) = (0, 0, 0);
    host::getresgid(&mut r, &mut e, &mut s)?;
    put_three(k, [real, effective, saved], [r, e, s])
}

/// A size of zero asks only how many there are.
pub fn getgroups(k: &mut Call<'_>, size: i32, at: Addr) -> Answer {
    let mut groups = [0; 0x1_0000];
    if size < 0 {
        return Err(Errno::EINVAL);
    }
    let count = host::getgroups(size.min(0x1_0000), &mut groups)?;
    if size > 0 {
        for (n, id) in (0..count).zip(&groups) {
            k.store(at.plus(n * 4), id)?;
        }
    }
    Ok(count)
}

pub fn setgroups(k: &mut Call<'_>, count: i32, at: Addr) -> Answer {
    let mut groups = [0; 0x1_0000];
    let wanted = usize::try_from(count).ok().and_then(|n| groups.get_mut(..n)).ok_or(Errno::EINVAL)?;
    for (n, id) in (0..).zip(wanted) {
        *id = k.load(at.plus(n * 4))?;
    }
    host::setgroups(count, &groups)
}

pub fn setns(_: &mut Call<'_>, fd: Fd, kind: i32) -> Answer {
    host::setns(fd.0, kind)
}

fn cap_head(k: &Call<'_>, at: Addr) -> Result<[u32; 2], Errno> {
    let head: CapHead = k.load(at)?;
    Ok([head.version, head.pid.cast_unsigned()])
}

/// Bytes of the sets: the first version has one word of each, the others two. [capget(2)]
fn cap_bytes(version: u32) -> usize {
    const FIRST: u32 = 0x1998_0330;
    if version == FIRST { CapData::SIZE / 2 } else { CapData::SIZE }
}

/// An unknown version is an error that tells the known one.
fn cap_version(k: &Call<'_>, at: Addr, head: [u32; 2], answer: Answer) -> Answer {
    if answer == Err(Errno::EINVAL) {
        let [version, pid] = head;
        k.store(at, &CapHead { version, pid: pid.cast_signed() })?;
    }
    answer
}

pub fn capget(k: &mut Call<'_>, head_at: Addr, at: Addr) -> Answer {
    let mut head = cap_head(k, head_at)?;
    let bytes = cap_bytes(head[0]);
    let mut sets = [0; 6];
    let answer = host::capget(&mut head, (!at.is_null()).then_some(&mut sets));
    cap_version(k, head_at, head, answer)?;
    if at.is_null() { Ok(0) } else { k.put(at, &k.abi().encode(&CapData { sets })[..bytes]) }
}

pub fn capset(k: &mut Call<'_>, head_at: Addr, at: Addr) -> Answer {
    let mut head = cap_head(k, head_at)?;
    let mut bytes = [0; CapData::SIZE];
    let answer = match k.space.copy_in(at.0, &mut bytes[..cap_bytes(head[0])]) {
        Ok(()) => host::capset(&mut head, &k.abi().decode::<CapData>(&bytes).sets),
        Err(_) => Err(Errno::EFAULT),
    };
    cap_version(k, head_at, head, answer)
}
