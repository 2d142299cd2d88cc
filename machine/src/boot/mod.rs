//! Boot protocols: which file goes where, and what a hart finds when it starts.
//!
//! Addresses are QEMU's, so that whatever was built for its boards runs. [QEMU: hw/riscv/boot.c]

mod blob;
mod contents;
mod elf;
mod error;
mod firmware;
mod image;
mod reset;

pub use blob::Blob;
pub use contents::Contents;
pub use error::BootError;
pub use image::Loaded;

use crate::board::{Board, Part};
use crate::tree::Node;
use std::path::PathBuf;

/// Where firmware comes from.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Bios {
    /// OpenSBI, wherever it is installed.
    #[default]
    Default,
    /// None: the machine starts in the kernel.
    None,
    /// This file.
    File(PathBuf),
}

/// A file that is put into memory as `-device loader` asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Load {
    /// The file; none for a value.
    pub file: Option<PathBuf>,
    /// Where; ELF files know themselves.
    pub at: Option<u64>,
    /// Bytes in place of a file.
    pub data: Vec<u8>,
    /// Whether a file that is an ELF file is copied as it is.
    pub raw: bool,
    /// Whether hart 0 starts there.
    pub start: bool,
}

/// What is to be booted.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Files {
    /// `-bios`.
    pub bios: Bios,
    /// `-kernel`.
    pub kernel: Option<PathBuf>,
    /// A kernel that strata has in itself.
    pub builtin: Option<&'static [u8]>,
    /// `-initrd`.
    pub initrd: Option<PathBuf>,
    /// `-append`.
    pub append: String,
    /// `-dtb`.
    pub dtb: Option<PathBuf>,
    /// `-device loader`.
    pub loads: Vec<Load>,
    /// Whether the first bank of flash holds a file.
    pub flash: bool,
}

/// What a machine starts with. All of it is put into memory anew at each reset.
#[derive(Debug)]
pub struct Boot {
    /// What is in memory.
    pub blobs: Vec<Blob>,
    /// Where harts start.
    pub pc: u64,
    /// `tohost` and `fromhost` of the kernel, for the host-target interface.
    pub htif: Option<(u64, u64)>,
    /// Physical address and symbols' file of the kernel.
    pub tree: Node,
}

/// A machine for the boot protocols.
#[derive(Clone, Copy, Debug)]
pub struct Target<'a> {
    /// Its board.
    pub board: &'a Board,
    /// Bytes of RAM.
    pub ram: u64,
    /// Bits of a register.
    pub xlen: u32,
}

impl Target<'_> {
    fn end(&self) -> u64 {
        self.board.ram + self.ram
    }

    /// What a kernel's address is a multiple of: a page of the second level. [QEMU: riscv_calc_kernel_start_addr]
    fn alignment(&self) -> u64 {
        if self.xlen == 32 { 4 << 20 } else { 2 << 20 }
    }
}

/// Reads the files and says what lies where.
///
/// # Errors
/// A [`BootError`] that names the file and what is wrong with it.
pub fn plan(target: Target, files: &Files, tree: Node) -> Result<Boot, BootError> {
    let firmware = firmware::load(target, &files.bios)?;
    let floor = firmware.as_ref().map_or(target.board.ram, |loaded| loaded.end);
    let kernel_at = floor.next_multiple_of(target.alignment());
    let kernel = match (&files.kernel, files.builtin) {
        (Some(path), _) => Some(image::kernel(target, path, kernel_at)?),
        (None, Some(bytes)) => Some(image::builtin(target, bytes, kernel_at)?),
        (None, None) => None,
    };
    let mut tree = match &files.dtb {
        Some(path) => {
            let blob = blob::read(target, path, "device tree")?;
            Node::read(blob.bytes()).map_err(|source| BootError::Tree { path: path.clone(), source })?
        }
        None => tree,
    };
    let mut boot = Boot {
        blobs: vec![],
        pc: 0,
        htif: kernel.as_ref().and_then(|loaded| loaded.htif),
        tree: Node::default(),
    };
    let initrd = initrd(target, files, kernel.as_ref(), &mut tree)?;
    if !files.append.is_empty() {
        let mut text = files.append.clone().into_bytes();
        text.push(0);
        tree.within("chosen").set("bootargs", &text);
    }
    for load in &files.loads {
        boot.load(target, load)?;
    }
    let flash = target.board.slot(Part::Flash).filter(|_| files.flash).map(|slot| slot.at);
    let next = kernel.as_ref().map(|loaded| loaded.entry).or(flash);
    let start = firmware.as_ref().map(|loaded| loaded.entry).or(next).unwrap_or(target.board.ram);
    for loaded in [firmware, kernel].into_iter().flatten() {
        boot.blobs.extend(loaded.blobs);
    }
    boot.blobs.extend(initrd);
    if target.board.slot(Part::Rom).is_some() {
        let blob = tree.flatten()?;
        let at = tree_address(target, blob.len())?;
        boot.blobs.push(Blob { name: "fdt".into(), at, contents: blob.into(), size: 0 });
        reset::add(&mut boot, target, start, at, next.unwrap_or(0))?;
    } else if boot.pc == 0 {
        boot.pc = start;
    }
    boot.tree = tree;
    blob::check(target, &mut boot.blobs)?;
    Ok(boot)
}

/// RAM that the device tree and the initrd lie below, where there is that much. [QEMU: riscv_compute_fdt_addr]
const LOW: u64 = 3 << 30;

fn tree_address(target: Target, size: usize) -> Result<u64, BootError> {
    let end = if target.board.ram < LOW { target.end().min(LOW) } else { target.end() };
    let room = end.checked_sub(size as u64).map(|at| at & !((2 << 20) - 1));
    room.filter(|at| *at >= target.board.ram).ok_or(BootError::Small {
        what: "device tree".into(),
        size: size as u64,
        ram: target.ram,
    })
}

/// Where QEMU puts an initrd: half of RAM or 128 MiB behind the kernel, and never inside it.
fn initrd(
    target: Target,
    files: &Files,
    kernel: Option<&Loaded>,
    tree: &mut Node,
) -> Result<Option<Blob>, BootError> {
    let Some(path) = &files.initrd else { return Ok(None) };
    let kernel = kernel.ok_or(BootError::InitrdAlone)?;
    let contents = blob::read(target, path, "initrd")?;
    let wanted = kernel.start + (target.ram / 2).min(128 << 20);
    let at = wanted.max(kernel.end).next_multiple_of(4096);
    let end = at + contents.size();
    if end > tree_address(target, 0)? {
        return Err(BootError::Small {
            what: format!("initrd {} behind the kernel", path.display()),
            size: contents.size(),
            ram: target.ram,
        });
    }
    let chosen = tree.within("chosen");
    chosen.set("linux,initrd-start", &at.to_be_bytes());
    chosen.set("linux,initrd-end", &end.to_be_bytes());
    Ok(Some(Blob { name: path.display().to_string(), at, contents, size: 0 }))
}

impl Boot {
    /// Does what one `-device loader` asks.
    fn load(&mut self, target: Target, load: &Load) -> Result<(), BootError> {
        let start = match (&load.file, load.at) {
            (Some(path), at) => {
                let contents = blob::read(target, path, "loader")?;
                if elf::is_elf(contents.bytes()) && !load.raw {
                    let loaded =
                        elf::load(target, &path.display().to_string(), contents.bytes(), at.unwrap_or(0))?;
                    self.blobs.extend(loaded.blobs);
                    loaded.entry
                } else {
                    let at = at.ok_or_else(|| BootError::NoAddress { path: path.clone() })?;
                    self.blobs.push(Blob { name: path.display().to_string(), at, contents, size: 0 });
                    at
                }
            }
            (None, Some(at)) => {
                if !load.data.is_empty() {
                    self.blobs.push(Blob {
                        name: "loader".into(),
                        at,
                        contents: load.data.clone().into(),
                        size: 0,
                    });
                }
                at
            }
            (None, None) => return Err(BootError::NothingToLoad),
        };
        if load.start {
            self.pc = start;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
