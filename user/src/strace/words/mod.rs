//! Names of numbers and of bits. Source: the kernel's `include/uapi`, asm-generic.

pub(super) mod files;
pub(super) mod net;
pub(super) mod process;
pub(super) mod tty;

/// Numbers and their names. For bits, those of several come before those of one.
pub(super) struct Words {
    /// What the names have in common; it stands for a number without one.
    pub family: &'static str,
    /// Number, name.
    pub list: &'static [(u64, &'static str)],
}

macro_rules! words {
    ($($name:ident $family:literal { $($value:literal $word:ident)* })*) => { $(
        pub(in super::super) const $name: crate::strace::words::Words = crate::strace::words::Words {
            family: $family,
            list: &[$(($value, stringify!($word))),*],
        };
    )* };
}
use words;

impl Words {
    /// The name of a number.
    pub fn find(&self, value: u64) -> Option<&'static str> {
        self.list.iter().find(|(number, _)| *number == value).map(|(_, name)| *name)
    }

    /// The name of a number; the number itself if it has none.
    pub fn word(&self, value: u64) -> String {
        match self.find(value) {
            Some(name) => name.to_owned(),
            None => self.unknown(value),
        }
    }

    /// The names of the bits, what has none as a number.
    pub fn flags(&self, value: u64) -> String {
        if let Some(name) = self.find(value) {
            return name.to_owned();
        }
        let mut left = value;
        let mut names = vec![];
        for (bits, name) in self.list.iter().filter(|(bits, _)| *bits != 0) {
            if left & bits == *bits {
                left &= !bits;
                names.push((*name).to_owned());
            }
        }
        match (left, names.is_empty()) {
            (0, true) => return "0".to_owned(),
            (0, false) => {}
            (_, true) => return self.unknown(left),
            (_, false) => names.push(format!("{left:#x}")),
        }
        names.join("|")
    }

    fn unknown(&self, value: u64) -> String {
        let number = super::text::hex(value);
        if self.family.is_empty() { number } else { format!("{number} /* {}_??? */", self.family) }
    }
}
