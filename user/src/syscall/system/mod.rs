//! The machine.

pub mod limits;
pub mod mount;

use super::{Addr, Answer, Call};
use crate::abi::structs::{Hwprobe, Sysinfo};
use crate::abi::{Errno, index};
use crate::host;
use crate::lock;
use std::os::unix::ffi::OsStrExt;

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
            lock(random).fill(&mut buffer);
            Ok(buffer.len() as u64)
        }
        None => host::getrandom(&mut buffer, flags),
    };
    let put = got.and_then(|n| k.put(at, &buffer[..index(n)]).map(|_| n));
    k.give_back(buffer);
    put
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
    (8, 10_000_000),                        // TIME_CSR_FREQ: as the register `time` counts
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

/// A name of at most 64 bytes. [__NEW_UTS_LEN]
fn name_at(k: &Call<'_>, at: Addr, len: u64) -> Result<Vec<u8>, Errno> {
    if len > 64 {
        return Err(Errno::EINVAL);
    }
    let mut name = vec![0; index(len)];
    k.space.copy_in(at.0, &mut name)?;
    Ok(name)
}

pub fn sethostname(k: &mut Call<'_>, at: Addr, len: u64) -> Answer {
    let name = name_at(k, at, len)?;
    host::sethostname(&name)
}

pub fn setdomainname(k: &mut Call<'_>, at: Addr, len: u64) -> Answer {
    let name = name_at(k, at, len)?;
    host::setdomainname(&name)
}

/// The kernel's log.
pub fn syslog(k: &mut Call<'_>, action: i32, at: Addr, len: i32) -> Answer {
    const READS: [i32; 3] = [2, 3, 4];
    if !READS.contains(&action) {
        return host::syslog(action, &mut vec![0; index(u64::from(len.unsigned_abs())).min(16)]);
    }
    let len = u64::try_from(len).map_err(|_| Errno::EINVAL)?;
    if at.is_null() {
        return Err(Errno::EINVAL);
    }
    let room = k.writable(at, len);
    if room == 0 && len > 0 {
        return Err(Errno::EFAULT);
    }
    let mut buffer = k.borrow(room);
    let got = host::syslog(action, &mut buffer);
    let put = got.and_then(|n| k.put(at, &buffer[..index(n).min(buffer.len())]).map(|_| n));
    k.give_back(buffer);
    put
}

/// A guest that may restart the machine would restart the host: it is told what a process without
/// CAP_SYS_BOOT is told. [reboot(2)]
pub fn reboot(_: &mut Call<'_>, first: u32, second: u32, _command: u32, _argument: Addr) -> Answer {
    const FIRST: u32 = 0xfee1_dead;
    const SECOND: [u32; 4] = [0x2812_1969, 0x0512_1996, 0x1604_1998, 0x2011_2000];
    let magic = first == FIRST && SECOND.contains(&second);
    Err(if magic { Errno::EPERM } else { Errno::EINVAL })
}

pub fn vhangup(_: &mut Call<'_>) -> Answer {
    host::vhangup()
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
