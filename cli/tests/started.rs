//! The ways in which guest programs are started: under QEMU's name, by the host's kernel, as scripts, and by
//! other guest programs.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{
    GIVEN, Outcome, STRATA, assembled, assembled_narrow, busybox, command, folder, installed, outcome, skip,
    strata,
};
use rstest::rstest;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};

fn script(folder: &Path, name: &str, text: &str) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    path
}

/// The lines of a program's output without its environment.
fn arguments(done: &Outcome) -> Vec<&str> {
    assert_eq!(done.end, Ok(0), "{done:?}");
    done.out.lines().filter(|line| !line.contains('=')).collect()
}

#[rstest]
#[case::symbolic_link("qemu-riscv64", |from: &Path, to: &Path| symlink(from, to))]
#[case::hard_link("qemu-riscv64-static", |from: &Path, to: &Path| fs::hard_link(from, to))]
fn under_qemus_name_the_words_are_those_of_run(
    #[case] name: &str,
    #[case] link: fn(&Path, &Path) -> std::io::Result<()>,
) {
    let folder = folder();
    let (program, qemu) = (assembled(GIVEN, &folder), folder.join(name));
    link(STRATA.as_ref(), &qemu).unwrap();
    let done = outcome(command(&qemu).args(["-E", "A=1", "-0", "zero"]).arg(&program).args(["-h", "run"]));
    assert_eq!(arguments(&done), ["zero", "-h", "run"]);
    assert!(done.out.ends_with("A=1\n"), "{done:?}");
    let done = outcome(command(&qemu).arg("-nonsense"));
    assert_eq!(done.err, "strata: there is no option -nonsense; see qemu-riscv64 -h\n");
    fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case(true, "qemu-riscv32", "riscv64")]
#[case(false, "qemu-riscv64", "riscv32")]
fn under_qemus_name_programs_of_the_other_width_are_refused(
    #[case] wide: bool,
    #[case] name: &str,
    #[case] own: &str,
) {
    let folder = folder();
    let program = if wide { assembled(GIVEN, &folder) } else { assembled_narrow("nop", &folder) };
    let qemu = folder.join(name);
    symlink(STRATA, &qemu).unwrap();
    let done = outcome(command(&qemu).arg(&program));
    let said = format!(
        "strata: {} cannot run here: built for {own}, but this is {name}; run it with qemu-{own} or strata run\n",
        program.display()
    );
    assert_eq!((done.err, done.end), (said, Ok(126)));
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn under_qemus_name_further_programs_run_too() {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    let qemu = folder.join("qemu-riscv64");
    fs::hard_link(STRATA, &qemu).unwrap();
    let done = outcome(command(&qemu).arg(&busybox).args(["sh", "-c", "\"$0\" uname -m"]).arg(&busybox));
    assert_eq!(done, Outcome { out: "riscv64\n".into(), err: String::new(), end: Ok(0) });
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn limits_on_memory_are_handed_on_to_further_programs() {
    let Some(busybox) = busybox() else { return };
    let script =
        "ulimit -s 1234; ulimit -v 5000000; \"$0\" sh -c 'ulimit -s; exec \"$0\" sh -c \"ulimit -v\"' \"$0\"";
    let done =
        outcome(strata(["run".as_ref(), busybox.as_os_str()]).args(["sh", "-c", script]).arg(&busybox));
    assert_eq!(done, Outcome { out: "1234\n5000000\n".into(), err: String::new(), end: Ok(0) });
}

#[test]
fn variables_of_qemu_change_the_programs_surroundings() {
    let folder = folder();
    let mut command = strata(["run".as_ref(), assembled(GIVEN, &folder).as_os_str()]);
    command.env("QEMU_ARGV0", "zero").env("QEMU_SET_ENV", "A=1,B=2").env("QEMU_UNSET_ENV", "PATH,LC_ALL");
    let done = outcome(command.env("QEMU_RESERVED_VA", "1G").env("QEMU_GUEST_BASE", "0x100000000000"));
    assert_eq!(done.out, "zero\nQEMU_GUEST_BASE=0x100000000000\nQEMU_RESERVED_VA=1G\nA=1\nB=2\n");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_release_is_what_a_person_says() {
    let Some(busybox) = busybox() else { return };
    let long = "x".repeat(64);
    for release in ["6.6.6-test", &long] {
        let mut command = strata(["run", "-r", release]);
        assert_eq!(outcome(command.arg(&busybox).args(["uname", "-r"])).out, format!("{release}\n"));
    }
    let done = outcome(strata(["run", "-r", &format!("{long}x")]).arg(&busybox).arg("true"));
    assert_eq!(done.end, Ok(2));
}

#[rstest]
#[case("64M", "3800000")]
#[case("0x40000000", "3f800000")]
#[case("2T", "1ffff800000")]
fn the_stack_lies_at_the_end_of_the_space_there_is(#[case] size: &str, #[case] stack: &str) {
    let Some(busybox) = busybox() else { return };
    let mut command = strata(["run", "-R", size]);
    let done = outcome(command.arg(&busybox).args(["grep", "stack", "/proc/self/maps"]));
    assert!(done.out.trim_start_matches('0').starts_with(&format!("{stack}-")), "{done:?}");
}

#[test]
fn a_base_where_strata_itself_lies_is_refused() {
    let folder = folder();
    let program = assembled(GIVEN, &folder);
    let done = outcome(strata(["run", "-B", "0x7fffffffe000"]).arg(&program));
    assert_eq!(done.end, Ok(1));
    assert!(done.err.contains("do not fit at host address 0x7fffffffe000"), "{done:?}");
    assert!(done.err.ends_with("; choose another with -B, or fewer with -R\n"), "{done:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_host_runs_a_registered_program_by_its_name() {
    if !installed("unshare") {
        return skip("unshare is missing; install util-linux");
    }
    let folder = folder();
    assembled(GIVEN, &folder);
    script(&folder, "script", "#!./program word\n");
    let register = "mount -t binfmt_misc binfmt_misc /proc/sys/fs/binfmt_misc &&
        \"$0\" binfmt riscv64 >/proc/sys/fs/binfmt_misc/register";
    let run = |line: &str| {
        let script = format!("{register} || exit 99; {line}");
        let mut unshare = command("unshare");
        let done = outcome(unshare.args(["-Urm", "bash", "-c", &script, STRATA]).current_dir(&folder));
        (done.end != Ok(99) && !done.err.starts_with("unshare")).then_some(done)
    };
    let Some(done) = run("exec -a name ./program -h '' c") else {
        return skip("this host lets nobody but root register programs (Linux 6.7 does in a user namespace)");
    };
    assert_eq!(arguments(&done), ["name", "-h", "", "c"]);
    let done = run("./script a").unwrap();
    assert_eq!(arguments(&done), ["./program", "word", "./script", "a"]);
    // The descriptor that the kernel opens goes to nobody.
    let done = run("QEMU_SET_ENV=A=1 ./program; exec 0<&-; ./program x").unwrap();
    assert!(done.out.contains("A=1\n") && done.out.contains("./program\nx\n"), "{done:?}");
    fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case("riscv64", "\\x02\\x01\\x01", 64)]
#[case("riscv32", "\\x01\\x01\\x01", 32)]
fn a_line_for_the_kernel_names_class_machine_and_interpreter(
    #[case] guest: &str,
    #[case] class: &str,
    #[case] width: u32,
) {
    let done = outcome(&mut strata(["binfmt", guest, "--interpreter", "/usr/bin/strata"]));
    let zeros = "\\x00".repeat(9);
    let magic = format!("\\x7f\\x45\\x4c\\x46{class}{zeros}\\x02\\x00\\xf3\\x00");
    assert!(done.out.starts_with(&format!(":strata-riscv{width}:M::{magic}:")), "{done:?}");
    assert!(done.out.ends_with(":/usr/bin/strata:POF\n"), "{done:?}");
}

#[test]
fn a_guest_that_is_not_there_is_not_registered() {
    assert_eq!(outcome(&mut strata(["binfmt", "z80"])).end, Ok(1));
}

#[test]
fn a_script_is_run_by_its_interpreter() {
    let folder = folder();
    assembled(GIVEN, &folder);
    script(&folder, "first", "#! ./program -x y  \nrest\n");
    script(&folder, "second", "#!./first\n");
    let run = |name: &str| outcome(strata(["run", name, "word"]).current_dir(&folder));
    assert_eq!(arguments(&run("./first")), ["./program", "-x y", "./first", "word"]);
    let nested = run("./second");
    assert_eq!(arguments(&nested), ["./program", "-x y", "./first", "./second", "word"]);
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_interpreter_is_looked_up_below_the_root() {
    let folder = folder();
    let root = folder.join("root");
    fs::create_dir_all(root.join("bin")).unwrap();
    fs::rename(assembled(GIVEN, &folder), root.join("bin/sh")).unwrap();
    let script = script(&folder, "script", "#!/bin/sh\n");
    let done =
        outcome(strata(["run".as_ref(), "-L".as_ref(), root.as_os_str(), script.as_os_str()]).arg("a"));
    assert_eq!(arguments(&done), ["/bin/sh", script.to_str().unwrap(), "a"]);
    fs::remove_dir_all(folder).unwrap();
}

#[rstest]
#[case::endless("#!./script\n", &["./script leads through more than 5 scripts", "ELOOP"])]
#[case::missing("#!/no/such/sh -e\n", &["./script is a script for /no/such/sh", "No such file", "-L"])]
#[case::of_the_host("#!/bin/sh\n", &["./script is a script for /bin/sh", "no RISC-V program", "-L"])]
#[case::folder("#!/usr\n", &["/usr is not a regular file"])]
#[case::nothing("#!\n", &["./script cannot run here", "a script"])]
fn a_script_that_leads_nowhere_is_refused(#[case] text: &str, #[case] parts: &[&str]) {
    let folder = folder();
    script(&folder, "script", text);
    let done = outcome(strata(["run", "./script"]).current_dir(&folder));
    assert_eq!((done.end, done.err.lines().count()), (Ok(126), 1), "{done:?}");
    for part in parts {
        assert!(done.err.contains(part), "{part:?} is not in {:?}", done.err);
    }
    fs::remove_dir_all(folder).unwrap();
}

/// Chains of scripts before a program, and how the host answers the same chain before one of its own.
#[test]
fn as_many_scripts_lead_to_a_program_as_under_the_host() {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    symlink(&busybox, folder.join("echo")).unwrap();
    for (program, native) in [("./echo", false), ("/bin/echo", true)] {
        let mut line = format!("#!{program}\n");
        for n in 1..=6 {
            script(&folder, &format!("s{n}"), &line);
            line = format!("#!./s{n}\n");
        }
        let deepest = |n: u32| {
            let run = format!("./s{n} >/dev/null 2>&1; echo $?");
            let mut shell = if native { command("bash") } else { strata(["run"]) };
            if !native {
                shell.arg(&busybox).arg("sh");
            }
            outcome(shell.args(["-c", &run]).current_dir(&folder)).out
        };
        assert_eq!((deepest(5).as_str(), deepest(6).as_str() == "0\n"), ("0\n", false), "{program}");
    }
    fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_further_program_keeps_environment_descriptors_and_names() {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    assembled(GIVEN, &folder);
    let mut command = strata(["run", "-E", "A=1", "-U", "LC_ALL", "-0", "sh"]);
    let line = "A=2 QEMU_SET_ENV=A=3 ./program; B=1 exec ./program x 2>&5";
    command.arg(&busybox).args(["-c", &format!("exec 5>err; {line}")]).env("QEMU_SET_ENV", "C=1");
    let done = outcome(command.current_dir(&folder));
    let (first, second) = done.out.split_once("./program\nx\n").unwrap();
    assert!(first.contains("A=3\n") && first.contains("C=1\n") && !first.contains("LC_ALL"), "{done:?}");
    assert!(second.contains("A=1\n") && second.contains("B=1\n") && !second.contains("QEMU_"), "{done:?}");
    assert_eq!(fs::read(folder.join("err")).unwrap().len(), 16);
    fs::remove_dir_all(folder).unwrap();
}
