//! OpenSBI and U-Boot, as Debian builds them, from each place that can hold them.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod common;

use common::machine::{Folder, debian};
use common::{Outcome, outcome, root, skip, strata};
use rstest::rstest;
use spec::asm;
use spec::riscv::RV64;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

const OPENSBI: &str = "riscv64-linux-gnu/opensbi/generic";
const SUPERVISOR: &str = "u-boot/qemu-riscv64_smode";
const MACHINE: &str = "u-boot/qemu-riscv64";

/// A file of Debian's packages opensbi and u-boot-qemu, or a skipped test.
fn firmware(name: &str) -> Option<String> {
    let path = root().join("target/debian/root/usr/lib").join(name);
    let here = path.is_file();
    if !here {
        skip("Debian's firmware is missing; make debian fetches it");
    }
    here.then(|| path.display().to_string())
}

/// Boots with a script at the console; whoever reads it is to switch the machine off.
fn boot(folder: &Folder, script: &str, words: &[&str]) -> Outcome {
    let mut command = strata(["boot", "-m", "512M", "-d", "guest_errors"]);
    command.args(words).current_dir(root()).stdin(File::open(folder.script(script)).unwrap());
    let done = outcome(&mut command);
    assert_eq!((done.end, &*done.err), (Ok(0), ""), "{}", done.out);
    done
}

/// An ext4 image with these files, or a skipped test.
fn disk(folder: &Folder, files: &[(&str, &Path)]) -> Option<String> {
    let mke2fs = Path::new("/usr/sbin/mke2fs");
    if !mke2fs.is_file() {
        skip("mke2fs is missing; apt-get install e2fsprogs");
        return None;
    }
    let (tree, disk) = (PathBuf::from(folder.path("tree")), folder.path("disk"));
    for (name, from) in files {
        let to = tree.join(name);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::copy(from, to).unwrap();
    }
    let mut command = Command::new(mke2fs);
    command.args(["-q", "-t", "ext4", "-d"]).arg(&tree).arg(&disk).arg("64M");
    let made = Outcome::from(command.output().unwrap());
    assert_eq!(made.end, Ok(0), "{}", made.err);
    Some(disk)
}

fn drive(disk: &str) -> [String; 4] {
    let drive = format!("file={disk},if=none,id=d,format=raw");
    ["-drive".into(), drive, "-device".into(), "virtio-blk-device,drive=d".into()]
}

#[test]
fn uboot_loads_debians_kernel_from_a_disk_and_boots_it() {
    let Some((debian, uboot)) = debian().zip(firmware(&format!("{SUPERVISOR}/u-boot.bin"))) else { return };
    let folder = Folder::new("kernel");
    let files = [("Image", &*debian.kernel), ("boot/initrd", &*debian.initrd)];
    let Some(disk) = disk(&folder, &files) else { return };
    // The first line ends the wait for somebody who does not want what is booted by itself.
    let script = "\nvirtio info\nvirtio scan\nls virtio 0\n\
                  load virtio 0 $kernel_addr_r /Image\n\
                  load virtio 0 $ramdisk_addr_r /boot/initrd\n\
                  setenv bootargs console=ttyS0 found.by=uboot\n\
                  booti $kernel_addr_r $ramdisk_addr_r:$filesize $fdtcontroladdr\n\
                  cat /proc/cmdline; uname -m; echo $((6 * 7))\npoweroff -f\n";
    let drive = drive(&disk);
    let words: Vec<&str> = ["-kernel", &uboot].into_iter().chain(drive.iter().map(|word| &**word)).collect();
    let done = boot(&folder, script, &words);
    let size = |path: &Path| format!("{} bytes read in ", std::fs::metadata(path).unwrap().len());
    let lines = [
        "Device 0: QEMU VirtIO Block Device\r\n            Type: Hard Disk\r\n            Capacity: 64.0 MB",
        "   Image\r\n",
        &size(&debian.kernel),
        &size(&debian.initrd),
        "Starting kernel ...",
        "console=ttyS0 found.by=uboot\r\nriscv64\r\n42\r\n",
        "reboot: Power down",
    ];
    for line in lines {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
}

/// Ways to U-Boot's prompt: options, words whose files are Debian's.
#[rstest]
#[case::jump_elf(&[("-bios", OPENSBI, "fw_jump.elf"), ("-kernel", SUPERVISOR, "u-boot.bin")])]
#[case::jump_bin(&[("-bios", OPENSBI, "fw_jump.bin"), ("-kernel", SUPERVISOR, "uboot.elf")])]
#[case::dynamic_elf(&[("-bios", OPENSBI, "fw_dynamic.elf"), ("-kernel", SUPERVISOR, "u-boot.bin")])]
#[case::machine_mode_bin(&[("-bios", MACHINE, "u-boot.bin")])]
#[case::machine_mode_elf(&[("-bios", MACHINE, "uboot.elf")])]
fn uboot_finds_a_disk(#[case] words: &[(&str, &str, &str)]) {
    let mut line = vec![];
    for (option, package, name) in words {
        let Some(path) = firmware(&format!("{package}/{name}")) else { return };
        line.extend([(*option).to_owned(), path]);
    }
    let folder = Folder::new(&format!("ways-{}-{}", words.len(), words[0].2));
    reaches_its_prompt(&folder, &line);
}

/// Types at U-Boot's prompt, with a disk of one text.
fn reaches_its_prompt(folder: &Folder, line: &[String]) {
    let text = folder.path("text");
    std::fs::write(&text, "from the disk").unwrap();
    let Some(disk) = disk(folder, &[("text", Path::new(&text))]) else { return };
    let script = "\nvirtio info\nload virtio 0 $loadaddr /text\nmd.b $loadaddr 4\npoweroff\n";
    let drive = drive(&disk);
    let words: Vec<&str> = line.iter().chain(&drive).map(|word| &**word).collect();
    let done = boot(folder, script, &words);
    for line in ["U-Boot 20", "Device 0: QEMU VirtIO Block Device", "13 bytes read in ", "66 72 6f 6d"] {
        assert!(done.out.contains(line), "{line}: {}", done.out);
    }
}

/// Copies what lies a page behind it to the start of RAM, where U-Boot is linked, and starts that.
const LOADER: &str = "
        .text
        .globl _start
_start: li   t0, 0x20001000
        li   t1, 0x80000000
        li   t2, 0x80200000
1:      ld   t3, 0(t0)
        sd   t3, 0(t1)
        addi t0, t0, 8
        addi t1, t1, 8
        bltu t1, t2, 1b
        fence.i
        li   t1, 0x80000000
        jr   t1
";

/// Debian's U-Boot for machine mode is not built to be executed where it lies: its pointers name the start of RAM, and its
/// first trap goes there. From flash it is copied first.
#[test]
fn uboot_starts_from_flash() {
    let Some(uboot) = firmware(&format!("{MACHINE}/u-boot.bin")) else { return };
    let folder = Folder::new("flash");
    let options = asm::Options { base: 0x2000_0000, ..Default::default() };
    let image = asm::program(&RV64, LOADER, &options).unwrap();
    let mut flash = image.sections[0].bytes.clone();
    flash.resize(4096, 0xff);
    flash.extend(std::fs::read(uboot).unwrap());
    let path = folder.path("flash");
    std::fs::write(&path, flash).unwrap();
    let drive = format!("if=pflash,unit=0,format=raw,readonly=on,file={path}");
    reaches_its_prompt(&folder, &["-bios", "none", "-drive", &drive].map(String::from));
}
