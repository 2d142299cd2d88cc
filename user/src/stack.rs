//! The first stack of a program: arguments, environment, auxiliary vector.
//!
//! Laid out byte for byte as Linux does it: from the top a zero word, the program's name, the
//! environment's strings, the arguments' strings, 16 random bytes; then, ending on a multiple of 16,
//! the count, the argument and environment pointers and the auxiliary vector. [fs/binfmt_elf.c]

use crate::abi::{Abi, Errno, Word, index};
use crate::elf::Plan;
use crate::host;
use crate::process::Error;
use memory::addr::PAGE;
use memory::user::{MapKind, Placement, Prot, Space};
use std::ffi::{CString, OsString};
use std::ops::Range;
use std::os::unix::ffi::OsStrExt;

/// Bytes of stack unless a person says otherwise, all mapped from the start; the host gives memory to
/// what is touched.
pub const SIZE: u64 = 8 << 20;
/// The smallest and largest stack there may be: a signal frame and a few calls, a sixteenth of the space
/// of 64-bit programs.
pub const SIZES: std::ops::RangeInclusive<u64> = 64 << 10..=16 << 30;
/// Bytes below the stack in which nothing is placed.
pub const GUARD: u64 = 1 << 20;
/// Bytes of arguments and environment that fit at most; a quarter of a small stack, as under Linux.
const MOST: u64 = 6 << 20;

/// Extensions as `AT_HWCAP` shows them: one bit a letter. [arch/riscv/include/uapi/asm/hwcap.h]
pub const HWCAP: u64 = letters(b"IMAFDC");
/// Clock ticks a second, as `times` counts. [USER_HZ]
pub const TICKS: u64 = 100;

const fn letters(all: &[u8]) -> u64 {
    let (mut bits, mut n) = (0, 0);
    while n < all.len() {
        bits |= 1 << (all[n] - b'A');
        n += 1;
    }
    bits
}

/// What goes on the stack.
pub struct Contents<'a> {
    /// The program.
    pub plan: &'a Plan,
    /// What was added to the addresses of its dynamic linker; zero without one (`AT_BASE`).
    pub linker: u64,
    /// The first byte of the vDSO (`AT_SYSINFO_EHDR`).
    pub vdso: u64,
    /// One past the stack's last byte.
    pub top: u64,
    /// Bytes of stack, whole pages, one of [`SIZES`].
    pub size: u64,
    /// Its name (`AT_EXECFN`).
    pub name: &'a [u8],
    /// Arguments, the program's own name first.
    pub args: &'a [OsString],
    /// Environment, `NAME=value`.
    pub env: &'a [OsString],
    /// Sixteen bytes for `AT_RANDOM`.
    pub random: [u8; 16],
}

/// Where things are on a filled stack.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Built {
    /// The stack pointer.
    pub sp: u64,
    /// The strings of the arguments, each with its zero.
    pub args: Range<u64>,
    /// Those of the environment.
    pub env: Range<u64>,
    /// The auxiliary vector, as its bytes.
    pub vector: Vec<u8>,
}

/// Maps the stack and fills it.
///
/// # Errors
/// [`Error::Arguments`] if they do not fit, [`Error::Map`] if the host has no memory.
pub fn build(contents: &Contents<'_>, space: &Space) -> Result<Built, Error> {
    let bytes: usize = contents.args.iter().chain(contents.env).map(|s| s.len() + 9).sum();
    let most = index((contents.size / 4).min(MOST));
    if bytes > most {
        return Err(Error::Arguments { bytes, most });
    }
    let prot = if contents.plan.exec_stack { Prot::RW | Prot::EXEC } else { Prot::RW };
    let kind = MapKind { noreserve: true, ..MapKind::ANONYMOUS };
    let low = contents.top - contents.size;
    space
        .map(Placement::Fixed(low), contents.size, prot, kind)
        .map_err(|e| Error::Map { errno: e.into() })?;
    let (image, built) = image(contents);
    space.copy_out(built.sp, &image).map_err(|_| Error::Map { errno: Errno::EFAULT })?;
    Ok(built)
}

/// The bytes from the stack pointer to the top, and what they are.
fn image(contents: &Contents<'_>) -> (Vec<u8>, Built) {
    let abi = contents.plan.abi;
    let mut strings = Strings { top: contents.top, bytes: vec![0; index(abi.word_size())] };
    let name = strings.push(contents.name);
    let env_end = strings.low();
    let mut env: Vec<u64> = contents.env.iter().rev().map(|s| strings.push(s.as_bytes())).collect();
    let args_end = strings.low();
    let mut args: Vec<u64> = contents.args.iter().rev().map(|s| strings.push(s.as_bytes())).collect();
    env.reverse();
    args.reverse();
    let args_start = strings.low();
    let random = strings.push_bytes(&contents.random);
    let mut words = vec![args.len() as u64];
    words.extend(args.into_iter().chain([0]).chain(env).chain([0]));
    let vector = auxiliary(contents, name, random);
    words.extend(vector.as_flattened());
    let used = (strings.bytes.len() + words.len() * index(abi.word_size())).next_multiple_of(16);
    let mut image = bytes(abi, &words);
    image.resize(used - strings.bytes.len(), 0);
    image.extend(strings.bytes.iter().rev());
    let vector = bytes(abi, vector.as_flattened());
    (
        image,
        Built { sp: contents.top - used as u64, args: args_start..args_end, env: args_end..env_end, vector },
    )
}

fn bytes(abi: &'static Abi, words: &[u64]) -> Vec<u8> {
    words.iter().flat_map(|word| abi.encode(&Word(*word)).to_vec()).collect()
}

/// Strings from the top down, the bytes in reverse.
struct Strings {
    /// One past the first byte.
    top: u64,
    bytes: Vec<u8>,
}

impl Strings {
    /// Puts a string and its terminating zero below the others; returns its address.
    fn push(&mut self, text: &[u8]) -> u64 {
        self.bytes.push(0);
        self.push_bytes(text)
    }

    fn push_bytes(&mut self, bytes: &[u8]) -> u64 {
        self.bytes.extend(bytes.iter().rev());
        self.low()
    }

    /// The address of the lowest byte so far.
    fn low(&self) -> u64 {
        self.top - self.bytes.len() as u64
    }
}

/// Keys and values in the order in which Linux writes them on RISC-V. `AT_PLATFORM` and `AT_HWCAP2` are not among
/// them there. [getauxval(3), arch/riscv/include/asm/elf.h, fs/binfmt_elf.c]
fn auxiliary(contents: &Contents<'_>, name: u64, random: u64) -> Vec<[u64; 2]> {
    let plan = contents.plan;
    let own = |id: Result<u64, Errno>| id.unwrap_or(0);
    let mut vector = vec![[libc::AT_SYSINFO_EHDR, contents.vdso]];
    for (key, cache) in (AT_L1I_CACHESIZE..).step_by(2).zip(host::caches()) {
        vector.extend([[key, cache.bytes], [key + 1, cache.geometry()]]);
    }
    vector.extend([
        [libc::AT_MINSIGSTKSZ, plan.abi.frame],
        [libc::AT_HWCAP, HWCAP],
        [libc::AT_PAGESZ, PAGE],
        [libc::AT_CLKTCK, TICKS],
        [libc::AT_PHDR, plan.headers],
        [libc::AT_PHENT, if plan.abi.word_size() == 4 { 32 } else { 56 }],
        [libc::AT_PHNUM, plan.header_count.into()],
        [libc::AT_BASE, contents.linker],
        [libc::AT_FLAGS, 0],
        [libc::AT_ENTRY, plan.entry],
        [libc::AT_UID, own(host::getuid())],
        [libc::AT_EUID, own(host::geteuid())],
        [libc::AT_GID, own(host::getgid())],
        [libc::AT_EGID, own(host::getegid())],
        [libc::AT_SECURE, host::auxiliary(libc::AT_SECURE).unwrap_or(0)],
        [libc::AT_RANDOM, random],
        [libc::AT_EXECFN, name],
        [libc::AT_NULL, 0],
    ]);
    vector
}

/// The first of eight entries: size and geometry of the instruction cache, the data cache, and those of the
/// second and third level. [asm/auxvec.h]
const AT_L1I_CACHESIZE: u64 = 40;

/// C strings of guest-visible names; a name with a zero in it ends there.
pub fn c_string(text: &[u8]) -> CString {
    let end = text.iter().position(|b| *b == 0).unwrap_or(text.len());
    CString::new(&text[..end]).unwrap_or_default()
}

/// The sixteen bytes of `AT_RANDOM`: from the seed, or the host's.
pub fn random_bytes(seed: Option<u64>) -> [u8; 16] {
    let mut bytes = [0; 16];
    match seed {
        Some(seed) => Random::new(seed).fill(&mut bytes),
        None => drop(host::getrandom(&mut bytes, 0)),
    }
    bytes
}

/// The generator behind `-seed`: splitmix64, which passes statistical tests and needs one word.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that depends on the seed alone.
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A generator of other numbers, which this one decides.
    pub const fn split(&mut self) -> Self {
        Self(self.next())
    }

    /// Fills a buffer.
    pub fn fill(&mut self, to: &mut [u8]) {
        for piece in to.chunks_mut(8) {
            piece.copy_from_slice(&self.next().to_le_bytes()[..piece.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::RISCV64;

    const TOP: u64 = Space::SV39_TOP;

    fn contents<'a>(plan: &'a Plan, args: &'a [OsString], env: &'a [OsString]) -> Contents<'a> {
        Contents {
            plan,
            vdso: 0x60_0000,
            linker: 0x70_0000,
            top: TOP,
            size: SIZE,
            name: b"./prog",
            args,
            env,
            random: [7; 16],
        }
    }

    fn plan() -> Plan {
        Plan {
            abi: &RISCV64,
            segments: vec![],
            entry: 0x10_000,
            bias: 0,
            headers: 0x10_040,
            header_count: 3,
            exec_stack: false,
            linker: None,
        }
    }

    struct View {
        image: Vec<u8>,
        sp: u64,
    }

    impl View {
        fn word(&self, at: u64) -> u64 {
            let from = index(at - self.sp);
            u64::from_le_bytes(self.image[from..from + 8].try_into().unwrap())
        }
        fn text(&self, at: u64) -> String {
            let from = &self.image[index(at - self.sp)..];
            String::from_utf8(from[..from.iter().position(|b| *b == 0).unwrap()].to_vec()).unwrap()
        }
    }

    #[test]
    fn a_program_finds_its_arguments_environment_and_vector() {
        for extra in 0..20 {
            let args: Vec<OsString> = vec!["prog".into(), "x".repeat(extra).into()];
            let env: Vec<OsString> = vec!["A=1".into(), "LONG=value".into(), "C=".into()];
            let plan = plan();
            let (image, built) = image(&contents(&plan, &args, &env));
            let sp = built.sp;
            let view = View { image, sp };
            let strings = &view.image[index(built.args.start - sp)..index(built.args.end - sp)];
            assert_eq!(strings, format!("prog\0{}\0", "x".repeat(extra)).as_bytes());
            let strings = &view.image[index(built.env.start - sp)..index(built.env.end - sp)];
            assert_eq!(strings, b"A=1\0LONG=value\0C=\0");
            assert_eq!(sp % 16, 0);
            assert_eq!(sp + view.image.len() as u64, TOP);
            assert_eq!(view.word(sp), 2);
            assert_eq!(view.text(view.word(sp + 8)), "prog");
            assert_eq!(view.text(view.word(sp + 16)), "x".repeat(extra));
            assert_eq!(view.word(sp + 24), 0);
            assert_eq!(view.text(view.word(sp + 40)), "LONG=value");
            assert_eq!(view.word(sp + 56), 0);
            let mut vector = std::collections::HashMap::new();
            let mut at = sp + 64;
            while view.word(at) != 0 {
                vector.insert(view.word(at), view.word(at + 8));
                at += 16;
            }
            assert_eq!(vector[&libc::AT_ENTRY], 0x10_000);
            assert_eq!(vector[&libc::AT_BASE], 0x70_0000);
            assert_eq!(vector[&libc::AT_SYSINFO_EHDR], 0x60_0000);
            assert!((40..48).all(|key| vector.contains_key(&key)));
            assert_eq!(vector[&libc::AT_PHNUM], 3);
            assert_eq!(built.vector.len(), 16 * (vector.len() + 1));
            assert_eq!(view.text(vector[&libc::AT_EXECFN]), "./prog");
            assert_eq!(view.text(vector[&libc::AT_EXECFN]).len() as u64 + vector[&libc::AT_EXECFN], TOP - 9);
            let random = index(vector[&libc::AT_RANDOM] - sp);
            assert_eq!(view.image[random..random + 16], [7; 16]);
        }
    }

    #[test]
    fn the_capabilities_are_those_of_rv64gc() {
        assert_eq!(HWCAP, 0x112d);
    }

    #[test]
    fn a_seed_decides_the_random_bytes() {
        assert_eq!(random_bytes(Some(1)), random_bytes(Some(1)));
        assert_ne!(random_bytes(Some(1)), random_bytes(Some(2)));
    }
}
