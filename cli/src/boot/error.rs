//! Command lines of machines that are not understood.

use machine::config::PropertyError;
use spec::riscv::system::cpu::CpuError;

/// A command line that is not understood.
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// No such option.
    #[error("there is no option {word}{near}; see {command} -h")]
    Unknown {
        /// As written.
        word: String,
        /// A question about what was meant.
        near: String,
        /// Who was called.
        command: String,
    },
    /// A word without a dash.
    #[error("\"{0}\" is no option; name a kernel with -kernel FILE")]
    Word(String),
    /// A word that is no text.
    #[error("{0:?} is no UTF-8; write another name")]
    Text(std::ffi::OsString),
    /// A value is missing.
    #[error("option -{0} needs a value: {1}")]
    Value(&'static str, &'static str),
    /// A value that an option cannot have.
    #[error("-{option}: \"{value}\" {why}")]
    Bad {
        /// The option.
        option: &'static str,
        /// As written.
        value: String,
        /// What is wrong, and what to write.
        why: String,
    },
    /// See [`PropertyError`].
    #[error(transparent)]
    Property(#[from] PropertyError),
    /// See [`CpuError`].
    #[error(transparent)]
    Cpu(#[from] CpuError),
    /// See [`accel::tier::TierError`].
    #[error(transparent)]
    Tier(#[from] accel::tier::TierError),
}
