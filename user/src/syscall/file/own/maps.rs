//! `/proc/PID/maps`: the program's mappings.

use crate::process::Process;
use memory::user::{Region, Space};
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

/// One line for each region.
pub fn maps(p: &Process, space: &Space) -> Vec<u8> {
    let mut text = vec![];
    for region in space.regions() {
        let name = match &region.file {
            Some(part) => part.file.path.as_os_str().as_bytes(),
            None if region.start == p.vdso => b"[vdso]",
            None if region.end == p.top => b"[stack]",
            None if p.heap().holds(region.end - 1) => b"[heap]",
            None => b"",
        };
        line(&mut text, &region, name);
    }
    text
}

/// One line, its name from column 73 on, line ends in it as Linux shows them. [fs/proc/task_mmu.c]
fn line(text: &mut Vec<u8>, region: &Region, name: &[u8]) {
    let (dev, inode, offset) =
        region.file.as_ref().map_or((0, 0, 0), |f| (f.file.dev, f.file.inode, f.offset));
    let shared = if region.shared { 's' } else { 'p' };
    let mut head = String::new();
    let _ = write!(
        head,
        "{:08x}-{:08x} {}{shared} {offset:08x} {:02x}:{:02x} {inode} ",
        region.start,
        region.end,
        region.prot,
        libc::major(dev),
        libc::minor(dev),
    );
    if !name.is_empty() {
        head = format!("{head:<73}");
    }
    text.extend(head.bytes());
    for byte in name {
        match byte {
            b'\n' => text.extend(b"\\012"),
            other => text.push(*other),
        }
    }
    text.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use memory::user::Prot;

    #[test]
    fn a_mapping_is_one_line_with_its_name_in_column_73() {
        let region = Region { start: 0x1_0000, end: 0x1_2000, prot: Prot::RX, shared: false, file: None };
        let mut text = vec![];
        line(&mut text, &region, b"/a\nb");
        let text = String::from_utf8(text).unwrap();
        assert_eq!(text, format!("{:<73}/a\\012b\n", "00010000-00012000 r-xp 00000000 00:00 0 "));
        let mut plain = vec![];
        line(&mut plain, &region, b"");
        assert_eq!(plain, b"00010000-00012000 r-xp 00000000 00:00 0 \n");
    }
}
