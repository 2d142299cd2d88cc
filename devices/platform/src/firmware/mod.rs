//! Firmware configuration: named pieces of data that a machine hands its firmware and kernel.
//!
//! [QEMU docs/specs/fw_cfg.rst] The window is that of boards with memory-mapped registers: data at 0, selector at 8,
//! DMA address at 16, all big-endian.

mod items;

pub use items::{Items, ItemsError};

use items::{Item, signature};
use memory::mmio::{BusError, Order, Rules, Width};
use memory::space::AddressSpace;
use model::{Context, Device, Event, Snapshot, SnapshotError, refuse};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Bytes of the register window.
pub const SIZE: u64 = 0x18;

const DATA_END: u64 = 8;
const SELECTOR: u64 = 8;
const DMA: u64 = 16;
const DMA_LOW: u64 = 20;

/// Bits of a DMA request's control word; bits 31..16 are a key.
mod control {
    pub const ERROR: u32 = 1;
    pub const READ: u32 = 2;
    pub const SKIP: u32 = 4;
    pub const SELECT: u32 = 8;
    pub const WRITE: u32 = 16;
}

/// Bytes moved at once.
const CHUNK: u32 = 4096;

/// The channel.
pub struct FwCfg {
    memory: AddressSpace,
    items: BTreeMap<u16, Item>,
    at: Position,
}

/// Where the guest reads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    key: u16,
    offset: u32,
    /// The high half of a DMA address that is written in halves.
    dma_high: u32,
}

impl FwCfg {
    /// A channel for `items`; DMA goes to `memory`.
    pub fn new(memory: AddressSpace, items: Items) -> Self {
        Self { memory, items: items.into_table(), at: Position::default() }
    }

    fn select(&mut self, key: u16) {
        // Bit 14 once selected an item for writing and is ignored.
        (self.at.key, self.at.offset) = (key & !0x4000, 0);
    }

    /// What is left of the selected item, at most `most` bytes.
    fn rest(&self, most: usize) -> &[u8] {
        let bytes = self.items.get(&self.at.key).map_or(&[][..], |item| &item.bytes);
        let rest = bytes.get(self.at.offset as usize..).unwrap_or_default();
        rest.get(..most).unwrap_or(rest)
    }

    fn skip(&mut self, bytes: u32) {
        self.at.offset = self.at.offset.saturating_add(bytes);
    }

    /// The next byte; 0 behind the end.
    fn next(&mut self) -> u8 {
        let byte = self.rest(1).first().copied().unwrap_or(0);
        self.skip(1);
        byte
    }

    /// Carries out the request whose three words lie at `at`, and puts the outcome into the first.
    fn transfer(&mut self, at: u64, cx: &Context) {
        let control = self.memory.load::<u32>(at, Order::Big);
        let len = self.memory.load::<u32>(at.wrapping_add(4), Order::Big);
        let address = self.memory.load::<u64>(at.wrapping_add(8), Order::Big);
        let (Ok(control), Ok(len), Ok(address)) = (control, len, address) else {
            cx.guest_error("DMA", format_args!("no request lies at {at:#x}"));
            // Where nothing can be read, seldom can anything be written.
            let _ = self.memory.store::<u32>(at, control::ERROR, Order::Big);
            return;
        };
        if control & control::SELECT != 0 {
            let [high, low, ..] = control.to_be_bytes();
            self.select(u16::from_be_bytes([high, low]));
        }
        let done = if control & control::READ != 0 {
            self.give(address, len)
        } else if control & control::WRITE != 0 {
            self.take(address, len)
        } else {
            if control & control::SKIP != 0 {
                self.skip(len);
            }
            Ok(())
        };
        let outcome = match done {
            Ok(()) => 0,
            Err(what) => {
                cx.guest_error("DMA", format_args!("{what}: key {:#x}, address {address:#x}", self.at.key));
                control::ERROR
            }
        };
        // It was just read; that it cannot be written is the guest's own loss.
        let _ = self.memory.store::<u32>(at, outcome, Order::Big);
    }

    /// Writes `len` bytes of the item, and zeros behind its end, to guest memory.
    fn give(&mut self, mut address: u64, len: u32) -> Result<(), &'static str> {
        let mut left = len;
        while left > 0 {
            let n = left.min(CHUNK);
            let mut bytes = self.rest(n as usize).to_vec();
            bytes.resize(n as usize, 0);
            self.memory.write(address, &bytes).map_err(|_| "no memory to read into")?;
            self.skip(n);
            (address, left) = (address.wrapping_add(n.into()), left - n);
        }
        Ok(())
    }

    /// Replaces `len` bytes of a writable item.
    fn take(&mut self, address: u64, len: u32) -> Result<(), &'static str> {
        let start = self.at.offset as usize;
        let item = self
            .items
            .get_mut(&self.at.key)
            .filter(|item| item.writable)
            .ok_or("write of a read-only item")?;
        let part = item.bytes.get_mut(start..).and_then(|rest| rest.get_mut(..len as usize));
        let part = part.ok_or("write behind the end of an item")?;
        let mut bytes = vec![0; part.len()];
        self.memory.read(address, &mut bytes).map_err(|_| "no memory to write from")?;
        part.copy_from_slice(&bytes);
        self.skip(len);
        Ok(())
    }
}

impl Device for FwCfg {
    fn rules(&self) -> Rules {
        Rules { order: Order::Big, ..Rules::between(Width::Byte, Width::Double) }
    }

    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError> {
        Ok(match (offset, width) {
            (..DATA_END, _) => (0..width.bytes()).fold(0, |value, _| value << 8 | u64::from(self.next())),
            (DMA, Width::Double) => signature(),
            (DMA, Width::Word) => signature() >> 32,
            (DMA_LOW, Width::Word) => signature() & 0xffff_ffff,
            _ => {
                cx.guest_error(format_args!("{offset:#x}"), "no register to be read so");
                0
            }
        })
    }

    #[expect(clippy::cast_possible_truncation, reason = "a value has no bits beyond the width of its access")]
    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        match (offset, width) {
            (SELECTOR, Width::Half) => {
                self.select(value as u16);
                let here = u8::from(self.items.contains_key(&self.at.key));
                cx.trace(Event::FwCfgSelect, format_args!("key {:#06x}, ret: {here}", self.at.key));
            }
            (DMA, Width::Word) => self.at.dma_high = value as u32,
            (DMA, Width::Double) => self.transfer(value, cx),
            (DMA_LOW, Width::Word) => {
                let high = std::mem::take(&mut self.at.dma_high);
                self.transfer(u64::from(high) << 32 | value, cx);
            }
            _ => cx.guest_error(format_args!("{offset:#x}"), "no register to be written so"),
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {
        self.at = Position::default();
    }
}

/// The saved channel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    at: Position,
    /// Items that the guest may write.
    written: BTreeMap<u16, Vec<u8>>,
}

impl Snapshot for FwCfg {
    const NAME: &'static str = "fw_cfg";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        let writable = self.items.iter().filter(|(_, item)| item.writable);
        State { at: self.at, written: writable.map(|(key, item)| (*key, item.bytes.clone())).collect() }
    }

    fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
        let fits = |(key, bytes): (&u16, &Vec<u8>)| {
            self.items.get(key).is_some_and(|item| item.writable && item.bytes.len() == bytes.len())
        };
        if !state.written.iter().all(fits) {
            return Err(refuse::<Self>("written", state.written.keys().collect::<Vec<_>>()));
        }
        for (key, bytes) in state.written {
            if let Some(item) = self.items.get_mut(&key) {
                item.bytes = bytes;
            }
        }
        self.at = state.at;
        Ok(())
    }
}
