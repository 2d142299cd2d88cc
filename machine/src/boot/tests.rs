//! What lies where after the files were read, and what is said of bad ones.

use super::*;
use rstest::rstest;

fn virt(ram: u64) -> Target<'static> {
    Target { board: Board::named("virt").unwrap(), ram, xlen: 64 }
}

/// A file in a folder of this test's own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("strata-boot-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A Linux image of 64 bytes that says it needs `size`.
fn image(size: u64) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    bytes[16..24].copy_from_slice(&size.to_le_bytes());
    bytes[0x30..0x35].copy_from_slice(b"RISCV");
    bytes[0x38..0x3c].copy_from_slice(b"RSC\x05");
    bytes
}

fn at(boot: &Boot, end_of_name: &str) -> u64 {
    boot.blobs.iter().find(|blob| blob.name.ends_with(end_of_name)).unwrap().at
}

#[test]
fn a_kernel_lies_behind_firmware_and_an_initrd_behind_the_kernel() {
    let folder = Folder::new("usual");
    let files = Files {
        bios: Bios::File(folder.write("fw.bin", &[0x13, 0, 0, 0].repeat(75))),
        kernel: Some(folder.write("Image", &image(0x10_0000))),
        initrd: Some(folder.write("initrd", b"cpio")),
        append: "console=ttyS0".into(),
        ..Files::default()
    };
    let boot = plan(virt(128 << 20), &files, Node::new("")).unwrap();
    assert_eq!(boot.pc, 0x1000);
    assert_eq!((at(&boot, "fw.bin"), at(&boot, "Image")), (0x8000_0000, 0x8020_0000));
    assert_eq!((at(&boot, "initrd"), at(&boot, "fdt")), (0x8420_0000, 0x87e0_0000));
    let reset = boot.blobs.iter().find(|blob| blob.name == "mrom.reset").unwrap();
    let words: Vec<u64> =
        reset.contents.bytes()[24..].chunks(8).map(|b| u64::from_le_bytes(b.try_into().unwrap())).collect();
    assert_eq!(words, [0x8000_0000, 0x87e0_0000, 0x4942_534f, 2, 0x8020_0000, 1, 0, 0]);
    assert_eq!(reset.contents.bytes()[..4], 0x297_u32.to_le_bytes());
    let fdt = boot.blobs.iter().find(|blob| blob.name == "fdt").unwrap();
    let mut tree = Node::read(fdt.contents.bytes()).unwrap();
    assert_eq!(tree.within("chosen").get("bootargs"), Some(&b"console=ttyS0\0"[..]));
    assert_eq!(tree.within("chosen").get("linux,initrd-end"), Some(&0x8420_0004_u64.to_be_bytes()[..]));
}

#[test]
fn an_initrd_is_never_inside_its_kernel() {
    let folder = Folder::new("inside");
    let files = Files {
        bios: Bios::None,
        kernel: Some(folder.write("Image", &image(90 << 20))),
        initrd: Some(folder.write("initrd", b"cpio")),
        ..Files::default()
    };
    let boot = plan(virt(128 << 20), &files, Node::new("")).unwrap();
    assert_eq!(at(&boot, "initrd"), 0x8000_0000 + (90 << 20));
}

#[rstest]
#[case("gz", b"\x1f\x8b\x08 and more", "is compressed with gzip; unpack it first: gzip -dc FILE > Image")]
#[case("empty", b"", "is empty; name a kernel: an ELF file, or Linux's Image")]
#[case("script", b"#!/bin/sh\n", "is a script; name a kernel: an ELF file, or Linux's Image")]
#[case("elf", b"\x7fELF\x02\x01\x01", "is a damaged ELF file")]
#[case("text", b"a letter\n", "is a text; name a kernel: an ELF file, or Linux's Image")]
#[case("utf-8", "\u{e9}t\u{e9}".as_bytes(), "is a text; name a kernel: an ELF file, or Linux's Image")]
#[case("dos", b"MZ\x90\0\x03", "is a kernel for another CPU; name a kernel for RISC-V")]
#[case("zeros", &[0; 100], "-device loader,file=FILE,addr=ADDRESS puts any file into memory")]
#[case("tree", b"\xd0\x0d\xfe\xed", "name a device tree with -dtb, and boot a FIT image from U-Boot")]
fn a_file_that_is_no_kernel_is_named(#[case] name: &str, #[case] bytes: &[u8], #[case] end: &str) {
    let folder = Folder::new(name);
    let kernel = Some(folder.write("kernel", bytes));
    let files = Files { bios: Bios::None, kernel, ..Files::default() };
    let error = plan(virt(128 << 20), &files, Node::new("")).unwrap_err().to_string();
    assert!(error.ends_with(end), "{error}");
}

/// An ELF file with one segment.
fn elf(base: u64) -> Vec<u8> {
    let options = spec::asm::Options { base, ..Default::default() };
    let image = spec::asm::program(&spec::riscv::RV64, "_start:\n j _start\n", &options).unwrap();
    spec::asm::elf::write(&image, spec::asm::elf::Target::of(&spec::riscv::RV64))
}

#[test]
fn a_raw_program_is_a_kernel_and_firmware() {
    let folder = Folder::new("raw");
    // A jump, and what programs hold besides.
    let raw = folder.write("raw", b"\x6f\x00\x00\x01a text\n");
    let files = Files { bios: Bios::File(raw.clone()), kernel: Some(raw), ..Files::default() };
    let boot = plan(virt(128 << 20), &files, Node::new("")).unwrap();
    let places: Vec<u64> =
        boot.blobs.iter().filter(|blob| blob.name.ends_with("raw")).map(|blob| blob.at).collect();
    assert_eq!(places, [0x8000_0000, 0x8020_0000]);
}

#[test]
fn a_position_independent_file_that_begins_at_zero_goes_where_a_raw_one_would() {
    let folder = Folder::new("moved");
    let mut movable = elf(0);
    movable[16] = 3; // ET_DYN
    let files = |bios: &[u8]| Files { bios: Bios::File(folder.write("fw.elf", bios)), ..Files::default() };
    let boot = plan(virt(128 << 20), &files(&movable), Node::new("")).unwrap();
    assert_eq!(at(&boot, "fw.elf"), 0x8000_0000);
    let reset = boot.blobs.iter().find(|blob| blob.name == "mrom.reset").unwrap();
    let entry = u64::from_le_bytes(reset.contents.bytes()[24..32].try_into().unwrap());
    assert!((0x8000_0000..0x8000_1000).contains(&entry), "{entry:#x}");
    let error = plan(virt(128 << 20), &files(&elf(0)), Node::new("")).unwrap_err().to_string();
    assert!(error.contains("would lie at 0x0 to ") || error.contains("both lie at"), "{error}");
}

#[test]
fn a_file_for_another_cpu_is_named() {
    let folder = Folder::new("foreign");
    let mut foreign = elf(0x8000_0000);
    foreign[18..20].copy_from_slice(&62_u16.to_le_bytes());
    let files =
        Files { bios: Bios::None, kernel: Some(folder.write("kernel", &foreign)), ..Files::default() };
    let error = plan(virt(128 << 20), &files, Node::new("")).unwrap_err().to_string();
    let end = "is an ELF file for x86-64; this machine runs RISC-V programs of its own width, see -arch";
    assert!(error.ends_with(end), "{error}");
}

#[test]
fn what_cannot_fit_and_what_has_no_end_is_not_read() {
    let folder = Folder::new("endless");
    let huge = folder.write("huge", b"");
    std::fs::File::options().write(true).open(&huge).unwrap().set_len(1 << 43).unwrap();
    let said = |kernel: PathBuf| {
        let files = Files { bios: Bios::None, kernel: Some(kernel), ..Files::default() };
        plan(virt(64 << 20), &files, Node::new("")).unwrap_err().to_string()
    };
    assert!(
        said(huge)
            .ends_with("needs 8796093022208 bytes, and RAM has 67108864; give the machine more with -m")
    );
    assert_eq!(said("/dev/zero".into()), "kernel /dev/zero does not end after 268435456 bytes; name a file");
}

#[rstest]
#[case(4 << 20, 8 << 20, 0, "needs 8388608 bytes, and RAM has 4194304; give the machine more with -m")]
#[case(32 << 20, 1 << 20, 20 << 20, "needs 20971520 bytes, and RAM has 33554432; give the machine more with -m")]
fn what_does_not_fit_is_refused(
    #[case] ram: u64,
    #[case] kernel: u64,
    #[case] initrd: usize,
    #[case] end: &str,
) {
    let folder = Folder::new(&format!("small-{ram}"));
    let files = Files {
        bios: Bios::None,
        kernel: Some(folder.write("Image", &image(kernel))),
        initrd: Some(folder.write("initrd", &vec![0; initrd])),
        ..Files::default()
    };
    let error = plan(virt(ram), &files, Node::new("")).unwrap_err().to_string();
    assert!(error.ends_with(end), "{error}");
}

#[test]
fn a_program_linked_for_the_start_of_ram_is_told_to_leave_firmware_out() {
    let folder = Folder::new("overlap");
    let files = Files {
        bios: Bios::File(folder.write("fw.bin", &[0x13, 0, 0, 0].repeat(75))),
        kernel: Some(folder.write("kernel", &elf(0x8000_0000))),
        ..Files::default()
    };
    let error = plan(virt(128 << 20), &files, Node::new("")).unwrap_err().to_string();
    assert!(error.ends_with("is booted with -bios none"), "{error}");
}

#[test]
fn a_missing_file_and_a_lonely_initrd_are_named() {
    let missing = Files { bios: Bios::None, kernel: Some("/nowhere/Image".into()), ..Files::default() };
    let error = plan(virt(128 << 20), &missing, Node::new("")).unwrap_err().to_string();
    assert_eq!(error, "kernel /nowhere/Image cannot be read");
    let alone = Files { bios: Bios::None, initrd: Some("/nowhere".into()), ..Files::default() };
    let error = plan(virt(128 << 20), &alone, Node::new("")).unwrap_err().to_string();
    assert_eq!(error, "-initrd without -kernel is of no use; add -kernel FILE");
}
