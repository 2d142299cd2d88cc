//! Machines that cannot be: each mistake of a command line and its files is named, with a remedy.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::Folder;
use common::{Outcome, outcome, strata};
use rstest::rstest;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Endless work, so that a machine that should have been refused is not one that ends by itself.
const BUSY: &str = "        .text\n        .globl _start\n_start: j _start\n";

/// A folder with a program and what is wrong with files.
fn folder(name: &str) -> Folder {
    let folder = Folder::new(name);
    folder.program(64, BUSY);
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path(name), bytes).unwrap();
    write("text", b"Dear machine,\nplease boot.\n");
    write("gzip", b"\x1f\x8b\x08\0\0\0\0\0");
    write("empty", b"");
    write("cut.dtb", b"\xd0\x0d\xfe\xed\0\0\x01\0");
    write("disk", &[0; 4096]);
    for (name, size) in [("large", 300 << 20), ("endless", 1 << 43)] {
        std::fs::File::create(folder.path(name)).unwrap().set_len(size).unwrap();
    }
    folder
}

/// Boots in that folder; a machine that is built is told from one that is refused by its time.
fn boot(folder: &Folder, line: &str) -> Outcome {
    let start = Instant::now();
    let mut command = strata(["boot", "-nographic", "-m", "64M", "-bios", "none"]);
    let done = outcome(command.args(line.split_whitespace()).current_dir(folder.path("")));
    assert!(start.elapsed() < Duration::from_secs(60), "{line}");
    done
}

#[rstest]
#[case::missing("-kernel none.elf", "kernel none.elf cannot be read: No such file or directory")]
#[case::a_folder("-kernel .", "kernel . cannot be read: Is a directory")]
#[case::a_text("-kernel text", "text is a text; name a kernel: an ELF file, or Linux's Image")]
#[case::compressed("-kernel gzip", "gzip is compressed with gzip; unpack it first: gzip -dc FILE > Image")]
#[case::nothing("-kernel empty", "empty is empty; name a kernel: an ELF file, or Linux's Image")]
#[case::zeros(
    "-kernel disk",
    "disk is no program: its first bytes are no instruction; name an ELF file, \
    Linux's Image or a raw program; -device loader,file=FILE,addr=ADDRESS puts any file into memory"
)]
#[case::endless(
    "-kernel endless",
    "kernel endless needs 8796093022208 bytes, and RAM has 67108864; give the machine more with -m"
)]
#[case::another_width(
    "-kernel program.elf -arch riscv32",
    "program.elf is an ELF file of 64 bits, and the harts have 32; this machine runs RISC-V programs of its own width, see -arch"
)]
#[case::firmware_text("-bios text", "text is a text; name firmware: an ELF file, or a raw program")]
#[case::firmware_missing("-bios none.bin", "firmware none.bin cannot be read: No such file or directory")]
#[case::firmware_twice(
    "-bios program.elf -kernel program.elf",
    "program.elf and program.elf would both lie at 0x80000000; put one of them elsewhere; \
     a program linked for the start of RAM is booted with -bios none"
)]
#[case::initrd_too_large(
    "-kernel program.elf -initrd large",
    "initrd large behind the kernel needs 314572800 bytes, and RAM has 67108864; give the machine more with -m"
)]
#[case::initrd_alone("-initrd disk", "-initrd without -kernel is of no use; add -kernel FILE")]
#[case::small(
    "-m 4k -kernel program.elf -dtb large",
    "device tree large cannot be used: \
    it does not begin with the mark of a device tree, d0 0d fe ed; compile sources with dtc first"
)]
#[case::tree_of_text(
    "-dtb text",
    "device tree text cannot be used: \
    it does not begin with the mark of a device tree, d0 0d fe ed; compile sources with dtc first"
)]
#[case::tree_cut(
    "-dtb cut.dtb",
    "device tree cut.dtb cannot be used: \
    it is damaged: byte 0x100 lies outside what its header says; compile it anew"
)]
#[case::two_at_one_place(
    "-kernel program.elf -device loader,file=text,addr=0x80000000",
    "text and program.elf would both lie at 0x80000000; put one of them elsewhere; \
     a program linked for the start of RAM is booted with -bios none"
)]
#[case::over_a_device(
    "-device loader,file=text,addr=0x10000000",
    "text would lie at 0x10000000 to 0x1000001b, and RAM is at 0x80000000 to 0x84000000; \
     link it for this machine, or give the machine more RAM with -m"
)]
#[case::loader_without_place(
    "-device loader,file=text",
    "-device loader: text is no ELF file, so it does not say where it belongs; add addr=ADDRESS"
)]
#[case::drive_missing("-drive file=none.img", "none.img cannot be opened: No such file or directory")]
#[case::drive_is_a_folder("-drive file=.", ". is no file and no block device; name an image")]
#[case::drive_twice(
    "-drive file=disk -drive file=disk",
    "disk is in use by another drive of this machine; give up one of the two, or open the image in both with readonly=on"
)]
#[case::no_transport(
    "-device virtio-rng-device,bus=virtio-mmio-bus.8",
    "there is no free virtio-mmio-bus.8 for a virtio device: the board has 8; leave one out, or name another bus"
)]
#[case::large_flash(
    "-drive if=pflash,file=large",
    "flash large has 314572800 bytes, and a bank has 33554432; cut it"
)]
#[case::no_log("-D none/log -kernel program.elf", "none/log cannot be written: No such file or directory")]
#[case::ram_without_end(
    "-m 200T -kernel program.elf",
    "the guest's memory cannot be had: RAM block riscv_virt_board.ram cannot have 219902325555200 bytes; \
     give it at least one, and fewer than 2^47"
)]
fn files_that_do_not_fit_are_named(#[case] line: &str, #[case] sentence: &str) {
    let folder = folder(std::thread::current().name().unwrap().rsplit("::").next().unwrap());
    let done = boot(&folder, line);
    assert_eq!((done.err.trim_end(), done.end), (&*format!("strata: {sentence}"), Ok(1)), "{}", done.out);
}

#[rstest]
#[case("-m 0", "-m: \"0\" is no memory; write a size, or leave -m out for the board's usual one")]
#[case("-m -1", "-m: \"-1\" is no value for size; write MiB, or a number and k, M or G")]
#[case("-smp 0", "-smp: \"0\" is no number of harts; write 1 to 512")]
#[case("-smp 513", "-smp: \"513\" is no number of harts; write 1 to 512")]
#[case("-kernle x", "there is no option -kernle: did you mean 'kernel'?; see strata boot -h")]
#[case("-cpu rv64,svade=perhaps", "property svade is \"perhaps\", which is neither on nor off")]
#[case(
    "-device virtio-blk-device,drive=d",
    "-device: \"d\" is no drive; write -drive if=none,id=d,file=FILE"
)]
#[case("-drive fiel=disk", "-drive: file is missing; add file=…")]
#[case("-drive file=disk,raedonly=on", "-drive has no property \"raedonly\": did you mean 'readonly'?")]
#[case(
    "-device {\"driver\":\"virtio-rng-device\",\"rgn\":\"r\"}",
    "-device virtio-rng-device has no property \"rgn\": did you mean 'rng'?"
)]
#[case(
    "-device {\"driver\":",
    "-device: the JSON value cannot be read: EOF while parsing a value at line 1 column 10"
)]
fn words_that_mean_nothing_are_named(#[case] line: &str, #[case] sentence: &str) {
    let done = boot(&folder("words"), line);
    assert_eq!((done.err.trim_end(), done.end), (&*format!("strata: {sentence}"), Ok(2)), "{}", done.out);
}

#[test]
fn a_drive_that_another_machine_writes_is_refused_and_its_holder_named() {
    let folder = folder("locked");
    let words =
        ["boot", "-S", "-bios", "none", "-serial", "null", "-monitor", "stdio", "-drive", "file=disk"];
    let mut first = strata(words);
    first.current_dir(folder.path("")).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut first = first.spawn().unwrap();
    // Once the monitor prompts, the drive is open.
    let mut prompt = vec![];
    BufReader::new(first.stdout.take().unwrap()).read_until(b')', &mut prompt).unwrap();
    let second = boot(&folder, "-drive file=disk");
    let reader = boot(&folder, "-drive file=disk,readonly=on");
    drop(first.stdin.take());
    first.wait().unwrap();
    let sentence = format!(
        "strata: disk is in use by process {} (strata); give up one of the two, \
         or open the image in both with readonly=on\n",
        first.id()
    );
    assert_eq!((second.err, second.end), (sentence.clone(), Ok(1)));
    assert_eq!((reader.err, reader.end), (sentence, Ok(1)));
}
