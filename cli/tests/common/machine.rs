//! What tests of machines share: programs without a kernel, and Debian's kernel.

use super::{root, skip, strata};
use spec::asm;
use spec::riscv::{RV32, RV64};
use std::fs::File;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A folder of one test.
pub struct Folder(PathBuf);

impl Folder {
    /// An empty one, called after its test.
    pub fn new(name: &str) -> Self {
        // Cases of one test run at the same time.
        static FOLDERS: AtomicUsize = AtomicUsize::new(0);
        let number = FOLDERS.fetch_add(1, Ordering::Relaxed);
        let name = format!("strata-machines-{}-{number}-{name}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> String {
        self.0.join(name).display().to_string()
    }

    /// A bare-metal program, linked for the start of RAM.
    pub fn program(&self, xlen: u32, source: &str) -> String {
        let guest = if xlen == 32 { &RV32 } else { &RV64 };
        let options = asm::Options { base: 0x8000_0000, ..Default::default() };
        let image = asm::program(guest, source, &options).unwrap();
        let path = self.path("program.elf");
        std::fs::write(&path, asm::elf::write(&image, asm::elf::Target::of(guest))).unwrap();
        path
    }

    /// The machine of strata's tour.
    pub fn tour(&self) -> String {
        self.program(64, &std::fs::read_to_string(root().join("cli/tour/machine.s")).unwrap())
    }

    /// A file of what is typed at the console.
    pub fn script(&self, text: &str) -> String {
        let path = self.path("script");
        std::fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// Debian's kernel with an initial file system.
pub struct Debian {
    /// The kernel's image.
    pub kernel: PathBuf,
    /// The initial file system.
    pub initrd: PathBuf,
}

/// Debian's kernel, or a skipped test.
pub fn debian() -> Option<Debian> {
    let folder = root().join("target/debian");
    let debian = Debian { kernel: folder.join("kernel"), initrd: folder.join("initrd.gz") };
    let here = debian.kernel.is_file() && debian.initrd.is_file();
    if !here {
        skip("Debian's kernel is missing; make debian fetches it");
    }
    here.then_some(debian)
}

impl Debian {
    /// Boots it with this script at its console.
    pub fn boot(&self, script: &str) -> Command {
        let mut command = strata(["boot", "-m", "512M", "-append", "console=ttyS0"]);
        command.arg("-kernel").arg(&self.kernel).arg("-initrd").arg(&self.initrd);
        command.current_dir(root()).stdin(File::open(script).unwrap());
        command
    }
}
