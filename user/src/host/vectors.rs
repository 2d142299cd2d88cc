//! Calls that take structures of pointers: vectored reads, messages, filters.
//!
//! The structures are built here, from slices that live as long as the call.

use super::gate::{Words, call, wait};
use crate::abi::Errno;
use libc::{c_void, iovec, msghdr};

/// A message to be sent.
pub(crate) struct Outgoing<'a> {
    /// The address; empty for none.
    pub name: &'a [u8],
    pub bytes: &'a [u8],
    /// Control messages, laid out as the host's.
    pub control: &'a [u8],
}

/// Room for a message; the kernel says how much of it was used.
pub(crate) struct Incoming<'a> {
    pub name: &'a mut [u8],
    pub bytes: &'a mut [u8],
    pub control: &'a mut [u8],
    /// How the message came (`MSG_TRUNC`, `MSG_CTRUNC`, ...).
    pub flags: i32,
    pub name_len: u32,
    pub control_len: usize,
}

fn word<T>(value: &T) -> u64 {
    std::ptr::from_ref(value).expose_provenance() as u64
}

fn header(name: (*mut c_void, usize), bytes: &mut iovec, control: (*mut c_void, usize)) -> msghdr {
    // SAFETY: integers and raw pointers, of which zero is a value.
    let mut header: msghdr = unsafe { std::mem::zeroed() };
    header.msg_name = if name.1 == 0 { std::ptr::null_mut() } else { name.0 };
    header.msg_namelen = u32::try_from(name.1).unwrap_or(u32::MAX);
    header.msg_iov = bytes;
    header.msg_iovlen = 1;
    header.msg_control = if control.1 == 0 { std::ptr::null_mut() } else { control.0 };
    header.msg_controllen = control.1;
    header
}

fn shared(bytes: &[u8]) -> (*mut c_void, usize) {
    (bytes.as_ptr().cast_mut().cast(), bytes.len())
}

fn vector((base, len): (*mut c_void, usize)) -> iovec {
    iovec { iov_base: base, iov_len: len }
}

pub(crate) fn sendmsg(fd: i32, message: &Outgoing<'_>, flags: i32) -> Result<u64, Errno> {
    let mut bytes = vector(shared(message.bytes));
    let header = header(shared(message.name), &mut bytes, shared(message.control));
    let words = Words::of(&[u64::from(fd.cast_unsigned()), word(&header), u64::from(flags.cast_unsigned())]);
    // SAFETY: the header names three slices with their lengths, which outlive the call; the kernel
    // only reads them.
    unsafe { wait(libc::SYS_sendmsg, &words) }
}

pub(crate) fn recvmsg(fd: i32, message: &mut Incoming<'_>, flags: i32) -> Result<u64, Errno> {
    let unique = |bytes: &mut [u8]| (bytes.as_mut_ptr().cast(), bytes.len());
    let mut bytes = vector(unique(message.bytes));
    let mut header = header(unique(message.name), &mut bytes, unique(message.control));
    let at = std::ptr::from_mut(&mut header).expose_provenance() as u64;
    let words = Words::of(&[u64::from(fd.cast_unsigned()), at, u64::from(flags.cast_unsigned())]);
    // SAFETY: the header names three slices that are ours alone, with their lengths, and outlive the
    // call; the kernel fills no more of them, and writes the header, ours alone too.
    let got = unsafe { wait(libc::SYS_recvmsg, &words) }?;
    message.flags = header.msg_flags;
    message.name_len = header.msg_namelen;
    message.control_len = header.msg_controllen.min(message.control.len());
    Ok(got)
}

/// Reads at `at`, or at the file's own position if that is -1.
pub(crate) fn preadv2(fd: i32, to: &mut [u8], at: i64, flags: i32) -> Result<u64, Errno> {
    let to = vector((to.as_mut_ptr().cast(), to.len()));
    // SAFETY: the vector names one slice, ours alone, with its length.
    unsafe { wait(libc::SYS_preadv2, &placed(fd, &to, at, flags)) }
}

/// Writes at `at`, or at the file's own position if that is -1.
pub(crate) fn pwritev2(fd: i32, from: &[u8], at: i64, flags: i32) -> Result<u64, Errno> {
    let from = vector(shared(from));
    // SAFETY: the vector names one slice with its length, which the kernel only reads.
    unsafe { wait(libc::SYS_pwritev2, &placed(fd, &from, at, flags)) }
}

/// A 64-bit kernel takes the offset from the lower of two words.
fn placed(fd: i32, one: &iovec, at: i64, flags: i32) -> Words {
    let (fd, flags) = (u64::from(fd.cast_unsigned()), u64::from(flags.cast_unsigned()));
    Words::of(&[fd, word(one), 1, at.cast_unsigned(), 0, flags])
}

/// Sets a socket option that is a filter: instructions of 8 bytes each. [struct sock_fprog]
pub(crate) fn setsockopt_filter(fd: i32, level: i32, name: i32, code: &[[u8; 8]]) -> Result<u64, Errno> {
    let len = u16::try_from(code.len()).map_err(|_| Errno::EINVAL)?;
    let filter = libc::sock_fprog { len, filter: code.as_ptr().cast_mut().cast() };
    let [fd, level, name] = [fd, level, name].map(|n| u64::from(n.cast_unsigned()));
    let words = Words::of(&[fd, level, name, word(&filter), size_of::<libc::sock_fprog>() as u64]);
    // SAFETY: the structure names a slice with its length, which the kernel only reads.
    unsafe { call(libc::SYS_setsockopt, &words) }
}

/// Asks to be told of a message by one on a netlink socket that carries `cookie`. [mq_notify(2)]
pub(crate) fn mq_notify_cookie(queue: i32, socket: i32, cookie: &[u8; 32]) -> Result<u64, Errno> {
    let mut event = [0u8; 64];
    event[..8].copy_from_slice(&word(cookie).to_le_bytes());
    event[8..12].copy_from_slice(&socket.to_le_bytes());
    event[12..16].copy_from_slice(&libc::SIGEV_THREAD.to_le_bytes());
    super::mq_notify(queue, Some(&event))
}

/// The interfaces of the network into `room`, or without room how many bytes they take. [SIOCGIFCONF]
pub(crate) fn ioctl_interfaces(fd: i32, room: Option<&mut [u8]>) -> Result<i32, Errno> {
    let (at, len) = room.map_or((std::ptr::null_mut(), 0), |room| (room.as_mut_ptr(), room.len()));
    let len = i32::try_from(len).map_err(|_| Errno::EINVAL)?;
    let mut list =
        libc::ifconf { ifc_len: len, ifc_ifcu: libc::__c_anonymous_ifc_ifcu { ifcu_buf: at.cast() } };
    let list_at = std::ptr::from_mut(&mut list).expose_provenance() as u64;
    let words = Words::of(&[u64::from(fd.cast_unsigned()), libc::SIOCGIFCONF, list_at]);
    // SAFETY: the structure is ours and names a slice of ours alone with its length.
    unsafe { call(libc::SYS_ioctl, &words) }?;
    Ok(list.ifc_len.min(if at.is_null() { i32::MAX } else { len }))
}
