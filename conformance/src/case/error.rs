//! What is wrong with a case file, and where.

use std::fmt;
use std::path::{Path, PathBuf};

/// A case file that cannot be read or breaks a rule of the format.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CaseError {
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// What is wrong: a sentence without capital and full stop.
    pub what: String,
}

impl CaseError {
    pub(super) fn new(path: &Path, line: usize, what: String) -> Self {
        Self { path: path.to_path_buf(), line, what }
    }
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match self.line {
            0 => write!(f, "{path}: {}", self.what),
            line => write!(f, "{path}:{line}: {}", self.what),
        }
    }
}

impl std::error::Error for CaseError {}
