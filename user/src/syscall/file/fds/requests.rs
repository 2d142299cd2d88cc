//! The requests of `ioctl`: number, name, direction, what the third argument is.
//!
//! RISC-V and x86-64 both use the asm-generic numbers. A request that is not here may hold pointers,
//! and answers ENOTTY.

use crate::abi::Abi;

/// Who reads the argument's structure.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// The kernel reads it, or it is a number.
    In,
    /// The kernel writes it.
    Out,
    /// The kernel reads it and writes it.
    Both,
}

/// What the third argument of a request is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// A number, or ignored.
    Value,
    /// A descriptor.
    Descriptor,
    /// `open` flags.
    OpenFlags,
    /// An `int`.
    Int,
    /// A 64-bit number.
    Long,
    /// So many numbers of the type `long`.
    Words(u64),
    /// So many bytes, laid out alike for every CPU.
    Bytes(usize),
    /// `struct termios`.
    Termios,
    /// `struct termios2`.
    Termios2,
    /// `struct winsize`.
    Winsize,
    /// `struct ifreq`.
    Ifreq,
    /// `struct ifconf`, which points to a list.
    Ifconf,
    /// `struct file_clone_range`, which holds a descriptor.
    CloneRange,
    /// `struct fsxattr`.
    Fsxattr,
}

/// Requests whose numbers hold the size of a `long`: with words of four bytes, and of eight.
const NUMBERS_32: [(u32, u32); 7] = [
    (0x8004_1270, 0x8008_1270), // BLKBSZGET
    (0x4004_1271, 0x4008_1271), // BLKBSZSET
    (0x8004_1272, 0x8008_1272), // BLKGETSIZE64
    (0x8004_6601, 0x8008_6601), // FS_IOC_GETFLAGS
    (0x4004_6602, 0x4008_6602), // FS_IOC_SETFLAGS
    (0x8004_7601, 0x8008_7601), // FS_IOC_GETVERSION
    (0x4004_7602, 0x4008_7602), // FS_IOC_SETVERSION
];

/// The host's number of a program's request.
pub fn of_host(abi: &Abi, request: u32) -> u32 {
    let other = NUMBERS_32.iter().find(|(short, _)| abi.word_size() == 4 && *short == request);
    other.map_or(request, |(_, long)| *long)
}

/// The requests. `FS_IOC_GETFLAGS` and its like read and write an `int` whatever their numbers say.
pub const REQUESTS: &[(u32, &str, Way, Shape)] = &[
    // terminals [asm-generic/ioctls.h]
    (0x5401, "TCGETS", Way::Out, Shape::Termios),
    (0x5402, "TCSETS", Way::In, Shape::Termios),
    (0x5403, "TCSETSW", Way::In, Shape::Termios),
    (0x5404, "TCSETSF", Way::In, Shape::Termios),
    (0x5405, "TCGETA", Way::Out, Shape::Bytes(18)),
    (0x5406, "TCSETA", Way::In, Shape::Bytes(18)),
    (0x5407, "TCSETAW", Way::In, Shape::Bytes(18)),
    (0x5408, "TCSETAF", Way::In, Shape::Bytes(18)),
    (0x5409, "TCSBRK", Way::In, Shape::Value),
    (0x540a, "TCXONC", Way::In, Shape::Value),
    (0x540b, "TCFLSH", Way::In, Shape::Value),
    (0x540c, "TIOCEXCL", Way::In, Shape::Value),
    (0x540d, "TIOCNXCL", Way::In, Shape::Value),
    (0x540e, "TIOCSCTTY", Way::In, Shape::Value),
    (0x540f, "TIOCGPGRP", Way::Out, Shape::Int),
    (0x5410, "TIOCSPGRP", Way::In, Shape::Int),
    (0x5411, "TIOCOUTQ", Way::Out, Shape::Int),
    (0x5412, "TIOCSTI", Way::In, Shape::Bytes(1)),
    (0x5413, "TIOCGWINSZ", Way::Out, Shape::Winsize),
    (0x5414, "TIOCSWINSZ", Way::In, Shape::Winsize),
    (0x5415, "TIOCMGET", Way::Out, Shape::Int),
    (0x5416, "TIOCMBIS", Way::In, Shape::Int),
    (0x5417, "TIOCMBIC", Way::In, Shape::Int),
    (0x5418, "TIOCMSET", Way::In, Shape::Int),
    (0x5419, "TIOCGSOFTCAR", Way::Out, Shape::Int),
    (0x541a, "TIOCSSOFTCAR", Way::In, Shape::Int),
    (0x541b, "FIONREAD", Way::Out, Shape::Int),
    (0x541d, "TIOCCONS", Way::In, Shape::Value),
    (0x5420, "TIOCPKT", Way::In, Shape::Int),
    (0x5421, "FIONBIO", Way::In, Shape::Int),
    (0x5422, "TIOCNOTTY", Way::In, Shape::Value),
    (0x5423, "TIOCSETD", Way::In, Shape::Int),
    (0x5424, "TIOCGETD", Way::Out, Shape::Int),
    (0x5425, "TCSBRKP", Way::In, Shape::Value),
    (0x5427, "TIOCSBRK", Way::In, Shape::Value),
    (0x5428, "TIOCCBRK", Way::In, Shape::Value),
    (0x5429, "TIOCGSID", Way::Out, Shape::Int),
    (0x802c_542a, "TCGETS2", Way::Out, Shape::Termios2),
    (0x402c_542b, "TCSETS2", Way::In, Shape::Termios2),
    (0x402c_542c, "TCSETSW2", Way::In, Shape::Termios2),
    (0x402c_542d, "TCSETSF2", Way::In, Shape::Termios2),
    (0x8004_5430, "TIOCGPTN", Way::Out, Shape::Int),
    (0x4004_5431, "TIOCSPTLCK", Way::In, Shape::Int),
    (0x8004_5432, "TIOCGDEV", Way::Out, Shape::Int),
    (0x4004_5436, "TIOCSIG", Way::In, Shape::Value),
    (0x5437, "TIOCVHANGUP", Way::In, Shape::Value),
    (0x8004_5438, "TIOCGPKT", Way::Out, Shape::Int),
    (0x8004_5439, "TIOCGPTLCK", Way::Out, Shape::Int),
    (0x8004_5440, "TIOCGEXCL", Way::Out, Shape::Int),
    (0x5441, "TIOCGPTPEER", Way::In, Shape::OpenFlags),
    (0x5450, "FIONCLEX", Way::In, Shape::Value),
    (0x5451, "FIOCLEX", Way::In, Shape::Value),
    (0x5452, "FIOASYNC", Way::In, Shape::Int),
    (0x5460, "FIOQSIZE", Way::Out, Shape::Long),
    // consoles [linux/kd.h, linux/vt.h]
    (0x4b33, "KDGKBTYPE", Way::Out, Shape::Bytes(1)),
    (0x4b3a, "KDSETMODE", Way::In, Shape::Value),
    (0x4b3b, "KDGETMODE", Way::Out, Shape::Int),
    (0x4b44, "KDGKBMODE", Way::Out, Shape::Int),
    (0x4b45, "KDSKBMODE", Way::In, Shape::Value),
    (0x5600, "VT_OPENQRY", Way::Out, Shape::Int),
    (0x5603, "VT_GETSTATE", Way::Out, Shape::Bytes(6)),
    (0x5606, "VT_ACTIVATE", Way::In, Shape::Value),
    (0x5607, "VT_WAITACTIVE", Way::In, Shape::Value),
    // sockets [linux/sockios.h, asm-generic/sockios.h]
    (0x8901, "FIOSETOWN", Way::In, Shape::Int),
    (0x8902, "SIOCSPGRP", Way::In, Shape::Int),
    (0x8903, "FIOGETOWN", Way::Out, Shape::Int),
    (0x8904, "SIOCGPGRP", Way::Out, Shape::Int),
    (0x8905, "SIOCATMARK", Way::Out, Shape::Int),
    (0x8906, "SIOCGSTAMP_OLD", Way::Out, Shape::Words(2)),
    (0x8907, "SIOCGSTAMPNS_OLD", Way::Out, Shape::Words(2)),
    (0x8010_8906, "SIOCGSTAMP_NEW", Way::Out, Shape::Bytes(16)),
    (0x8010_8907, "SIOCGSTAMPNS_NEW", Way::Out, Shape::Bytes(16)),
    (0x8910, "SIOCGIFNAME", Way::Both, Shape::Ifreq),
    (0x8912, "SIOCGIFCONF", Way::Both, Shape::Ifconf),
    (0x8913, "SIOCGIFFLAGS", Way::Both, Shape::Ifreq),
    (0x8914, "SIOCSIFFLAGS", Way::In, Shape::Ifreq),
    (0x8915, "SIOCGIFADDR", Way::Both, Shape::Ifreq),
    (0x8916, "SIOCSIFADDR", Way::In, Shape::Ifreq),
    (0x8917, "SIOCGIFDSTADDR", Way::Both, Shape::Ifreq),
    (0x8918, "SIOCSIFDSTADDR", Way::In, Shape::Ifreq),
    (0x8919, "SIOCGIFBRDADDR", Way::Both, Shape::Ifreq),
    (0x891a, "SIOCSIFBRDADDR", Way::In, Shape::Ifreq),
    (0x891b, "SIOCGIFNETMASK", Way::Both, Shape::Ifreq),
    (0x891c, "SIOCSIFNETMASK", Way::In, Shape::Ifreq),
    (0x891d, "SIOCGIFMETRIC", Way::Both, Shape::Ifreq),
    (0x891e, "SIOCSIFMETRIC", Way::In, Shape::Ifreq),
    (0x8921, "SIOCGIFMTU", Way::Both, Shape::Ifreq),
    (0x8922, "SIOCSIFMTU", Way::In, Shape::Ifreq),
    (0x8923, "SIOCSIFNAME", Way::In, Shape::Ifreq),
    (0x8924, "SIOCSIFHWADDR", Way::In, Shape::Ifreq),
    (0x8927, "SIOCGIFHWADDR", Way::Both, Shape::Ifreq),
    (0x8931, "SIOCADDMULTI", Way::In, Shape::Ifreq),
    (0x8932, "SIOCDELMULTI", Way::In, Shape::Ifreq),
    (0x8933, "SIOCGIFINDEX", Way::Both, Shape::Ifreq),
    (0x8934, "SIOCSIFPFLAGS", Way::In, Shape::Ifreq),
    (0x8935, "SIOCGIFPFLAGS", Way::Both, Shape::Ifreq),
    (0x8942, "SIOCGIFTXQLEN", Way::Both, Shape::Ifreq),
    (0x8943, "SIOCSIFTXQLEN", Way::In, Shape::Ifreq),
    (0x8970, "SIOCGIFMAP", Way::Both, Shape::Ifreq),
    (0x89e0, "SIOCUNIXFILE", Way::In, Shape::Value),
    (0x4004_54ca, "TUNSETIFF", Way::Both, Shape::Ifreq),
    (0x4004_54cb, "TUNSETPERSIST", Way::In, Shape::Value),
    (0x4004_54cc, "TUNSETOWNER", Way::In, Shape::Value),
    (0x4004_54ce, "TUNSETGROUP", Way::In, Shape::Value),
    (0x8004_54cf, "TUNGETFEATURES", Way::Out, Shape::Int),
    (0x8004_54d2, "TUNGETIFF", Way::Out, Shape::Ifreq),
    // block devices [linux/fs.h, linux/loop.h]
    (0x125d, "BLKROSET", Way::In, Shape::Int),
    (0x125e, "BLKROGET", Way::Out, Shape::Int),
    (0x125f, "BLKRRPART", Way::In, Shape::Value),
    (0x1260, "BLKGETSIZE", Way::Out, Shape::Words(1)),
    (0x1261, "BLKFLSBUF", Way::In, Shape::Value),
    (0x1262, "BLKRASET", Way::In, Shape::Value),
    (0x1263, "BLKRAGET", Way::Out, Shape::Words(1)),
    (0x1268, "BLKSSZGET", Way::Out, Shape::Int),
    (0x8008_1270, "BLKBSZGET", Way::Out, Shape::Int),
    (0x4008_1271, "BLKBSZSET", Way::In, Shape::Int),
    (0x8008_1272, "BLKGETSIZE64", Way::Out, Shape::Long),
    (0x1277, "BLKDISCARD", Way::In, Shape::Bytes(16)),
    (0x1278, "BLKIOMIN", Way::Out, Shape::Int),
    (0x1279, "BLKIOOPT", Way::Out, Shape::Int),
    (0x127a, "BLKALIGNOFF", Way::Out, Shape::Int),
    (0x127b, "BLKPBSZGET", Way::Out, Shape::Int),
    (0x127e, "BLKROTATIONAL", Way::Out, Shape::Bytes(2)),
    (0x127f, "BLKZEROOUT", Way::In, Shape::Bytes(16)),
    (0x4c00, "LOOP_SET_FD", Way::In, Shape::Descriptor),
    (0x4c01, "LOOP_CLR_FD", Way::In, Shape::Value),
    (0x4c04, "LOOP_SET_STATUS64", Way::In, Shape::Bytes(232)),
    (0x4c05, "LOOP_GET_STATUS64", Way::Out, Shape::Bytes(232)),
    (0x4c82, "LOOP_CTL_GET_FREE", Way::In, Shape::Value),
    // files [linux/fs.h]
    (0x1, "FIBMAP", Way::Both, Shape::Int),
    (0x2, "FIGETBSZ", Way::Out, Shape::Int),
    (0x8008_6601, "FS_IOC_GETFLAGS", Way::Out, Shape::Int),
    (0x4008_6602, "FS_IOC_SETFLAGS", Way::In, Shape::Int),
    (0x8008_7601, "FS_IOC_GETVERSION", Way::Out, Shape::Int),
    (0x4008_7602, "FS_IOC_SETVERSION", Way::In, Shape::Int),
    (0x801c_581f, "FS_IOC_FSGETXATTR", Way::Out, Shape::Fsxattr),
    (0x401c_5820, "FS_IOC_FSSETXATTR", Way::In, Shape::Fsxattr),
    (0xc004_5877, "FIFREEZE", Way::In, Shape::Value),
    (0xc004_5878, "FITHAW", Way::In, Shape::Value),
    (0xc018_5879, "FITRIM", Way::Both, Shape::Bytes(24)),
    (0x4004_9409, "FICLONE", Way::In, Shape::Descriptor),
    (0x4020_940d, "FICLONERANGE", Way::In, Shape::CloneRange),
    (0x8100_9431, "FS_IOC_GETFSLABEL", Way::Out, Shape::Bytes(256)),
    (0x4100_9432, "FS_IOC_SETFSLABEL", Way::In, Shape::Bytes(256)),
    (0xb701, "NS_GET_USERNS", Way::In, Shape::Value),
    (0xb702, "NS_GET_PARENT", Way::In, Shape::Value),
    (0xb703, "NS_GET_NSTYPE", Way::In, Shape::Value),
    (0xb704, "NS_GET_OWNER_UID", Way::Out, Shape::Int),
    // clocks and randomness [linux/rtc.h, linux/random.h]
    (0x8024_7009, "RTC_RD_TIME", Way::Out, Shape::Bytes(36)),
    (0x8004_5200, "RNDGETENTCNT", Way::Out, Shape::Int),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::abi::structs::{CloneRange, Fsxattr, Ifreq, Termios, Termios2, Winsize};

    impl Shape {
        /// Bytes of the structure with 64-bit words.
        fn size(self) -> usize {
            match self {
                Self::Value | Self::Descriptor | Self::OpenFlags | Self::Ifconf => 0,
                Self::Int => 4,
                Self::Long => 8,
                Self::Words(count) => 8 * usize::try_from(count).unwrap(),
                Self::Bytes(size) => size,
                Self::Termios => Termios::SIZE,
                Self::Termios2 => Termios2::SIZE,
                Self::Winsize => Winsize::SIZE,
                Self::Ifreq => Ifreq::SIZE,
                Self::CloneRange => CloneRange::SIZE,
                Self::Fsxattr => Fsxattr::SIZE,
            }
        }
    }

    /// Newer numbers hold direction and size. [asm-generic/ioctl.h]
    #[test]
    fn a_number_that_tells_a_size_tells_the_size_of_its_row() {
        // They were numbered with `long`, and are an `int`; or with `int`, and are something else.
        let odd =
            |name: &str| name.starts_with("FS_IOC_") || name.starts_with("BLKBSZ") || name.starts_with("TUN");
        let mut checked = 0;
        for (number, name, way, shape) in REQUESTS {
            let (size, direction) = (number >> 16 & 0x3fff, number >> 30);
            if direction == 0 || odd(name) || shape.size() == 0 {
                continue;
            }
            checked += 1;
            assert_eq!(shape.size(), usize::try_from(size).unwrap(), "{name}");
            let wanted = [Way::In, Way::Out, Way::Both][usize::try_from(direction).unwrap() - 1];
            assert_eq!(*way, wanted, "{name}");
        }
        assert!(checked > 15);
    }

    #[test]
    fn every_request_has_one_row() {
        for (n, (number, name, ..)) in REQUESTS.iter().enumerate() {
            assert!(REQUESTS.iter().skip(n + 1).all(|(other, ..)| other != number), "{name}");
        }
    }
}
