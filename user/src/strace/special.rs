//! Values that no table of names describes: signals, exit statuses, limits, sets, dates.

use super::kinds::Elem;
use super::kinds::Width;
use super::records::{POLLED, TIMESPEC};
use super::text::{MOST, Scope, hex, load, pointer};
use super::words::{Words, process, tty};
use crate::abi::structs::{DirentHead, Pollfd};
use crate::abi::{Siginfo, index, int};
use spec::bits::Low;

/// Signals without a name of their own begin here. [SIGRTMIN]
const FIRST_REAL_TIME: i32 = 32;
/// Signals.
const LAST: i32 = 64;

/// Descriptors of a list that are looked at, as many as one `ppoll` takes.
const MOST_POLLED: u64 = 65536;

/// The name of a signal, or its number.
pub(super) fn signal_name(number: i32) -> String {
    match number {
        FIRST_REAL_TIME => "SIGRTMIN".to_owned(),
        33..=LAST => format!("SIGRT_{}", number - FIRST_REAL_TIME),
        1..FIRST_REAL_TIME => crate::host::signal_name(number),
        _ => number.to_string(),
    }
}

/// A set of signals: the names of the members, or of the others if these are few.
pub(super) fn signals(set: u64) -> String {
    // As strace has it: two thirds of them are many.
    let many = set.count_ones() >= 64 * 2 / 3;
    let shown = if many { !set } else { set };
    let names = (1..=LAST).filter(|n| shown >> (n - 1) & 1 != 0);
    let names: Vec<String> = names.map(|n| signal_name(n).replacen("SIG", "", 1)).collect();
    format!("{}[{}]", if many { "~" } else { "" }, names.join(" "))
}

/// The names of the codes that the kernel gives with a signal.
fn codes(signo: i32) -> Option<&'static Words> {
    Some(match signo {
        libc::SIGILL => &process::ILL,
        libc::SIGFPE => &process::FPE,
        libc::SIGSEGV => &process::SEGV,
        libc::SIGBUS => &process::BUS,
        libc::SIGTRAP => &process::TRAP,
        libc::SIGCHLD => &process::CLD,
        libc::SIGIO => &process::POLL_SIGNAL,
        libc::SIGSYS => &process::SYS_SIGNAL,
        _ => return None,
    })
}

/// What is known of a signal. [strace's printsiginfo.c has the members of each kind]
pub(super) fn siginfo(info: &Siginfo) -> String {
    let code = u64::from(info.code.cast_unsigned());
    let code_name = process::SI.find(code).or_else(|| codes(info.signo)?.find(code));
    let mut text = format!(
        "{{si_signo={}, si_code={}",
        signal_name(info.signo),
        code_name.map_or_else(|| hex(code), str::to_owned)
    );
    if info.errno != 0 {
        text.push_str(&format!(", si_errno={}", info.errno));
    }
    let (low, high) = (int(info.first), int(info.first >> 32));
    let sender = || format!(", si_pid={low}, si_uid={}", high.cast_unsigned());
    let value = || {
        if info.second == 0 {
            ", si_int=0, si_ptr=NULL".to_owned()
        } else {
            format!(", si_int={}, si_ptr={:#x}", int(info.second), info.second)
        }
    };
    match info.code {
        libc::SI_KERNEL => {}
        libc::SI_USER | libc::SI_TKILL => text.push_str(&sender()),
        libc::SI_TIMER => text.push_str(&format!(
            ", si_timerid={}, si_overrun={high}{}",
            hex(low.cast_unsigned().into()),
            value()
        )),
        code if code < 0 => {
            text.push_str(&sender());
            if info.second != 0 {
                text.push_str(&value());
            }
        }
        _ => text.push_str(&about(info, &sender)),
    }
    text.push('}');
    text
}

/// The members that a signal of the kernel's own brings.
fn about(info: &Siginfo, sender: &dyn Fn() -> String) -> String {
    match info.signo {
        libc::SIGCHLD => {
            let status = int(info.second);
            let status = if info.code == libc::CLD_EXITED { status.to_string() } else { signal_name(status) };
            format!("{}, si_status={status}, si_utime={}, si_stime={}", sender(), info.third, info.fourth)
        }
        libc::SIGILL | libc::SIGFPE | libc::SIGSEGV | libc::SIGBUS | libc::SIGTRAP => {
            format!(", si_addr={}", pointer(info.first))
        }
        libc::SIGIO => format!(", si_band={}, si_fd={}", info.first, int(info.second)),
        _ => String::new(),
    }
}

/// A `siginfo_t` in memory.
pub(super) fn siginfo_at(scope: &Scope<'_>, at: u64) -> Option<String> {
    let info: Siginfo = scope.get(at)?;
    if info.signo == 0 { Some("{}".to_owned()) } else { Some(siginfo(&info)) }
}

/// An exit status. [wait(2)]
pub(super) fn status(word: u64) -> String {
    let (status, low) = (word >> 8 & 0xff, word & 0x7f);
    let signal = |number: u64| signal_name(int(number));
    match (word & 0xffff, low) {
        (0xffff, _) => "{WIFCONTINUED(s)}".to_owned(),
        (_, 0) => format!("{{WIFEXITED(s) && WEXITSTATUS(s) == {status}}}"),
        (_, 0x7f) => format!("{{WIFSTOPPED(s) && WSTOPSIG(s) == {}}}", signal(status)),
        _ => {
            let core = if word & 0x80 != 0 { " && WCOREDUMP(s)" } else { "" };
            format!("{{WIFSIGNALED(s) && WTERMSIG(s) == {}{core}}}", signal(low))
        }
    }
}

/// A limit, in units of 1024 where it is a multiple.
pub(super) fn limit(word: u64) -> String {
    match word {
        u64::MAX => "RLIM64_INFINITY".to_owned(),
        word if word > 1024 && word.is_multiple_of(1024) => format!("{}*1024", word / 1024),
        word => word.to_string(),
    }
}

/// A `futex` operation.
pub(super) fn futex(word: u64) -> String {
    const PRIVATE: u64 = 0x80;
    const REALTIME: u64 = 0x100;
    let word = u64::from(word.low32());
    let Some(name) = process::FUTEX.find(word & !(PRIVATE | REALTIME)) else {
        return process::FUTEX.word(word);
    };
    let private = if word & PRIVATE != 0 { "_PRIVATE" } else { "" };
    let clock = if word & REALTIME != 0 { "|FUTEX_CLOCK_REALTIME" } else { "" };
    format!("{name}{private}{clock}")
}

/// A request to a device: its name, or the parts of its number. [asm-generic/ioctl.h]
pub(super) fn request(word: u64) -> String {
    let word = u64::from(word.low32());
    if let Some(name) = tty::REQUEST.find(word) {
        return name.to_owned();
    }
    let direction = match word >> 30 {
        0 => "_IOC_NONE",
        1 => "_IOC_WRITE",
        2 => "_IOC_READ",
        _ => "_IOC_READ|_IOC_WRITE",
    };
    format!(
        "_IOC({direction}, {}, {}, {})",
        hex(word >> 8 & 0xff),
        hex(word & 0xff),
        hex(word >> 16 & 0x3fff)
    )
}

/// Directory entries: only how many.
pub(super) fn entries(scope: &Scope<'_>, at: u64) -> Option<String> {
    let end = at.checked_add(scope.result?)?;
    let (mut next, mut count) = (at, 0);
    while next < end {
        let len = u64::from(scope.get::<DirentHead>(next)?.reclen);
        // The kernel makes none so short; the program may have written over them.
        if len < scope.abi.size::<DirentHead>() {
            break;
        }
        (next, count) = (next.checked_add(len)?, count + 1);
    }
    Some(format!("{at:#x} /* {count} entries */"))
}

/// The members of a set of bits, of at most 1024.
fn members(scope: &Scope<'_>, at: u64, bits: u64) -> Option<Vec<String>> {
    let bits = bits.min(1024);
    let bytes = scope.bytes(at, bits.div_ceil(8))?;
    let set = |n: &u64| bytes.get(index(n / 8)).is_some_and(|byte| byte >> (n % 8) & 1 != 0);
    Some((0..bits).filter(set).map(|n| n.to_string()).collect())
}

/// A set of descriptors below `most`.
pub(super) fn descriptors(scope: &Scope<'_>, at: u64, most: u64) -> Option<String> {
    let most = int(most).max(0).cast_unsigned();
    Some(format!("[{}]", members(scope, at, most.into())?.join(" ")))
}

/// A set of processors of so many bytes.
pub(super) fn processors(scope: &Scope<'_>, at: u64, bytes: u64) -> Option<String> {
    Some(format!("[{}]", members(scope, at, bytes.saturating_mul(8))?.join(" ")))
}

/// What is left of the time that a call waits at most, if it had one.
fn left(scope: &Scope<'_>, at: u64) -> Option<String> {
    let bytes = if at == 0 { None } else { scope.value(at, Elem::Record(&TIMESPEC)) };
    Some(format!("left {}", scope.record(&bytes?, &TIMESPEC)))
}

/// What `poll` found: the members with events, and the time left.
pub(super) fn polled(scope: &Scope<'_>, list: u64, time: u64, count: u64) -> Option<String> {
    if count == 0 {
        return Some("Timeout".to_owned());
    }
    let size = scope.abi.size::<Pollfd>();
    let mut found = vec![];
    for n in 0..u64::from(scope.word(1).low32()).min(MOST_POLLED) {
        let at = list.checked_add(n * size)?;
        if scope.get::<Pollfd>(at)?.revents != 0 {
            found.push(scope.record(&scope.value(at, Elem::Record(&POLLED))?, &POLLED));
        }
        if found.len() as u64 >= count.min(MOST) {
            break;
        }
    }
    if count > MOST {
        found.push("...".to_owned());
    }
    let found = format!("[{}]", found.join(", "));
    Some([Some(found), left(scope, time)].into_iter().flatten().collect::<Vec<_>>().join(", "))
}

/// What `select` found: the sets' members, and the time left.
pub(super) fn selected(scope: &Scope<'_>, count: u64) -> Option<String> {
    if count == 0 {
        return Some("Timeout".to_owned());
    }
    let sets = ["in", "out", "except"].into_iter().zip(1..).filter_map(|(name, n)| {
        let at = Some(scope.word(n)).filter(|at| *at != 0)?;
        let set = descriptors(scope, at, scope.word(0)).filter(|set| set != "[]")?;
        Some(format!("{name} {set}"))
    });
    Some(sets.chain(left(scope, scope.word(4))).collect::<Vec<_>>().join(", "))
}

/// Every byte as a hexadecimal escape.
pub(super) fn escaped(bytes: &[u8], cut: bool) -> Option<String> {
    let text: String = bytes.iter().map(|byte| format!("\\x{byte:02x}")).collect();
    Some(format!("\"{text}\"{}", if cut { "..." } else { "" }))
}

/// ` /* 1970-01-01T00:00:01+0000 */`, in UTC; nothing for what is no date.
pub(super) fn date(sec: i64, nsec: u64) -> String {
    const DAY: i64 = 86_400;
    // The years that four digits hold.
    if !(-62_135_596_800..253_402_300_800).contains(&sec) || nsec >= 1_000_000_000 || (sec, nsec) == (0, 0) {
        return String::new();
    }
    let (days, second) = (sec.div_euclid(DAY), sec.rem_euclid(DAY));
    // Howard Hinnant's civil_from_days: eras of 400 years, years from March.
    let z = days + 719_468;
    let (era, day) = (z.div_euclid(146_097), z.rem_euclid(146_097));
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let in_year = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * in_year + 2) / 153;
    let (month, date) = ((from_march + 2) % 12 + 1, in_year - (153 * from_march + 2) / 5 + 1);
    let year = year + era * 400 + i64::from(month <= 2);
    let (h, m, s) = (second / 3600, second / 60 % 60, second % 60);
    let fraction = if nsec == 0 { String::new() } else { format!(".{nsec:09}") };
    format!(" /* {year:04}-{month:02}-{date:02}T{h:02}:{m:02}:{s:02}{fraction}+0000 */")
}

/// A number of so many bytes at an address as an `int` prints.
pub(super) fn int_at(scope: &Scope<'_>, at: u64) -> Option<String> {
    scope.bytes(at, 4).map(|bytes| format!("[{}]", int(load(&bytes, Width::I32))))
}
