//! Control messages: descriptors, credentials, times and addresses beside a message's bytes.
//!
//! Each list is written anew: heads have a word and start on a word's multiple, data lie alike for
//! every CPU. Descriptors of strata's own do not exist for the program and cannot be sent.

use super::super::{Addr, Call};
use crate::abi::structs::CmsgHead;
use crate::abi::{Abi, Errno, RISCV64, index};
use crate::host;

/// Bytes of control messages that are carried. [net.core.optmem_max]
pub const MOST: u64 = 128 * 1024;

/// Bytes of a head.
fn head_size(abi: &'static Abi) -> usize {
    index(abi.size::<CmsgHead>())
}

/// A list ends where it breaks: the messages before that, and what is left.
fn split<'a>(abi: &'static Abi, mut rest: &'a [u8]) -> (Vec<(CmsgHead, &'a [u8])>, &'a [u8]) {
    let size = head_size(abi);
    let mut all = vec![];
    while rest.len() >= size {
        let head: CmsgHead = abi.decode(rest);
        let len = index(head.len);
        let Some(data) = rest.get(size..len) else { break };
        all.push((head, data));
        let next = len.next_multiple_of(index(abi.word_size()));
        rest = rest.get(next..).unwrap_or_default();
    }
    (all, rest)
}

/// Adds a message to a list.
fn push(abi: &'static Abi, list: &mut Vec<u8>, head: &CmsgHead, data: &[u8]) {
    list.resize(list.len().next_multiple_of(index(abi.word_size())), 0);
    let len = (head_size(abi) + data.len()) as u64;
    list.extend_from_slice(&abi.encode(&CmsgHead { len, ..*head }));
    list.extend_from_slice(data);
}

fn is_rights(head: &CmsgHead) -> bool {
    (head.level, head.kind) == (libc::SOL_SOCKET, libc::SCM_RIGHTS)
}

/// What a program sends, for the host, which has riscv64's layout. A broken list is left for the host
/// to find.
pub fn sent(k: &Call<'_>, at: Addr, len: u64) -> Result<Vec<u8>, Errno> {
    if len > MOST {
        return Err(Errno::from_host(libc::ENOBUFS));
    }
    let mut all = vec![0; if at.is_null() { 0 } else { index(len) }];
    k.space.copy_in(at.0, &mut all)?;
    let (messages, rest) = split(k.abi(), &all);
    for (_, data) in messages.iter().filter(|(head, _)| is_rights(head)) {
        for number in data.as_chunks::<4>().0 {
            k.fd(k.abi().decode(number))?;
        }
    }
    if k.abi() == &RISCV64 {
        return Ok(all);
    }
    if rest.len() >= head_size(k.abi()) {
        return Err(Errno::EINVAL);
    }
    let mut list = vec![];
    for (head, data) in &messages {
        push(&RISCV64, &mut list, head, data);
    }
    Ok(list)
}

/// Room for the host's list where a program has `len` bytes: heads and padding are at most twice as long.
pub fn room(abi: &'static Abi, len: u64) -> usize {
    index(if abi == &RISCV64 { len } else { 2 * len })
}

/// What the host handed over, for a program that has room for so many bytes; and whether something did
/// not fit. Descriptors that do not fit are closed, as the kernel does.
pub fn received(abi: &'static Abi, all: &[u8], room: usize) -> (Vec<u8>, bool) {
    if abi == &RISCV64 {
        return (all.to_vec(), false);
    }
    let mut list = vec![];
    let mut cut = false;
    for (head, data) in split(&RISCV64, all).0 {
        let start = list.len().next_multiple_of(index(abi.word_size())) + head_size(abi);
        let mut fits = data.len().min(room.saturating_sub(start));
        if is_rights(&head) {
            fits -= fits % 4;
            for number in data[fits..].as_chunks::<4>().0 {
                // Nobody else knows the descriptor.
                let _ = host::close(i32::from_ne_bytes(*number));
            }
        }
        cut |= fits < data.len();
        if start > room || fits == 0 && !data.is_empty() {
            continue;
        }
        if is_rights(&head) {
            let numbers: Vec<u8> = data[..fits]
                .as_chunks::<4>()
                .0
                .iter()
                .flat_map(|number| abi.encode(&i32::from_ne_bytes(*number)).to_vec())
                .collect();
            push(abi, &mut list, &head, &numbers);
        } else {
            push(abi, &mut list, &head, &data[..fits]);
        }
    }
    (list, cut)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::RISCV32;

    #[test]
    fn a_broken_list_ends_where_it_breaks() {
        let head = CmsgHead { len: 20, level: libc::SOL_SOCKET, kind: libc::SCM_RIGHTS };
        let mut bytes = [0u8; 44];
        bytes[..16].copy_from_slice(&RISCV64.encode(&head));
        for len in [0u64, 15, 45, u64::MAX, u64::MAX - 7] {
            bytes[24..32].copy_from_slice(&len.to_le_bytes());
            let (all, _) = split(&RISCV64, &bytes);
            assert_eq!(all, [(head, &[0u8; 4][..])], "{len}");
        }
        assert_eq!(split(&RISCV64, &bytes[..3]).0, []);
    }

    #[test]
    fn a_list_of_the_host_is_written_anew_with_shorter_heads() {
        let head = |kind| CmsgHead { len: 0, level: 1, kind };
        let mut host = vec![];
        push(&RISCV64, &mut host, &head(29), &[7; 9]);
        push(&RISCV64, &mut host, &head(30), &[8; 4]);
        let mut wanted = vec![];
        push(&RISCV32, &mut wanted, &head(29), &[7; 9]);
        push(&RISCV32, &mut wanted, &head(30), &[8; 4]);
        assert_eq!((host.len(), wanted.len()), (52, 40));
        assert_eq!(received(&RISCV32, &host, 40), (wanted.clone(), false));
        let (cut, _) = received(&RISCV32, &host, 38);
        assert_eq!((cut.len(), &cut[36..]), (38, &[8, 8][..]));
        assert_eq!(received(&RISCV32, &host, 30), (wanted[..21].to_vec(), true));
        assert_eq!(received(&RISCV64, &host, 52), (host.clone(), false));
    }
}
