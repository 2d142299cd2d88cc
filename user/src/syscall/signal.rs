//! Signals: dispositions, masks, sending.

use super::file::poll::{masked, set_at};
use super::process::is_own;
use super::time::timespec_at;
use super::{Addr, Answer, Call};
use crate::abi::structs::{Sigaction, SigaltStack};
use crate::abi::{Encoded, Errno, RISCV64, Set, Siginfo};
use crate::host;
use crate::process::{Death, Next};
use crate::signal::{SIG_DFL, UNBLOCKABLE, bit, dumps_core, frame, host_mask};

fn check_size(size: u64) -> Answer {
    if size == 8 { Ok(0) } else { Err(Errno::EINVAL) }
}

pub fn rt_sigaction(k: &mut Call<'_>, signal: i32, new: Addr, old: Addr, size: u64) -> Answer {
    check_size(size)?;
    if bit(signal) == 0 {
        return Err(Errno::EINVAL);
    }
    let action = k.load_some::<Sigaction>(new)?;
    if action.is_some() && bit(signal) & UNBLOCKABLE != 0 {
        return Err(Errno::EINVAL);
    }
    k.store_some(old, &k.task.signals.action(signal))?;
    if let Some(mut action) = action {
        action.mask.0 &= !UNBLOCKABLE;
        k.task.signals.actions().set(signal, action);
    }
    Ok(0)
}

pub fn rt_sigprocmask(k: &mut Call<'_>, how: i32, new: Addr, old: Addr, size: u64) -> Answer {
    check_size(size)?;
    let before = k.task.signals.mask();
    if let Some(set) = set_at(k, new, size)? {
        let mask = match how {
            libc::SIG_BLOCK => before | set,
            libc::SIG_UNBLOCK => before & !set,
            libc::SIG_SETMASK => set,
            _ => return Err(Errno::EINVAL),
        };
        k.task.signals.set_mask(mask);
    }
    k.store_some(old, &Set(before))
}

pub fn rt_sigpending(k: &mut Call<'_>, at: Addr, size: u64) -> Answer {
    if size > 8 {
        return Err(Errno::EINVAL);
    }
    let mut pending = 0;
    host::rt_sigpending(&mut pending, 8)?;
    let all = k.abi().encode(&Set(pending | k.task.signals.noted_and_blocked()));
    k.put(at, &all[..crate::abi::index(size)])
}

pub fn rt_sigsuspend(k: &mut Call<'_>, at: Addr, size: u64) -> Answer {
    check_size(size)?;
    let mask = k.load::<Set>(at)?.0 & !UNBLOCKABLE;
    masked(k, Some(mask), |_| host::rt_sigsuspend(&host_mask(mask), 8))
}

pub fn rt_sigtimedwait(k: &mut Call<'_>, set: Addr, info: Addr, timeout: Addr, size: u64) -> Answer {
    check_size(size)?;
    let Set(set) = k.load(set)?;
    let timeout = timespec_at(k, timeout)?;
    if !info.is_null() {
        k.must_write(info, k.size::<Siginfo>())?;
    }
    let noted = k.task.signals.take_noted(set);
    let told = match noted {
        Some(told) => told,
        None => {
            let mut told = host::zeroed();
            host::rt_sigtimedwait(&host_mask(set), &mut told, timeout.as_ref(), 8)?;
            host::signals::info(&told)
        }
    };
    k.store_some(info, &told)?;
    Ok(u64::from(told.signo.unsigned_abs()))
}

pub fn rt_sigreturn(k: &mut Call<'_>) -> Answer {
    k.keep = true;
    k.next = k.task.signals.leave(k.space, k.state);
    Ok(0)
}

pub fn sigaltstack(k: &mut Call<'_>, new: Addr, old: Addr) -> Answer {
    const AUTODISARM: i32 = i32::MIN;
    let sp = k.abi().unsigned(k.state.x[2]);
    let current = k.task.signals.alternate;
    let on_it = frame::on_alternate(&current, sp);
    if let Some(wanted) = k.load_some::<SigaltStack>(new)? {
        if on_it {
            return Err(Errno::EPERM);
        }
        match wanted.flags & !AUTODISARM {
            frame::SS_DISABLE => {
                k.task.signals.alternate = SigaltStack { flags: frame::SS_DISABLE, ..SigaltStack::default() };
            }
            0 | frame::SS_ONSTACK if wanted.size < k.abi().frame => return Err(Errno::ENOMEM),
            0 | frame::SS_ONSTACK => k.task.signals.alternate = SigaltStack { flags: 0, ..wanted },
            _ => return Err(Errno::EINVAL),
        }
    }
    let flags = if on_it { frame::SS_ONSTACK } else { current.flags };
    k.store_some(old, &SigaltStack { flags, ..current })
}

/// A signal to this very thread that dumps core by default ends the program here, so that the core
/// would be the program's and not the emulator's.
pub fn to_self(k: &mut Call<'_>, signal: i32) -> bool {
    let signals = &k.task.signals;
    let deadly =
        dumps_core(signal) && signals.action(signal).handler == SIG_DFL && signals.mask() & bit(signal) == 0;
    if deadly {
        k.next = Next::Killed(Death { signal, pc: k.state.pc, address: None, word: None });
        k.keep = true;
    }
    deadly
}

fn is_this_thread(id: i32) -> bool {
    host::gettid().is_ok_and(|own| crate::abi::int(own) == id)
}

pub fn kill(k: &mut Call<'_>, pid: i32, signal: i32) -> Answer {
    if is_own(pid) && to_self(k, signal) {
        return Ok(0);
    }
    host::kill(pid, signal)
}

pub fn tkill(k: &mut Call<'_>, tid: i32, signal: i32) -> Answer {
    if is_this_thread(tid) && to_self(k, signal) {
        return Ok(0);
    }
    host::tkill(tid, signal)
}

pub fn tgkill(k: &mut Call<'_>, pid: i32, tid: i32, signal: i32) -> Answer {
    if is_own(pid) && is_this_thread(tid) && to_self(k, signal) {
        return Ok(0);
    }
    host::tgkill(pid, tid, signal)
}

/// A `siginfo_t` that a program has made up, as the host's.
fn info_at(k: &Call<'_>, at: Addr, signal: i32) -> Result<Encoded<Siginfo>, Errno> {
    let info: Siginfo = k.load(at)?;
    Ok(RISCV64.encode(&Siginfo { signo: signal, ..info }))
}

pub fn rt_sigqueueinfo(k: &mut Call<'_>, pid: i32, signal: i32, at: Addr) -> Answer {
    let info = info_at(k, at, signal)?;
    if is_own(pid) && to_self(k, signal) {
        return Ok(0);
    }
    host::rt_sigqueueinfo(pid, signal, info.room())
}

pub fn rt_tgsigqueueinfo(k: &mut Call<'_>, pid: i32, tid: i32, signal: i32, at: Addr) -> Answer {
    let info = info_at(k, at, signal)?;
    if is_own(pid) && is_this_thread(tid) && to_self(k, signal) {
        return Ok(0);
    }
    host::rt_tgsigqueueinfo(pid, tid, signal, info.room())
}

/// Made by the kernel itself where a call goes on after a stop; no call of ours needs it.
pub fn restart_syscall(_: &mut Call<'_>) -> Answer {
    Err(Errno::EINTR)
}
