//! What the tests share: the runner's place, skipping, commands.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The runner, which cargo builds with the tests.
pub fn runner() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_user-test-runner"))
}

/// Says why a test does nothing, here and in the file that counts skips.
#[allow(dead_code, reason = "not every test file can be skipped")]
pub fn skip(reason: &str) {
    eprintln!("skip: {reason}");
    if let Some(path) = std::env::var_os("STRATA_SKIPS") {
        let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
        file.and_then(|mut file| writeln!(file, "skip: {reason}")).expect("the file of skips");
    }
}

/// A fresh directory, removed when dropped.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("strata-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a directory for the test");
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _gone = std::fs::remove_dir_all(&self.0);
    }
}

/// Runs a guest program in a directory with the given standard input.
#[allow(dead_code, reason = "not every test file runs programs")]
pub fn run(program: &Path, args: &[&str], dir: &Path, input: &[u8]) -> Output {
    let mut child = Command::new(runner())
        .arg("run")
        .arg(program)
        .args(args)
        .current_dir(dir)
        .env_clear()
        .env("PATH", "/nowhere")
        .env("LC_ALL", "C")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the runner starts");
    // A program that does not read its input closes the pipe.
    let _closed = child.stdin.take().expect("piped").write_all(input);
    child.wait_with_output().expect("the runner ends")
}
