//! What a driver can do wrong with its queues.

/// A driver's mistake after which a device cannot go on until it is reset. [virtio 1.2, 2.1.1]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The size of a queue.
    #[error("a queue of a size that is no power of two up to {}", crate::queue::MOST)]
    Size,
    /// Ring addresses that the alignment rules exclude.
    #[error("a ring that is not aligned")]
    Alignment,
    /// A ring in a hole, in ROM or in registers.
    #[error("a ring that does not lie in RAM")]
    Ring,
    /// The available index.
    #[error("an available index that is further ahead than the queue is long")]
    Index,
    /// A chain that is longer than any may be.
    #[error("a descriptor chain that loops or is too long")]
    Loop,
    /// A head or a link beyond the table, a table that is not in RAM, an indirect table in an indirect table.
    #[error("a descriptor chain that leads to no descriptor")]
    Link,
    /// A readable buffer behind a writable one.
    #[error("a readable buffer behind a writable one")]
    Order,
    /// A buffer of no bytes.
    #[error("a buffer without bytes")]
    Empty,
    /// A buffer in a hole, in ROM or in registers.
    #[error("a buffer that does not lie in RAM")]
    Buffer,
    /// A request without room for its header or its answer.
    #[error("a request without room for its header or status")]
    Header,
}
