//! The saved transport.

use super::{CONFIGURATION, Transport, USED};
use crate::bus::Bus;
use crate::queue;
use crate::queue::Virtqueue;
use model::{Snapshot, SnapshotError, refuse};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use virtio_bindings::virtio_ring::VIRTIO_RING_F_EVENT_IDX;
use vm_memory::GuestAddressSpace;

/// The saved transport, its queues and its device.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// The device behind it.
    function: Option<String>,
    /// The version of its registers.
    legacy: bool,
    pub(super) status: u32,
    pub(super) interrupt: u32,
    /// Which half of the features is seen.
    pub(super) offered_half: u32,
    pub(super) wanted_half: u32,
    /// What the driver has written, and what counts.
    pub(super) wanted: u64,
    pub(super) features: u64,
    /// The queue whose registers are seen.
    pub(super) queue: u32,
    /// Legacy: the guest's pages.
    pub(super) page_shift: u32,
    queues: Vec<queue::State>,
    fields: Value,
}

impl State {
    pub(super) fn has_event_idx(&self) -> bool {
        self.features & 1 << VIRTIO_RING_F_EVENT_IDX != 0
    }
}

/// The fields of a device behind a transport.
pub fn fields<T: DeserializeOwned>(name: &'static str, state: Value) -> Result<T, SnapshotError> {
    let instance = || Transport::NAME.to_owned();
    serde_json::from_value(state).map_err(|source| SnapshotError::Fields {
        instance: instance(),
        name,
        source,
    })
}

impl Snapshot for Transport {
    const NAME: &'static str = "virtio-mmio";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        State {
            function: self.function().map(str::to_owned),
            legacy: self.config.legacy,
            queues: self.queues.iter().map(Virtqueue::save).collect(),
            fields: self.function.as_ref().map_or(Value::Null, |function| function.save()),
            ..self.state.clone()
        }
    }

    fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
        if state.function.as_deref() != self.function() {
            return Err(refuse::<Self>("function", &state.function));
        }
        if state.legacy != self.config.legacy || state.queues.len() != self.queues.len() {
            return Err(refuse::<Self>("legacy", state.legacy));
        }
        if state.page_shift > 31 || state.interrupt & !(USED | CONFIGURATION) != 0 {
            return Err(refuse::<Self>("interrupt", (state.page_shift, state.interrupt)));
        }
        if state.features & !self.offered() != 0 {
            return Err(refuse::<Self>("features", state.features));
        }
        let event_idx = state.has_event_idx();
        let restored = |saved: &queue::State| {
            Virtqueue::restored(saved.clone(), event_idx).map_err(|fault| refuse::<Self>("queues", fault))
        };
        let mut queues = state.queues.iter().map(restored).collect::<Result<Vec<_>, _>>()?;
        // What was asked for before is for nobody.
        self.way.life += 1;
        if let Some(function) = &mut self.function {
            let memory = self.ram.memory();
            let mut bus = Bus {
                name: &self.name,
                tracer: &self.tracer,
                memory: &memory,
                features: state.features,
                now: 0,
                queues: &mut queues,
                way: &self.way,
            };
            if let Err(error) = function.restore(state.fields.clone(), &mut bus) {
                self.way.life -= 1;
                return Err(error);
            }
        }
        self.queues = queues;
        self.state = State { function: None, legacy: false, queues: vec![], fields: Value::Null, ..state };
        self.update();
        Ok(())
    }
}
