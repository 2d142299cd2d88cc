//! The machine and its limits.

use super::{Addr, Answer, Call};
use crate::abi::structs::{Hwprobe, Rlimit, Sysinfo};
use crate::abi::{Errno, Word, index};
use crate::host;
use std::os::unix::ffi::OsStrExt;
use std::sync::PoisonError;

/// Bytes of each of the six names in `struct new_utsname`.
const NAME: usize = 65;
/// Bytes of a release at most; a zero follows.
pub const MOST_RELEASE: usize = NAME - 1;
/// The oldest release that current C libraries for riscv64 accept; a host older than that is not
/// shown.
const LEAST_RELEASE: (u32, u32) = (4, 15);
const FIXED_RELEASE: &[u8] = b"6.12.0";

pub fn uname(k: &mut Call<'_>, at: Addr) -> Answer {
    let mut own = host::zeroed::<libc::utsname>();
    host::uname(&mut own)?;
    let text = |name: &[libc::c_char; NAME]| name.map(i8::cast_unsigned);
    let release = match &k.p.release {
        Some(release) => padded(release.as_bytes()),
        None => {
            Some(text(&own.release)).filter(|own| is_recent(own)).unwrap_or_else(|| padded(FIXED_RELEASE))
        }
    };
    let names = [
        padded(b"Linux"),
        text(&own.nodename),
        release,
        text(&own.version),
        padded(k.abi().machine.as_bytes()),
        text(&own.domainname),
    ];
    k.put(at, names.as_flattened())
}

fn padded(name: &[u8]) -> [u8; NAME] {
    let mut field = [0; NAME];
    let len = name.len().min(MOST_RELEASE);
    field[..len].copy_from_slice(&name[..len]);
    field
}

fn is_recent(release: &[u8]) -> bool {
    let text = String::from_utf8_lossy(release);
    let mut numbers = text.split(|c: char| !c.is_ascii_digit()).map(|n| n.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)) >= LEAST_RELEASE
}

pub fn sysinfo(k: &mut Call<'_>, at: Addr) -> Answer {
    let mut s = host::zeroed::<libc::sysinfo>();
    host::sysinfo_of(&mut s)?;
    let mut guest = Sysinfo {
        uptime: s.uptime,
        loads: s.loads,
        totalram: s.totalram,
        freeram: s.freeram,
        sharedram: s.sharedram,
        bufferram: s.bufferram,
        totalswap: s.totalswap,
        freeswap: s.freeswap,
        procs: s.procs,
        totalhigh: s.totalhigh,
        freehigh: s.freehigh,
        mem_unit: s.mem_unit,
    };
    if k.abi().word_size() == 4 {
        scale(&mut guest);
    }
    k.store(at, &guest)
}

/// Counts memory in units that let 32 bits suffice, of a page at most. [kernel/sys.c, do_sysinfo]
fn scale(s: &mut Sysinfo) {
    let large = |s: &Sysinfo| s.totalram > u64::from(u32::MAX) || s.totalswap > u64::from(u32::MAX);
    while large(s) && s.mem_unit < 4096 {
        s.mem_unit *= 2;
        for count in [
            &mut s.totalram,
            &mut s.freeram,
            &mut s.sharedram,
            &mut s.bufferram,
            &mut s.totalswap,
            &mut s.freeswap,
            &mut s.totalhigh,
            &mut s.freehigh,
        ] {
            *count /= 2;
        }
    }
}

pub fn getrandom(k: &mut Call<'_>, at: Addr, len: u64, flags: u32) -> Answer {
    // GRND_NONBLOCK, GRND_RANDOM, GRND_INSECURE; the last two exclude each other.
    if flags & !7 != 0 || flags & 6 == 6 {
        return Err(Errno::EINVAL);
    }
    let room = k.writable(at, len);
    if room == 0 && len > 0 {
        return Err(Errno::EFAULT);
    }
    let mut buffer = k.borrow(room);
    let got = match &k.p.random {
        Some(random) => {
            random.lock().unwrap_or_else(PoisonError::into_inner).fill(&mut buffer);
            Ok(buffer.len() as u64)
        }
        None => host::getrandom(&mut buffer, flags),
    };
    let put = got.and_then(|n| k.put(at, &buffer[..index(n)]).map(|_| n));
    k.give_back(buffer);
    put
}

fn rlimit_to_host(guest: &Rlimit) -> libc::rlimit64 {
    libc::rlimit64 { rlim_cur: guest.current, rlim_max: guest.maximum }
}

/// Limits on memory would strike strata and not the program: they are stored nowhere and refused to
/// nobody. The numbers of resources are the same. [asm-generic/resource.h]
fn is_memory(resource: i32) -> bool {
    // RLIMIT_DATA, RLIMIT_STACK, RLIMIT_RSS, RLIMIT_AS
    matches!(resource, 2 | 3 | 5 | 9)
}

pub fn prlimit64(k: &mut Call<'_>, pid: i32, resource: i32, new: Addr, old: Addr) -> Answer {
    let new = k.load_some(new)?.map(|limit| rlimit_to_host(&limit));
    let own = pid == 0 || host::getpid().is_ok_and(|own| crate::abi::int(own) == pid);
    let new = new.filter(|_| !(own && is_memory(resource)));
    let mut before = host::zeroed::<libc::rlimit64>();
    host::prlimit64(pid, resource, new.as_ref(), Some(&mut before))?;
    k.store_some(old, &Rlimit { current: before.rlim_cur, maximum: before.rlim_max })
}

pub fn getrlimit(k: &mut Call<'_>, resource: i32, at: Addr) -> Answer {
    if at.is_null() {
        return Err(Errno::EFAULT);
    }
    prlimit64(k, 0, resource, Addr(0), at)
}

pub fn setrlimit(k: &mut Call<'_>, resource: i32, at: Addr) -> Answer {
    if at.is_null() {
        return Err(Errno::EFAULT);
    }
    prlimit64(k, 0, resource, at, Addr(0))
}

pub fn prctl(k: &mut Call<'_>, option: i32, a: u64, b: u64, c: u64, d: u64) -> Answer {
    match option {
        libc::PR_SET_NAME => {
            let name = match k.space.cstr(a, 15) {
                Ok(name) => name.into_bytes(),
                Err(memory::user::StrFault::TooLong) => k.get::<15>(Addr(a))?.to_vec(),
                Err(fault) => return Err(fault.into()),
            };
            let mut field = [0; 16];
            field[..name.len()].copy_from_slice(&name);
            host::prctl_name(option, &mut field)
        }
        libc::PR_GET_NAME => {
            let mut field = [0; 16];
            host::prctl_name(option, &mut field)?;
            k.put(Addr(a), &field)
        }
        libc::PR_GET_PDEATHSIG => {
            let mut field = [0; 16];
            host::prctl_name(option, &mut field)?;
            let [a0, a1, a2, a3, ..] = field;
            k.store(Addr(a), &i32::from_ne_bytes([a0, a1, a2, a3]))
        }
        libc::PR_SET_PDEATHSIG
        | libc::PR_GET_DUMPABLE
        | libc::PR_SET_DUMPABLE
        | libc::PR_GET_KEEPCAPS
        | libc::PR_SET_KEEPCAPS
        | libc::PR_CAPBSET_READ
        | libc::PR_GET_NO_NEW_PRIVS
        | libc::PR_SET_NO_NEW_PRIVS
        | libc::PR_SET_CHILD_SUBREAPER
        | libc::PR_GET_TIMERSLACK
        | libc::PR_SET_TIMERSLACK => host::prctl(option, a, b, c, d),
        _ => Err(Errno::EINVAL),
    }
}

pub fn sched_yield(_: &mut Call<'_>) -> Answer {
    host::sched_yield()
}

/// Answers how many bytes of the set the kernel knows.
pub fn sched_getaffinity(k: &mut Call<'_>, pid: i32, size: u64, at: Addr) -> Answer {
    let word = k.abi().word_size();
    if !size.is_multiple_of(word) {
        return Err(Errno::EINVAL);
    }
    let mut set = [0; 128];
    // The host too wants whole words, of its own size.
    let known = host::sched_getaffinity(pid, size.next_multiple_of(8).min(1024), &mut set)?.min(size);
    put_words(k, at, &set, known / word)?;
    Ok(known)
}

pub fn sched_setaffinity(k: &mut Call<'_>, pid: i32, size: u64, at: Addr) -> Answer {
    let word = k.abi().word_size();
    let size = size.min(1024);
    let mut set = [0; 128];
    for n in 0..size / word {
        let bit = n * 8 * word;
        set[index(bit / 64)] |= k.load_word(at.plus(n * word))? << (bit % 64);
    }
    host::sched_setaffinity(pid, size.next_multiple_of(8), &set)
}

/// Writes the first `count` words of a set of bits.
fn put_words(k: &Call<'_>, at: Addr, set: &[u64; 128], count: u64) -> Answer {
    let word = k.abi().word_size();
    for n in 0..count {
        let bit = n * 8 * word;
        k.store(at.plus(n * word), &Word(set[index(bit / 64)] >> (bit % 64)))?;
    }
    Ok(0)
}

pub fn getcpu(k: &mut Call<'_>, cpu: Addr, node: Addr) -> Answer {
    let (mut c, mut n) = (0, 0);
    host::getcpu(&mut c, &mut n, 0)?;
    k.store_some(cpu, &c)?;
    k.store_some(node, &n)
}

/// Keys and values of `riscv_hwprobe`: what this guest CPU has. [Documentation/arch/riscv/hwprobe.rst]
const HWPROBE: &[(i64, u64)] = &[
    (0, 0),                                 // MVENDORID: none
    (1, 0),                                 // MARCHID: none
    (2, 0),                                 // MIMPID: none
    (3, 1),                                 // BASE_BEHAVIOR: IMA
    (4, IMA_EXT),                           // IMA_EXT_0
    (5, 3),                                 // CPUPERF_0: misaligned scalar accesses are fast
    (6, 64),                                // ZICBOZ_BLOCK_SIZE
    (9, 3),                                 // MISALIGNED_SCALAR_PERF: fast
    (7, memory::user::Space::SV39_TOP - 1), // HIGHEST_VIRT_ADDRESS
    (8, 1_000_000_000),                     // TIME_CSR_FREQ: nanoseconds
];

/// F and D, C, Zba, Zbb, Zbs, Zicboz, Zbc, Zfhmin, Zicond, Zihintpause.
const IMA_EXT: u64 = 1 | 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << 28 | 1 << 35 | 1 << 36;

pub fn riscv_hwprobe(
    k: &mut Call<'_>,
    at: Addr,
    count: u64,
    cpu_bytes: u64,
    cpus: Addr,
    flags: u32,
) -> Answer {
    // An empty set of CPUs stands for all of them; they are alike.
    if flags != 0 || (cpu_bytes == 0) != cpus.is_null() {
        return Err(Errno::EINVAL);
    }
    for n in 0..count {
        let here = at.0.checked_add(n.saturating_mul(16)).map(Addr).ok_or(Errno::EFAULT)?;
        let mut pair: Hwprobe = k.load(here)?;
        match HWPROBE.iter().find(|(key, _)| *key == pair.key) {
            Some((_, value)) => pair.value = *value,
            None => pair = Hwprobe { key: -1, value: 0 },
        }
        k.store(here, &pair)?;
    }
    Ok(0)
}

pub fn sethostname(k: &mut Call<'_>, at: Addr, len: u64) -> Answer {
    if len > 64 {
        return Err(Errno::EINVAL);
    }
    let mut name = vec![0; index(len)];
    k.space.copy_in(at.0, &mut name)?;
    host::sethostname(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(b"6.1.0-18-amd64", true)]
    #[case(b"4.15.0", true)]
    #[case(b"4.4.0", false)]
    #[case(b"garbage", false)]
    fn an_old_release_is_not_shown(#[case] release: &[u8], #[case] recent: bool) {
        assert_eq!(is_recent(&padded(release)), recent);
    }
}
