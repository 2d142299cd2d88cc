//! Why a program cannot be started.

use crate::abi::Errno;
use crate::elf::ElfError;
use memory::user::SpaceError;
use std::path::PathBuf;

/// How bad, as a shell would say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ErrorKind {
    /// There is no such file: exit status 127.
    NotFound,
    /// There is, but it cannot be executed: exit status 126.
    NotExecutable,
    /// The host refused something else: exit status 1.
    Host,
}

/// A program that could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened.
    #[error("{path} cannot be opened; check its name and your permission")]
    Open {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A directory, device or pipe.
    #[error("{path} is not a regular file; give the program itself")]
    NotFile {
        /// The file.
        path: PathBuf,
    },
    /// No `x` permission.
    #[error("{path} is not executable; allow it with `chmod +x`")]
    Permission {
        /// The file.
        path: PathBuf,
    },
    /// Not a program for this machine.
    #[error("{path} cannot run here")]
    Elf {
        /// The file.
        path: PathBuf,
        /// Why.
        source: ElfError,
    },
    /// The dynamic linker could not be opened.
    #[error(
        "{program} asks for the dynamic linker {linker}, which cannot be opened; name the root of a {machine} system with -L"
    )]
    NoLinker {
        /// The program.
        program: PathBuf,
        /// Its linker.
        linker: PathBuf,
        /// What it is for.
        machine: &'static str,
        /// Why.
        source: std::io::Error,
    },
    /// The dynamic linker was found, but is none.
    #[error("{program} cannot start without its dynamic linker")]
    Linker {
        /// The program.
        program: PathBuf,
        /// What is wrong with the linker.
        source: Box<Error>,
    },
    /// A script whose interpreter could not be opened.
    #[error(
        "{script} is a script for {interpreter}, which cannot be opened; name the root of a RISC-V system with -L"
    )]
    NoInterpreter {
        /// The script.
        script: PathBuf,
        /// What its first line names.
        interpreter: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A script whose interpreter is none of the guest's programs.
    #[error(
        "{script} is a script for {interpreter}, which is no RISC-V program; name the root of a RISC-V system with -L"
    )]
    HostInterpreter {
        /// The script.
        script: PathBuf,
        /// What its first line names.
        interpreter: PathBuf,
    },
    /// Scripts without end.
    #[error(
        "{script} leads through more than {most} scripts, each the interpreter of the one before (ELOOP); name a program in its first line"
    )]
    Scripts {
        /// The last one looked at.
        script: PathBuf,
        /// Scripts there may be.
        most: usize,
    },
    /// No address space.
    #[error("no address space for the program")]
    Space(#[from] SpaceError),
    /// No memory.
    #[error("the program does not fit in the host's memory (errno {}); free some or raise `ulimit -v`", errno.number())]
    Map {
        /// The host's error number.
        errno: Errno,
    },
    /// Too many arguments.
    #[error(
        "arguments and environment take {bytes} bytes, more than the {most} a program gets; shorten them"
    )]
    Arguments {
        /// Bytes they take.
        bytes: usize,
        /// Bytes there are.
        most: usize,
    },
}

impl Error {
    /// How bad it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Open { source, .. } => match source.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => ErrorKind::NotFound,
                _ => ErrorKind::NotExecutable,
            },
            Self::NotFile { .. }
            | Self::Permission { .. }
            | Self::Elf { .. }
            | Self::NoLinker { .. }
            | Self::Linker { .. }
            | Self::NoInterpreter { .. }
            | Self::HostInterpreter { .. }
            | Self::Scripts { .. } => ErrorKind::NotExecutable,
            Self::Space(_) | Self::Map { .. } | Self::Arguments { .. } => ErrorKind::Host,
        }
    }
}
