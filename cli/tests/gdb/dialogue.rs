//! Packets written by hand.

use crate::common::{STRATA, assembled, command, folder, outcome, strata};
use crate::{Line, SUM, address, frame, from_wire, waiting, wire};
use rstest::rstest;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::Stdio;

#[test]
fn a_dialogue_reads_and_changes_the_program() {
    let program = assembled(SUM, &folder());
    let waiting = waiting(&program);
    let mut line = Line::to(&waiting.place);
    let (start, total) = (address(SUM, "_start"), address(SUM, "total"));

    assert!(line.ask("qSupported:multiprocess+;swbreak+;hwbreak+").contains("qXfer:features:read+"));
    let id = waiting.id();
    assert_eq!(line.ask("?"), format!("T05thread:p{id}.{id};"));
    let all = line.ask("g");
    assert_eq!(all.len(), 2 * (65 * 8 + 3 * 4));
    assert_eq!(all[32 * 16..33 * 16], wire(start));
    assert_eq!(line.ask("p20"), wire(start));
    assert_eq!(line.ask("p44"), "E79", "there is no such register");
    // li a0, 1
    assert_eq!(line.ask(&format!("m{start:x},4")), "13051000");
    assert_eq!(line.ask("m0,8"), "E0e");
    assert_eq!(line.ask("mffffffffffffffff,ffff"), "E0e");
    assert_eq!(line.ask(&format!("M{total:x},4:0a0b0c0d")), "OK");
    assert_eq!(line.ask(&format!("m{total:x},4")), "0a0b0c0d");
    assert_eq!(line.ask("Pa=2a00000000000000"), "OK");
    assert_eq!(line.ask("pa"), wire(42));
    assert_eq!(line.ask("P43=ff000000"), "OK");
    assert_eq!(line.ask("p43") + &line.ask("p42") + &line.ask("p41"), "ff000000070000001f000000");
    // A rounding mode of 7 would make the conversion illegal.
    assert_eq!(line.ask("P42=00000000"), "OK");
    assert!(line.ask("qXfer:features:read:target.xml:0,3000").contains("org.gnu.gdb.riscv.fpu"));
    assert_eq!(line.ask("qXfer:features:read:other.xml:0,100"), "E79");
    assert!(line.ask("vCont?").starts_with("vCont;c;C;s;S"));
    assert_eq!(line.ask("vMustReplyEmpty"), "");
    drop(line);
    assert_eq!(waiting.end().end, Ok(42), "a gdb that leaves leaves the program running");
}

#[test]
fn a_dialogue_stops_at_breakpoints_steps_and_watchpoints() {
    let program = assembled(SUM, &folder());
    let waiting = waiting(&program);
    let (id, mut line) = (waiting.id(), Line::to(&waiting.place));
    let (add, total, leave) = (address(SUM, "add"), address(SUM, "total"), address(SUM, "leave"));

    assert_eq!(line.ask(&format!("Z0,{add:x},2")), "OK");
    assert_eq!(line.ask("vCont;c"), format!("T05thread:{id};swbreak:;"));
    assert_eq!(line.ask("p20"), wire(add));
    assert_eq!(line.ask("p2b"), wire(2f64.to_bits()));
    assert_eq!(line.ask(&format!("vCont;s:{id};c")), format!("T05thread:{id};"));
    assert_eq!(line.ask("pa"), wire(3));
    assert_eq!(line.ask(&format!("z0,{add:x},2")), "OK");
    assert_eq!(line.ask(&format!("Z2,{total:x},8")), "OK");
    assert_eq!(line.ask("c"), format!("T05thread:{id};watch:{total:06x};"));
    assert_eq!(line.ask(&format!("m{total:x},8")), wire(3));
    assert_eq!(line.ask(&format!("z2,{total:x},8")), "OK");
    assert_eq!(line.ask(&format!("Z3,{total:x},1")), "OK");
    assert_eq!(line.ask("c"), format!("T05thread:{id};rwatch:{total:06x};"));
    assert_eq!(line.ask(&format!("Z1,{leave:x},2")), "OK");
    let pc = from_wire(&line.ask("p20"));
    assert_eq!(line.ask(&format!("vCont;r{pc:x},{leave:x}:{id};c")), format!("T05thread:{id};hwbreak:;"));
    assert_eq!(line.ask("p20"), wire(leave));
    assert_eq!(line.ask("c"), "W2a");
    assert_eq!(waiting.end().end, Ok(42));
}

#[rstest]
#[case::fault("ld a0, 8(zero)", 11, 11)]
#[case::illegal(".word 0", 4, 4)]
#[case::breakpoint("ebreak", 5, 5)]
#[case::misaligned("li a0, 1\n lr.w a1, (a0)", 10, 7)]
fn a_signal_is_reported_before_it_kills(#[case] code: &str, #[case] gdb: u8, #[case] linux: i32) {
    let source = format!("        .text\n        .globl _start\n_start: nop\n {code}\n");
    let program = assembled(&source, &folder());
    let waiting = waiting(&program);
    let (id, mut line) = (waiting.id(), Line::to(&waiting.place));
    let stopped = format!("T{gdb:02x}thread:{id};");
    assert_eq!(line.ask("c"), stopped);
    assert_eq!(line.ask("c"), stopped, "without the signal the instruction is tried again");
    assert_eq!(line.ask(&format!("vCont;C{gdb:02x}:{id}")), format!("X{gdb:02x}"));
    let end = waiting.end();
    assert_eq!(end.end, Err(linux), "{end:?}");
}

#[test]
fn what_is_no_packet_is_answered_and_forgotten() {
    let program = assembled(SUM, &folder());
    let waiting = waiting(&program);
    let (id, mut line) = (waiting.id(), Line::to(&waiting.place));
    line.0.write_all(b"noise\xff\x00$?#00").unwrap();
    assert_eq!(line.byte(), b'-');
    line.0.write_all(b"$?#zz").unwrap();
    assert_eq!(line.byte(), b'-');
    line.0.write_all(b"$?$?#3f").unwrap();
    assert_eq!(line.answer(), format!("T05thread:{id};"));
    for wrong in ["mzz,1", "P=", "Z0", "Z9,0,0", "vCont;q", "Gffff", "X0,5:a", "qXfer:features:read:"] {
        let answer = line.ask(wrong);
        assert!(answer.is_empty() || answer.starts_with('E'), "{wrong} → {answer}");
    }
    // gdb wants the last answer again.
    let pc = line.ask("p20");
    line.0.write_all(b"-").unwrap();
    assert_eq!(line.answer(), pc);
    let long = "m".repeat(40000);
    line.0.write_all(&frame(long.as_bytes())).unwrap();
    while line.byte() != b'-' {}
    assert_eq!(line.ask("QStartNoAckMode"), "OK");
    line.0.write_all(b"$?#00").unwrap();
    assert_eq!(line.answer(), "E16");
    assert_eq!(line.ask("vCont;q"), "E16");
    assert_eq!(line.ask("?"), format!("T05thread:{id};"));
    assert_eq!(line.ask("D"), "OK");
    assert_eq!(waiting.end().end, Ok(42));
}

#[test]
fn control_c_stops_a_loop_and_kill_ends_it() {
    let source = "        .text\n        .globl _start\n_start: addi a0, a0, 1\n        j _start\n";
    let waiting = waiting(&assembled(source, &folder()));
    let (id, mut line) = (waiting.id(), Line::to(&waiting.place));
    line.0.write_all(&frame(b"vCont;c")).unwrap();
    line.0.write_all(&[3]).unwrap();
    assert_eq!(line.answer(), format!("T02thread:{id};"));
    let pc = from_wire(&line.ask("p20"));
    assert!([0, 2, 4].contains(&(pc - address(source, "_start"))));
    line.0.write_all(&frame(b"k")).unwrap();
    assert_eq!(waiting.end().end, Err(9));
}

#[test]
fn a_breakpoint_in_a_loop_stops_each_round_once() {
    let source = "        .text\n        .globl _start\n_start: li a0, 3\nround:  addi a0, a0, -1
        bnez a0, round\n        li a7, 93\n        ecall\n";
    let waiting = waiting(&assembled(source, &folder()));
    let (id, mut line) = (waiting.id(), Line::to(&waiting.place));
    assert_eq!(line.ask(&format!("Z0,{:x},4", address(source, "round"))), "OK");
    for left in [3, 2, 1] {
        assert_eq!(line.ask("c"), format!("T05thread:{id};swbreak:;"));
        assert_eq!(line.ask("pa"), wire(left));
    }
    assert_eq!(line.ask("c"), "W00");
    assert_eq!(waiting.end().end, Ok(0));
}

#[test]
fn a_port_in_use_is_named_with_a_remedy() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let end = outcome(strata(["run", "-g", &port]).arg(assembled(SUM, &folder())));
    assert_eq!(end.end, Ok(1));
    assert_eq!(end.err, format!("strata: port {port} is in use; choose another with -g\n"));
}

#[test]
fn a_socket_in_the_file_system_is_removed_once_gdb_is_there() {
    let folder = folder();
    // The kernel takes paths of up to 107 bytes, so it is named from within.
    let program = assembled(SUM, &folder);
    let mut command = command(STRATA);
    command.args(["run", "-g", "./s"]).arg(&program).current_dir(&folder);
    let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.trim().ends_with("/s"), "{line}");
    let pid = child.id();
    let stream = std::os::unix::net::UnixStream::connect(folder.join("s"))
        .or_else(|_| std::os::unix::net::UnixStream::connect(format!("/proc/{pid}/cwd/s")));
    drop(stream.unwrap());
    assert_eq!(child.wait().unwrap().code(), Some(42));
    assert!(!folder.join("s").exists());
}

#[test]
fn a_dialogue_asks_for_threads_signals_and_files() {
    let folder = folder();
    let source = "        .text\n        .globl _start\n_start: ld a0, 8(zero)\n        unimp\n";
    let program = assembled(source, &folder);
    let waiting = waiting(&program);
    let mut line = Line::to(&waiting.place);
    let features = line.ask("qSupported:multiprocess+;swbreak+");
    for feature in ["PacketSize=4000", "multiprocess+", "QPassSignals+", "qXfer:siginfo:read+"] {
        assert!(features.split(';').any(|word| word == feature), "no {feature} in {features}");
    }
    let pid = waiting.child.id();
    let threads = line.ask("qXfer:threads:read::0,1000");
    assert!(threads.starts_with('l') && threads.contains(&format!("\"p{pid:x}.")), "{threads}");
    assert!(threads.contains("name=\"program\""), "{threads}");
    assert_eq!(line.ask("qXfer:threads:read::1,1"), "m?");
    assert_eq!(line.ask("qXfer:siginfo:read::0,80"), "E05", "nothing has happened yet");
    assert_eq!(line.ask("QPassSignals:x"), "");
    assert_eq!(line.ask("QProgramSignals:0;1;2"), "OK");
    let id = waiting.id();
    assert_eq!(line.ask("c"), format!("T0bthread:p{id}.{id};"));
    let info = line.ask("qXfer:siginfo:read::0,80");
    // si_signo, si_errno, si_code SEGV_MAPERR, si_addr
    let expected = b"l\x0b\0\0\0\0\0\0\0\x01\0\0\0\0\0\0\0\x08\0\0\0\0\0\0\0".map(char::from);
    assert!(info.starts_with(&String::from_iter(expected)), "{info:?}");
    assert_eq!(line.ask("QPassSignals:b"), "OK");
    assert_eq!(line.ask("c"), "X0b");
    assert_eq!(waiting.end().end, Err(11));
}

#[test]
fn a_dialogue_stops_before_and_after_system_calls() {
    let source = "        .text\n        .globl _start\n_start: li a7, 172\n        ecall\n        li a7, 178
        ecall\n        li a0, 6\n        li a7, 93\nlast:   ecall\n";
    let waiting = waiting(&assembled(source, &folder()));
    let (id, mut line) = (waiting.id(), Line::to(&waiting.place));
    assert_eq!(line.ask("QCatchSyscalls:1;ac;5d"), "OK");
    assert_eq!(line.ask("vCont;c"), format!("T05thread:{id};syscall_entry:ac;"));
    assert_eq!(line.ask("pa"), wire(0), "it has not been made");
    assert_eq!(line.ask("vCont;c"), format!("T05thread:{id};syscall_return:ac;"));
    assert_eq!(line.ask("pa"), wire(waiting.child.id().into()));
    assert_eq!(line.ask("vCont;c"), format!("T05thread:{id};syscall_entry:5d;"));
    assert_eq!(line.ask("p20"), wire(address(source, "last")));
    assert_eq!(line.ask("QCatchSyscalls:0"), "OK");
    assert_eq!(line.ask("vCont;c"), "W06");
    assert_eq!(waiting.end().end, Ok(6));
}

#[rstest]
#[case::told("", "T1ethread:")]
#[case::passed("QPassSignals:1e", "X1e")]
fn a_signal_from_another_process_is_told_unless_it_is_passed(#[case] first: &str, #[case] told: &str) {
    let source = "        .text\n        .globl _start\n_start: j _start\n";
    let waiting = waiting(&assembled(source, &folder()));
    let mut line = Line::to(&waiting.place);
    if !first.is_empty() {
        assert_eq!(line.ask(first), "OK");
    }
    line.0.write_all(&frame(b"vCont;c")).unwrap();
    // The answer to Ctrl-C says that it runs no longer; so it has run.
    line.0.write_all(&[3]).unwrap();
    assert!(line.answer().starts_with("T02"));
    line.0.write_all(&frame(b"vCont;c")).unwrap();
    let sent = outcome(command("kill").args(["-USR1", &waiting.child.id().to_string()]));
    assert_eq!(sent.end, Ok(0), "{sent:?}");
    if first.is_empty() {
        assert!(line.answer().starts_with(told));
        // SI_USER, and where from.
        assert!(line.ask("qXfer:siginfo:read::0,80").starts_with("l\u{a}"));
        let id = waiting.id();
        assert_eq!(line.ask(&format!("vCont;C1e:{id}")), "X1e");
    }
    assert_eq!(waiting.end().end, Err(10));
}

#[test]
fn control_c_stops_a_program_that_waits_in_a_system_call() {
    // pselect with nothing to wait for.
    let source = "        .text\n        .globl _start\n_start: li a7, 72\nwait:   ecall\n        j wait\n";
    let waiting = waiting(&assembled(source, &folder()));
    let (id, mut line) = (waiting.id(), Line::to(&waiting.place));
    line.0.write_all(&frame(b"vCont;c")).unwrap();
    line.0.write_all(&[3]).unwrap();
    assert_eq!(line.answer(), format!("T02thread:{id};"));
    line.0.write_all(&frame(b"vCont;c")).unwrap();
    // Now it is in the call, or about to be.
    line.0.write_all(&[3]).unwrap();
    assert_eq!(line.answer(), format!("T02thread:{id};"));
    line.0.write_all(&frame(b"k")).unwrap();
    assert_eq!(waiting.end().end, Err(9));
}
