//! Harts: their interrupt inputs, and how the machine's loop drives them.

pub mod hart;
pub mod lines;
pub mod vcpu;
