//! Device control: a table of requests with what their argument is.
//!
//! RISC-V and x86-64 both use the asm-generic request numbers and terminal structures; the host's are
//! those of riscv64.

use super::super::{Addr, Answer, Call, Fd};
use crate::abi::structs::{Termios, Winsize};
use crate::abi::{Errno, RISCV64};
use crate::host;

/// What the third argument of a request is.
#[derive(Clone, Copy)]
enum Kind {
    /// A number, or ignored.
    Value,
    /// An `int` the kernel writes.
    IntOut,
    /// An `int` the kernel reads.
    IntIn,
    TermiosOut,
    TermiosIn,
    WinsizeOut,
    WinsizeIn,
}

/// Number, kind; the name in the comment. [asm-generic/ioctls.h]
const REQUESTS: &[(u32, Kind)] = &[
    (0x5401, Kind::TermiosOut),  // TCGETS
    (0x5402, Kind::TermiosIn),   // TCSETS
    (0x5403, Kind::TermiosIn),   // TCSETSW
    (0x5404, Kind::TermiosIn),   // TCSETSF
    (0x5409, Kind::Value),       // TCSBRK
    (0x540a, Kind::Value),       // TCXONC
    (0x540b, Kind::Value),       // TCFLSH
    (0x540e, Kind::Value),       // TIOCSCTTY
    (0x540f, Kind::IntOut),      // TIOCGPGRP
    (0x5410, Kind::IntIn),       // TIOCSPGRP
    (0x5411, Kind::IntOut),      // TIOCOUTQ
    (0x5413, Kind::WinsizeOut),  // TIOCGWINSZ
    (0x5414, Kind::WinsizeIn),   // TIOCSWINSZ
    (0x541b, Kind::IntOut),      // FIONREAD
    (0x5421, Kind::IntIn),       // FIONBIO
    (0x5422, Kind::Value),       // TIOCNOTTY
    (0x5424, Kind::IntOut),      // TIOCGETD
    (0x5429, Kind::IntOut),      // TIOCGSID
    (0x5450, Kind::Value),       // FIONCLEX
    (0x5451, Kind::Value),       // FIOCLEX
    (0x5452, Kind::IntIn),       // FIOASYNC
    (0x8004_5430, Kind::IntOut), // TIOCGPTN
    (0x4004_5431, Kind::IntIn),  // TIOCSPTLCK
    (0x8008_6601, Kind::IntOut), // FS_IOC_GETFLAGS writes an int whatever its number says
];

pub fn ioctl(k: &mut Call<'_>, fd: Fd, request: u32, value: u64) -> Answer {
    let Some((_, kind)) = REQUESTS.iter().find(|(number, _)| *number == request) else {
        // The kernel too finds a bad descriptor before an unknown request.
        host::fcntl(fd.0, libc::F_GETFD, 0)?;
        k.p.logs.name_unimplemented(u64::from(request) << 32, &format!("ioctl {request:#x}"));
        return Err(Errno::ENOTTY);
    };
    let (number, at) = (u64::from(request), Addr(value));
    let mut bytes = [0; 64];
    match kind {
        Kind::Value => host::ioctl(fd.0, number, value),
        Kind::IntOut => {
            let done = host::ioctl_bytes(fd.0, number, &mut bytes)?;
            let [a, b, c, d, ..] = bytes;
            k.store(at, &i32::from_ne_bytes([a, b, c, d]))?;
            Ok(done)
        }
        Kind::IntIn => {
            bytes[..4].copy_from_slice(&k.load::<i32>(at)?.to_ne_bytes());
            host::ioctl_bytes(fd.0, number, &mut bytes)
        }
        Kind::TermiosOut => {
            let done = host::ioctl_bytes(fd.0, number, &mut bytes)?;
            k.store(at, &RISCV64.decode::<Termios>(&bytes))?;
            Ok(done)
        }
        Kind::TermiosIn => {
            let termios = RISCV64.encode(&k.load::<Termios>(at)?);
            bytes[..termios.len()].copy_from_slice(&termios);
            host::ioctl_bytes(fd.0, number, &mut bytes)
        }
        Kind::WinsizeOut => {
            let mut size = host::zeroed::<libc::winsize>();
            let done = host::ioctl_winsize(fd.0, number, &mut size)?;
            let guest = Winsize {
                row: size.ws_row,
                col: size.ws_col,
                xpixel: size.ws_xpixel,
                ypixel: size.ws_ypixel,
            };
            k.store(at, &guest)?;
            Ok(done)
        }
        Kind::WinsizeIn => {
            let guest: Winsize = k.load(at)?;
            let mut size = host::zeroed::<libc::winsize>();
            size.ws_row = guest.row;
            size.ws_col = guest.col;
            size.ws_xpixel = guest.xpixel;
            size.ws_ypixel = guest.ypixel;
            host::ioctl_winsize(fd.0, number, &mut size)
        }
    }
}
