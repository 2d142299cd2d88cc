//! Kernels: ELF files and Linux's flat image.
//!
//! [Linux: Documentation/arch/riscv/boot-image-header.rst]

use super::{Blob, BootError, Target, blob, elf};
use std::path::Path;

/// What came of a file.
#[derive(Debug)]
pub struct Loaded {
    /// Its bytes, where they belong.
    pub blobs: Vec<Blob>,
    /// Physical address of its first instruction.
    pub entry: u64,
    /// Physical address of its first byte.
    pub start: u64,
    /// Physical address behind what it needs.
    pub end: u64,
    /// `tohost` and `fromhost`, if it has these symbols.
    pub htif: Option<(u64, u64)>,
}

/// The kernel in a file, put at `at` if it does not say where it belongs.
pub fn kernel(target: Target, path: &Path, at: u64) -> Result<Loaded, BootError> {
    let bytes = blob::read(path, "kernel")?;
    read(target, &path.display().to_string(), bytes, at)
}

/// The kernel that strata has in itself.
pub fn builtin(target: Target, bytes: &[u8], at: u64) -> Result<Loaded, BootError> {
    read(target, "the built-in guest", bytes.to_vec(), at)
}

/// First bytes of what is no kernel, what it is and what to do.
const OTHERS: &[(&[u8], &str, &str)] = &[
    (b"\x1f\x8b", "compressed with gzip", "unpack it first: gzip -dc FILE > Image"),
    (b"\xfd7zXZ\0", "compressed with xz", "unpack it first: xz -dc FILE > Image"),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "unpack it first: zstd -dc FILE > Image"),
    (b"\x27\x05\x19\x56", "an image for U-Boot", "boot it from U-Boot, or take Linux's own Image"),
    (
        b"\xd0\x0d\xfe\xed",
        "a device tree or a FIT image",
        "name a device tree with -dtb, and boot a FIT image from U-Boot",
    ),
    (b"#!", "a script", "name a kernel: an ELF file, or Linux's Image"),
];

/// Where the header of Linux's image has its marks.
const MAGIC: std::ops::Range<usize> = 0x30..0x35;
const MAGIC2: std::ops::Range<usize> = 0x38..0x3c;

fn read(target: Target, path: &str, bytes: Vec<u8>, at: u64) -> Result<Loaded, BootError> {
    if elf::is_elf(&bytes) {
        return elf::load(target, path, &bytes);
    }
    let refuse = |found: String, remedy| Err(BootError::Format { path: path.into(), found, remedy });
    if bytes.is_empty() {
        return refuse("empty".into(), "name a kernel: an ELF file, or Linux's Image");
    }
    if let Some((_, found, remedy)) = OTHERS.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return refuse((*found).into(), remedy);
    }
    let linux = bytes.get(MAGIC) == Some(b"RISCV") || bytes.get(MAGIC2) == Some(b"RSC\x05");
    if !linux && (bytes.starts_with(b"MZ") || bytes.get(0x38..0x3c) == Some(b"ARM\x64")) {
        return refuse("a kernel for another CPU".into(), "name a kernel for RISC-V");
    }
    let size = if linux { little(&bytes, 16) } else { 0 }.max(bytes.len() as u64);
    let end = at.checked_add(size).filter(|end| *end <= target.end());
    let end =
        end.ok_or_else(|| BootError::Small { what: format!("kernel {path}"), size, ram: target.ram })?;
    let blobs = vec![Blob { name: path.into(), at, bytes, size }];
    Ok(Loaded { blobs, entry: at, start: at, end, htif: None })
}

/// The 64-bit number at `at`, zero behind the end.
fn little(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..at + 8).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
