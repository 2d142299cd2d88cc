//! Virtio: disks, consoles and entropy behind QEMU's `virtio-mmio` transport.
//!
//! A [`Transport`] is the register window of one device on the bus; what it does is a [`Function`], and an empty window
//! has none. Rings and descriptors are read by the crate `virtio-queue`; whatever a driver has put there, the worst that
//! happens is a [`Fault`]: a guest error with a name, and the status `DEVICE_NEEDS_RESET`.
//!
//! [Virtual I/O Device (VIRTIO) 1.2; names and open points as QEMU's hw/virtio]
#![forbid(unsafe_code)]

mod block;
mod bus;
mod chain;
pub mod console;
mod entropy;
mod fault;
mod mmio;
mod queue;

pub use block::Block;
pub use bus::{Bus, Function};
pub use chain::{Chain, Segment};
pub use console::{Console, Line};
pub use entropy::{Entropy, Source, random};
pub use fault::Fault;
pub use mmio::{Config, SIZE, State, Transport, plug};
