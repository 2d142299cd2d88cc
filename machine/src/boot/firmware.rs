//! Firmware: OpenSBI, or whatever `-bios` names.

use super::{Bios, Blob, BootError, Loaded, Target, blob, elf, image};
use crate::board::Part;
use std::path::{Path, PathBuf};

/// Reads the firmware, which lies at the start of RAM.
pub fn load(target: Target, bios: &Bios) -> Result<Option<Loaded>, BootError> {
    let path = match bios {
        Bios::None => return Ok(None),
        // An empty board starts where a loader says.
        Bios::Default if target.board.slot(Part::Rom).is_none() => return Ok(None),
        Bios::Default => find(target.xlen).ok_or(BootError::NoFirmware)?,
        Bios::File(path) => path.clone(),
    };
    let contents = blob::read(target, &path, "firmware")?;
    let bytes = contents.bytes();
    let name = path.display().to_string();
    let at = target.board.ram;
    if elf::is_elf(bytes) {
        return elf::load(target, &name, bytes, at).map(Some);
    }
    image::refuse_others(target, &name, bytes, "name firmware: an ELF file, or a raw program")?;
    let end = at + bytes.len() as u64;
    if end > target.end() {
        let size = bytes.len() as u64;
        return Err(BootError::Small { what: format!("firmware {name}"), size, ram: target.ram });
    }
    let blobs = vec![Blob { name, at, contents, size: 0 }];
    Ok(Some(Loaded { blobs, entry: at, start: at, end, htif: None }))
}

/// OpenSBI's `fw_dynamic` among what `make debian` fetched, and where Debian and QEMU install it.
fn find(xlen: u32) -> Option<PathBuf> {
    let debian = format!("usr/lib/riscv{xlen}-linux-gnu/opensbi/generic/fw_dynamic.bin");
    let fetched = |target: &Path| target.join("debian/root").join(&debian);
    let exe = std::env::current_exe().ok();
    // A binary that was built and not installed is target/PROFILE/strata.
    let target = exe.as_deref().and_then(|exe| exe.parent()?.parent()).map(fetched);
    let installed = [
        fetched(Path::new("target")),
        Path::new("/").join(&debian),
        format!("/usr/share/qemu/opensbi-riscv{xlen}-generic-fw_dynamic.bin").into(),
    ];
    target.into_iter().chain(installed).find(|path| path.is_file())
}
