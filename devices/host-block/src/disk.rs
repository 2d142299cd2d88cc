//! An image with a thread that does what is asked of it, in order.

use crate::{Error, Image};
use model::Ticket;
use std::io;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;

/// What is asked of a disk. Offsets and lengths are bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Request {
    /// Reads.
    Read {
        /// Where.
        at: u64,
        /// How much.
        len: usize,
    },
    /// Writes.
    Write {
        /// Where.
        at: u64,
        /// What.
        bytes: Vec<u8>,
    },
    /// Makes all writes before it lasting.
    Flush,
    /// See [`Image::discard`].
    Discard {
        /// Where.
        at: u64,
        /// How much.
        len: u64,
    },
    /// See [`Image::write_zeroes`].
    WriteZeroes {
        /// Where.
        at: u64,
        /// How much.
        len: u64,
        /// Whether room may be given back.
        unmap: bool,
    },
    /// See [`Image::commit`].
    Commit,
}

/// What became of a request: what was read, or nothing.
pub type Outcome = io::Result<Vec<u8>>;

/// An image with its thread. Dropping it waits until everything asked for is done.
pub struct Disk {
    bytes: u64,
    read_only: bool,
    name: String,
    requests: Option<Sender<(Request, Ticket<Outcome>)>>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    /// Starts the thread of an image.
    ///
    /// # Errors
    /// The host has no thread left.
    pub fn new(image: Image) -> Result<Self, Error> {
        let (bytes, read_only) = (image.len(), image.read_only());
        let path = image.options().path.clone();
        let (requests, asked) = channel::<(Request, Ticket<Outcome>)>();
        let work = move || {
            let mut image = image;
            for (request, ticket) in asked {
                ticket.complete(perform(&mut image, request));
            }
        };
        let name = path.display().to_string();
        let thread = std::thread::Builder::new()
            .name("disk".into())
            .spawn(work)
            .map_err(|source| Error::Thread { path, source })?;
        Ok(Self { bytes, read_only, name, requests: Some(requests), thread: Some(thread) })
    }

    /// Bytes, whole sectors.
    #[allow(clippy::len_without_is_empty, reason = "an empty disk is as good as another")]
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether writing is refused.
    pub fn read_only(&self) -> bool {
        self.read_only
    }

    /// The image's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks for something; the ticket is answered when it is done.
    pub fn submit(&self, request: Request, ticket: Ticket<Outcome>) {
        if let Some(requests) = &self.requests {
            // The thread ends after this sender only; if it has died, the dropped ticket says so.
            let _ = requests.send((request, ticket));
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.requests = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has said so.
            let _ = thread.join();
        }
    }
}

fn perform(image: &mut Image, request: Request) -> Outcome {
    match request {
        Request::Read { at, len } => {
            let mut bytes = vec![0; len];
            return image.read(at, &mut bytes).map(|()| bytes);
        }
        Request::Write { at, bytes } => image.write(at, &bytes)?,
        Request::Flush => image.flush()?,
        Request::Discard { at, len } => image.discard(at, len)?,
        Request::WriteZeroes { at, len, unmap } => image.write_zeroes(at, len, unmap)?,
        Request::Commit => image.commit()?,
    }
    Ok(vec![])
}
