//! The host's side of a machine's loop: character devices, signals, and the sleep that they end.

use host_char::terminal::Signals;
use host_char::{Action, Chardev, Source};
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token, Waker};
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Output that waits for the host; beyond it the harts stand still. Guest time does not pass meanwhile.
const BACKLOG: usize = 1 << 20;
/// How often a running machine looks whether somebody has typed.
const LOOK: Duration = Duration::from_millis(1);
/// How long a machine that has ended tries to get rid of its output.
const FAREWELL: Duration = Duration::from_secs(5);

const WAKER: Token = Token(0);
const SOURCE: Token = Token(1);

/// What a machine waits for besides guest time.
pub struct Host {
    poll: Poll,
    events: Events,
    waker: Arc<Waker>,
    signals: Option<Signals>,
    chardevs: Vec<Chardev>,
    looked: Instant,
}

impl Host {
    /// A host with these character devices, and these signals if they are to be events.
    ///
    /// # Errors
    /// The host has no descriptors left.
    pub fn new(signals: Option<Signals>, chardevs: Vec<Chardev>) -> io::Result<Self> {
        let poll = Poll::new()?;
        let waker = Arc::new(Waker::new(poll.registry(), WAKER)?);
        Ok(Self { poll, events: Events::with_capacity(64), waker, signals, chardevs, looked: Instant::now() })
    }

    /// Ends the machine's sleep, from any thread.
    pub fn waker(&self) -> impl Fn() + Send + Sync + use<> {
        let waker = Arc::clone(&self.waker);
        // Where it cannot be woken it wakes by itself, at its next deadline.
        move || drop(waker.wake())
    }

    /// The character devices.
    pub fn chardevs(&self) -> &[Chardev] {
        &self.chardevs
    }

    /// Adds a character device.
    pub fn add(&mut self, chardev: Chardev) {
        self.chardevs.push(chardev);
    }

    /// Closes the character device of this name.
    pub fn remove(&mut self, id: &str) {
        self.chardevs.retain(|chardev| chardev.id() != id);
    }

    /// The character device of this name.
    pub fn chardev(&mut self, id: &str) -> Option<&mut Chardev> {
        self.chardevs.iter_mut().find(|chardev| chardev.id() == id)
    }

    /// Whether somebody can type, now or later.
    pub fn is_live(&self) -> bool {
        self.chardevs.iter().any(Chardev::is_live)
    }

    /// Whether so much output waits that the harts are to stand still.
    pub fn is_clogged(&self) -> bool {
        self.chardevs.iter().any(|chardev| chardev.writer().backlog() > BACKLOG)
    }

    /// Whether input waits until the guest has taken some: it is soon to be looked at again.
    pub fn has_waiting(&self) -> bool {
        self.chardevs.iter().any(Chardev::has_waiting)
    }

    /// A signal that has come.
    pub fn signal(&self) -> Option<i32> {
        self.signals.as_ref()?.take()
    }

    /// Moves bytes, and says what people asked for with a mux's escape character.
    ///
    /// Files move whenever they are asked, so that guest time alone says when; others are looked at now and then.
    pub fn pump(&mut self) -> Vec<Action> {
        if self.looked.elapsed() >= LOOK {
            self.wake();
        }
        self.chardevs.iter_mut().flat_map(Chardev::pump).collect()
    }

    fn wake(&mut self) {
        self.looked = Instant::now();
        self.chardevs.iter_mut().for_each(Chardev::wake);
    }

    /// Sleeps until a source is ready, a signal comes or somebody wakes the machine, for `most` at most.
    pub fn sleep(&mut self, most: Option<Duration>) {
        let patience = self.chardevs.iter().filter_map(Chardev::patience);
        let most = patience.chain(most).min();
        let mut sources: Vec<Source> = self.chardevs.iter().flat_map(Chardev::sources).collect();
        if let Some(signals) = &self.signals {
            sources.push(Source { fd: signals.fd(), readable: true, writable: false });
        }
        // Terminals are often standard input and output at once, and are registered once.
        sources.sort_by_key(|source| source.fd);
        sources.dedup_by(|later, first| {
            let same = later.fd == first.fd;
            if same {
                first.readable |= later.readable;
                first.writable |= later.writable;
            }
            same
        });
        // Descriptors are registered for one sleep: what is ready already is then told, and none is kept
        // that its device has closed.
        for source in &sources {
            if let Some(interest) = interest(source) {
                // One that cannot be waited for is looked at after the sleep.
                let _ = self.poll.registry().register(&mut SourceFd(&source.fd), SOURCE, interest);
            }
        }
        // An interrupted sleep is a short one.
        let _ = self.poll.poll(&mut self.events, most);
        for source in &sources {
            let _ = self.poll.registry().deregister(&mut SourceFd(&source.fd));
        }
        self.wake();
    }

    /// Writes out what the guest has written, as far as the host takes it before a signal comes or patience ends.
    pub fn flush(&mut self) {
        let start = Instant::now();
        loop {
            self.pump();
            let waits = self.chardevs.iter().any(|chardev| chardev.writer().backlog() > 0);
            let left = FAREWELL.saturating_sub(start.elapsed());
            if !waits || left.is_zero() || self.signal().is_some() {
                return;
            }
            self.sleep(Some(left));
        }
    }
}

fn interest(source: &Source) -> Option<Interest> {
    match (source.readable, source.writable) {
        (true, true) => Some(Interest::READABLE | Interest::WRITABLE),
        (true, false) => Some(Interest::READABLE),
        (false, true) => Some(Interest::WRITABLE),
        (false, false) => None,
    }
}
