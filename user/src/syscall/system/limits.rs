//! Limits on what a process uses.

use super::super::{Addr, Answer, Call};
use crate::abi::Errno;
use crate::abi::structs::Rlimit;
use crate::{host, lock};
use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;

/// The limits on memory that a program set for itself. On the host they would strike strata, whose
/// window is larger than any of them: the numbers are kept and shown.
///
/// As a text they are `RESOURCE:SOFT:HARD` with commas between them.
#[derive(Debug, Default)]
pub struct MemoryLimits(Mutex<[Option<Rlimit>; 4]>);

impl MemoryLimits {
    /// RLIMIT_DATA, RLIMIT_STACK, RLIMIT_RSS, RLIMIT_AS. [asm-generic/resource.h]
    const RESOURCES: [i32; 4] = [2, 3, 5, 9];

    /// The same, for a process to change on its own.
    pub fn lend(&self) -> Self {
        Self(Mutex::new(*lock(&self.0)))
    }

    fn place(resource: i32) -> Option<usize> {
        Self::RESOURCES.iter().position(|known| *known == resource)
    }

    fn get(&self, place: usize) -> Option<Rlimit> {
        let kept = lock(&self.0);
        kept.get(place).copied().flatten()
    }

    fn set(&self, place: usize, limit: Rlimit) {
        let mut kept = lock(&self.0);
        if let Some(slot) = kept.get_mut(place) {
            *slot = Some(limit);
        }
    }
}

impl fmt::Display for MemoryLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kept = *lock(&self.0);
        let all = Self::RESOURCES.iter().zip(kept).filter_map(|(resource, limit)| Some((resource, limit?)));
        for (n, (resource, Rlimit { current, maximum })) in all.enumerate() {
            let comma = if n == 0 { "" } else { "," };
            write!(f, "{comma}{resource}:{current}:{maximum}")?;
        }
        Ok(())
    }
}

impl FromStr for MemoryLimits {
    type Err = ();

    /// # Errors
    /// When a piece is not of three numbers, or its resource is not memory.
    fn from_str(text: &str) -> Result<Self, ()> {
        let limits = Self::default();
        for piece in text.split(',') {
            let mut numbers = piece.splitn(3, ':');
            let place = numbers.next().and_then(|text| text.parse().ok()).and_then(Self::place).ok_or(())?;
            let mut bytes = || numbers.next().and_then(|text| text.parse().ok()).ok_or(());
            let (current, maximum) = (bytes()?, bytes()?);
            limits.set(place, Rlimit { current, maximum });
        }
        Ok(limits)
    }
}

pub fn prlimit64(k: &mut Call<'_>, pid: i32, resource: i32, new: Addr, old: Addr) -> Answer {
    let new = k.load_some::<Rlimit>(new)?;
    let own = pid == 0 || host::getpid().is_ok_and(|own| crate::abi::int(own) == pid);
    let place = MemoryLimits::place(resource).filter(|_| own);
    let passed = new.filter(|_| place.is_none());
    let passed = passed.map(|new| libc::rlimit64 { rlim_cur: new.current, rlim_max: new.maximum });
    let mut before = host::zeroed::<libc::rlimit64>();
    host::prlimit64(pid, resource, passed.as_ref(), Some(&mut before))?;
    let mut before = Rlimit { current: before.rlim_cur, maximum: before.rlim_max };
    if let Some(place) = place {
        before = k.p.memory_limits.get(place).unwrap_or(before);
        if let Some(new) = new {
            if new.current > new.maximum {
                return Err(Errno::EINVAL);
            }
            if new.maximum > before.maximum && host::geteuid() != Ok(0) {
                return Err(Errno::EPERM);
            }
            k.p.memory_limits.set(place, new);
        }
    }
    k.store_some(old, &before)
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

#[cfg(test)]
mod tests {
    use super::MemoryLimits;
    use rstest::rstest;

    #[rstest]
    #[case("3:8388608:18446744073709551615", true)]
    #[case("2:0:1,9:4096:4096", true)]
    #[case("7:1:1", false)]
    #[case("3:1", false)]
    #[case("3:1:-1", false)]
    #[case("", false)]
    fn limits_are_read_as_they_are_written(#[case] text: &str, #[case] good: bool) {
        let read = text.parse::<MemoryLimits>();
        assert_eq!(read.map(|limits| limits.to_string()), if good { Ok(text.into()) } else { Err(()) });
    }
}
