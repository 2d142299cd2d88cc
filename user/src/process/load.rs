//! Opening a program, and the dynamic linker it asks for.

use super::Error;
use super::root::{Last, Sysroot};
use crate::abi::Abi;
use crate::elf::{ElfError, Plan};
use object::read::ReadCache;
use std::ffi::{CStr, OsStr};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A file that has been checked and planned.
pub(crate) struct Opened {
    /// The file.
    pub file: File,
    /// What to map of it.
    pub plan: Plan,
}

/// Opens a program and plans it below what `room` says of its ABI.
///
/// The kernel may have opened it already.
pub(crate) fn program(
    path: &Path,
    opened: Option<File>,
    room: impl Fn(&Abi) -> u64,
) -> Result<Opened, Error> {
    let file = opened.map_or_else(|| open(path), Ok)?;
    let plan = Plan::read(&ReadCache::new(&file), room);
    Ok(Opened { plan: plan.map_err(|source| Error::Elf { path: path.to_owned(), source })?, file })
}

/// Opens the dynamic linker that a program asks for, below the root if it is there.
pub(crate) fn linker(
    program: &Path,
    plan: &Plan,
    root: &Sysroot,
    room: u64,
) -> Result<Option<Opened>, Error> {
    let Some(name) = &plan.linker else { return Ok(None) };
    let found = root.find(name, Last::Target);
    let path = path_of(found.as_ref().unwrap_or(name));
    let file = open(&path).map_err(|source| match source {
        Error::Open { source, .. } => {
            let machine = plan.abi.machine;
            Error::NoLinker { program: program.to_owned(), linker: path.clone(), machine, source }
        }
        other => Error::Linker { program: program.to_owned(), source: Box::new(other) },
    })?;
    let refuse = |source: ElfError| Error::Linker {
        program: program.to_owned(),
        source: Box::new(Error::Elf { path: path.clone(), source }),
    };
    let own = Plan::read_linker(&ReadCache::new(&file), plan.abi, room).map_err(refuse)?;
    if own.meets(plan) {
        return Err(refuse(ElfError::Meets { low: own.low(), high: own.high() }));
    }
    Ok(Some(Opened { file, plan: own }))
}

fn path_of(name: &CStr) -> PathBuf {
    OsStr::from_bytes(name.to_bytes()).into()
}

/// Opens a file that may be executed.
pub(super) fn open(program: &Path) -> Result<File, Error> {
    let path = || program.to_owned();
    // A pipe would keep a plain open waiting for its other end.
    let facts = std::fs::metadata(program).map_err(|source| Error::Open { path: path(), source })?;
    if !facts.is_file() {
        return Err(Error::NotFile { path: path() });
    }
    if facts.permissions().mode() & 0o111 == 0 {
        return Err(Error::Permission { path: path() });
    }
    File::open(program).map_err(|source| Error::Open { path: path(), source })
}
