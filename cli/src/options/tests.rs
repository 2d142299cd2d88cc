//! What command lines and variables ask for.

use super::*;
use rstest::rstest;

fn words(line: &str) -> Vec<OsString> {
    line.split_whitespace().map(OsString::from).collect()
}

fn asked(line: &str) -> Options {
    let env = [("HOME".into(), "/root".into()), ("LANG".into(), "C".into())];
    match parse(Command::Run, &words(line), env.into_iter()).unwrap() {
        Asked::Run(options) => *options,
        Asked::Text(text) => panic!("{text}"),
    }
}

#[test]
fn options_end_at_the_program() {
    let options = asked("-d exec,cpu -D /log -seed 7 ./prog -d in_asm --help");
    assert_eq!(options.items, [Item::Exec, Item::Cpu]);
    assert_eq!(options.program, PathBuf::from("./prog"));
    assert_eq!(options.arguments, words("-d in_asm --help"));
    assert_eq!(options.words, words("-d exec,cpu -Dappend /log -seed 7"));
}

#[test]
fn a_further_program_gets_the_options_by_absolute_names() {
    let options = asked("-L /usr -strace -s 1M -cpu max -0 x -execfn y prog");
    assert_eq!((options.root, options.strace), (Some("/usr".into()), true));
    assert_eq!(options.words, words("-L /usr -strace -s 1M -cpu max"));
    let here = std::env::current_dir().unwrap();
    assert_eq!(asked("-L src prog").words, ["-L".into(), here.join("src").into_os_string()]);
}

/// What a line asks for under these variables.
fn asked_under(line: &str, env: &[(&str, &str)]) -> Options {
    let env = env.iter().map(|(name, value)| (name.into(), value.into()));
    match parse(Command::Run, &words(line), env).unwrap() {
        Asked::Run(options) => *options,
        Asked::Text(text) => panic!("{text}"),
    }
}

#[test]
fn a_variable_stands_for_an_option_and_the_option_wins() {
    let env = [("QEMU_LD_PREFIX", "/nowhere"), ("QEMU_STRACE", "1"), ("QEMU_STACK_SIZE", "128k")];
    let options = asked_under("-L / prog", &env);
    assert_eq!((options.root, options.strace, options.stack), (Some("/".into()), true, Some(128 << 10)));
    assert_eq!(options.words, words("-s 128k -strace -L /"));
}

#[test]
fn every_variable_of_qemu_is_read() {
    let env = [
        ("QEMU_ARGV0", "zero"),
        ("QEMU_CPU", "rv64,zba=true,v=false"),
        ("QEMU_GUEST_BASE", "0x100000000000"),
        ("QEMU_LOG", "exec"),
        ("QEMU_LOG_FILENAME", "/log"),
        ("QEMU_PAGESIZE", "4096"),
        ("QEMU_RAND_SEED", "0x10"),
        ("QEMU_RESERVED_VA", "4G"),
        ("QEMU_SINGLESTEP", ""),
        ("QEMU_UNAME", "6.6.6"),
    ];
    let options = asked_under("prog", &env);
    assert_eq!((options.name, options.release), (Some("zero".into()), Some("6.6.6".into())));
    assert_eq!((options.base, options.reserved, options.seed), (Some(1 << 44), Some(4 << 30), Some(16)));
    assert_eq!((options.items, options.log), (vec![Item::Exec], Some("/log".into())));
    assert_eq!(options.tier, Tier::interp(accel::Driver::Step));
}

#[test]
fn a_further_program_does_not_get_an_option_once_from_a_word_and_once_from_a_variable() {
    let env = [("QEMU_LOG_FILENAME", "/log"), ("QEMU_SINGLESTEP", "1")];
    let options = asked_under("-accel interp -Dappend /other prog", &env);
    assert_eq!(options.words, words("-accel interp -Dappend /other"));
    assert_eq!((options.tier, options.append), (Tier::interp(accel::Driver::Block), true));
}

#[test]
fn variables_that_change_the_environment_do_so_once() {
    let env = [("A", "0"), ("B", "0"), ("QEMU_SET_ENV", "A=1,C=x,y"), ("QEMU_UNSET_ENV", "B,D")];
    let options = asked_under("-E C=2 -E E=3,F=4 -U A prog", &env);
    assert_eq!(options.env, ["C=2", "E=3", "F=4"]);
    assert_eq!(options.words, words(""));
}

#[test]
fn the_kernel_gives_a_path_a_name_and_words() {
    let words = words("/bin/prog -name -d help");
    let Asked::Run(options) = parse(Command::Kernel, &words, std::iter::empty()).unwrap() else { panic!() };
    assert_eq!((options.program, options.name), ("/bin/prog".into(), Some("-name".into())));
    assert_eq!(options.arguments, ["-d", "help"]);
    let Asked::Run(options) = parse(Command::Kernel, &words[..1], std::iter::empty()).unwrap() else {
        panic!()
    };
    assert_eq!((options.program, options.name), ("/bin/prog".into(), None));
}

#[rstest]
#[case("-version", concat!("strata ", env!("CARGO_PKG_VERSION"), "\n"))]
#[case("-cpu help", "rv64 ")]
#[case("-h", "-strace ")]
fn a_question_is_answered_without_a_program(#[case] line: &str, #[case] part: &str) {
    match parse(Command::Run, &words(line), std::iter::empty()).unwrap() {
        Asked::Text(text) => assert!(text.contains(part), "{text}"),
        Asked::Run(options) => panic!("{options:?}"),
    }
}

#[test]
fn the_environment_can_be_changed() {
    let options = asked("-U LANG -E HOME=/ -E NEW=a=b prog");
    assert_eq!(options.env, ["HOME=/", "NEW=a=b"]);
}

#[test]
fn gdb_is_for_one_program_only() {
    let options = asked("-g 1234 -seed 7 prog");
    assert_eq!(options.gdb, Some(crate::gdb::Place::Port(1234)));
    assert_eq!(options.words, words("-seed 7"));
    let env = [("QEMU_GDB".into(), "/tmp/gdb".into()), ("HOME".into(), "/root".into())];
    let Asked::Run(options) = parse(Command::Run, &words("prog"), env.into_iter()).unwrap() else { panic!() };
    assert_eq!(options.gdb, Some(crate::gdb::Place::Socket("/tmp/gdb".into())));
    assert_eq!(options.env, ["HOME=/root"]);
}

#[rstest]
#[case("-x prog", "there is no option -x; see strata run -h")]
#[case("-d", "option -d needs a value: ITEM,…")]
#[case("-d exec", "which program? strata run [options] PROG [arguments]")]
#[case("", "which program? strata run [options] PROG [arguments]")]
#[case("-seed many prog", "\"many\" is no seed; write a number up to 2^64 − 1")]
#[case("-E HOME prog", "\"HOME\" sets nothing; write NAME=VALUE")]
#[case("-s 1 prog", "\"1\" is no stack size; write bytes, or a number and k or M, from 64k to 16384M")]
#[case("-cpu host prog", "there is no CPU model \"host\"; see -cpu help")]
#[case(
    "-cpu max,v=true prog",
    "the CPU has no property \"v=true\"; strata spec riscv64 lists the extensions there are"
)]
#[case("-cpu max,zba=off prog", "\"zba=off\" would take away what every CPU of strata has; leave it out")]
#[case(
    "-p 16384 prog",
    "pages of \"16384\" bytes cannot be had: RISC-V Linux has pages of 4096; leave -p out"
)]
#[case(
    "-B 0 prog",
    "\"0\" is no base; write a multiple of 4096 above zero, such as 0x100000000000, or leave -B out"
)]
#[case(
    "-R 1k prog",
    "\"1k\" is no size of an address space; write bytes in whole pages, or a number and k, M, G or T, from 64M to 64T"
)]
#[case(
    "-R 64M -s 32M prog",
    "a stack of 33554432 bytes takes more than a quarter of 67108864 bytes of address space; make it smaller with -s, or the space larger with -R"
)]
#[case("-E =x prog", "\"=x\" sets nothing; write NAME=VALUE")]
#[case("-L", "option -L needs a value: FOLDER")]
#[case("-g 65536 prog", "\"65536\" is no port; write a number up to 65535, or the path of a socket")]
#[case("-d fish prog", "there is no log item \"fish\"; see -d help")]
fn a_wrong_word_is_named(#[case] line: &str, #[case] sentence: &str) {
    assert_eq!(parse(Command::Run, &words(line), std::iter::empty()).unwrap_err().to_string(), sentence);
}
