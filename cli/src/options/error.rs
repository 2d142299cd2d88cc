//! Command lines that are not understood.

use super::known::CpuError;
use std::path::PathBuf;

/// A command line that is not understood.
#[derive(Debug, thiserror::Error)]
pub enum OptionError {
    /// No such option.
    #[error("there is no option {0}; see {1} -h")]
    Unknown(String, &'static str),
    /// A value is missing.
    #[error("option -{0} needs a value: {1}")]
    Value(&'static str, &'static str),
    /// No program.
    #[error("which program? {0} [options] PROG [arguments]")]
    Program(&'static str),
    /// A seed that is no number.
    #[error("\"{0}\" is no seed; write a number up to 2^64 − 1")]
    Seed(String),
    /// A stack that is no size, or one that is of no use.
    #[error("\"{0}\" is no stack size; write bytes, or a number and k or M, from 64k to 16384M")]
    Stack(String),
    /// An address space that is no size, or too small or large.
    #[error(
        "\"{0}\" is no size of an address space; write bytes in whole pages, or a number and k, M, G or T, from 64M to 64T"
    )]
    Reserved(String),
    /// A stack that leaves too little of the address space.
    #[error(
        "a stack of {stack} bytes takes more than a quarter of {space} bytes of address space; make it smaller with -s, or the space larger with -R"
    )]
    Sizes {
        /// Bytes of stack.
        stack: u64,
        /// Bytes of address space.
        space: u64,
    },
    /// No host address.
    #[error(
        "\"{0}\" is no base; write a multiple of 4096 above zero, such as 0x100000000000, or leave -B out"
    )]
    Base(String),
    /// Another size of pages.
    #[error("pages of \"{0}\" bytes cannot be had: RISC-V Linux has pages of 4096; leave -p out")]
    Page(String),
    /// A release that `uname` has no room for.
    #[error("the release \"{0}\" is longer than 64 bytes; shorten it")]
    Release(String),
    /// No limits on memory.
    #[error("\"{0}\" is no list of limits; write RESOURCE:SOFT:HARD, with commas between several")]
    Limits(String),
    /// No folder for `-L`.
    #[error("{path} is no folder to look in; name the root of a RISC-V system with -L")]
    Root {
        /// As written.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A variable without a value.
    #[error("\"{0}\" sets nothing; write NAME=VALUE")]
    Variable(String),
    /// No two tiers.
    #[error("\"{0}\" names no two tiers; write diff=A:B, such as diff=interp,step=on:interp")]
    Sides(String),
    /// Two tiers for a command that runs one.
    #[error("{1} does not compare tiers, as -accel {0} asks; use strata diff")]
    Diff(String, &'static str),
    /// No number of instructions.
    #[error("\"{0}\" is no number of instructions; write one from 1 to 16777216")]
    Every(String),
    /// No power of two.
    #[error("\"{0}\" is no power of two up to 2^40; write one, such as 65536")]
    Power(String),
    /// No range of instructions.
    #[error("\"{0}\" is no range of instructions; write FROM-TO, such as 65536-69632")]
    States(String),
    /// See [`control::diff::GrainError`].
    #[error(transparent)]
    Grain(#[from] control::diff::GrainError),
    /// See [`CpuError`].
    #[error(transparent)]
    Cpu(#[from] CpuError),
    /// See [`crate::gdb::PlaceError`].
    #[error(transparent)]
    Gdb(#[from] crate::gdb::PlaceError),
    /// See [`accel::tier::TierError`].
    #[error(transparent)]
    Tier(#[from] accel::tier::TierError),
    /// See [`control::log::UnknownItem`].
    #[error(transparent)]
    Item(#[from] control::log::UnknownItem),
}
