//! What a device asks of the machine as a whole.

use std::sync::Arc;

/// A request to the machine. It is carried out when the instruction that caused it has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// End the machine; the process exits with `status`.
    Exit {
        /// The exit status.
        status: u8,
    },
    /// Switch the machine off.
    PowerOff,
    /// Reset the machine.
    Reset,
}

/// Where devices put their [`Request`]s.
#[derive(Clone)]
pub struct Requests(Arc<dyn Fn(Request) + Send + Sync>);

impl Requests {
    /// Each request is given to `sink`, during the access that causes it.
    pub fn new(sink: impl Fn(Request) + Send + Sync + 'static) -> Self {
        Self(Arc::new(sink))
    }

    /// Makes a request.
    pub fn make(&self, request: Request) {
        (self.0)(request);
    }
}
