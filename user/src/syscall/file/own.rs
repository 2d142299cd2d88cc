//! Files of `/proc` that the host would fill with facts about strata: answered for the program.
//!
//! A file is a fresh memory file with the text of the moment. Left out: names relative to a folder of
//! `/proc`, and what other processes see of this one.

use super::super::{Answer, Call};
use crate::abi::{Errno, int};
use crate::host;
use memory::user::Region;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt;

/// One of the files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Own {
    /// The auxiliary vector.
    Auxv,
    /// The arguments, as they are on the stack now.
    Cmdline,
    /// The processors.
    Cpuinfo,
    /// The mappings.
    Maps,
}

/// What follows `/proc/self/` or another name of the process's own folder.
pub fn tail(path: &[u8]) -> Option<&[u8]> {
    let rest = path.strip_prefix(b"/proc/")?;
    let end = rest.iter().position(|b| *b == b'/')?;
    let (who, file) = (&rest[..end], &rest[end + 1..]);
    let own = || std::process::id().to_string();
    (who == b"self" || who == b"thread-self" || who == own().as_bytes()).then_some(file)
}

/// The file that an absolute name means.
pub fn file_of(path: &[u8]) -> Option<Own> {
    match (path, tail(path)) {
        (b"/proc/cpuinfo", _) => Some(Own::Cpuinfo),
        (_, Some(b"auxv")) => Some(Own::Auxv),
        (_, Some(b"cmdline")) => Some(Own::Cmdline),
        (_, Some(b"maps")) => Some(Own::Maps),
        _ => None,
    }
}

/// Opens one of the files, which can only be read.
pub fn open(k: &mut Call<'_>, file: Own, flags: i32) -> Answer {
    if flags & libc::O_ACCMODE != libc::O_RDONLY {
        return Err(Errno::EACCES);
    }
    let text = match file {
        Own::Auxv => k.p.first.vector.clone(),
        Own::Cmdline => arguments(k),
        Own::Cpuinfo => processors(k.abi().isa).into_bytes(),
        Own::Maps => maps(k),
    };
    let close = if flags & libc::O_CLOEXEC != 0 { libc::MFD_CLOEXEC } else { 0 };
    let fd = host::memfd_create(c"proc", close)?;
    let filled = fill(int(fd), &text);
    if filled.is_err() {
        // The error that is told is the first one.
        let _ = host::close(int(fd));
    }
    filled.map(|_| fd)
}

fn fill(fd: i32, text: &[u8]) -> Answer {
    let mut done = 0;
    while done < text.len() {
        let n = host::pwrite(fd, &text[done..], i64::try_from(done).unwrap_or(i64::MAX))?;
        done += crate::abi::index(n).max(1);
    }
    Ok(0)
}

fn arguments(k: &Call<'_>) -> Vec<u8> {
    let range = &k.p.first.args;
    let mut bytes = vec![0; crate::abi::index(range.end - range.start)];
    // As under Linux, nothing is left to read where the program has unmapped its stack.
    k.space.copy_in(range.start, &mut bytes).map_or(vec![], |()| bytes)
}

fn maps(k: &Call<'_>) -> Vec<u8> {
    let mut text = vec![];
    for region in k.space.regions() {
        let name = match &region.file {
            Some(part) => part.file.path.as_os_str().as_bytes(),
            None if region.end == k.abi().top => b"[stack]",
            None if k.p.heap().holds(region.end - 1) => b"[heap]",
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

/// As `arch/riscv/kernel/cpu.c` prints them, one for each processor the program may run on.
fn processors(isa: &str) -> String {
    let count = std::thread::available_parallelism().map_or(1, usize::from);
    let mut text = String::new();
    for n in 0..count {
        let _ = write!(
            text,
            "processor\t: {n}\nhart\t\t: {n}\nisa\t\t: {isa}\nmmu\t\t: sv39\nmvendorid\t: 0x0\nmarchid\t\t: 0x0\nmimpid\t\t: 0x0\n\n"
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use memory::user::Prot;
    use rstest::rstest;

    #[rstest]
    #[case("/proc/self/maps", Some(Own::Maps))]
    #[case("/proc/thread-self/auxv", Some(Own::Auxv))]
    #[case("/proc/cpuinfo", Some(Own::Cpuinfo))]
    #[case("/proc/self/mapsx", None)]
    #[case("/proc/1/maps", None)]
    #[case("proc/self/maps", None)]
    #[case("/proc/self", None)]
    fn a_file_of_the_process_is_known_by_name(#[case] path: &str, #[case] wanted: Option<Own>) {
        assert_eq!(file_of(path.as_bytes()), wanted);
        let numbered = path.replace("self", &std::process::id().to_string());
        assert_eq!(file_of(numbered.as_bytes()).is_some(), wanted.is_some() && !path.contains("thread"));
    }

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
