//! The host's end of a port.

use crate::mmio::Transport;
use host_char::{Event, Frontend};
use model::Port;
use std::sync::Arc;

/// A port of a [`Console`](super::Console) behind a transport, as a character device sees it.
#[derive(Clone)]
pub struct Line {
    transport: Arc<Port<Transport>>,
    number: u32,
}

impl Line {
    /// Port `number` of the console behind `transport`; a device of another kind has no ports and takes nothing.
    pub fn new(transport: Arc<Port<Transport>>, number: u32) -> Self {
        Self { transport, number }
    }
}

impl Frontend for Line {
    fn can_receive(&self) -> usize {
        self.transport.with(|transport, _| transport.room(self.number)).unwrap_or(0)
    }

    fn receive(&self, bytes: &[u8]) {
        let (number, bytes) = (self.number, bytes.to_vec());
        self.transport.tell(move |transport, cx| {
            transport.enter(cx, |function, bus| function.receive(number, &bytes, bus));
        });
    }

    fn event(&self, event: Event) {
        let open = match event {
            Event::Opened => true,
            Event::Closed => false,
            Event::Break | Event::MuxIn | Event::MuxOut => return,
        };
        let number = self.number;
        self.transport.tell(move |transport, cx| {
            transport.enter(cx, |function, bus| function.attend(number, open, bus));
        });
    }
}
