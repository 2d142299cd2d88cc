//! An image with a thread that does what is asked of it, in order.

use crate::{Error, Image};
use model::Ticket;
use std::io;
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Weak};
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

/// Who is told what became of a request.
enum Asker {
    /// The guest, at a time that was fixed.
    Guest(Ticket<Outcome>),
    /// A person, who waits.
    Person(Sender<Outcome>),
}

type Asked = (Request, Asker);

/// Has an image written out on a person's word.
#[derive(Clone, Debug)]
pub struct Committer(Weak<Sender<Asked>>);

impl Committer {
    /// Returns when everything that the guest has written is on the host's disk; changes that were not to be kept
    /// are kept after all.
    ///
    /// # Errors
    /// The host fails.
    pub fn commit(&self) -> io::Result<()> {
        let gone = || io::Error::other("the disk is not there any more");
        let requests = self.0.upgrade().ok_or_else(gone)?;
        for request in [Request::Commit, Request::Flush] {
            let (answer, answered) = channel();
            requests.send((request, Asker::Person(answer))).map_err(|_| gone())?;
            answered.recv().map_err(|_| gone())??;
        }
        Ok(())
    }
}

/// An image with its thread. Dropping it waits until everything asked for is done.
pub struct Disk {
    bytes: u64,
    read_only: bool,
    name: String,
    requests: Option<Arc<Sender<Asked>>>,
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
        let (requests, asked) = channel::<Asked>();
        let work = move || {
            let mut image = image;
            for (request, asker) in asked {
                let outcome = perform(&mut image, request);
                match asker {
                    Asker::Guest(ticket) => ticket.complete(outcome),
                    // A person who does not wait any more need not know.
                    Asker::Person(answer) => drop(answer.send(outcome)),
                }
            }
        };
        let name = path.display().to_string();
        let thread = std::thread::Builder::new()
            .name("disk".into())
            .spawn(work)
            .map_err(|source| Error::Thread { path, source })?;
        Ok(Self { bytes, read_only, name, requests: Some(Arc::new(requests)), thread: Some(thread) })
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

    /// Who has the image written out on a person's word, while this disk is there.
    pub fn committer(&self) -> Committer {
        Committer(self.requests.as_ref().map_or_else(Weak::new, Arc::downgrade))
    }

    /// The image's path.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks for something; the ticket is answered when it is done.
    pub fn submit(&self, request: Request, ticket: Ticket<Outcome>) {
        if let Some(requests) = &self.requests {
            // The thread ends after this sender only; if it has died, the dropped ticket says so.
            let _ = requests.send((request, Asker::Guest(ticket)));
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
