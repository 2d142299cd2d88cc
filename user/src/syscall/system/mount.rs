//! File systems as a whole: mounting, swapping, accounting. The host decides who may.

use super::super::{Addr, Answer, Call};
use crate::abi::Errno;
use crate::host;
use std::ffi::CString;

fn some_path(k: &Call<'_>, at: Addr) -> Result<Option<CString>, Errno> {
    if at.is_null() { Ok(None) } else { k.path(at).map(Some) }
}

/// A file system's own words: a page, as far as it can be read. [copy_mount_options]
fn data_at(k: &Call<'_>, at: Addr) -> Result<Option<[u8; 4096]>, Errno> {
    if at.is_null() {
        return Ok(None);
    }
    let mut page = [0; 4096];
    match k.space.copy_in(at.0, &mut page) {
        Err(fault) if fault.at == at.0 => Err(Errno::EFAULT),
        _ => Ok(Some(page)),
    }
}

pub fn mount(k: &mut Call<'_>, source: Addr, target: Addr, kind: Addr, flags: u64, data: Addr) -> Answer {
    let kind = some_path(k, kind)?;
    let source = some_path(k, source)?;
    let data = data_at(k, data)?;
    host::mount(source.as_deref(), &k.path(target)?, kind.as_deref(), flags, data.as_ref())
}

pub fn umount2(k: &mut Call<'_>, target: Addr, flags: i32) -> Answer {
    host::umount2(&k.path(target)?, flags)
}

pub fn pivot_root(k: &mut Call<'_>, new: Addr, old: Addr) -> Answer {
    host::pivot_root(&k.path(new)?, &k.path(old)?)
}

pub fn swapon(k: &mut Call<'_>, path: Addr, flags: i32) -> Answer {
    host::swapon(&k.path(path)?, flags)
}

pub fn swapoff(k: &mut Call<'_>, path: Addr) -> Answer {
    host::swapoff(&k.path(path)?)
}

pub fn acct(k: &mut Call<'_>, path: Addr) -> Answer {
    host::acct(some_path(k, path)?.as_deref())
}
