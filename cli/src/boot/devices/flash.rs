//! Files of flash memory: `-drive if=pflash`.

use machine::solder::Bank;
use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

/// A file that is a bank's contents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drive {
    /// Its path.
    pub path: PathBuf,
    /// Whether the guest cannot write it.
    pub read_only: bool,
    /// Whether what the guest writes is forgotten.
    pub snapshot: bool,
}

/// Most bytes of a bank.
const SIZE: usize = 32 << 20;

/// Reads a bank, whose changes go to the file.
pub fn bank(drive: &Drive) -> Result<Bank, Box<dyn Error>> {
    let name = drive.path.display();
    let bytes =
        std::fs::read(&drive.path).map_err(|error| format!("flash {name} cannot be read: {error}"))?;
    if bytes.len() > SIZE {
        return Err(format!("flash {name} has {} bytes, and a bank has {SIZE}; cut it", bytes.len()).into());
    }
    if drive.read_only {
        return Ok(Bank { bytes, store: None });
    }
    if drive.snapshot {
        return Ok(Bank { bytes, store: Some(Box::new(|_, _| Ok(()))) });
    }
    let file = File::options().write(true).open(&drive.path);
    let file = file.map_err(|error| format!("flash {name} cannot be written: {error}; add readonly=on"))?;
    // What lies behind the file's end is lost, as the bank is larger than the file.
    let end = bytes.len() as u64;
    let store = move |at: u64, bytes: &[u8]| {
        let size = usize::try_from(end.saturating_sub(at)).unwrap_or(usize::MAX).min(bytes.len());
        file.write_all_at(&bytes[..size], at)
    };
    Ok(Bank { bytes, store: Some(Box::new(store)) })
}
