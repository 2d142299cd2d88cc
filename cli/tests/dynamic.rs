//! Debian's dynamic programs under `strata run -L`: they find their linker, their libraries and each other.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, fed, folder, image, installed, outcome, root, skip, strata};
use rstest::rstest;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of Debian's riscv64 system, if it holds this program; else a skipped test.
fn debian(program: &str) -> Option<PathBuf> {
    let path = root().join("target/guests/riscv64/root");
    let here = path.join(program).is_file();
    if !here {
        skip(&format!("{program} for riscv64 is missing; make guests fetches it"));
    }
    here.then_some(path)
}

/// A program of that system with its words.
fn guest(system: &Path, options: &[&str], program: &str, words: &[&str]) -> Command {
    let mut command = strata(["run"]);
    command.args(options).arg("-L").arg(system).arg(system.join(program)).args(words);
    command
}

fn clean(out: &str) -> Outcome {
    Outcome { out: out.into(), err: String::new(), end: Ok(0) }
}

#[rstest]
#[case::the_first_words("echo $((6*7)); /usr/bin/uname -m; ls / | head -3", "42\nriscv64\nbin\nboot\ndev\n")]
#[case::pipes("printf '3\\n1\\n2\\n' | sort -n | tac | paste -sd,", "3,2,1\n")]
#[case::subshells("x=1; (x=2; echo $x); echo $x $(echo $(echo deep))", "2\n1 deep\n")]
#[case::arrays(
    "a=(x 'y z'); a+=(w); echo ${#a[@]} \"${a[1]}\"; declare -A m=([k]=v); echo ${m[k]}",
    "3 y z\nv\n"
)]
#[case::traps("trap 'echo usr' USR1; kill -USR1 $$; trap 'echo bye' EXIT; echo hi", "usr\nhi\nbye\n")]
#[case::process_substitution("cat <(echo a) <(echo b)", "a\nb\n")]
#[case::here_string("read a b <<< 'one two three'; echo $b", "two three\n")]
#[case::regular_expressions("[[ ab12 =~ ([a-z]+)([0-9]+) ]] && echo ${BASH_REMATCH[2]}", "12\n")]
#[case::jobs("sleep 0.01 & wait $!; echo $?; (exit 3) & wait $!; echo $?", "0\n3\n")]
#[case::killed_child("(kill -9 $BASHPID; echo no) | cat; echo ${PIPESTATUS[0]}", "137\n")]
#[case::environment("A=b env | grep ^A=; env -i X=y /usr/bin/env", "A=b\nX=y\n")]
#[case::empty_environment("env -i /usr/bin/uname -m; env -i bash -c 'uname -m'", "riscv64\nriscv64\n")]
#[case::own_name(
    "x=$(readlink /proc/self/exe); echo ${x##*/}; x=$(exec readlink /proc/$BASHPID/exe); echo ${x##*/}",
    "readlink\nreadlink\n"
)]
#[case::arguments("exec -a name cat /proc/self/cmdline | tr '\\0' '|'", "name|/proc/self/cmdline|")]
#[case::mappings(
    "while read -r l; do case $l in *libc.so.6) echo l;; *'[stack]') echo s;; *'[heap]') echo h;; esac; done </proc/$$/maps",
    "h\nl\nl\nl\ns\n"
)]
#[case::processors("read -d $'\\1' x </proc/cpuinfo; [[ $x = *rv64imafdc* && $x != *x86* ]]; echo $?", "0\n")]
#[case::vector(
    "od -An -tu8 -w16 /proc/self/auxv | while read k v; do [ $k != 6 ] || echo $v; done",
    "4096\n"
)]
#[case::own_status("read x </proc/self/status; echo $x", "Name: bash\n")]
#[case::not_to_be_written("{ echo >/proc/self/maps; } 2>/dev/null || echo no", "no\n")]
fn bash(#[case] script: &str, #[case] out: &str) {
    let Some(system) = debian("usr/bin/bash") else { return };
    assert_eq!(outcome(&mut guest(&system, &[], "usr/bin/bash", &["-c", script])), clean(out));
}

#[rstest]
#[case::sha256sum("usr/bin/sha256sum", &[], "hi\n", "98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4  -\n")]
#[case::openssl("usr/bin/openssl", &["dgst", "-sha256"], "hi\n", "SHA2-256(stdin)= 98ea6e4f216f2fb4b69fff9b3a44842c38686ca685f3f55dc48c5d3fb1107be4\n")]
#[case::md5("usr/bin/openssl", &["dgst", "-md5", "-r"], "", "d41d8cd98f00b204e9800998ecf8427e *stdin\n")]
#[case::base64("usr/bin/openssl", &["base64"], "strata", "c3RyYXRh\n")]
#[case::sort("usr/bin/sort", &["-k2", "-n"], "b 10\na 9\n", "a 9\nb 10\n")]
#[case::date("usr/bin/date", &["-u", "-d", "@0", "+%F %T"], "", "1970-01-01 00:00:00\n")]
#[case::expr("usr/bin/expr", &["7", "*", "6"], "", "42\n")]
#[case::factor("usr/bin/factor", &["18446744073709551557", "360"], "", "18446744073709551557: 18446744073709551557\n360: 2 2 2 3 3 5\n")]
#[case::numfmt("usr/bin/numfmt", &["--to=iec", "1048576"], "", "1.0M\n")]
#[case::printf("usr/bin/printf", &["%.3f %x %s\n", "3.14159", "255", "s"], "", "3.142 ff s\n")]
fn programs(#[case] program: &str, #[case] words: &[&str], #[case] input: &str, #[case] out: &str) {
    let Some(system) = debian(program) else { return };
    assert_eq!(fed(&mut guest(&system, &[], program, words), input.as_bytes()), clean(out));
}

#[test]
fn every_tier_runs_a_dynamic_program() {
    let Some(system) = debian("usr/bin/uname") else { return };
    for tier in ["interp", "interp,step=on"] {
        let done = outcome(&mut guest(&system, &["-accel", tier], "usr/bin/uname", &["-m"]));
        assert_eq!(done, clean("riscv64\n"));
    }
}

#[test]
fn the_root_may_come_from_the_environment_or_be_relative() {
    let Some(system) = debian("usr/bin/uname") else { return };
    let program = system.join("usr/bin/bash");
    let script = "cd /; /usr/bin/uname -m";
    let mut command = strata(["run".as_ref(), program.as_os_str()]);
    let done = outcome(command.args(["-c", script]).env("QEMU_LD_PREFIX", &system));
    assert_eq!(done, clean("riscv64\n"));
    let mut command = strata(["run", "-L", "."]);
    let done = outcome(command.arg(&program).args(["-c", script]).current_dir(&system));
    assert_eq!(done, clean("riscv64\n"));
}

#[test]
fn a_long_chain_of_programs_runs_to_its_end() {
    let Some(system) = debian("usr/bin/bash") else { return };
    let script =
        "[ $1 -gt 0 ] && exec bash -c \"$0\" \"$0\" $(($1 - 1)); exec od -An -c -N9 /proc/self/cmdline";
    let mut command = guest(&system, &["-s", "1M"], "usr/bin/bash", &["-c", script, script, "20"]);
    let done = outcome(command.env("QEMU_LD_PREFIX", &system).env("QEMU_STACK_SIZE", "2M"));
    assert_eq!(done, clean("   o   d  \\0   -   A   n  \\0   -   c\n"));
}

#[test]
fn a_stack_is_as_large_as_wanted() {
    let Some(system) = debian("usr/bin/bash") else { return };
    let script = "while read -r l; do [[ $l = *'[stack]' ]] && echo $l; done </proc/self/maps";
    for (size, start) in [("64k", "3ffffef000"), ("1M", "3fffeff000"), ("64M", "3ffbfff000")] {
        let done = outcome(&mut guest(&system, &["-s", size], "usr/bin/bash", &["-c", script]));
        assert!(done.out.starts_with(&format!("{start}-3ffffff000 rw-p")), "{size}: {done:?}");
    }
}

/// The log of system calls that a program leaves in a file of its own, without process numbers.
fn traced(system: &Path, script: &str, variable: bool) -> Vec<String> {
    let folder = folder();
    let log = folder.join("log");
    let mut command = strata(["run", "-D"]);
    command.arg(&log);
    if variable {
        command.env("QEMU_STRACE", "1");
    } else {
        command.arg("-strace");
    }
    command.arg("-L").arg(system).arg(system.join("usr/bin/bash")).args(["-c", script]);
    assert_eq!(outcome(&mut command).end, Ok(0));
    let text = fs::read_to_string(&log).unwrap();
    fs::remove_dir_all(folder).unwrap();
    let prefix = |line: &str| line.strip_prefix("[pid ").and_then(|rest| rest.split_once("] ")).is_some();
    let bare = |line: &str| line.split_once("] ").unwrap().1.to_owned();
    text.lines().map(|line| if prefix(line) { bare(line) } else { line.to_owned() }).collect()
}

#[rstest]
#[case::asked_by_option(false)]
#[case::asked_by_variable(true)]
fn calls_are_logged_with_names_and_words(#[case] variable: bool) {
    let Some(system) = debian("usr/bin/bash") else { return };
    let lines = traced(&system, "echo hello; cd /nowhere 2>&-; /usr/bin/uname -m", variable);
    let says = |start: &str, end: &str| {
        let found = lines.iter().any(|line| line.starts_with(start) && line.ends_with(end));
        assert!(found, "no {start}…{end} in {lines:#?}");
    };
    says("openat(AT_FDCWD, \"/lib/riscv64-linux-gnu/libc.so.6\", O_RDONLY|O_CLOEXEC) = ", "");
    says("read(3, \"\\177ELF\\2\\1\\1\\", "\"..., 832) = 832");
    says("mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x3f", "000");
    says("mprotect(0x", ", PROT_READ) = 0");
    says("write(1, \"hello\\n\", 6) = 6", "");
    says("chdir(\"/nowhere\") = -1 ENOENT (No such file or directory)", "");
    says("execve(\"/usr/bin/uname\", [\"/usr/bin/uname\", \"-m\"], 0x", " vars */) = 0");
    says("uname({sysname=\"Linux\", nodename=\"", "...}) = 0");
    says("write(1, \"riscv64\\n\", 8) = 8", "");
    says("exit_group(0) = ?", "");
    says("+++ exited with 0 +++", "");
}

#[test]
fn a_signal_is_logged_between_the_calls() {
    let Some(system) = debian("usr/bin/bash") else { return };
    let lines = traced(&system, "trap 'echo usr' USR1; kill -USR1 $$", false);
    let at = lines.iter().position(|line| line.starts_with("--- SIGUSR1 {si_signo=SIGUSR1, si_code=SI_USER"));
    assert!(at.is_some_and(|at| lines[at - 1].starts_with("kill(")), "{lines:#?}");
    assert!(lines.iter().any(|line| line.starts_with("rt_sigreturn({mask=[")), "{lines:#?}");
}

#[test]
fn a_script_of_the_guest_finds_its_interpreter_below_the_root() {
    let Some(system) = debian("usr/bin/bash") else { return };
    let folder = folder();
    let script = folder.join("script");
    fs::write(&script, "#!/usr/bin/env -S bash -u\n/usr/bin/uname -m; echo $0 $1\n").unwrap();
    fs::set_permissions(&script, Permissions::from_mode(0o755)).unwrap();
    let line = format!("cd {}; ./script word", folder.display());
    let done = outcome(&mut guest(&system, &[], "usr/bin/bash", &["-c", &line]));
    assert_eq!(done, clean("riscv64\n./script word\n"));
    fs::remove_dir_all(folder).unwrap();
}

/// Thread-local storage, a library loaded by name, the auxiliary vector and the heap.
const LOADS: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
__thread int local = 5;
int main(int count, char **words) {
    void *library = dlopen("libm.so.6", RTLD_NOW);
    double (*cosine)(double) = library ? (double (*)(double))dlsym(library, "cos") : 0;
    printf("%s %d %d\n", words[1], local, getauxval(AT_BASE) != 0);
    printf("%.3f\n", cosine ? cosine(0.5) : -1.0);
    free(malloc(1 << 20));
    return 3;
}
"#;

#[rstest]
#[case::at_any_address("-pie")]
#[case::at_its_own_address("-no-pie")]
fn a_compiled_program_finds_its_libraries(#[case] how: &str) {
    let (compiler, system) = ("riscv64-linux-gnu-gcc", Path::new("/usr/riscv64-linux-gnu"));
    if !installed(compiler) || !system.is_dir() {
        return skip("riscv64-linux-gnu-gcc is missing; install gcc-riscv64-linux-gnu");
    }
    let folder = folder();
    let (source, program) = (folder.join("loads.c"), folder.join("loads"));
    fs::write(&source, LOADS).unwrap();
    let built = outcome(common::command(compiler).args([how, "-O1", "-o"]).arg(&program).arg(&source));
    assert_eq!(built.end, Ok(0), "{}", built.err);
    let mut command = strata(["run".as_ref(), "-L".as_ref(), system.as_os_str(), program.as_os_str()]);
    let done = outcome(command.arg("word"));
    assert_eq!(done, Outcome { out: "word 5 1\n0.878\n".into(), err: String::new(), end: Ok(3) });
    fs::remove_dir_all(folder).unwrap();
}

/// An ELF program with a third program header that asks for a dynamic linker.
fn asks_for(linker: &str, folder: &Path) -> PathBuf {
    let mut file = image(".text\n.globl _start\n_start: li a7, 93\n ecall\n .data\n .dword 0\n");
    let at = 64 + 56 * usize::from(u16::from_le_bytes([file[56], file[57]]));
    let name = file.len() as u64;
    file.extend(linker.bytes().chain([0]));
    let len = linker.len() as u64 + 1;
    file[at..at + 8].copy_from_slice(&[3, 0, 0, 0, 4, 0, 0, 0]);
    for (place, word) in [(8, name), (16, 0), (24, 0), (32, len), (40, len), (48, 1)] {
        file[at + place..at + place + 8].copy_from_slice(&u64::to_le_bytes(word));
    }
    file[56] += 1;
    executable(&folder.join("program"), &file)
}

fn executable(path: &Path, bytes: &[u8]) -> PathBuf {
    fs::write(path, bytes).unwrap();
    fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    path.to_owned()
}

#[rstest]
#[case::text(|path: &Path| drop(executable(path, b"hello")), &["cannot start without its dynamic linker", "not an ELF file"])]
#[case::no_permission(|path: &Path| fs::write(path, "").unwrap(), &["its dynamic linker", "is not executable"])]
#[case::folder(|path: &Path| fs::create_dir(path).unwrap(), &["its dynamic linker", "is not a regular file"])]
#[case::cut_short(|path: &Path| drop(executable(path, &image("_start: nop\n")[..80])), &["its dynamic linker", "cut short"])]
#[case::host(|path: &Path| assert!(fs::copy("/bin/sh", path).is_ok()), &["its dynamic linker", "built for x86-64"])]
#[case::in_the_way(|path: &Path| drop(executable(path, &image("_start: nop\n"))), &["its dynamic linker", "are the program's", "position-independent"])]
#[case::absent(|_: &Path| (), &["asks for the dynamic linker", "No such file", "-L"])]
fn a_linker_that_is_none_is_refused_by_name(#[case] place: fn(&Path), #[case] parts: &[&str]) {
    let folder = folder();
    let linker = folder.join("ld.so");
    place(&linker);
    let program = asks_for(linker.to_str().unwrap(), &folder);
    let done = outcome(&mut strata(["run".as_ref(), program.as_os_str()]));
    assert_eq!(done.end, Ok(126), "{done:?}");
    for part in parts.iter().chain(&[linker.to_str().unwrap(), program.to_str().unwrap()]) {
        assert!(done.err.contains(part), "{part:?} is not in {:?}", done.err);
    }
    assert_eq!(done.err.lines().count(), 1, "{done:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_programs_print_what_another_emulator_prints() {
    let Some(system) = debian("usr/bin/ls") else { return };
    if !installed("qemu-riscv64") {
        return skip("qemu-riscv64 is missing; install qemu-user");
    }
    for words in [
        &["usr/bin/ls", "-F", "/etc/os-release"][..],
        &["usr/bin/sha256sum", "/usr/bin/bash"],
        &["usr/bin/cat", "/etc/os-release", "/etc/nothing"],
        &["usr/bin/readlink", "/etc/os-release"],
    ] {
        let ours = outcome(&mut guest(&system, &[], words[0], &words[1..]));
        let mut qemu = common::command("qemu-riscv64");
        qemu.arg("-L").arg(&system).arg(system.join(words[0])).args(&words[1..]);
        assert_eq!(ours, outcome(&mut qemu));
    }
}
