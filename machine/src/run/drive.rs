//! Drives as people know them: by name, file and device.

use host_block::Committer;
use std::path::PathBuf;

/// A drive.
#[derive(Clone, Debug)]
pub struct Drive {
    /// Its name.
    pub id: String,
    /// Its image.
    pub file: PathBuf,
    /// The guest cannot write it.
    pub read_only: bool,
    /// What the guest writes is forgotten.
    pub snapshot: bool,
    /// The device that it is in, if it is in one.
    pub device: Option<String>,
    /// Who writes it out; none where every write of the guest is written at once.
    pub committer: Option<Committer>,
}

impl Drive {
    /// As `info block` prints it.
    pub fn text(&self) -> String {
        let read_only = if self.read_only { ", read-only" } else { "" };
        let snapshot = if self.snapshot { ", snapshot" } else { "" };
        let device = match &self.device {
            Some(device) => format!("    Attached to:      {device}\n"),
            None => String::new(),
        };
        let (id, file) = (&self.id, self.file.display());
        format!("{id}: {file} (raw{read_only}{snapshot})\n{device}    Cache mode:       writeback\n")
    }
}
