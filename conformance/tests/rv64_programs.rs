//! Compiled kernels: guest and host give the same answers, both drivers the same state after the same
//! number of instructions.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

use interp::block::Blocks;
use interp::riscv::Rv64;
use interp::{Hart, Stop, step};
use memory::user::{MapKind, Placement, Prot, Space};
use spec::riscv::{State, Trap};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;
use user::elf::{Plan, Source, map};

const NAMES: [&str; 9] =
    ["fib", "sieve", "sha256", "floats", "fused", "atomics", "bytecode", "bits", "unaligned"];
/// How the guest's side is compiled: with and without compressed instructions and bit manipulation.
const BUILDS: [(&str, &str); 3] = [("rv64gc", "-O2"), ("rv64g", "-O1"), ("rv64gc_zba_zbb_zbs", "-O2")];
const GUEST_CC: &str = "riscv64-linux-gnu-gcc";
/// More than any kernel runs.
const BUDGET: u64 = 50_000_000;
const STACK: u64 = 0x40_0000;
const STACK_BYTES: u64 = 0x1_0000;

fn skip(reason: &str) {
    println!("skip: rv64_programs: {reason}");
    if let Some(path) = std::env::var_os("STRATA_SKIPS") {
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "rv64_programs: {reason}").unwrap();
    }
}

/// The compiler's words, or `None` where there is no such compiler.
fn compile(compiler: &str, arguments: &[&str], out: &Path) -> Option<()> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/programs/kernels.c");
    // Contraction of a * b + c would round once where the other side rounds twice.
    let common = ["-std=gnu11", "-Wall", "-ffp-contract=off", "-fno-math-errno"];
    let ran = Command::new(compiler).args(common).arg(source).args(arguments).arg("-o").arg(out).output();
    let ran = match ran {
        Ok(ran) => ran,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return None,
        Err(e) => panic!("{compiler}: {e}"),
    };
    assert!(ran.status.success(), "{compiler}: {}", String::from_utf8_lossy(&ran.stderr));
    Some(())
}

fn native(folder: &Path) -> Option<Vec<u64>> {
    let program = folder.join("native");
    compile("gcc", &["-O2", "-lm"], &program)?;
    let out = Command::new(&program).output().unwrap();
    assert!(out.status.success());
    let text = String::from_utf8(out.stdout).unwrap();
    Some(text.lines().map(|line| u64::from_str_radix(line, 16).unwrap()).collect())
}

fn guest(folder: &Path, march: &str, level: &str) -> Option<PathBuf> {
    let program = folder.join(march);
    let march = format!("-march={march}");
    // No relaxation: nobody sets gp.
    let arguments = [
        level,
        &march,
        "-mabi=lp64d",
        "-static",
        "-nostdlib",
        "-ffreestanding",
        "-fno-pic",
        "-no-pie",
        "-fno-tree-loop-distribute-patterns",
        "-Wl,--no-relax",
        "-Wl,--build-id=none",
        "-lgcc",
    ];
    compile(GUEST_CC, &arguments, &program)?;
    Some(program)
}

/// A hart that is about to run kernel `which`.
fn hart(file: &[u8], which: u64) -> Hart<Rv64, Space> {
    let space = Space::with_window(1 << 32, 1 << 32).unwrap();
    let plan = Plan::read(file, |_| space.limit()).unwrap();
    map(&plan, Source::Bytes(file), &space).unwrap();
    space.map(Placement::FixedNoReplace(STACK), STACK_BYTES, Prot::RW, MapKind::ANONYMOUS).unwrap();
    let mut state = State { pc: plan.entry, ..State::new() };
    (state.x[2], state.x[10]) = (STACK + STACK_BYTES, which);
    Hart::new(state, space)
}

#[test]
fn guest_and_host_agree_in_both_drivers() {
    let folder = std::env::temp_dir().join(format!("strata-programs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let Some(native) = native(&folder) else { return skip("gcc is not installed") };
    assert_eq!(native.len(), NAMES.len());
    for (march, level) in BUILDS {
        let Some(program) = guest(&folder, march, level) else {
            skip(&format!("{GUEST_CC} is not installed"));
            break;
        };
        let file = std::fs::read(program).unwrap();
        for ((which, name), expected) in (0..).zip(NAMES).zip(&native) {
            let (mut a, mut b) = (hart(&file, which), hart(&file, which));
            let stops = [step::run(&mut a, BUDGET, None), Blocks::new().run(&mut b, BUDGET, None)];
            assert_eq!(stops, [Stop::Trap(Trap::EnvironmentCall); 2], "{name} {march}");
            assert_eq!(a.state.x[10], *expected, "{name} {march}: the guest's answer is not the host's");
            assert!(a.state == b.state, "{name} {march}: step {:#x?}, block {:#x?}", a.state, b.state);
            println!("{name} {march}: {expected:016x} after {} instructions", a.state.instret);
        }
    }
    std::fs::remove_dir_all(&folder).unwrap();
}
