//! The RISC-V rows, a file per extension, in the manual's order.

use super::forms;

#[macro_use]
mod i;
#[macro_use]
mod m;
#[macro_use]
mod a;
#[macro_use]
mod f;
#[macro_use]
mod d;
#[macro_use]
mod zfh;
#[macro_use]
mod z;
#[macro_use]
mod b;
#[macro_use]
mod c;
#[macro_use]
mod privileged;

// Each file's macro appends its rows to what came before and hands all of it to the next.
i_rows! { [m_rows a_rows f_rows d_rows zfh_rows z_rows b_rows c_rows privileged_rows rows] }
