//! The way back from IO threads: one ordered queue, emptied by the machine's thread only.
//!
//! Two kinds of messages come. A *completion* was asked for by the machine's thread: when it does so it fixes
//! the guest time at which the answer is delivered, so that the guest sees the same with a slow host. An
//! *event* (somebody typed) was not asked for; it arrives when it arrives.

use parking_lot::{Condvar, Mutex};
use std::collections::{BTreeMap, VecDeque};
use std::marker::PhantomData;
use std::sync::Arc;

type Message = Box<dyn FnOnce() + Send>;
type Handler = Box<dyn FnOnce(Box<dyn std::any::Any + Send>) + Send>;

/// What [`Inbox::deliver`] does with a completion that is due and not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiting {
    /// Waits for it; guest time stands still meanwhile.
    Block,
    /// Leaves it for a later call. The order stays, the guest time does not.
    Skip,
}

/// The machine's end of the queue.
pub struct Inbox(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    arrived: Condvar,
    wake: Box<dyn Fn() + Send + Sync>,
}

#[derive(Default)]
struct State {
    asked: u64,
    /// By guest time and order of asking.
    expected: BTreeMap<(u64, u64), Expected>,
    events: VecDeque<Message>,
}

struct Expected {
    handler: Option<Handler>,
    /// An `Option` of what is expected: `None` if whoever was to answer is gone.
    answer: Option<Box<dyn std::any::Any + Send>>,
}

impl Inbox {
    /// An empty queue; `wake` is called on the sending thread whenever something arrives, to end the
    /// machine's sleep.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        let wake = Box::new(wake);
        Self(Arc::new(Shared { state: Mutex::default(), arrived: Condvar::new(), wake }))
    }

    /// Expects an answer: `handler` runs with it on the machine's thread, at guest time `due`
    /// nanoseconds. Equal times keep the order of asking. If the ticket is dropped, `handler` runs with `None`.
    pub fn expect<T: Send + 'static>(
        &self,
        due: u64,
        handler: impl FnOnce(Option<T>) + Send + 'static,
    ) -> Ticket<T> {
        let handler: Handler = Box::new(move |any| {
            handler(any.downcast::<Option<T>>().ok().and_then(|answer| *answer));
        });
        let mut state = self.0.state.lock();
        let key = (due, state.asked);
        state.asked += 1;
        state.expected.insert(key, Expected { handler: Some(handler), answer: None });
        Ticket { shared: Arc::clone(&self.0), key, answered: false, answer: PhantomData }
    }

    /// A handle with which any thread sends events.
    pub fn poster(&self) -> Poster {
        Poster(Arc::clone(&self.0))
    }

    /// The guest time of the earliest expected completion.
    pub fn next_due(&self) -> Option<u64> {
        self.0.state.lock().expected.first_key_value().map(|((due, _), _)| *due)
    }

    /// Whether an event, or the answer to the first expected completion, is there.
    pub fn has_news(&self) -> bool {
        let state = self.0.state.lock();
        let answered =
            state.expected.first_key_value().is_some_and(|(_, expected)| expected.answer.is_some());
        !state.events.is_empty() || answered
    }

    /// Runs what is due at guest time `now`: completions in order, then events in the order they came.
    /// Says how many ran.
    pub fn deliver(&self, now: u64, waiting: Waiting) -> usize {
        let mut ran = 0;
        while let Some((handler, answer)) = self.next_completion(now, waiting) {
            handler(answer);
            ran += 1;
        }
        // Events that these events cause are for the next call, so that this one ends.
        let events = std::mem::take(&mut self.0.state.lock().events);
        ran += events.len();
        events.into_iter().for_each(|event| event());
        ran
    }

    fn next_completion(
        &self,
        now: u64,
        waiting: Waiting,
    ) -> Option<(Handler, Box<dyn std::any::Any + Send>)> {
        let mut state = self.0.state.lock();
        loop {
            let mut first = state.expected.first_entry()?;
            if first.key().0 > now {
                return None;
            }
            if first.get().answer.is_some() {
                let handler = first.get_mut().handler.take();
                let answer = first.remove().answer?;
                return Some((handler?, answer));
            }
            match waiting {
                Waiting::Skip => return None,
                Waiting::Block => self.0.arrived.wait(&mut state),
            }
        }
    }
}

/// The duty to answer one expected completion.
pub struct Ticket<T: Send + 'static> {
    shared: Arc<Shared>,
    key: (u64, u64),
    answered: bool,
    answer: PhantomData<fn(T)>,
}

impl<T: Send + 'static> Ticket<T> {
    /// Answers.
    pub fn complete(mut self, answer: T) {
        self.put(Some(answer));
    }

    fn put(&mut self, answer: Option<T>) {
        self.answered = true;
        if let Some(expected) = self.shared.state.lock().expected.get_mut(&self.key) {
            expected.answer = Some(Box::new(answer));
        }
        self.shared.arrived.notify_all();
        (self.shared.wake)();
    }
}

impl<T: Send + 'static> Drop for Ticket<T> {
    fn drop(&mut self) {
        if !self.answered {
            self.put(None);
        }
    }
}

/// Sends events from any thread.
#[derive(Clone)]
pub struct Poster(Arc<Shared>);

impl Poster {
    /// Runs `event` on the machine's thread, as soon as it looks.
    pub fn post(&self, event: impl FnOnce() + Send + 'static) {
        self.0.state.lock().events.push_back(Box::new(event));
        (self.0.wake)();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

    type Answer = Box<dyn FnOnce(Option<u32>) + Send>;

    fn log() -> (Arc<Mutex<Vec<String>>>, impl Fn(&str) -> Answer) {
        let log = Arc::new(Mutex::new(vec![]));
        let into = Arc::clone(&log);
        let handler = move |name: &str| -> Answer {
            let (into, name) = (Arc::clone(&into), name.to_owned());
            Box::new(move |answer| into.lock().push(format!("{name} {answer:?}")))
        };
        (log, handler)
    }

    #[test]
    fn completions_come_by_guest_time_and_order_of_asking_whoever_is_faster() {
        let (log, handler) = log();
        let inbox = Inbox::new(|| {});
        let tickets = [(200, "late"), (100, "first"), (100, "second")]
            .map(|(due, name)| inbox.expect(due, handler(name)));
        let [late, first, second] = tickets;
        late.complete(3);
        second.complete(2);
        assert_eq!((inbox.next_due(), inbox.deliver(150, Waiting::Skip)), (Some(100), 0));
        let slow = std::thread::spawn(move || first.complete(1));
        assert_eq!(inbox.deliver(150, Waiting::Block), 2);
        slow.join().unwrap();
        assert_eq!(inbox.deliver(200, Waiting::Block), 1);
        assert_eq!(*log.lock(), ["first Some(1)", "second Some(2)", "late Some(3)"]);
        assert_eq!(inbox.next_due(), None);
    }

    #[test]
    fn a_dropped_ticket_answers_nothing_and_blocks_nobody() {
        let (log, handler) = log();
        let inbox = Inbox::new(|| {});
        drop(inbox.expect(0, handler("lost")));
        assert_eq!(inbox.deliver(0, Waiting::Block), 1);
        assert_eq!(*log.lock(), ["lost None"]);
    }

    #[test]
    fn an_event_wakes_the_machine_and_runs_on_its_thread() {
        let (woken, ran) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let wake = Arc::clone(&woken);
        let inbox = Inbox::new(move || {
            wake.fetch_add(1, SeqCst);
        });
        let (poster, count) = (inbox.poster(), Arc::clone(&ran));
        std::thread::spawn(move || {
            poster.post(move || {
                count.fetch_add(1, SeqCst);
            });
        })
        .join()
        .unwrap();
        assert_eq!((woken.load(SeqCst), ran.load(SeqCst), inbox.has_news()), (1, 0, true));
        assert_eq!((inbox.deliver(0, Waiting::Block), ran.load(SeqCst), inbox.has_news()), (1, 1, false));
    }
}
