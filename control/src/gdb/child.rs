//! A child process that the program makes while gdb watches: it waits until gdb has said what becomes of it.

use interp::Hart;
use interp::riscv::Rv64;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use user::Backing;

/// `clone` and `clone3`. [asm-generic/unistd.h]
const CLONE: u64 = 220;
const CLONE3: u64 = 435;
/// [linux/sched.h]
const CLONE_THREAD: u64 = 0x1_0000;

/// Whether the system call of this number may make a process.
pub fn makes_one(number: u64) -> bool {
    number == CLONE || number == CLONE3
}

/// The two ends between a parent and the child that it is about to make, if the system call at the pc makes
/// a process.
pub fn hold<M: Backing>(hart: &Hart<Rv64, M>) -> Option<(UnixStream, UnixStream)> {
    let flags = match hart.state.x[17] {
        CLONE => hart.state.x[10],
        CLONE3 => hart.mem.space().load::<u64>(hart.state.x[10]).ok()?,
        _ => return None,
    };
    if flags & CLONE_THREAD != 0 {
        return None;
    }
    let (parent, child) = UnixStream::pair().ok()?;
    let aside = |end: UnixStream| UnixStream::from(user::host::out_of_the_way(OwnedFd::from(end)));
    Some((aside(parent), aside(child)))
}

/// What both sides of the line have agreed on, which a child that takes it over must know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Terms {
    /// Answers need no acknowledgement.
    pub quiet: bool,
    /// gdb names processes along with threads.
    pub many: bool,
    /// gdb wants to hear of child processes.
    pub forks: bool,
}

/// Tells a child that gdb goes on with it.
///
/// # Errors
/// The child has gone.
pub fn take_over(mut end: &UnixStream, terms: Terms) -> io::Result<()> {
    end.write_all(&[true, terms.quiet, terms.many, terms.forks].map(u8::from))
}

/// Tells a child to run freely.
pub fn let_go(mut end: &UnixStream) {
    // One that has gone needs no leave. The end alone says it too, unless another child has a copy of it.
    let _ = end.write_all(&[0; 4]);
}

/// Waits, in the child, for what becomes of it: `None` if it is to run freely.
pub fn told(mut end: UnixStream) -> Option<Terms> {
    let mut bytes = [0; 4];
    end.read_exact(&mut bytes).ok()?;
    let [follow, quiet, many, forks] = bytes.map(|byte| byte != 0);
    follow.then_some(Terms { quiet, many, forks })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_child_is_told_or_let_go() {
        let terms = Terms { quiet: true, many: false, forks: true };
        let (parent, child) = UnixStream::pair().unwrap();
        take_over(&parent, terms).unwrap();
        assert_eq!(told(child), Some(terms));
        let (parent, child) = UnixStream::pair().unwrap();
        let_go(&parent);
        assert_eq!(told(child), None);
        let (parent, child) = UnixStream::pair().unwrap();
        drop(parent);
        assert_eq!(told(child), None);
    }
}
