//! What the tests of the built command share: running it, the guest programs it needs, and skipping.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod machine;

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The command under test.
pub const STRATA: &str = env!("CARGO_BIN_EXE_strata");

/// What a process left behind.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    pub out: String,
    pub err: String,
    /// As a parent sees it: `Ok` the exit status, `Err` the signal.
    pub end: Result<i32, i32>,
}

impl From<Output> for Outcome {
    fn from(output: Output) -> Self {
        let end = output.status.code().ok_or_else(|| output.status.signal().unwrap());
        Self { out: text(&output.stdout), err: text(&output.stderr), end }
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The repository.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A command whose surroundings are the same on every machine.
pub fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C").stdin(Stdio::null());
    command
}

/// `strata` with these words.
pub fn strata<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>) -> Command {
    let mut command = command(STRATA);
    command.args(words);
    command
}

/// Runs a command to its end.
pub fn outcome(command: &mut Command) -> Outcome {
    command.output().unwrap().into()
}

/// Runs a command to its end with this standard input.
pub fn fed(command: &mut Command, input: &[u8]) -> Outcome {
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    std::thread::scope(|scope| {
        // A command may end before it has read everything.
        scope.spawn(move || drop(pipe.write_all(input)));
        child.wait_with_output().unwrap().into()
    })
}

/// Says that a test cannot run here, where `tools/test` counts it.
pub fn skip(reason: &str) {
    let name = std::thread::current().name().unwrap_or("a test").to_owned();
    let line = format!("{name}: {reason}\n");
    let file = std::env::var_os("STRATA_SKIPS")
        .and_then(|path| std::fs::OpenOptions::new().append(true).create(true).open(path).ok());
    match file {
        Some(mut file) => file.write_all(line.as_bytes()).unwrap(),
        None => print!("skip: {line}"),
    }
}

/// Debian's static busybox, or a skipped test.
pub fn busybox() -> Option<PathBuf> {
    let path = root().join("target/guests/riscv64/root/usr/bin/busybox");
    let here = path.is_file();
    if !here {
        skip("busybox is missing; make guests fetches it");
    }
    here.then_some(path)
}

/// Whether a tool of the host can be called.
pub fn installed(tool: &str) -> bool {
    Command::new(tool).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// Prints its arguments and environment, a line each, then 16 random bytes to standard error.
pub const GIVEN: &str = "
        .text
        .globl _start
_start: ld   s0, 0(sp)              # count of arguments
        addi s1, sp, 8
1:      ld   a1, 0(s1)              # arguments, then environment
        addi s1, s1, 8
        beqz a1, 2f
        call line
        j    1b
2:      ld   a1, 0(s1)
        addi s1, s1, 8
        beqz a1, 3f
        call line
        j    2b
3:      ld   t0, 0(s1)              # AT_RANDOM is 25
        ld   a1, 8(s1)
        addi s1, s1, 16
        li   t1, 25
        bne  t0, t1, 3b
        li   a2, 16
        li   a0, 2
        li   a7, 64
        ecall
        li   a0, 0
        li   a7, 93
        ecall
line:   mv   a2, a1
1:      lbu  t0, 0(a2)
        addi a2, a2, 1
        bnez t0, 1b
        sub  a2, a2, a1
        li   t0, 10
        add  t1, a1, a2
        sb   t0, -1(t1)
        li   a0, 1
        li   a7, 64
        ecall
        ret
";

/// An empty folder of its own for the test that runs.
pub fn folder() -> PathBuf {
    let name = std::thread::current().name().unwrap_or("main").replace("::", "-");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// A program in strata's assembly, written to `folder`.
pub fn assembled(source: &str, folder: &Path) -> PathBuf {
    executable(&image(source), folder)
}

/// A program for riscv32, made by strata's assembler.
pub fn assembled_narrow(source: &str, folder: &Path) -> PathBuf {
    executable(&image_for(&spec::riscv::RV32, source), folder)
}

fn executable(image: &[u8], folder: &Path) -> PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("program");
    std::fs::write(&path, image).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// The ELF file that strata's assembler makes of a source.
pub fn image(source: &str) -> Vec<u8> {
    image_for(&spec::riscv::RV64, source)
}

fn image_for(guest: &spec::riscv::Guest, source: &str) -> Vec<u8> {
    spec::riscv::executable(guest, source).unwrap()
}
