//! Who a process is and what it belongs to.

use super::super::{Addr, Answer, Call};
use crate::abi::Errno;
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
