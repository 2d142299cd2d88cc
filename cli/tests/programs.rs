//! Debian's busybox under `strata run`: every script prints and ends as it does natively.
//!
//! The expected text of a row is what the script prints on any Linux. `qemu-riscv64` is asked as well, where
//! it is installed, for the rows of the shell itself; what starts further programs would run the host's
//! there. Each script runs in an empty folder of its own.

#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::{Outcome, busybox, command, fed, folder, installed, outcome, root, skip, strata};
use rstest::rstest;
use std::path::Path;

/// Runs a script under strata.
fn sh(busybox: &Path, options: &[&str], script: &str, folder: &Path) -> Outcome {
    let mut command = strata(["run"]);
    outcome(command.args(options).arg(busybox).args(["sh", "-c", script]).current_dir(folder))
}

fn check(script: &str, out: &str, status: i32) {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    let wanted = Outcome { out: out.into(), err: String::new(), end: Ok(status) };
    assert_eq!(sh(&busybox, &[], script, &folder), wanted);
    std::fs::remove_dir_all(&folder).unwrap();
    if std::env::var_os("STRATA_SOAK").is_some() {
        check_in_lockstep(script, out);
    }
}

/// The oracle and generated code run the script in lockstep, and with them each process it starts.
fn check_in_lockstep(script: &str, out: &str) {
    let Some(busybox) = busybox() else { return };
    if script.contains("ulimit -f") {
        return skip("not in lockstep: the limit of file sizes holds for the file of sums, too");
    }
    let folder = folder();
    let (own, sums) = (folder.join("own"), folder.join("sums"));
    for new in [&own, &sums] {
        std::fs::create_dir(new).unwrap();
    }
    let mut command = strata(["diff", "-accel", "diff=interp,step=on:jit,hot=1"]);
    command.arg(busybox).args(["sh", "-c", script]).current_dir(own).env("TMPDIR", &sums);
    let done = outcome(&mut command);
    assert_eq!(done.out, out, "{}", done.err);
    if done.err.lines().any(|line| line.contains(" equal: ")) {
        assert_eq!((done.end, std::fs::read_dir(&sums).unwrap().count()), (Ok(0), 0), "{}", done.err);
    } else {
        // It went on as a program of the host, which sums nothing up.
        let left: Vec<_> = std::fs::read_dir(&sums).unwrap().map(|file| file.unwrap().path()).collect();
        let [tally] = left.as_slice() else { panic!("{left:?}: {}", done.err) };
        let lines = std::fs::read_to_string(tally).unwrap();
        assert!(lines.lines().all(|line| line.ends_with(" 0")), "{lines}{}", done.err);
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

/// As `check`, and the expected text is what another emulator prints.
fn check_twice(script: &str, out: &str, status: i32) {
    check(script, out, status);
    let Some(busybox) = busybox() else { return };
    if !installed("qemu-riscv64") {
        return skip("qemu-riscv64 is missing; install qemu-user");
    }
    let folder = folder();
    let mut qemu = command("qemu-riscv64");
    let done = outcome(qemu.arg(&busybox).args(["sh", "-c", script]).current_dir(&folder));
    assert_eq!(done, Outcome { out: out.into(), err: String::new(), end: Ok(status) });
    std::fs::remove_dir_all(&folder).unwrap();
}

#[rstest]
#[case::squares("for i in 1 2 3; do echo $((i*i)); done | paste -sd+ | bc", "14\n", 0)]
#[case::arithmetic(
    "echo $((7/2)) $((-7/2)) $((-7%3)) $((1<<40)) $((0x1f^3)) $((5>3&&2<1))",
    "3 -3 -1 1099511627776 28 0\n",
    0
)]
#[case::overflow("echo $((9223372036854775807+1))", "-9223372036854775808\n", 0)]
#[case::status("exit 7", "", 7)]
#[case::status_wraps("exit 300", "", 44)]
#[case::last_status("false; echo $?; true; echo $?; ! true; echo $?", "1\n0\n1\n", 0)]
#[case::and_or("false && echo a || echo b; true && echo c", "b\nc\n", 0)]
#[case::subshell("x=1; (x=2; echo $x; exit 3); echo $x $?", "2\n1 3\n", 0)]
#[case::substitution("echo a$(echo b$(echo c))d `echo e`", "abcd e\n", 0)]
#[case::here_document("x=5; cat <<E\na$x\n$((x+1))\nE\n", "a5\n6\n", 0)]
#[case::here_document_as_it_stands("cat <<'E'\na$x\nE\n", "a$x\n", 0)]
#[case::read_loop("printf '1 a\\n2 b\\n' | while read n l; do echo \"$l$n\"; done", "a1\nb2\n", 0)]
#[case::case_word(
    "for w in ab 12 x; do case $w in [0-9]*) echo n;; a?) echo a;; *) echo o;; esac; done",
    "a\nn\no\n",
    0
)]
#[case::function(
    "f() { local x=$1; [ $x -le 1 ] && echo 1 || echo $((x * $(f $((x-1))))); }; f 6",
    "720\n",
    0
)]
#[case::function_status("f() { return 9; }; f; echo $?", "9\n", 0)]
#[case::expansion(
    "x=path/to/file.tar.gz; echo ${x##*/} ${x%%.*} ${x%.*} ${#x} ${y:-none} ${x:5:2}",
    "file.tar.gz path/to/file path/to/file.tar 19 none to\n",
    0
)]
#[case::positional(
    "set -- a 'b c' d; echo $# \"$2\"; shift; echo $*; for a; do echo $a; done",
    "3 b c\nb c d\nb c\nd\n",
    0
)]
#[case::unset_is_an_error("set -u; (echo $nothing) 2>/dev/null; echo $?", "2\n", 0)]
#[case::stop_at_an_error("set -e; echo a; false; echo b", "a\n", 1)]
#[case::trap_at_the_end("trap 'echo bye' EXIT; echo hi; exit 3", "hi\nbye\n", 3)]
#[case::trap_of_a_signal("trap 'echo usr' USR1; kill -USR1 $$; echo after", "usr\nafter\n", 0)]
#[case::trap_of_a_child("trap 'echo got' USR2; (kill -USR2 $$); wait; echo end", "got\nend\n", 0)]
#[case::trap_ignored("trap '' TERM; kill $$; echo alive", "alive\n", 0)]
#[case::background("(sleep 0.1; echo two) & echo one; wait; echo three", "one\ntwo\nthree\n", 0)]
#[case::wait_for_each("(exit 3) & a=$!; (exit 4) & b=$!; wait $b; echo $?; wait $a; echo $?", "4\n3\n", 0)]
#[case::killed_child("sh -c 'kill -9 $$' 2>/dev/null; echo $?", "137\n", 0)]
#[case::pipeline_of_forks("seq 1 50 | while read n; do (echo $n); done | sort -n | tail -1", "50\n", 0)]
#[case::exec_without_a_program("exec 3>f; echo three >&3; exec 3>&-; cat f", "three\n", 0)]
#[case::redirections(
    "{ echo o; echo e >&2; } 2>&1 >/dev/null | tr e E; echo x >f; echo y >>f; cat <f",
    "E\nx\ny\n",
    0
)]
#[case::no_clobber("set -C; echo a >f; (echo b >f) 2>/dev/null; echo $?; cat f", "1\na\n", 0)]
#[case::not_found("nothing_like_this 2>/dev/null; echo $?", "127\n", 0)]
#[case::not_executable("echo >f; ./f 2>/dev/null; echo $?", "126\n", 0)]
#[case::eval_and_globs("touch a1 a2 b1; x='echo a*'; eval $x; echo [!a]*", "a1 a2\nb1\n", 0)]
#[case::conditions("[ 3 -gt 2 -a -n x ] && [ -d . ] && [ ! -e nothing ] && test a != b; echo $?", "0\n", 0)]
#[case::printf(
    "printf '%05d|%-4s|%x|%c|%s\\n' 42 ab 255 xyz \"$(printf '\\101')\"",
    "00042|ab  |ff|x|A\n",
    0
)]
#[case::printf_of_fractions("printf '%.3f %e %g\\n' 3.14159 1234.5 0.0001", "3.142 1.234500e+03 0.0001\n", 0)]
#[case::stopped_and_continued(
    "sleep 9 & p=$!; kill -STOP $p; kill -CONT $p; kill $p; wait $p 2>/dev/null; echo $?",
    "143\n",
    0
)]
#[case::trap_of_a_dead_child("trap 'echo child' CHLD; (exit 1); wait; echo end", "child\nend\n", 0)]
#[case::traps_of_faults(
    "trap 'echo fault' SEGV BUS FPE ILL; for s in SEGV BUS FPE ILL; do kill -$s $$; done; echo end",
    "fault\nfault\nfault\nfault\nend\n",
    0
)]
#[case::a_busy_child_is_interrupted(
    "(trap 'exit 5' TERM; while :; do :; done) & sleep 0.2; kill $!; wait $!; echo $?",
    "5\n",
    0
)]
#[case::impatient_read("sleep 0.5 | (read -t 0.1 x; echo $?)", "1\n", 0)]
#[case::long_loop("x=0; while [ $x -lt 20000 ]; do x=$((x+1)); done; echo $x", "20000\n", 0)]
#[case::fifo_of_both_ends("mkfifo p; for i in 1 2 3; do echo $i; done >p & cat p; wait", "1\n2\n3\n", 0)]
#[case::read_and_written("exec 3<>f; echo hello >&3; cat f", "hello\n", 0)]
#[case::job_control("set -m 2>/dev/null; sleep 0.1 & wait %1; echo $?", "0\n", 0)]
#[case::limits("(ulimit -n 20; ulimit -n); (ulimit -f 0; ulimit -f)", "20\n0\n", 0)]
#[case::masks("umask 077; umask; umask -S", "0077\nu=rwx,g=,o=\n", 0)]
fn the_shell(#[case] script: &str, #[case] out: &str, #[case] status: i32) {
    check_twice(script, out, status);
}

#[rstest]
#[case::sort(
    "printf '10\\n9\\n1\\n9\\n' | sort -n; printf 'b 2\\na 3\\n' | sort -k2 -r",
    "1\n9\n9\n10\na 3\nb 2\n",
    0
)]
#[case::uniq("printf 'a\\na\\nb\\n' | uniq -c | sed 's/^ *//'", "2 a\n1 b\n", 0)]
#[case::sed("printf 'one\\ntwo\\nthree\\n' | sed -n -e '2!s/\\(.\\)e/e\\1/gp' -e '$='", "oen\nthere\n3\n", 0)]
#[case::awk(
    "printf 'a 1\\nb 2\\na 3\\n' | awk '{s[$1]+=$2} END {for (k in s) print k, s[k]}' | sort",
    "a 4\nb 2\n",
    0
)]
#[case::awk_floats(
    "awk 'BEGIN {printf \"%.6f %d %s %.3e\\n\", 1/3, 7/2, 10/4, 1e10/7}'",
    "0.333333 3 2.5 1.429e+09\n",
    0
)]
#[case::grep(
    "printf 'ab\\ncd\\nAB\\n' >f; grep -ci ab f; grep -nv ab f; grep -q zz f; echo $?; grep -E '^(a|c)' f",
    "2\n2:cd\n3:AB\n1\nab\ncd\n",
    0
)]
#[case::find(
    "mkdir -p d/e; touch d/a.c d/e/b.c d/e/c.h; find d -name '*.c' -type f | sort; find d -type d | wc -l",
    "d/a.c\nd/e/b.c\n2\n",
    0
)]
#[case::xargs("seq 5 | xargs -n2 echo", "1 2\n3 4\n5\n", 0)]
#[case::tr_and_cut(
    "echo a:b:c | tr a-z A-Z | cut -d: -f1,3; echo aabbcc | tr -s a-c | tr -d b",
    "A:C\nac\n",
    0
)]
#[case::head_and_tail(
    "seq 20 | head -3 | tail -1; seq 20 | tail -n +19; printf abcdef | head -c 2",
    "3\n19\n20\nab",
    0
)]
#[case::tee("echo x | tee f g >/dev/null; cat f g", "x\nx\n", 0)]
#[case::dd("printf 0123456789 | dd bs=1 skip=2 count=3 2>/dev/null", "234", 0)]
#[case::dd_seeks("printf abc >f; printf X | dd of=f bs=1 seek=1 conv=notrunc 2>/dev/null; cat f", "aXc", 0)]
#[case::od("printf 'AB\\n' | od -An -c | tr -s ' '; printf 'AB' | od -An -tx1", " A B \\n\n 41 42\n", 0)]
#[case::hexdump(
    "printf 'hello' | hexdump -C | head -1",
    "00000000  68 65 6c 6c 6f                                    |hello|\n",
    0
)]
#[case::sums(
    "printf abc | md5sum; printf abc | sha1sum; printf abc | sha256sum",
    "900150983cd24fb0d6963f7d28e17f72  -\na9993e364706816aba3e25717850c26c9cd0d89d  -\nba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  -\n",
    0
)]
#[case::sha512("printf abc | sha512sum | cut -c1-32", "ddaf35a193617abacc417349ae204131\n", 0)]
#[case::gzip(
    "seq 20000 >f; gzip f; ls; gunzip -c f.gz | md5sum; zcat f.gz | tail -1",
    "f.gz\ne071f707df7bbeee2a6a1eb48011ddd0  -\n20000\n",
    0
)]
#[case::bzip2_and_xz("seq 500 | bzip2 | bunzip2 | wc -c", "1892\n", 0)]
#[case::tar(
    "mkdir d; echo x >d/a; ln -s a d/l; chmod 640 d/a; tar czf t.tgz d; rm -r d; tar xzf t.tgz; cat d/l; stat -c '%a %N' d/a d/l; tar tzf t.tgz | sort",
    "x\n640 d/a\n777 'd/l' -> 'a'\nd/\nd/a\nd/l\n",
    0
)]
#[case::cpio(
    "mkdir d; echo x >d/a; find d | sort | cpio -oH newc 2>/dev/null >c; rm -r d; cpio -id <c 2>/dev/null; cat d/a",
    "x\n",
    0
)]
#[case::cp_archive(
    "mkdir -p a/b; echo 1 >a/b/f; ln -s b/f a/l; touch -d '2001-02-03 04:05:06' a/b/f; cp -a a c; cat c/l; stat -c %Y c/b/f; readlink c/l",
    "1\n981173106\nb/f\n",
    0
)]
#[case::mv_and_rm("mkdir d; touch f d/g; mv f d/h; ls d; rm -r d; ls", "g\nh\n", 0)]
#[case::links(
    "echo x >a; ln a b; ln -s a c; stat -c '%h %F' a c; readlink c; rm a; cat b; cat c 2>/dev/null; echo $?",
    "2 regular file\n1 symbolic link\na\nx\n1\n",
    0
)]
#[case::modes(
    "umask 027; touch f; mkdir d; stat -c %A f d; chmod u+x,g=w f; stat -c %a f",
    "-rw-r-----\ndrwxr-x---\n720\n",
    0
)]
#[case::ls_long(
    "printf abc >f; touch -d '2020-06-01 12:00:00' f; chmod 644 f; TZ=UTC ls -ln f | tr -s ' ' | cut -d' ' -f1,2,5-",
    "-rw-r--r-- 1 3 Jun 1 2020 f\n",
    0
)]
#[case::truncate(
    "truncate -s 100 f; stat -c %s f; wc -c <f; truncate -s 0 f; stat -c %s f",
    "100\n100\n0\n",
    0
)]
#[case::date(
    "date -u -d @0; date -u -d @1700000000 +%Y-%m-%dT%H:%M:%S",
    "Thu Jan  1 00:00:00 UTC 1970\n2023-11-14T22:13:20\n",
    0
)]
#[case::seq("seq -s, 1 3 10; seq -w 8 10; seq 3 -1 1", "1,4,7,10\n08\n09\n10\n3\n2\n1\n", 0)]
#[case::bc(
    "echo '2^100; scale=5; 1/3; sqrt(2)' | bc",
    "1267650600228229401496703205376\n.33333\n1.41421\n",
    0
)]
#[case::dc("echo '3 4 + p 2 10 ^ p' | dc", "7\n1024\n", 0)]
#[case::expr("expr 3 + 4 \\* 2; expr length hello; expr abc : 'a\\(.*\\)'; expr 1 = 2", "11\n5\nbc\n0\n", 1)]
#[case::names("basename /a/b.c .c; dirname /a/b.c; realpath /usr/../etc", "b\n/a\n/etc\n", 0)]
#[case::env("env -i A=1 B=2 env | sort", "A=1\nB=2\n", 0)]
#[case::machine("uname -m; uname -s; id -u >/dev/null; echo $?", "riscv64\nLinux\n0\n", 0)]
#[case::sleep("sleep 0.1; usleep 1000; echo up", "up\n", 0)]
#[case::yes("yes | head -2; yes abc | head -c 6", "y\ny\nabc\nab", 0)]
#[case::mktemp(
    "m=$(printf %06d 0 | tr 0 X); f=$(mktemp ./x.$m); test -f $f; echo $? ${#f}; d=$(mktemp -d ./y.$m); test -d $d; echo $?",
    "0 10\n0\n",
    0
)]
#[case::diff(
    "printf 'a\\nb\\nc\\n' >1; printf 'a\\nB\\nc\\n' >2; diff 1 2 | tail -n +4; diff -q 1 2; cmp 1 2",
    " a\n-b\n+B\n c\nFiles 1 and 2 differ\n1 2 differ: char 3, line 2\n",
    1
)]
#[case::patch(
    "printf 'a\\nb\\nc\\n' >1; printf 'a\\nB\\nc\\n' >2; diff -u 1 2 >p; patch 1 <p; cmp 1 2; echo $?",
    "patching file 1\n0\n",
    0
)]
#[case::text_tools(
    "seq 3 | tac | paste -sd' '; echo abc | rev; seq 6 | paste - - -; echo 'a b' | fold -w1 | wc -l; seq 2 | nl | tr -s ' \\t' ' '",
    "3 2 1\ncba\n1\t2\t3\n4\t5\t6\n3\n 1 1\n 2 2\n",
    0
)]
#[case::base64("printf 'strata' | base64; echo c3RyYXRh | base64 -d", "c3RyYXRh\nstrata", 0)]
#[case::factor(
    "factor 1000000007 4294967297 720720",
    "1000000007: 1000000007\n4294967297: 641 6700417\n720720: 2 2 2 2 3 3 5 7 11 13\n",
    0
)]
#[case::fifo("mkfifo p; (echo through >p) & cat p; wait", "through\n", 0)]
#[case::word_counts("printf 'a b\\nc\\n' | wc; printf 'x' | wc -l", "        2         3         6\n0\n", 0)]
#[case::devices(
    "head -c 5 /dev/zero | od -An -tx1; echo x >/dev/null; head -c 16 /dev/urandom | wc -c",
    " 00 00 00 00 00\n16\n",
    0
)]
#[case::sparse("truncate -s 5G f; stat -c '%s %b' f; rm f", "5368709120 0\n", 0)]
#[case::fifty_megabytes(
    "dd if=/dev/zero bs=1M count=50 2>/dev/null | md5sum",
    "25e317773f308e446cc84c503a6d1f85  -\n",
    0
)]
#[case::awk_starts_programs(
    "awk 'BEGIN { \"echo sub\" | getline x; print x; system(\"echo sys\"); print \"p\" | \"cat\" }'",
    "sub\nsys\np\n",
    0
)]
#[case::in_place("echo aa >f; sed -i s/a/b/ f; cat f", "ba\n", 0)]
#[case::parallel("seq 20 | xargs -P 4 -n 1 sh -c 'echo $0' | sort -n | tail -1", "20\n", 0)]
#[case::session("setsid sh -c 'echo apart'; nice -n 5 nice", "apart\n5\n", 0)]
#[case::special_files("mknod n p; stat -c %F n; kill -0 $$; echo $?", "fifo\n0\n", 0)]
fn applets(#[case] script: &str, #[case] out: &str, #[case] status: i32) {
    check(script, out, status);
}

/// What starts a further program of the guest; QEMU needs the host's kernel for that.
#[rstest]
#[case::exec("exec \"$0\" echo gone; echo not reached", "gone\n", 0)]
#[case::environment("A=1 \"$0\" env | grep ^A=", "A=1\n", 0)]
#[case::status("\"$0\" sh -c 'exit 5'; echo $?; \"$0\" false; echo $?", "5\n1\n", 0)]
#[case::nested("\"$0\" sh -c '\"$0\" sh -c \"echo deep\"' \"$0\"", "deep\n", 0)]
#[case::script("printf '#!%s sh\\necho \"$1:$#\"\\n' \"$0\" >s; chmod +x s; ./s a b", "a:2\n", 0)]
#[case::link("ln -s \"$0\" echo; ./echo by its name", "by its name\n", 0)]
#[case::timeout("timeout 1 sleep 5; echo $?", "143\n", 0)]
#[case::host_program("/bin/sh -c 'uname -m' | grep -c .", "1\n", 0)]
#[case::inherited_files("exec 5<<E\nline\nE\n\"$0\" cat <&5", "line\n", 0)]
#[case::own_file("readlink /proc/self/exe | grep -c 'busybox$'", "1\n", 0)]
fn further_programs(#[case] script: &str, #[case] out: &str, #[case] status: i32) {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    let mut command = strata(["run"]);
    command.arg(&busybox).args(["sh", "-c", script]).arg(&busybox).current_dir(&folder);
    let mut done = outcome(&mut command);
    done.err = done.err.replace("Terminated\n", "");
    assert_eq!(done, Outcome { out: out.into(), err: String::new(), end: Ok(status) });
    std::fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn a_further_program_adds_to_the_log() {
    let Some(busybox) = busybox() else { return };
    let folder = folder();
    let mut command = strata(["run", "-d", "stats", "-D", "log"]);
    command.arg(&busybox).args(["sh", "-c", "cd /; \"$0\" true; \"$0\" false; exit 0"]).arg(&busybox);
    std::fs::write(folder.join("log"), "old\n").unwrap();
    assert_eq!(outcome(command.current_dir(&folder)).end, Ok(0));
    let log = std::fs::read_to_string(folder.join("log")).unwrap();
    assert_eq!(log.matches("stats: instructions ").count(), 3, "{log}");
    assert!(!log.contains("old"));
    std::fs::remove_dir_all(&folder).unwrap();
}

#[rstest]
#[case::block("interp")]
#[case::step("interp,step=on")]
fn every_driver_runs_the_shell(#[case] tier: &str) {
    let Some(busybox) = busybox() else { return };
    let script = "x=$(seq 200 | md5sum); echo $x; awk 'BEGIN {print 1/3, 10/4}'";
    let done = sh(&busybox, &["-accel", tier], script, &root());
    let out = "304f7b9574921ad21a2bc72f200483d7 -\n0.333333 2.5\n";
    assert_eq!(done, Outcome { out: out.into(), err: String::new(), end: Ok(0) });
}

#[test]
fn ten_megabytes_pass_through_a_pipe() {
    let Some(busybox) = busybox() else { return };
    let input: Vec<u8> = (0..10_u32 << 20).map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let mut command = strata(["run"]);
    command.arg(&busybox).args(["sh", "-c", "cat | tee /dev/fd/3 3>&2 | wc -c"]);
    let mut child = command
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let done = std::thread::scope(|scope| {
        scope.spawn(|| {
            std::io::Write::write_all(&mut pipe, &input).unwrap();
            drop(pipe);
        });
        child.wait_with_output().unwrap()
    });
    assert_eq!(String::from_utf8_lossy(&done.stdout), "10485760\n");
    assert!(done.stderr == input, "the copy differs");
}

#[test]
fn standard_input_is_the_programs() {
    let Some(busybox) = busybox() else { return };
    let mut command = strata(["run"]);
    let done = fed(command.arg(&busybox).args(["sh", "-c", "read a; echo first $a; cat"]), b"1\n2\n3\n");
    assert_eq!(done, Outcome { out: "first 1\n2\n3\n".into(), err: String::new(), end: Ok(0) });
}

#[test]
fn standard_error_is_kept_apart() {
    let Some(busybox) = busybox() else { return };
    let done = sh(&busybox, &[], "echo out; echo err >&2; ls nothing", &root());
    assert_eq!(done.out, "out\n");
    assert_eq!(done.err, "err\nls: nothing: No such file or directory\n");
    assert_eq!(done.end, Ok(1));
}
