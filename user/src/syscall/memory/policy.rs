//! On which node memory lies. Guest pages are host pages, so the host's policies are the guest's.

use super::super::process::is_own;
use super::super::{Addr, Answer, Call};
use super::range;
use crate::abi::Errno;
use crate::host;
use crate::host::{GuestMemory, Nodes};

/// Bits of the largest set of nodes. [mm/mempolicy.c]
const MOST: u64 = 4096 * 8;

/// The bits of a set: the last of `most` does not count.
fn bits(most: u64) -> Result<u64, Errno> {
    let bits = most.saturating_sub(1);
    if bits > MOST { Err(Errno::EINVAL) } else { Ok(bits) }
}

fn nodes_at(k: &Call<'_>, at: Addr, most: u64) -> Result<Option<Nodes>, Errno> {
    if at.is_null() || most <= 1 {
        return Ok(None);
    }
    let mut nodes = [0; 512];
    k.load_bits(at, bits(most)?, &mut nodes)?;
    Ok(Some(nodes))
}

pub fn mbind(k: &mut Call<'_>, at: u64, len: u64, mode: u32, nodes: Addr, most: u64, flags: u32) -> Answer {
    let nodes = nodes_at(k, nodes, most)?;
    let Some((memory, len)) = range(k, at, len)? else { return Ok(0) };
    host::mbind(memory, len, mode, nodes.as_ref(), most, flags)
}

pub fn set_mempolicy(k: &mut Call<'_>, mode: i32, nodes: Addr, most: u64) -> Answer {
    host::set_mempolicy(mode, nodes_at(k, nodes, most)?.as_ref(), most)
}

pub fn get_mempolicy(
    k: &mut Call<'_>,
    mode_at: Addr,
    nodes_at: Addr,
    most: u64,
    at: u64,
    flags: u64,
) -> Answer {
    let memory = match at {
        0 => None,
        at => Some(GuestMemory::new(k.space, at, 1).ok_or(Errno::EFAULT)?),
    };
    let (mut mode, mut nodes) = (0, [0; 512]);
    let wanted = if nodes_at.is_null() { 0 } else { bits(most)? };
    host::get_mempolicy(&mut mode, (wanted > 0).then_some(&mut nodes), most, memory, flags)?;
    k.store_some(mode_at, &mode)?;
    k.store_bits(nodes_at, wanted, &nodes)
}

pub fn set_mempolicy_home_node(k: &mut Call<'_>, at: u64, len: u64, node: u64, flags: u64) -> Answer {
    let Some((memory, len)) = range(k, at, len)? else { return Ok(0) };
    host::set_mempolicy_home_node(memory, len, node, flags)
}

pub fn migrate_pages(k: &mut Call<'_>, pid: i32, most: u64, from: Addr, to: Addr) -> Answer {
    let (from, to) = (nodes_at(k, from, most)?, nodes_at(k, to, most)?);
    host::migrate_pages(pid, most, from.as_ref(), to.as_ref())
}

/// Pages that one call of the host is asked to move.
const PART: u64 = 512;

/// Moves the program's own pages, or without nodes tells where they are.
pub fn move_pages(
    k: &mut Call<'_>,
    pid: i32,
    count: u64,
    pages: Addr,
    nodes: Addr,
    status: Addr,
    flags: i32,
) -> Answer {
    if pid != 0 && !is_own(pid) {
        return host::kill(pid, 0).and(Err(Errno::EPERM));
    }
    let (mut done, mut left) = (0, 0);
    while done < count {
        let part = (count - done).min(PART);
        left += move_part(
            k,
            part,
            pages.plus(done * k.abi().word_size()),
            nodes,
            done,
            status.plus(done * 4),
            flags,
        )?;
        done += part;
    }
    Ok(left)
}

fn move_part(
    k: &Call<'_>,
    count: u64,
    pages: Addr,
    nodes: Addr,
    done: u64,
    status: Addr,
    flags: i32,
) -> Answer {
    let (mut list, mut wanted, mut told) = ([0; 512], [0; 512], [0; 512]);
    for (n, (page, node)) in (0..count).zip(list.iter_mut().zip(&mut wanted)) {
        let at = k.load_word(pages.plus(n * k.abi().word_size()))?;
        // An address outside is one where nothing is mapped.
        *page = GuestMemory::new(k.space, at, 1).map_or(0, GuestMemory::word);
        if !nodes.is_null() {
            *node = k.load(nodes.plus((done + n) * 4))?;
        }
    }
    let wanted = (!nodes.is_null()).then_some(&wanted);
    let left = host::move_pages(0, count, &list, wanted, &mut told, flags)?;
    for (n, status_of) in (0..count).zip(&told) {
        k.store(status.plus(n * 4), status_of)?;
    }
    Ok(left)
}
