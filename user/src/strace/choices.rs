//! Arguments whose meaning another argument decides.

use super::kinds::Elem::{One, Record};
use super::kinds::Kind::*;
use super::kinds::Width::I32;
use super::kinds::{Choice, Elem, Kind, Ret};
use super::records::*;
use super::words::{files, process, tty};

const INT_IN: &[Kind] = &[Ref(INT)];
const INT_OUT: &[Kind] = &[After(&Ref(INT))];
const SIGNAL_OUT: Elem = One(I32, &Signal);
const TIMEOUT: Kind = Ref(Record(&TIMESPEC));

/// By `fcntl` command.
pub(super) const FCNTL_ARGS: &[Choice] = &[
    (0, &[Int], Ret::Int),
    (1, &[], Ret::Flags(&files::FD)),
    (2, &[Flags(&files::FD)], Ret::Int),
    (3, &[], Ret::Open),
    (4, &[Open], Ret::Int),
    (5, &[After(&Ref(Record(&FLOCK_FOUND)))], Ret::Int),
    (6, &[Ref(Record(&FLOCK))], Ret::Int),
    (7, &[Ref(Record(&FLOCK))], Ret::Int),
    (8, &[Int], Ret::Int),
    (9, &[], Ret::Int),
    (10, &[Signal], Ret::Int),
    (11, &[], Ret::Signal),
    (36, &[After(&Ref(Record(&FLOCK_FOUND)))], Ret::Int),
    (37, &[Ref(Record(&FLOCK))], Ret::Int),
    (38, &[Ref(Record(&FLOCK))], Ret::Int),
    (1024, &[Word(&files::LOCK_KIND)], Ret::Int),
    (1025, &[], Ret::Word(&files::LOCK_KIND)),
    (1030, &[Int], Ret::Int),
    (1031, &[Int], Ret::Int),
    (1032, &[], Ret::Int),
    (1033, &[Flags(&files::SEALS)], Ret::Int),
    (1034, &[], Ret::Flags(&files::SEALS)),
    (0, &[Hex], Ret::Int),
];

/// By `ioctl` request.
pub(super) const IOCTL_ARGS: &[Choice] = &[
    (0x5401, &[After(&Ref(Record(&TERMIOS)))], Ret::Int),
    (0x5402, &[Ref(Record(&TERMIOS))], Ret::Int),
    (0x5403, &[Ref(Record(&TERMIOS))], Ret::Int),
    (0x5404, &[Ref(Record(&TERMIOS))], Ret::Int),
    (0x5409, &[Int], Ret::Int),
    (0x540a, &[Word(&tty::FLOW)], Ret::Int),
    (0x540b, &[Word(&tty::FLUSH)], Ret::Int),
    (0x540e, &[Int], Ret::Int),
    (0x540f, INT_OUT, Ret::Int),
    (0x5410, INT_IN, Ret::Int),
    (0x5411, INT_OUT, Ret::Int),
    (0x5413, &[After(&Ref(Record(&WINSIZE)))], Ret::Int),
    (0x5414, &[Ref(Record(&WINSIZE))], Ret::Int),
    (0x541b, INT_OUT, Ret::Int),
    (0x5421, INT_IN, Ret::Int),
    (0x5422, &[], Ret::Int),
    (0x5424, INT_OUT, Ret::Int),
    (0x5429, INT_OUT, Ret::Int),
    (0x5450, &[], Ret::Int),
    (0x5451, &[], Ret::Int),
    (0x5452, INT_IN, Ret::Int),
    (0x8004_5430, INT_OUT, Ret::Int),
    (0x4004_5431, INT_IN, Ret::Int),
    (0, &[Hex], Ret::Int),
];

/// By `prctl` option.
pub(super) const PRCTL_ARGS: &[Choice] = &[
    (1, &[Signal], Ret::Int),
    (2, &[After(&Ref(SIGNAL_OUT))], Ret::Int),
    (3, &[], Ret::Word(&process::DUMPABLE)),
    (4, &[Word(&process::DUMPABLE)], Ret::Int),
    (7, &[], Ret::Int),
    (8, &[Size], Ret::Int),
    (15, &[Text], Ret::Int),
    (16, &[After(&Text)], Ret::Int),
    (21, &[], Ret::Word(&process::SECCOMP_MODE)),
    (22, &[Word(&process::SECCOMP_MODE), Hex, Hex, Hex], Ret::Int),
    (23, &[Word(&process::CAPABILITY)], Ret::Int),
    (24, &[Word(&process::CAPABILITY)], Ret::Int),
    (27, &[], Ret::Int),
    (29, &[Size], Ret::Int),
    (30, &[], Ret::Int),
    (36, &[Size], Ret::Int),
    (37, INT_OUT, Ret::Int),
    (38, &[Size, Size, Size, Size], Ret::Int),
    (39, &[Size, Size, Size, Size], Ret::Int),
    (40, &[After(&Ref(ADDRESS))], Ret::Int),
    (0x5356_4d41, &[Word(&process::VMA), Pointer, Size, Text], Ret::Int),
    (0, &[Hex, Hex, Hex, Hex], Ret::Int),
];

/// By `futex` operation, without its flags.
pub(super) const FUTEX_ARGS: &[Choice] = &[
    (0, &[Uint, TIMEOUT], Ret::Int),
    (1, &[Uint], Ret::Int),
    (3, &[Uint, Uint, Pointer], Ret::Int),
    (4, &[Uint, Uint, Pointer, Uint], Ret::Int),
    (5, &[Uint, Uint, Pointer, Hex], Ret::Int),
    (6, &[Arg(3, "", &TIMEOUT)], Ret::Int),
    (7, &[], Ret::Int),
    (8, &[], Ret::Int),
    (9, &[Uint, TIMEOUT, Arg(5, "", &BITS)], Ret::Int),
    (10, &[Uint, Arg(5, "", &BITS)], Ret::Int),
    (11, &[Uint, TIMEOUT, Pointer], Ret::Int),
    (12, &[Uint, Uint, Pointer, Uint], Ret::Int),
    (13, &[Arg(3, "", &TIMEOUT)], Ret::Int),
    (0, &[Uint, Pointer, Pointer, Hex], Ret::Int),
];
const BITS: Kind = Word(&process::BITSET);
