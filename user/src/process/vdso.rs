//! The vDSO: functions of the kernel in the program's own memory, among them what signal handlers return to.
//!
//! The images come from `vdso/` and are made when strata is built. [vdso(7)]

use crate::abi::Abi;
use memory::addr::PAGE;
use memory::user::{MapError, MapKind, Placement, Prot, Space};

/// A shared object that fits in a page.
#[derive(Clone, Copy)]
pub struct Image {
    /// The file, which is also the memory.
    bytes: &'static [u8],
    /// Where handlers of signals return to, counted from the first byte.
    sigreturn: u64,
}

include!(concat!(env!("OUT_DIR"), "/vdso.rs"));

/// The image for programs of an ABI.
pub fn image(abi: &Abi) -> Image {
    if abi.word_size() == 4 { RISCV32 } else { RISCV64 }
}

/// Where an image lies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Vdso {
    /// Its first byte: `AT_SYSINFO_EHDR`.
    pub base: u64,
    /// Where handlers of signals return to.
    pub sigreturn: u64,
}

impl Image {
    /// Maps it where there is room.
    ///
    /// # Errors
    /// What the host says when it has no memory for it.
    pub fn map(&self, space: &Space) -> Result<Vdso, MapError> {
        let base = space.map(Placement::Anywhere, PAGE, Prot::RW, MapKind::ANONYMOUS)?;
        space.copy_out(base, self.bytes).map_err(|_| MapError::EFAULT)?;
        space.protect(base, PAGE, Prot::RX)?;
        Ok(Vdso { base, sigreturn: base + self.sigreturn })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use object::elf;
    use object::read::elf::{Dyn, FileHeader, ProgramHeader, Sym};
    use rstest::rstest;

    /// The functions of an image, found as a C library finds them: by the dynamic section, the hash table and the
    /// version.
    fn functions<H: FileHeader<Endian = object::LittleEndian>>(image: &Image) -> Vec<(String, u64, u64)> {
        let order = object::LittleEndian;
        let header = H::parse(image.bytes).unwrap();
        assert_eq!(header.e_type(order), elf::ET_DYN);
        let segments = header.program_headers(order, image.bytes).unwrap();
        let load = segments.iter().find(|p| p.p_type(order) == elf::PT_LOAD).unwrap();
        assert_eq!((load.p_vaddr(order).into(), load.p_offset(order).into()), (0, 0));
        let all: u64 = load.p_filesz(order).into();
        assert_eq!(all, image.bytes.len() as u64);
        let dynamic = segments.iter().find_map(|p| p.dynamic(order, image.bytes).unwrap()).unwrap();
        assert_eq!(dynamic.last().map(|d| d.d_tag(order)), Some(elf::DT_NULL));
        let sections = header.sections(order, image.bytes).unwrap();
        let symbols = sections.symbols(order, image.bytes, elf::SHT_DYNSYM).unwrap();
        let (hash, _) = sections.hash(order, image.bytes).unwrap().unwrap();
        let versions = sections.versions(order, image.bytes).unwrap().unwrap();
        let named = |symbol: &H::Sym| {
            String::from_utf8(symbols.symbol_name(order, symbol).unwrap().to_vec()).unwrap()
        };
        let mut found = vec![];
        for symbol in symbols.iter().skip(1) {
            let name = named(symbol);
            let hashed = elf::hash(name.as_bytes());
            let (at, same) = hash.find(order, name.as_bytes(), hashed, None, &symbols, &versions).unwrap();
            let version = versions.version(versions.version_index(order, at).index()).unwrap().unwrap();
            assert_eq!((version.name(), version.hash()), (&b"LINUX_4.15"[..], elf::hash(b"LINUX_4.15")));
            assert_eq!(named(same), name);
            assert_eq!((symbol.st_type(), symbol.st_bind()), (elf::STT_FUNC, elf::STB_GLOBAL));
            found.push((name, symbol.st_value(order).into(), symbol.st_size(order).into()));
        }
        found
    }

    #[rstest]
    #[case::wide(image(&crate::abi::RISCV64), functions::<elf::FileHeader64<object::LittleEndian>>(&RISCV64), 7)]
    #[case::narrow(image(&crate::abi::RISCV32), functions::<elf::FileHeader32<object::LittleEndian>>(&RISCV32), 4)]
    fn an_image_has_the_functions_of_linux(
        #[case] image: Image,
        #[case] found: Vec<(String, u64, u64)>,
        #[case] count: usize,
    ) {
        assert_eq!(found.len(), count);
        let (_, at, size) = found.iter().find(|(name, ..)| name == "__vdso_rt_sigreturn").unwrap();
        assert_eq!((*at, *size), (image.sigreturn, 8));
        // li a7, 139 and ecall, by which gdb and libgcc know a signal's frame.
        let at = usize::try_from(*at).unwrap();
        assert_eq!(image.bytes[at..at + 8], [0x93, 0x08, 0xb0, 0x08, 0x73, 0, 0, 0]);
        assert!(found.iter().all(|(_, at, size)| at + size <= image.bytes.len() as u64 && *size > 0));
    }
}
