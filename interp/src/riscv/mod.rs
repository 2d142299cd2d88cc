//! RISC-V handlers, a file per extension as in the rows.

mod a;
pub mod access;
mod b;
mod bind;
mod csr;
mod d;
mod f;
mod float;
mod hart;
mod i;
mod interrupt;
mod legal;
mod m;
mod pairs;
mod pmp;
mod privileged;
pub mod walk;
mod z;
mod zfh;

pub use hart::{Rv, Rv32, Rv64};
pub use walk::Leaf;

use crate::{Flow, Hart, Memory};
use spec::insn::Insn;
