//! Lists of a directory's entries.

use super::super::{Addr, Answer, Call, Fd};
use crate::abi::structs::DirentHead;
use crate::abi::{Abi, Errno, RISCV64, Record, index};
use crate::host;

/// Directory bytes read at a time.
const MOST: u64 = 64 * 1024;

/// Entries have the same members at the same places under every ABI, in its own byte order.
pub fn getdents64(k: &mut Call<'_>, fd: Fd, at: Addr, size: u32) -> Answer {
    let room = k.writable(at, u64::from(size).min(MOST));
    if room == 0 {
        host::fcntl(fd.0, libc::F_GETFD, 0)?;
        return Err(if size == 0 { Errno::EINVAL } else { Errno::EFAULT });
    }
    let mut buffer = k.borrow(room);
    let got = host::getdents64(fd.0, &mut buffer);
    let put = got.and_then(|n| {
        let bytes = &mut buffer[..index(n)];
        convert(k.abi(), bytes);
        k.put(at, bytes).map(|_| n)
    });
    k.give_back(buffer);
    put
}

/// From the host's entries, which are riscv64's too.
fn convert(abi: &'static Abi, bytes: &mut [u8]) {
    let size = DirentHead::size(&abi.structs.dirent);
    let mut rest = bytes;
    while let Some((head, _)) = rest.split_at_mut_checked(size) {
        let entry: DirentHead = RISCV64.decode(head);
        head.copy_from_slice(&abi.encode(&entry));
        let len = usize::from(entry.reclen);
        if len < size || len > rest.len() {
            break;
        }
        rest = &mut rest[len..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_entries_end_the_conversion() {
        let head = DirentHead { ino: 1, off: 2, reclen: 24, kind: 4 };
        let mut bytes = [0u8; 48];
        bytes[..19].copy_from_slice(&RISCV64.encode(&head));
        let before = bytes;
        convert(&RISCV64, &mut bytes);
        assert_eq!(bytes, before);
        bytes[16] = 0;
        convert(&RISCV64, &mut bytes);
        bytes[16] = 255;
        convert(&RISCV64, &mut bytes);
    }
}
