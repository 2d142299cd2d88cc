//! The gate to the host's kernel, and what may pass through it.
//!
//! A row of `calls` is safe to call because of three things kept here: pointers come only from
//! references, or from guest memory, in which no Rust object lives; a slice passes with its own
//! length; what the kernel fills is [`Plain`].

use crate::abi::Errno;
use std::ffi::CStr;

/// Types of which any bytes are a value, laid out as the kernel's structure of that name.
///
/// # Safety
/// The type is `repr(C)`, holds only integers and arrays of them, and is as large as what the
/// kernel writes for the calls that take it.
pub(crate) unsafe trait Plain: Copy {}

macro_rules! plain {
    ($($t:ty),* $(,)?) => { $(
        // SAFETY: integers, or a libc structure of integers that mirrors the kernel's on x86-64.
        unsafe impl Plain for $t {}
    )* };
}
plain!(
    u8,
    u16,
    u32,
    i32,
    u64,
    i64,
    libc::stat,
    libc::statx,
    libc::timespec,
    libc::timeval,
    libc::itimerval,
    libc::itimerspec,
    libc::rusage,
    libc::tms,
    libc::rlimit64,
    libc::sysinfo,
    libc::utsname,
    libc::pollfd,
    libc::flock,
    libc::epoll_event,
    libc::siginfo_t,
);

// SAFETY: an array of plain values is one.
unsafe impl<T: Plain, const N: usize> Plain for [T; N] {}

/// A piece of guest memory that the kernel itself reads or writes, as a futex word. It need not
/// be mapped: the kernel then answers EFAULT.
#[derive(Clone, Copy)]
pub(crate) struct GuestMemory(*mut u8);

impl GuestMemory {
    /// `at..at + len` of a space; `None` if that leaves it.
    pub fn new(space: &memory::user::Space, at: u64, len: u64) -> Option<Self> {
        space.host_pointer(at, len).map(Self)
    }

    /// The host's address, for a structure that names the piece.
    pub fn word(self) -> u64 {
        self.0.expose_provenance() as u64
    }
}

/// A message whose first eight bytes, its type, do not count in its length. [msgsnd(2)]
pub(crate) struct Typed<'a>(pub &'a mut [u8]);

impl Typed<'_> {
    /// Bytes of the type.
    pub const HEAD: usize = 8;
}

/// The argument words of one call. Six suffice for any call; more are dropped.
pub(crate) struct Words {
    list: [libc::c_long; 6],
    used: usize,
}

impl Words {
    pub fn new() -> Self {
        Self { list: [0; 6], used: 0 }
    }

    /// These words; more than six are dropped.
    pub fn of(list: &[u64]) -> Self {
        let mut words = Self::new();
        list.iter().for_each(|word| words.push(word.cast_signed()));
        words
    }

    fn push(&mut self, word: i64) {
        if let Some(slot) = self.list.get_mut(self.used) {
            *slot = word;
            self.used += 1;
        }
    }

    fn push_address(&mut self, at: usize) {
        self.push((at as u64).cast_signed());
    }
}

/// What a row may list as an argument.
pub(crate) trait Arg {
    /// Appends the words of the argument.
    fn push(self, words: &mut Words);
}

impl Arg for i32 {
    fn push(self, words: &mut Words) {
        words.push(i64::from(self));
    }
}
impl Arg for u32 {
    fn push(self, words: &mut Words) {
        words.push(i64::from(self));
    }
}
impl Arg for i64 {
    fn push(self, words: &mut Words) {
        words.push(self);
    }
}
impl Arg for u64 {
    fn push(self, words: &mut Words) {
        words.push(self.cast_signed());
    }
}
impl Arg for &CStr {
    fn push(self, words: &mut Words) {
        words.push_address(self.as_ptr().expose_provenance());
    }
}
impl Arg for Option<&CStr> {
    fn push(self, words: &mut Words) {
        words.push_address(self.map_or(0, |s| s.as_ptr().expose_provenance()));
    }
}
impl Arg for GuestMemory {
    fn push(self, words: &mut Words) {
        words.push_address(self.0.expose_provenance());
    }
}
impl Arg for Option<GuestMemory> {
    fn push(self, words: &mut Words) {
        words.push_address(self.map_or(0, |memory| memory.0.expose_provenance()));
    }
}
impl<T: Plain> Arg for &T {
    fn push(self, words: &mut Words) {
        words.push_address(std::ptr::from_ref(self).expose_provenance());
    }
}
impl<T: Plain> Arg for &mut T {
    fn push(self, words: &mut Words) {
        words.push_address(std::ptr::from_mut(self).expose_provenance());
    }
}
impl<T: Plain> Arg for Option<&T> {
    fn push(self, words: &mut Words) {
        words.push_address(self.map_or(0, |v| std::ptr::from_ref(v).expose_provenance()));
    }
}
impl<T: Plain> Arg for Option<&mut T> {
    fn push(self, words: &mut Words) {
        words.push_address(self.map_or(0, |v| std::ptr::from_mut(v).expose_provenance()));
    }
}
/// Two words: where and how many.
impl<T: Plain> Arg for &[T] {
    fn push(self, words: &mut Words) {
        words.push_address(self.as_ptr().expose_provenance());
        words.push_address(self.len());
    }
}
/// Two words: where and how many.
impl<T: Plain> Arg for &mut [T] {
    fn push(self, words: &mut Words) {
        words.push_address(self.as_mut_ptr().expose_provenance());
        words.push_address(self.len());
    }
}

/// Two words: where the type is and how many bytes follow it.
impl Arg for Typed<'_> {
    fn push(self, words: &mut Words) {
        let rest = self.0.len().saturating_sub(Self::HEAD);
        words.push_address(self.0.as_mut_ptr().expose_provenance());
        words.push_address(rest);
    }
}

/// Makes the call.
///
/// # Safety
/// The words are what the kernel documents for call `number`, and every structure or buffer it
/// writes for them is one the caller has exclusively, at least as large as the kernel fills.
pub(crate) unsafe fn call(number: libc::c_long, words: &Words) -> Result<u64, Errno> {
    let [a, b, c, d, e, f] = words.list;
    // SAFETY: the caller's promise.
    let got = unsafe { libc::syscall(number, a, b, c, d, e, f) };
    if got == -1 { Err(last_errno()) } else { Ok(got.cast_unsigned()) }
}

/// Makes a call that may wait, unless a signal for the program has been noted: then it answers
/// [`Errno::NOT_MADE`] at once. A signal that comes between that look and the wait is not lost, see [`interrupt`].
///
/// # Safety
/// As [`call`].
pub(crate) unsafe fn wait(number: libc::c_long, words: &Words) -> Result<u64, Errno> {
    let (noted, allowed) = super::signals::watched();
    // SAFETY: the caller's promise for the call; both words are statics.
    let got = unsafe { strata_waiting_call(number, words.list.as_ptr(), noted, allowed) };
    match i32::try_from(got) {
        Ok(negative @ -4095..=-1) => Err(Errno::from_host(-negative)),
        _ => Ok(got.cast_unsigned()),
    }
}

// `strata_waiting_call(number, words, noted, allowed)`: the call, or -512 if `*noted & *allowed`.
std::arch::global_asm!(
    ".pushsection .text.strata_waiting_call, \"ax\", @progbits",
    ".hidden strata_waiting_call",
    ".globl strata_waiting_call",
    ".type strata_waiting_call, @function",
    "strata_waiting_call:",
    ".cfi_startproc",
    "mov rax, rdi",
    "mov r11, rsi",
    "mov rdi, [r11]",
    "mov rsi, [r11 + 8]",
    "mov r10, [r11 + 24]",
    "mov r8, [r11 + 32]",
    "mov r9, [r11 + 40]",
    ".hidden strata_waiting_call_look",
    ".globl strata_waiting_call_look",
    "strata_waiting_call_look:",
    "mov rcx, [rcx]",
    "and rcx, [rdx]",
    "mov rdx, [r11 + 16]",
    "jnz strata_waiting_call_interrupted",
    "syscall",
    ".hidden strata_waiting_call_done",
    ".globl strata_waiting_call_done",
    "strata_waiting_call_done:",
    "ret",
    ".hidden strata_waiting_call_interrupted",
    ".globl strata_waiting_call_interrupted",
    "strata_waiting_call_interrupted:",
    "mov rax, -{not_made}",
    "ret",
    ".cfi_endproc",
    ".size strata_waiting_call, . - strata_waiting_call",
    ".popsection",
    not_made = const Errno::NOT_MADE.number(),
);

unsafe extern "sysv64" {
    fn strata_waiting_call(
        number: libc::c_long,
        words: *const libc::c_long,
        noted: *const u64,
        allowed: *const u64,
    ) -> i64;
    fn strata_waiting_call_look();
    fn strata_waiting_call_done();
    fn strata_waiting_call_interrupted();
}

/// For a signal handler that has just noted a signal: if the thread was about to enter a waiting
/// call, or the kernel was about to restart one, the call is not made and says so.
pub(crate) fn interrupt(pc: &mut i64) {
    let at = |label: unsafe extern "sysv64" fn()| (label as *const () as u64).cast_signed();
    if (at(strata_waiting_call_look)..at(strata_waiting_call_done)).contains(pc) {
        *pc = at(strata_waiting_call_interrupted);
    }
}

/// The calling thread's error number.
pub(crate) fn last_errno() -> Errno {
    Errno::from_host(std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO))
}
