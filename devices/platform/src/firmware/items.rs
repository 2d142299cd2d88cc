//! The items of a firmware configuration: by key, and by name in a directory.

use std::collections::BTreeMap;

/// What the first item and the DMA register say: a channel with DMA is here.
const SIGNATURE: [u8; 4] = *b"QEMU";
const KEY_SIGNATURE: u16 = 0;
const KEY_ID: u16 = 1;
const KEY_DIRECTORY: u16 = 0x19;
const FIRST_FILE: u16 = 0x20;
/// Files end where a guest's keys would have bit 14.
const LAST_FILE: u16 = 0x3fff;
/// Bytes of a name, with a zero at its end.
const NAME: usize = 56;
/// The traditional interface, and DMA.
const ID: u32 = 3;

/// What the DMA register reads: "QEMU CFG".
pub(super) fn signature() -> u64 {
    u64::from_be_bytes(*b"QEMU CFG")
}

/// One item.
pub(super) struct Item {
    pub bytes: Vec<u8>,
    pub writable: bool,
}

/// An item that cannot be added.
#[derive(Debug, thiserror::Error)]
pub enum ItemsError {
    /// The name is empty, too long, or holds a zero byte.
    #[error("fw_cfg name {name:?} is impossible; use 1 to 55 bytes without a zero")]
    Name {
        /// The name.
        name: String,
    },
    /// The name is taken.
    #[error("fw_cfg name {name:?} is taken; use another")]
    Twice {
        /// The name.
        name: String,
    },
    /// There are too many.
    #[error("fw_cfg has no room for more than {most} files")]
    Many {
        /// How many there may be.
        most: usize,
    },
}

/// The items of a channel that is being made.
#[derive(Default)]
pub struct Items {
    keys: BTreeMap<u16, Item>,
    files: BTreeMap<String, Item>,
}

impl Items {
    /// Sets the item of a fixed `key` (below 0x20, or with bit 15).
    pub fn set(&mut self, key: u16, bytes: Vec<u8>) {
        self.keys.insert(key & !0x4000, Item { bytes, writable: false });
    }

    /// Adds a file. The directory lists files by name, whatever the order of adding.
    ///
    /// # Errors
    /// The name is taken or impossible, or there are too many files.
    pub fn add(&mut self, name: &str, bytes: Vec<u8>, writable: bool) -> Result<(), ItemsError> {
        let most = usize::from(LAST_FILE - FIRST_FILE) + 1;
        if name.is_empty() || name.len() >= NAME || name.contains('\0') {
            return Err(ItemsError::Name { name: name.into() });
        }
        if self.files.contains_key(name) {
            return Err(ItemsError::Twice { name: name.into() });
        }
        if self.files.len() == most {
            return Err(ItemsError::Many { most });
        }
        self.files.insert(name.into(), Item { bytes, writable });
        Ok(())
    }

    /// Every item by its key.
    pub(super) fn into_table(self) -> BTreeMap<u16, Item> {
        let mut table = self.keys;
        let count = u32::try_from(self.files.len()).unwrap_or(0);
        let mut directory = count.to_be_bytes().to_vec();
        for (key, (name, item)) in (FIRST_FILE..).zip(self.files) {
            let size = u32::try_from(item.bytes.len()).unwrap_or(u32::MAX);
            directory.extend(size.to_be_bytes());
            directory.extend(key.to_be_bytes());
            directory.extend([0, 0]);
            let mut field = name.into_bytes();
            field.resize(NAME, 0);
            directory.extend(field);
            table.insert(key, item);
        }
        let fixed = [
            (KEY_SIGNATURE, SIGNATURE.to_vec()),
            (KEY_ID, ID.to_le_bytes().to_vec()),
            (KEY_DIRECTORY, directory),
        ];
        table.extend(fixed.map(|(key, bytes)| (key, Item { bytes, writable: false })));
        table
    }
}
