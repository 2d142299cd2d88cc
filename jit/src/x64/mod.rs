//! A typed assembler of x86-64 instructions into a buffer of bytes.
//!
//! One method is one instruction; an operand that has no encoding has no type, or its method says that it
//! panics. Mnemonics and operand order are those of the Intel manual (volume 2): destination first.
//!
//! ```
//! use jit::x64::{Alu, Asm, Cond, Gpr, Mem, Width};
//!
//! let mut asm = Asm::new();
//! let top = asm.label();
//! asm.bind(top);
//! asm.alu(Alu::Add, Width::W64, Gpr::Rax, Mem::base(Gpr::Rdi).disp(8));
//! asm.alu_imm(Alu::Sub, Width::W32, Gpr::Rcx, 1);
//! asm.jcc(Cond::Ne, top);
//! asm.ret();
//! assert_eq!(asm.finish().unwrap(), [0x48, 0x03, 0x47, 8, 0x83, 0xe9, 1, 0x75, 0xf7, 0xc3]);
//! ```

mod asm;
mod atomic;
mod bits;
mod encode;
mod flow;
mod integer;
mod operand;
mod reg;
mod shift;
mod sse;

pub use asm::{Asm, AsmError, Label};
pub use bits::{Bit, Count};
pub use flow::Cond;
pub use integer::{Alu, Unary};
pub use operand::{Mem, Rm, Scale, Width, Xm};
pub use reg::{Gpr, Xmm};
pub use shift::{Shift, ShiftX};
pub use sse::{Float, Fma, FmaOrder, Logic, Prec};
