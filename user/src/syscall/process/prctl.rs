//! Facts about a process that `prctl` reads and sets: a table of options.

use super::super::{Addr, Answer, Call};
use crate::abi::{Errno, index};
use crate::host;

/// What becomes of an option.
#[derive(Clone, Copy)]
enum Kind {
    /// Its arguments are numbers, and the host's kernel keeps the fact.
    Pass,
    /// The same, and the answer is an `int` at the second argument.
    IntOut,
}

/// Options that are the same for every process of Linux. [linux/prctl.h]
const OPTIONS: &[(i32, Kind)] = &[
    (libc::PR_SET_PDEATHSIG, Kind::Pass),
    (libc::PR_GET_PDEATHSIG, Kind::IntOut),
    (libc::PR_GET_DUMPABLE, Kind::Pass),
    (libc::PR_SET_DUMPABLE, Kind::Pass),
    (libc::PR_GET_KEEPCAPS, Kind::Pass),
    (libc::PR_SET_KEEPCAPS, Kind::Pass),
    (libc::PR_GET_TIMING, Kind::Pass),
    (libc::PR_SET_TIMING, Kind::Pass),
    (libc::PR_CAPBSET_READ, Kind::Pass),
    (libc::PR_CAPBSET_DROP, Kind::Pass),
    (libc::PR_GET_SECUREBITS, Kind::Pass),
    (libc::PR_SET_SECUREBITS, Kind::Pass),
    (libc::PR_SET_TIMERSLACK, Kind::Pass),
    (libc::PR_GET_TIMERSLACK, Kind::Pass),
    (libc::PR_TASK_PERF_EVENTS_DISABLE, Kind::Pass),
    (libc::PR_TASK_PERF_EVENTS_ENABLE, Kind::Pass),
    (libc::PR_MCE_KILL_GET, Kind::Pass),
    (libc::PR_SET_CHILD_SUBREAPER, Kind::Pass),
    (libc::PR_GET_CHILD_SUBREAPER, Kind::IntOut),
    (libc::PR_SET_NO_NEW_PRIVS, Kind::Pass),
    (libc::PR_GET_NO_NEW_PRIVS, Kind::Pass),
    (libc::PR_SET_THP_DISABLE, Kind::Pass),
    (libc::PR_GET_THP_DISABLE, Kind::Pass),
    (libc::PR_CAP_AMBIENT, Kind::Pass),
    (libc::PR_SET_PTRACER, Kind::Pass),
    (57, Kind::Pass), // PR_SET_IO_FLUSHER
    (58, Kind::Pass), // PR_GET_IO_FLUSHER
];

/// Options beyond the table, with EINVAL for what a riscv64 kernel of ours is built without: filters
/// of system calls (PR_SET_SECCOMP, they would strike strata's own calls), names of mappings,
/// vectors, speculation control, the layout of the address space (PR_SET_MM).
pub fn prctl(k: &mut Call<'_>, option: i32, a: u64, b: u64, c: u64, d: u64) -> Answer {
    const GET_AUXV: i32 = 0x4155_5856;
    const SET_ICACHE_FLUSH_CTX: i32 = 71;
    match option {
        libc::PR_SET_NAME => set_name(k, Addr(a)),
        libc::PR_GET_NAME => {
            let mut field = [0; 16];
            host::prctl_name(option, &mut field)?;
            k.put(Addr(a), &field)
        }
        GET_AUXV if (c, d) == (0, 0) => {
            let vector = &k.p.first.vector;
            k.put(Addr(a), &vector[..vector.len().min(index(b))])?;
            Ok(vector.len() as u64)
        }
        // Every `fence.i` reaches every hart here, so the contexts (on, off; process, thread) are
        // alike. [Documentation/arch/riscv/cmodx.rst]
        SET_ICACHE_FLUSH_CTX if a <= 1 && b <= 1 => Ok(0),
        _ => match OPTIONS.iter().find(|(number, _)| *number == option) {
            Some((_, Kind::Pass)) => host::prctl(option, a, b, c, d),
            Some((_, Kind::IntOut)) => {
                let mut field = [0; 16];
                host::prctl_name(option, &mut field)?;
                let [a0, a1, a2, a3, ..] = field;
                k.store(Addr(a), &i32::from_ne_bytes([a0, a1, a2, a3]))
            }
            None => Err(Errno::EINVAL),
        },
    }
}

/// At most 15 bytes count.
fn set_name(k: &Call<'_>, at: Addr) -> Answer {
    let name = match k.space.cstr(at.0, 15) {
        Ok(name) => name.into_bytes(),
        Err(memory::user::StrFault::TooLong) => k.get::<15>(at)?.to_vec(),
        Err(fault) => return Err(fault.into()),
    };
    let mut field = [0; 16];
    field[..name.len()].copy_from_slice(&name);
    host::prctl_name(libc::PR_SET_NAME, &mut field)
}
