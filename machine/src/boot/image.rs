//! Kernels: ELF files, Linux's flat image, and raw programs such as U-Boot's u-boot.bin.
//!
//! A raw program has no mark. It is taken for one if its first word is an instruction and its beginning is no text.
//!
//! [Linux: Documentation/arch/riscv/boot-image-header.rst]

use super::{Blob, BootError, Contents, Target, blob, elf};
use spec::riscv::{RV32, RV64};
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

impl Loaded {
    /// The same, further up.
    pub fn moved(mut self, by: u64) -> Self {
        self.blobs.iter_mut().for_each(|blob| blob.at = blob.at.wrapping_add(by));
        let htif = self.htif.map(|(to, from)| (to.wrapping_add(by), from.wrapping_add(by)));
        let [entry, start, end] = [self.entry, self.start, self.end].map(|at| at.wrapping_add(by));
        Self { entry, start, end, htif, ..self }
    }
}

/// The kernel in a file, put at `at` if it does not say where it belongs.
pub fn kernel(target: Target, path: &Path, at: u64) -> Result<Loaded, BootError> {
    let contents = blob::read(target, path, "kernel")?;
    read(target, &path.display().to_string(), contents, at)
}

/// The kernel that strata has in itself.
pub fn builtin(target: Target, bytes: &[u8], at: u64) -> Result<Loaded, BootError> {
    read(target, "the built-in guest", bytes.to_vec().into(), at)
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

fn read(target: Target, path: &str, contents: Contents, at: u64) -> Result<Loaded, BootError> {
    let bytes = contents.bytes();
    if elf::is_elf(bytes) {
        return elf::load(target, path, bytes, at);
    }
    let linux = bytes.get(MAGIC) == Some(b"RISCV") || bytes.get(MAGIC2) == Some(b"RSC\x05");
    if !linux {
        refuse_others(target, path, bytes, "name a kernel: an ELF file, or Linux's Image")?;
    }
    let size = if linux { little(bytes, 16) } else { 0 }.max(bytes.len() as u64);
    let end = at.checked_add(size).filter(|end| *end <= target.end());
    let end =
        end.ok_or_else(|| BootError::Small { what: format!("kernel {path}"), size, ram: target.ram })?;
    let blobs = vec![Blob { name: path.into(), at, contents, size }];
    Ok(Loaded { blobs, entry: at, start: at, end, htif: None })
}

/// Refuses what is neither an ELF file nor a raw program.
pub fn refuse_others(
    target: Target,
    path: &str,
    bytes: &[u8],
    wanted: &'static str,
) -> Result<(), BootError> {
    let refuse =
        |found: &str, remedy| Err(BootError::Format { path: path.into(), found: found.into(), remedy });
    if bytes.is_empty() {
        return refuse("empty", wanted);
    }
    if let Some((_, found, remedy)) = OTHERS.iter().find(|(magic, ..)| bytes.starts_with(magic)) {
        return refuse(found, remedy);
    }
    if bytes.starts_with(b"MZ") || bytes.get(0x38..0x3c) == Some(b"ARM\x64") {
        return refuse("a kernel for another CPU", "name a kernel for RISC-V");
    }
    if is_text(bytes) {
        return refuse("a text", wanted);
    }
    if !begins_with_an_instruction(target.xlen, bytes) {
        let remedy = "name an ELF file, Linux's Image or a raw program; \
                      -device loader,file=FILE,addr=ADDRESS puts any file into memory";
        return refuse("no program: its first bytes are no instruction", remedy);
    }
    Ok(())
}

/// Whether a file begins as a text: programs hold bytes that no text has.
fn is_text(bytes: &[u8]) -> bool {
    let beginning = bytes.get(..512).unwrap_or(bytes);
    let whole = match std::str::from_utf8(beginning) {
        Ok(text) => text,
        // A letter may be cut at the end.
        Err(error) if error.error_len().is_none() => {
            std::str::from_utf8(&beginning[..error.valid_up_to()]).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !whole.is_empty() && whole.chars().all(|letter| !letter.is_control() || letter.is_ascii_whitespace())
}

fn begins_with_an_instruction(xlen: u32, bytes: &[u8]) -> bool {
    let guest = if xlen == 32 { &RV32 } else { &RV64 };
    let first: [u8; 4] = std::array::from_fn(|index| bytes.get(index).copied().unwrap_or(0));
    (guest.decode)(u32::from_le_bytes(first)).is_some()
}

/// The 64-bit number at `at`, zero behind the end.
fn little(bytes: &[u8], at: usize) -> u64 {
    let bytes = bytes.get(at..at + 8).unwrap_or_default();
    bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
}
