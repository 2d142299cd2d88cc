//! Names of addresses, for messages and for people.

use object::LittleEndian as LE;
use object::elf;
use object::read::ReadRef;
use object::read::elf::{FileHeader, Sym};
use std::collections::HashMap;

/// Symbols kept at most; a file that claims more is not worth the memory.
const MOST: usize = 4 << 20;

/// The functions and data of a program by address and by name. Empty if the file has no symbol
/// table or a broken one: names are only for messages.
#[derive(Clone, Default, Debug)]
pub struct Symbols {
    /// Address, size and name, by address.
    list: Vec<(u64, u64, String)>,
    by_name: HashMap<String, u64>,
}

impl Symbols {
    /// Reads `.symtab`, or `.dynsym` if there is none, adding `bias` to every address.
    pub fn read<'a, R: ReadRef<'a>>(data: R, bias: u64) -> Self {
        Self::try_read(data, bias).unwrap_or_default()
    }

    fn try_read<'a, R: ReadRef<'a>>(data: R, bias: u64) -> object::read::Result<Self> {
        match data.read_bytes_at(4, 1) {
            Ok([1]) => Self::of_class::<elf::FileHeader32<LE>, R>(data, bias),
            _ => Self::of_class::<elf::FileHeader64<LE>, R>(data, bias),
        }
    }

    fn of_class<'a, H: FileHeader<Endian = LE>, R: ReadRef<'a>>(
        data: R,
        bias: u64,
    ) -> object::read::Result<Self> {
        let header = H::parse(data)?;
        let sections = header.sections(LE, data)?;
        let mut table = sections.symbols(LE, data, elf::SHT_SYMTAB)?;
        if table.is_empty() {
            table = sections.symbols(LE, data, elf::SHT_DYNSYM)?;
        }
        let mut list = Vec::new();
        for symbol in table.iter().take(MOST) {
            let kind = symbol.st_type();
            let named = kind == elf::STT_FUNC || kind == elf::STT_OBJECT || kind == elf::STT_NOTYPE;
            if !named || symbol.st_shndx(LE) == elf::SHN_UNDEF || symbol.st_shndx(LE) == elf::SHN_ABS {
                continue;
            }
            let Ok(name) = table.symbol_name(LE, symbol) else { continue };
            // `$x` and `$d` mark code and data inside a function; `.L` names are the assembler's own.
            if name.is_empty() || name.starts_with(b"$") || name.starts_with(b".L") {
                continue;
            }
            let value: u64 = symbol.st_value(LE).into();
            let at = value.wrapping_add(bias);
            list.push((at, symbol.st_size(LE).into(), String::from_utf8_lossy(name).into_owned()));
        }
        list.sort();
        let by_name = list.iter().map(|(at, _, name)| (name.clone(), *at)).collect();
        Ok(Self { list, by_name })
    }

    /// The symbol that holds `at`, and how far into it `at` is. A symbol without a size reaches to
    /// the next one.
    pub fn at(&self, at: u64) -> Option<(&str, u64)> {
        let after = self.list.partition_point(|(start, ..)| *start <= at);
        let (start, ..) = self.list.get(after.checked_sub(1)?)?;
        let first = self.list.partition_point(|(s, ..)| s < start);
        let here = self.list.get(first..after)?;
        let (start, size, name) = here.iter().max_by_key(|(_, size, _)| *size)?;
        (*size == 0 || at - start < *size).then_some((name.as_str(), at - start))
    }

    /// The address of a name.
    pub fn find(&self, name: &str) -> Option<u64> {
        self.by_name.get(name).copied()
    }

    /// `main+0x12`, or `None` where no symbol reaches.
    pub fn describe(&self, at: u64) -> Option<String> {
        let (name, offset) = self.at(at)?;
        Some(if offset == 0 { name.to_owned() } else { format!("{name}+{offset:#x}") })
    }

    /// All symbols: address, size, name, by address.
    pub fn iter(&self) -> impl Iterator<Item = (u64, u64, &str)> {
        self.list.iter().map(|(at, size, name)| (*at, *size, name.as_str()))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}
