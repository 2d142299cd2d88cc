//! What goes wrong is said in one sentence, with the exit status that scripts expect.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{GIVEN, Outcome, STRATA, busybox, command, folder, image, outcome, root, strata};
use rstest::rstest;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A program of two segments that exits with status 0.
const PROGRAM: &str = "
        .text
        .globl _start
_start: la a1, word
        ld a0, 0(a1)
        li a7, 93
        ecall
        .data
word:   .dword 0
";

/// Writes a file that may be executed.
fn executable(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("program");
    fs::write(&path, bytes).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    path
}

/// The command ended with `status` after one sentence that has all of `parts`, and nothing else was written.
fn refused(done: &Outcome, status: i32, parts: &[&str]) {
    assert_eq!(done.end, Ok(status), "{done:?}");
    assert_eq!(done.out, "");
    let sentence = done.err.strip_suffix('\n').and_then(|line| line.strip_prefix("strata: "));
    let sentence = sentence.unwrap_or_else(|| panic!("{done:?}"));
    assert!(!sentence.contains('\n') && !sentence.contains("panicked"), "{sentence}");
    assert!(!sentence.starts_with(char::is_uppercase) && !sentence.ends_with('.'), "{sentence}");
    for part in parts {
        assert!(sentence.contains(part), "{sentence:?} does not say {part:?}");
    }
}

/// Overwrites bytes.
fn patched(place: usize, bytes: &[u8]) -> Vec<u8> {
    let mut file = image(PROGRAM);
    file[place..place + bytes.len()].copy_from_slice(bytes);
    file
}

/// Where the fields of the second program header lie.
const SECOND: usize = 64 + 56;

#[rstest]
#[case::empty(vec![], &["not an ELF file"])]
#[case::text(b"hello\n".to_vec(), &["not an ELF file", "riscv64"])]
#[case::script(b"#!/bin/sh -e\n".to_vec(), &["script", "/bin/sh", "no RISC-V program", "-L"])]
#[case::magic_only(b"\x7fELF".to_vec(), &["cut short"])]
#[case::cut_in_the_header(image(PROGRAM)[..40].to_vec(), &["the ELF header", "cut short"])]
#[case::cut_in_the_table(image(PROGRAM)[..100].to_vec(), &["program header table", "cut short"])]
#[case::cut_in_a_segment(image(PROGRAM)[..0x1004].to_vec(), &["segment", "cut short"])]
#[case::bad_class(patched(4, &[7]), &["EI_CLASS"])]
// Read as a 32-bit file it holds nothing that makes sense.
#[case::narrow(patched(4, &[1]), &["no part of the file"])]
#[case::bad_order(patched(5, &[0]), &["EI_DATA"])]
#[case::big_endian(patched(5, &[2]), &["big-endian"])]
#[case::bad_version(patched(6, &[9]), &["EI_VERSION"])]
#[case::object_file(patched(16, &[1, 0]), &["object file", "link"])]
#[case::core_dump(patched(16, &[4, 0]), &["core dump"])]
#[case::strange_type(patched(16, &[0x99, 0x99]), &["type 0x9999"])]
#[case::x86(patched(18, &[62, 0]), &["x86-64", "RISC-V"])]
#[case::aarch64(patched(18, &[183, 0]), &["AArch64"])]
#[case::unknown_machine(patched(18, &[0x34, 0x12]), &["machine number 4660"])]
#[case::odd_entry(patched(24, &[1]), &["entry point"])]
#[case::entry_in_data(patched(24, &[0, 0, 0, 0, 0, 0, 0, 0x70]), &["entry point"])]
#[case::table_far_away(patched(32, &[0xff; 8]), &["program header table"])]
#[case::bad_entry_size(patched(54, &[57, 0]), &["e_phentsize"])]
#[case::no_segments(patched(56, &[0, 0]), &["no part of the file"])]
#[case::too_many_segments(patched(56, &[0xff, 0xff]), &["e_phnum"])]
#[case::more_in_file(patched(SECOND + 40, &[1, 0, 0, 0, 0, 0, 0, 0]), &["segment 1", "in the file"])]
#[case::huge(patched(SECOND + 40, &[0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0]), &["beyond", "address space"])]
#[case::huge_wraps(patched(SECOND + 40, &[0xff; 8]), &["beyond"])]
#[case::in_the_first_page(patched(SECOND + 16, &[0, 0x10, 0, 0, 0, 0, 0, 0]), &["64 KiB"])]
#[case::overlapping(patched(SECOND + 16, &[0, 0, 1]), &["segment 1"])]
#[case::misaligned(patched(SECOND + 16, &[0x33]), &["aligned"])]
fn a_file_that_is_no_program_is_refused(#[case] bytes: Vec<u8>, #[case] parts: &[&str]) {
    let folder = folder();
    let path = executable(&folder, &bytes);
    let parts = [parts, &[path.to_str().unwrap()]].concat();
    for word in ["run", "step"] {
        refused(&outcome(&mut strata([word.as_ref(), path.as_os_str()])), 126, &parts);
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_program_that_the_others_are_made_of_runs() {
    let folder = folder();
    let done = outcome(&mut strata(["run".as_ref(), executable(&folder, &image(PROGRAM)).as_os_str()]));
    assert_eq!(done, Outcome { out: String::new(), err: String::new(), end: Ok(0) });
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_dynamic_program_names_its_linker() {
    let Some(busybox) = busybox() else { return };
    let cat = busybox.with_file_name("cat");
    let done = outcome(&mut strata(["run".as_ref(), cat.as_os_str()]));
    refused(&done, 126, &["dynamic linker", "/lib/ld-linux-riscv64-lp64d.so.1", "No such file", "-L"]);
}

#[rstest]
#[case::missing(
    "nothing/here",
    127,
    "nothing/here cannot be opened: No such file or directory; check its name and your permission"
)]
#[case::below_a_file("/etc/passwd/x", 127, "/etc/passwd/x")]
#[case::folder("/", 126, "not a regular file")]
#[case::device("/dev/null", 126, "not a regular file")]
#[case::not_executable("/etc/passwd", 126, "chmod +x")]
#[case::empty_name("", 127, "")]
#[case::program_of_the_host("/bin/sh", 126, "RISC-V")]
fn a_path_without_a_program_is_refused(#[case] path: &str, #[case] status: i32, #[case] part: &str) {
    refused(&outcome(&mut strata(["run", path])), status, &[part]);
}

#[test]
fn a_pipe_is_refused_without_waiting_for_a_writer() {
    let folder = folder();
    let path = folder.join("pipe");
    assert_eq!(outcome(command("mkfifo").args(["-m", "755"]).arg(&path)).end, Ok(0));
    refused(&outcome(&mut strata(["run".as_ref(), path.as_os_str()])), 126, &["not a regular file"]);
    fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case::unknown_option(&["run", "-nonsense", "x"], "-nonsense")]
#[case::missing_value(&["run", "-d"], "-d")]
#[case::missing_name(&["run", "-0"], "-0")]
#[case::no_program(&["run"], "which program?")]
#[case::no_program_to_step(&["step", "-seed", "1"], "which program?")]
#[case::unknown_item(&["run", "-d", "in_asm,fish", "x"], "fish")]
#[case::unknown_tier(&["run", "-accel", "warp", "x"], "warp")]
#[case::bad_seed(&["run", "-seed", "0x", "x"], "0x")]
#[case::bad_variable(&["run", "-E", "=x", "x"], "=x")]
fn a_wrong_word_ends_with_status_two(#[case] words: &[&str], #[case] part: &str) {
    refused(&outcome(&mut strata(words)), 2, &[part]);
}

#[rstest]
#[case(&["nonsense"])]
#[case(&["explain"])]
#[case(&["asm", "--nonsense"])]
#[case(&["spec", "riscv64", "more"])]
fn a_wrong_word_of_other_commands_ends_with_status_two(#[case] words: &[&str]) {
    let done = outcome(&mut strata(words));
    assert_eq!((done.end, done.out.as_str()), (Ok(2), ""));
    assert!(done.err.contains("Usage: "), "{}", done.err);
}

#[rstest]
#[case(&["explain", "nonsense"], "nonsense")]
#[case(&["explain", "0xffffffffff"], "0xffffffffff")]
#[case(&["explain", "--guest", "z80", "ld"], "z80")]
#[case(&["asm", "addi a0,a0,5000"], "5000")]
#[case(&["asm", "frob a0"], "frob")]
#[case(&["asm", "-d", "13"], "13")]
#[case(&["asm", "-d", "0x123456789"], "0x123456789")]
#[case(&["spec", "z80"], "riscv64")]
#[case(&["spec", "--uncovered", "--golden", "/nothing"], "--golden")]
fn what_cannot_be_done_ends_with_status_one(#[case] words: &[&str], #[case] part: &str) {
    refused(&outcome(&mut strata(words)), 1, &[part]);
}

#[test]
fn a_log_that_cannot_be_written_is_refused() {
    let done = outcome(&mut strata(["run", "-D", "/nothing/log", "x"]));
    refused(
        &done,
        1,
        &["/nothing/log cannot be written (No such file or directory); name another file with -D"],
    );
}

#[test]
fn too_little_address_space_is_refused() {
    let folder = folder();
    let path = executable(&folder, &image(PROGRAM));
    let script = "ulimit -v 300000; exec \"$0\" run \"$1\"";
    let done = outcome(command("sh").args(["-c", script, STRATA]).arg(path));
    refused(&done, 1, &["ulimit -v"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_program_gets_its_name_arguments_and_environment() {
    let folder = folder();
    let path = executable(&folder, &image(GIVEN));
    let mut command =
        strata(["run", "-E", "ONE=1", "-U", "LC_ALL", "-E", "ONE=2", "-E", "E=", "-0", "other name"]);
    let done = outcome(command.arg(path).args(["-d", "x y", ""]).env("GONE", "1").env_remove("GONE"));
    assert_eq!(done.out, "other name\n-d\nx y\n\nPATH=/usr/bin:/bin\nONE=2\nE=\n");
    fs::remove_dir_all(folder).unwrap();
}

/// Makes a child, waits for it, and each writes eight random bytes.
const TWO: &str = "
        .globl _start
_start: li   a7, 220
        li   a0, 17
        li   a1, 0
        ecall
        beqz a0, write
        li   a7, 260
        li   a0, -1
        li   a1, 0
        li   a2, 0
        li   a3, 0
        ecall
write:  li   a7, 278
        addi a0, sp, -16
        li   a1, 8
        li   a2, 0
        ecall
        li   a7, 64
        li   a0, 1
        addi a1, sp, -16
        li   a2, 8
        ecall
        li   a7, 93
        li   a0, 0
        ecall
";

#[test]
fn a_seed_gives_parent_and_child_numbers_of_their_own() {
    let folder = folder();
    let path = executable(&folder, &image(TWO));
    let random = || strata(["run", "-seed", "7"]).arg(&path).output().unwrap().stdout;
    let bytes = random();
    assert_eq!(bytes.len(), 16);
    assert_ne!(bytes[..8], bytes[8..]);
    assert_eq!(bytes, random());
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_seed_decides_the_programs_random_bytes() {
    let folder = folder();
    let path = executable(&folder, &image(GIVEN));
    let random = |options: &[&str]| {
        let mut command = strata(["run"]);
        let output = command.args(options).arg(&path).output().unwrap();
        assert_eq!(output.stderr.len(), 16);
        output.stderr
    };
    assert_eq!(random(&["-seed", "7"]), random(&["-seed", "7"]));
    assert_ne!(random(&["-seed", "7"]), random(&["-seed", "8"]));
    assert_ne!(random(&[]), random(&[]));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_closed_standard_stream_is_closed_for_the_program() {
    let Some(busybox) = busybox() else { return };
    let shell =
        |script: &str| outcome(command("sh").args(["-c", script, STRATA]).arg(&busybox).current_dir(root()));
    let done = shell("\"$0\" run \"$1\" cat <&-");
    assert_eq!((done.end, done.err.as_str()), (Ok(1), "cat: read error: Bad file descriptor\n"));
    let done = shell("\"$0\" run \"$1\" echo x >&-");
    assert_eq!((done.end, done.err.as_str()), (Ok(1), "echo: write error: Bad file descriptor\n"));
    let done = shell("\"$0\" run \"$1\" echo x >/dev/full");
    assert_eq!((done.end, done.err.as_str()), (Ok(1), "echo: write error: No space left on device\n"));
    let done = shell("\"$0\" run \"$1\" sh -c 'ls /proc/self/fd | wc -l' 2>&-");
    assert_eq!(done.end, Ok(0));
}

#[rstest]
#[case(&["run", "-h"])]
#[case(&["step", "-accel", "help"])]
#[case(&["explain", "addi"])]
#[case(&["asm", "nop"])]
#[case(&["spec", "riscv64"])]
#[case(&["tour"])]
fn output_that_cannot_be_written_is_named(#[case] words: &[&str]) {
    let full = || fs::File::options().write(true).open("/dev/full").unwrap();
    let done = outcome(command("sh").args(["-c", "exec \"$0\" \"$@\" >/dev/full", STRATA]).args(words));
    refused(&done, 1, &["output cannot be written: No space left on device"]);
    // A complaint that cannot be written either leaves the status.
    let status = strata(words).stdout(full()).stderr(full()).status().unwrap();
    assert_eq!(status.code(), Some(1));
}

#[test]
fn commands_that_cannot_be_read_are_named() {
    let folder = folder();
    let path = executable(&folder, &image(PROGRAM));
    let mut command = strata(["step".as_ref(), path.as_os_str()]);
    let done = outcome(command.stdin(fs::File::open("/").unwrap()));
    refused(&done, 1, &["commands cannot be read: Is a directory"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_complaint_that_cannot_be_written_leaves_the_status() {
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    assert_eq!(strata(["run"]).stderr(full).status().unwrap().code(), Some(2));
}

#[test]
fn a_reader_that_leaves_ends_the_program_silently() {
    let Some(busybox) = busybox() else { return };
    let script = "{ \"$0\" run \"$1\" yes; echo $? >&2; } | head -1";
    let done = outcome(command("sh").args(["-c", script, STRATA]).arg(&busybox));
    assert_eq!(done, Outcome { out: "y\n".into(), err: "141\n".into(), end: Ok(0) });
    // What only prints has done its work when its reader leaves.
    let script = "{ \"$0\" spec riscv64; echo $? >&2; } | head -1 >/dev/null";
    let done = outcome(command("sh").args(["-c", script, STRATA]));
    assert!(matches!(done.err.as_str(), "0\n" | "141\n"), "{done:?}");
}
