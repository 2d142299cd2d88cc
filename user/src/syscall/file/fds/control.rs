//! `fcntl`: a table of commands with what their argument is.

use super::super::super::{Addr, Answer, Call, Fd};
use super::put_pair;
use crate::abi::generic::FLOCK_64;
use crate::abi::structs::{Flock, Owner, flock as layout};
use crate::abi::{Encoded, Errno, int};
use crate::host;
use spec::bits::Low;

/// What `fcntl`'s third argument is.
enum Third {
    Number,
    Flags,
    Lock,
    /// A descriptor.
    Other,
    /// `struct f_owner_ex`, read or written.
    OwnerIn,
    OwnerOut,
    /// Two user numbers, written.
    Uids,
    /// A 64-bit number behind a pointer, read or written.
    LongIn,
    LongOut,
}

/// Commands: the numbers are the same on asm-generic and x86-64. [asm-generic/fcntl.h]
const COMMANDS: &[(i32, Third)] = &[
    (libc::F_DUPFD, Third::Number),
    (libc::F_GETFD, Third::Number),
    (libc::F_SETFD, Third::Number),
    (libc::F_GETFL, Third::Flags),
    (libc::F_SETFL, Third::Flags),
    (libc::F_GETLK, Third::Lock),
    (libc::F_SETLK, Third::Lock),
    (libc::F_SETLKW, Third::Lock),
    (libc::F_SETOWN, Third::Number),
    (libc::F_GETOWN, Third::Number),
    (10, Third::Number),   // F_SETSIG
    (11, Third::Number),   // F_GETSIG
    (15, Third::OwnerIn),  // F_SETOWN_EX
    (16, Third::OwnerOut), // F_GETOWN_EX
    (17, Third::Uids),     // F_GETOWNER_UIDS
    (libc::F_OFD_GETLK, Third::Lock),
    (libc::F_OFD_SETLK, Third::Lock),
    (libc::F_OFD_SETLKW, Third::Lock),
    (libc::F_SETLEASE, Third::Number),
    (libc::F_GETLEASE, Third::Number),
    (libc::F_NOTIFY, Third::Number),
    (libc::F_DUPFD_CLOEXEC, Third::Number),
    (libc::F_SETPIPE_SZ, Third::Number),
    (libc::F_GETPIPE_SZ, Third::Number),
    (libc::F_ADD_SEALS, Third::Number),
    (libc::F_GET_SEALS, Third::Number),
    (1027, Third::Other),   // F_DUPFD_QUERY
    (1035, Third::LongOut), // F_GET_RW_HINT
    (1036, Third::LongIn),  // F_SET_RW_HINT
    (1037, Third::LongOut), // F_GET_FILE_RW_HINT
    (1038, Third::LongIn),  // F_SET_FILE_RW_HINT
];

pub fn fcntl(k: &mut Call<'_>, fd: Fd, command: i32, value: u64) -> Answer {
    if k.abi().word_size() == 4
        && let Some((_, command)) = LOCKS_64.iter().find(|(number, _)| *number == command)
    {
        return lock(k, fd, *command, Addr(value), &FLOCK_64);
    }
    let (_, third) = COMMANDS.iter().find(|(number, _)| *number == command).ok_or(Errno::EINVAL)?;
    match third {
        Third::Number => host::fcntl(fd.0, command, value),
        Third::Flags => {
            let flags = host::fcntl(fd.0, command, u64::from(k.abi().open_to_host(value).cast_unsigned()))?;
            Ok(if command == libc::F_GETFL { k.abi().open_to_guest(int(flags)) } else { flags })
        }
        Third::Lock => lock(k, fd, command, Addr(value), lock_layout(k, command)),
        Third::Other => {
            let other = k.fd(int(value))?;
            host::fcntl(fd.0, command, u64::from(other.0.cast_unsigned()))
        }
        Third::OwnerIn | Third::LongIn => {
            let mut words = words_at(k, third, Addr(value))?;
            host::fcntl_words(fd.0, command, &mut words)
        }
        Third::OwnerOut | Third::LongOut | Third::Uids => {
            let mut words = [0; 2];
            let done = host::fcntl_words(fd.0, command, &mut words)?;
            put_words(k, third, Addr(value), words)?;
            Ok(done)
        }
    }
}

/// Two words that the kernel reads: kind and number of an owner, or the halves of a number.
fn words_at(k: &Call<'_>, third: &Third, at: Addr) -> Result<[u32; 2], Errno> {
    if let Third::LongIn = third {
        let long: u64 = k.load(at)?;
        return Ok([long.low32(), (long >> 32).low32()]);
    }
    let owner: Owner = k.load(at)?;
    Ok([owner.kind.cast_unsigned(), owner.id.cast_unsigned()])
}

fn put_words(k: &Call<'_>, third: &Third, at: Addr, [first, second]: [u32; 2]) -> Answer {
    match third {
        Third::LongOut => k.store(at, &(u64::from(first) | u64::from(second) << 32)),
        Third::OwnerOut => k.store(at, &Owner { kind: first.cast_signed(), id: second.cast_signed() }),
        _ => put_pair(k, at, [first.cast_signed(), second.cast_signed()]),
    }
}

/// `F_GETLK64`, `F_SETLK64` and `F_SETLKW64`, which only programs with 32-bit words have, and what they
/// are to others. [asm-generic/fcntl.h]
const LOCKS_64: [(i32, i32); 3] = [(12, libc::F_GETLK), (13, libc::F_SETLK), (14, libc::F_SETLKW)];

/// The layout of a lock: commands on open file descriptions know only the one with 64 bits.
fn lock_layout(k: &Call<'_>, command: i32) -> &'static layout::Layout {
    let short = matches!(command, libc::F_GETLK | libc::F_SETLK | libc::F_SETLKW);
    if short { &k.abi().structs.flock } else { &FLOCK_64 }
}

fn lock(k: &Call<'_>, fd: Fd, command: i32, at: Addr, layout: &layout::Layout) -> Answer {
    let guest: Flock = k.load_as(at, layout)?;
    let mut lock = host::zeroed::<libc::flock>();
    lock.l_type = guest.kind;
    lock.l_whence = guest.whence;
    lock.l_start = guest.start;
    lock.l_len = guest.len;
    lock.l_pid = guest.pid;
    let done = host::fcntl_lock(fd.0, command, &mut lock)?;
    if command == libc::F_GETLK || command == libc::F_OFD_GETLK {
        let found = Flock {
            kind: lock.l_type,
            whence: lock.l_whence,
            start: lock.l_start,
            len: lock.l_len,
            pid: lock.l_pid,
        };
        k.put(at, &Encoded::new(&found, layout, k.abi().order))?;
    }
    Ok(done)
}
