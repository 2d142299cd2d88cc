//! virtio-rng: random bytes. [virtio 1.2, 5.4; QEMU: hw/virtio/virtio-rng.c]

use crate::bus::{Bus, Function};
use crate::chain::{part, scatter, size};
use crate::fault::Fault;
use model::{Event, SnapshotError};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Bytes given for one request at most; a driver asks again.
const MOST: u64 = 64 << 10;

/// Where the bytes come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A generator, which gives the same in every run.
    Seed(u64),
    /// The host.
    Host,
}

/// The device.
pub struct Entropy {
    source: Source,
    state: State,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    generator: u64,
}

impl Entropy {
    /// A device with this source.
    pub fn new(source: Source) -> Self {
        let generator = match source {
            Source::Seed(seed) => seed,
            Source::Host => 0,
        };
        Self { source, state: State { generator } }
    }

    fn fill(&mut self, bytes: &mut [u8]) {
        match self.source {
            Source::Seed(_) => {
                for chunk in bytes.chunks_mut(8) {
                    chunk.copy_from_slice(&random(&mut self.state.generator).to_le_bytes()[..chunk.len()]);
                }
            }
            Source::Host => {
                let mut done = 0;
                while let Some(rest) = bytes.get_mut(done..).filter(|rest| !rest.is_empty()) {
                    // A host without entropy leaves zeros rather than making the guest wait.
                    match rustix::rand::getrandom(rest, rustix::rand::GetRandomFlags::NONBLOCK) {
                        Ok(given @ 1..) => done += given,
                        Err(rustix::io::Errno::INTR) => {}
                        _ => break,
                    }
                }
            }
        }
    }
}

/// SplitMix64: passes the tests of randomness, and its state is one word. [Steele, Lea, Flood 2014]
pub fn random(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (*state ^ *state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ z >> 31
}

impl Function for Entropy {
    fn name(&self) -> &'static str {
        "virtio-rng-device"
    }

    fn id(&self) -> u32 {
        virtio_bindings::virtio_ids::VIRTIO_ID_RNG
    }

    fn features(&self) -> u64 {
        0
    }

    fn queues(&self) -> usize {
        1
    }

    fn config(&self) -> Vec<u8> {
        vec![]
    }

    fn notify(&mut self, queue: usize, bus: &mut Bus) -> Result<(), Fault> {
        // What is written may lie over the ring, so the ring alone does not end this.
        for _ in 0..bus.size(queue) {
            let Some(chain) = bus.pop(queue)? else { break };
            let place = part(&chain.writable, 0, MOST);
            let len = u32::try_from(size(&place)).unwrap_or(0);
            let mut bytes = vec![0; len as usize];
            self.fill(&mut bytes);
            scatter(bus.memory, &place, &bytes)?;
            bus.trace(Event::VirtioRngPushed, format_args!("{len} bytes pushed"));
            bus.push(queue, chain.head, len)?;
        }
        Ok(())
    }

    fn properties(&self) -> Vec<(&'static str, String)> {
        let kind = match self.source {
            Source::Seed(_) => "rng-builtin",
            Source::Host => "rng-random",
        };
        vec![("rng", model::quoted(kind))]
    }

    /// Who resets the device does not get the same bytes again.
    fn reset(&mut self) {}

    fn save(&self) -> Value {
        serde_json::to_value(&self.state).unwrap_or_default()
    }

    fn restore(&mut self, state: Value, _: &mut Bus) -> Result<(), SnapshotError> {
        self.state = crate::mmio::fields(self.name(), state)?;
        Ok(())
    }
}
