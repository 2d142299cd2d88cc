//! What the text tests share: a deterministic source of random numbers, GNU's objdump, skips.
#![allow(dead_code, reason = "each test binary uses its part")]
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use spec::riscv::Guest;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

/// Splitmix64: the same numbers in every run.
pub struct Numbers(pub u64);

impl Numbers {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    pub fn below(&mut self, n: usize) -> usize {
        usize::try_from(self.next() % n as u64).unwrap()
    }
}

/// Reports a check that cannot run here, on the terminal and in the file named by STRATA_SKIPS.
pub fn skip(reason: &str) {
    println!("skip: {reason}");
    if let Some(file) = std::env::var_os("STRATA_SKIPS") {
        use std::io::Write as _;
        let file = std::fs::OpenOptions::new().create(true).append(true).open(file);
        // In one piece, as tests run side by side.
        file.unwrap().write_all(format!("{reason}\n").as_bytes()).unwrap();
    }
}

/// A number from the environment.
pub fn from_env(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(otherwise)
}

/// Ten times as much work when STRATA_SOAK is set.
pub fn soak() -> u64 {
    if std::env::var_os("STRATA_SOAK").is_some() { 10 } else { 1 }
}

/// Whether GNU's tools for RISC-V are installed.
pub fn have_gnu() -> bool {
    let runs = |tool| Command::new(tool).arg("--version").output().is_ok_and(|o| o.status.success());
    runs("riscv64-linux-gnu-as") && runs("riscv64-linux-gnu-objdump")
}

/// The extensions objdump 2.40 knows of those we have.
const EXTENSIONS: &str = "imafdc_zicsr_zifencei_zba_zbb_zbc_zbs_zicbom_zicboz_zicbop_zfhmin_zihintpause";

/// A directory of this test's own, emptied when dropped.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("strata-{name}-{}-{count}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn run(dir: &Path, program: &str, args: &[&str]) -> String {
    let out = Command::new(program).args(args).current_dir(dir).output().unwrap();
    assert!(out.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap()
}

/// Assembles `source` with GNU's assembler and returns the bytes of `.text`.
pub fn gnu_assemble(guest: &Guest, source: &str) -> Vec<u8> {
    let scratch = Scratch::new("as");
    let dir = scratch.path();
    std::fs::write(dir.join("a.s"), source).unwrap();
    let march = format!("-march=rv{}{EXTENSIONS}", guest.xlen);
    let mabi = if guest.xlen == 64 { "-mabi=lp64d" } else { "-mabi=ilp32d" };
    run(dir, "riscv64-linux-gnu-as", &[&march, mabi, "-mno-relax", "a.s", "-o", "a.o"]);
    run(dir, "riscv64-linux-gnu-objcopy", &["-O", "binary", "-j", ".text", "a.o", "a.bin"]);
    std::fs::read(dir.join("a.bin")).unwrap()
}

/// What objdump prints for each of `words` (word and length in bytes), mnemonic and operands separated
/// by one space, laid out one after another from address 0.
pub fn gnu_disassemble(guest: &Guest, words: &[(u32, u8)], plain: bool) -> Vec<String> {
    let scratch = Scratch::new(if plain { "plain" } else { "alias" });
    let dir = scratch.path();
    let bytes: Vec<u8> =
        words.iter().flat_map(|(word, len)| word.to_le_bytes().into_iter().take(usize::from(*len))).collect();
    std::fs::write(dir.join("a.bin"), bytes).unwrap();
    std::fs::write(dir.join("a.s"), ".text\n.incbin \"a.bin\"\n").unwrap();
    let march = format!("-march=rv{}{EXTENSIONS}", guest.xlen);
    let mabi = if guest.xlen == 64 { "-mabi=lp64d" } else { "-mabi=ilp32d" };
    // The assembler records the extensions; its mark that these bytes are data has to go.
    run(dir, "riscv64-linux-gnu-as", &[&march, mabi, "a.s", "-o", "a.o"]);
    run(dir, "riscv64-linux-gnu-strip", &["-s", "a.o"]);
    let style: &[&str] = if plain { &["-d", "-z", "-M", "no-aliases", "a.o"] } else { &["-d", "-z", "a.o"] };
    let text = run(dir, "riscv64-linux-gnu-objdump", style);
    let mut out = vec![];
    let mut at = 0u64;
    for line in text.lines().filter(|l| l.starts_with(' ')) {
        let mut columns = line.split('\t');
        let address = columns.next().unwrap().trim().trim_end_matches(':');
        assert_eq!(u64::from_str_radix(address, 16).unwrap(), at, "objdump and we went out of step: {line}");
        at += u64::from(words[out.len()].1);
        let (mnemonic, operands) = (columns.nth(1).unwrap(), columns.next().unwrap_or_default());
        let operands = operands.split(" #").next().unwrap();
        let mut text = mnemonic.to_owned();
        if !operands.is_empty() {
            write!(text, " {operands}").unwrap();
        }
        out.push(text);
    }
    assert_eq!(out.len(), words.len(), "objdump printed another number of instructions");
    out
}

/// Assembles and links `source` with GNU's tools, each named section at its address; the bytes of each.
pub fn gnu_link(source: &str, sections: &[(&str, u64)]) -> Vec<Vec<u8>> {
    let scratch = Scratch::new("ld");
    let dir = scratch.path();
    std::fs::write(dir.join("a.s"), source).unwrap();
    run(dir, "riscv64-linux-gnu-as", &["-march=rv64g", "-mabi=lp64d", "-mno-relax", "a.s", "-o", "a.o"]);
    let starts = sections.iter().map(|(name, at)| format!("--section-start={name}={at:#x}"));
    let mut args: Vec<String> = starts.collect();
    args.extend(["--no-relax", "-melf64lriscv", "a.o", "-o", "a.elf"].map(str::to_owned));
    run(dir, "riscv64-linux-gnu-ld", &args.iter().map(String::as_str).collect::<Vec<_>>());
    let bytes = |name: &str| {
        run(dir, "riscv64-linux-gnu-objcopy", &["-O", "binary", "-j", name, "a.elf", "a.bin"]);
        std::fs::read(dir.join("a.bin")).unwrap()
    };
    sections.iter().map(|(name, _)| bytes(name)).collect()
}
