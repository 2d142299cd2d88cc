//! Control messages: descriptors, credentials, times and addresses beside a message's bytes.
//!
//! 64-bit CPUs lay them out alike, heads and data; each head passes through its table. Descriptors of
//! strata's own do not exist for the program and cannot be sent.

use super::super::{Addr, Call};
use crate::abi::structs::CmsgHead;
use crate::abi::{Errno, index};

/// Bytes of control messages that are carried. [net.core.optmem_max]
pub const MOST: u64 = 128 * 1024;

/// One message in a list: its head, and where its data lie.
fn first(bytes: &[u8]) -> Option<(CmsgHead, usize)> {
    let head = CmsgHead::decode(bytes.first_chunk()?);
    let len = index(head.len);
    (len >= CmsgHead::SIZE && len <= bytes.len()).then_some((head, len))
}

/// Where the next one starts: on a multiple of 8.
fn next(bytes: &mut [u8], len: usize) -> &mut [u8] {
    bytes.get_mut(len.next_multiple_of(8)..).unwrap_or_default()
}

fn is_rights(head: &CmsgHead) -> bool {
    (head.level, head.kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS)
}

/// What a program sends, for the host. A broken list is left for the host to find.
pub fn sent(k: &Call<'_>, at: Addr, len: u64) -> Result<Vec<u8>, Errno> {
    if len > MOST {
        return Err(Errno::from_host(libc::ENOBUFS));
    }
    let mut all = vec![0; if at.is_null() { 0 } else { index(len) }];
    k.space.copy_in(at.0, &mut all)?;
    let mut rest = &mut all[..];
    while let Some((head, len)) = first(rest) {
        if is_rights(&head) {
            let (numbers, _) = rest[CmsgHead::SIZE..len].as_chunks::<4>();
            for number in numbers {
                k.fd(i32::from_le_bytes(*number))?;
            }
        }
        rest[..CmsgHead::SIZE].copy_from_slice(&head.encode());
        rest = next(rest, len);
    }
    Ok(all)
}

/// What the host handed over, for the program.
pub fn received(all: &mut [u8]) {
    let mut rest = all;
    while let Some((head, len)) = first(rest) {
        rest[..CmsgHead::SIZE].copy_from_slice(&head.encode());
        rest = next(rest, len);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_list_ends_where_it_breaks() {
        let head = CmsgHead { len: 20, level: libc::SOL_SOCKET, kind: libc::SCM_RIGHTS };
        let mut bytes = [0u8; 44];
        bytes[..16].copy_from_slice(&head.encode());
        for len in [0u64, 15, 16, 21, 44, 45, u64::MAX, u64::MAX - 7] {
            bytes[24..32].copy_from_slice(&len.to_le_bytes());
            let before = bytes;
            received(&mut bytes);
            assert_eq!(bytes, before, "{len}");
        }
        received(&mut bytes[..3]);
    }
}
