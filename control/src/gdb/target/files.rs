//! Files that gdb reads through the line: the program itself and its libraries. Nothing is written.

use super::Debugged;
use gdbstub::target::ext::host_io::{
    FsKind, HostIo, HostIoClose, HostIoCloseOps, HostIoErrno, HostIoError, HostIoFstat, HostIoFstatOps,
    HostIoOpen, HostIoOpenFlags, HostIoOpenMode, HostIoOpenOps, HostIoPread, HostIoPreadOps, HostIoReadlink,
    HostIoReadlinkOps, HostIoResult, HostIoSetfs, HostIoSetfsOps, HostIoStat,
};
use spec::bits::Low;
use std::ffi::{CString, OsStr};
use std::fs::File;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

/// Files open at a time.
const MOST: usize = 16;

/// The files that gdb has open, by their number.
#[derive(Default)]
pub struct Files(Vec<Option<File>>);

impl Files {
    fn get<E>(&self, number: u32) -> Result<&File, HostIoError<E>> {
        let file = self.0.get(number as usize).and_then(Option::as_ref);
        file.ok_or(HostIoError::Errno(HostIoErrno::EBADF))
    }
}

impl HostIo for Debugged {
    fn support_open(&mut self) -> Option<HostIoOpenOps<'_, Self>> {
        Some(self)
    }
    fn support_close(&mut self) -> Option<HostIoCloseOps<'_, Self>> {
        Some(self)
    }
    fn support_pread(&mut self) -> Option<HostIoPreadOps<'_, Self>> {
        Some(self)
    }
    fn support_fstat(&mut self) -> Option<HostIoFstatOps<'_, Self>> {
        Some(self)
    }
    fn support_readlink(&mut self) -> Option<HostIoReadlinkOps<'_, Self>> {
        Some(self)
    }
    fn support_setfs(&mut self) -> Option<HostIoSetfsOps<'_, Self>> {
        Some(self)
    }
}

impl HostIoOpen for Debugged {
    fn open(&mut self, name: &[u8], flags: HostIoOpenFlags, _: HostIoOpenMode) -> HostIoResult<u32, Self> {
        let writes = HostIoOpenFlags::O_WRONLY
            | HostIoOpenFlags::O_RDWR
            | HostIoOpenFlags::O_CREAT
            | HostIoOpenFlags::O_TRUNC;
        if flags.intersects(writes) {
            return Err(HostIoError::Errno(HostIoErrno::EROFS));
        }
        let file = user::host::out_of_the_way(self.file(name)?.into());
        let free = self.files.0.iter().position(Option::is_none);
        let place = match free {
            Some(place) => place,
            None if self.files.0.len() < MOST => {
                self.files.0.push(None);
                self.files.0.len() - 1
            }
            None => return Err(HostIoError::Errno(HostIoErrno::EMFILE)),
        };
        self.files.0[place] = Some(file.into());
        Ok(place.low32())
    }
}

impl Debugged {
    /// The file of this name as the program would find it.
    fn file(&self, name: &[u8]) -> HostIoResult<File, Self> {
        let debugger = &self.debugger;
        if let Some(text) = debugger.process.own_file(&debugger.space, name) {
            let flags = rustix::fs::MemfdFlags::CLOEXEC;
            let made = rustix::fs::memfd_create("proc", flags).map_err(std::io::Error::from)?;
            let mut file = File::from(made);
            file.write_all(&text)?;
            return Ok(file);
        }
        let name = CString::new(name).map_err(|_| HostIoError::Errno(HostIoErrno::ENOENT))?;
        let path = debugger.process.file_of(name);
        let path = Path::new(OsStr::from_bytes(path.to_bytes()));
        // A pipe would keep the open waiting.
        if !std::fs::metadata(path)?.is_file() {
            return Err(HostIoError::Errno(HostIoErrno::EINVAL));
        }
        Ok(File::open(path)?)
    }
}

impl HostIoClose for Debugged {
    fn close(&mut self, number: u32) -> HostIoResult<(), Self> {
        self.files.get(number)?;
        self.files.0[number as usize] = None;
        Ok(())
    }
}

impl HostIoPread for Debugged {
    fn pread(&mut self, number: u32, count: usize, offset: u64, to: &mut [u8]) -> HostIoResult<usize, Self> {
        let count = count.min(to.len());
        Ok(self.files.get(number)?.read_at(&mut to[..count], offset)?)
    }
}

impl HostIoFstat for Debugged {
    fn fstat(&mut self, number: u32) -> HostIoResult<HostIoStat, Self> {
        let facts = self.files.get(number)?.metadata()?;
        Ok(HostIoStat {
            st_dev: facts.dev().low32(),
            st_ino: facts.ino().low32(),
            st_mode: HostIoOpenMode::from_bits_truncate(facts.mode()),
            st_nlink: facts.nlink().low32(),
            st_uid: facts.uid(),
            st_gid: facts.gid(),
            st_rdev: facts.rdev().low32(),
            st_size: facts.size(),
            st_blksize: facts.blksize(),
            st_blocks: facts.blocks(),
            st_atime: facts.atime().low32(),
            st_mtime: facts.mtime().low32(),
            st_ctime: facts.ctime().low32(),
        })
    }
}

impl HostIoReadlink for Debugged {
    fn readlink(&mut self, name: &[u8], to: &mut [u8]) -> HostIoResult<usize, Self> {
        let own = format!("/proc/{}/exe", self.debugger.owner.as_raw_nonzero());
        let text = if name == own.as_bytes() {
            self.path.clone()
        } else {
            std::fs::read_link(OsStr::from_bytes(name))?.into_os_string().into_encoded_bytes()
        };
        // A name that is cut off would mean another file.
        let room = to.get_mut(..text.len()).ok_or(HostIoError::Errno(HostIoErrno::ENAMETOOLONG))?;
        room.copy_from_slice(&text);
        Ok(text.len())
    }
}

impl HostIoSetfs for Debugged {
    fn setfs(&mut self, _: FsKind) -> HostIoResult<(), Self> {
        Ok(())
    }
}
