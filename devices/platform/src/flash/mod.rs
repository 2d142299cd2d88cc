//! Parallel NOR flash with the Intel command set, behind the common flash interface.
//!
//! [JEDEC JESD68.01 (CFI), JEP137 command set 1; Intel StrataFlash 28F128J3 data sheet; QEMU's `cfi.pflash01`]
//! A bank may be several chips side by side: commands go to all of them, answers come from each.
//!
//! While the flash reads as an array its block is mapped like ROM; in the other modes reads come here. Programming can
//! only clear bits. Left out: lock bits (a locked block can still be written, as in QEMU), suspending, and the time
//! that programming takes.

mod query;

use memory::mmio::{BusError, Rules, Width};
use memory::ram::RamBlock;
use model::{Context, Device, Snapshot, SnapshotError, refuse};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a bank is built.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Bytes of an erase block of the whole bank: 256 KiB on virt.
    pub block: u64,
    /// Bytes of the bank's data bus: 4 on virt.
    pub bank_width: u64,
    /// Bytes of one chip's data bus: 2 on virt.
    pub device_width: u64,
    /// Manufacturer and device, as the chip says them: 0x89, 0x18 on virt.
    pub id: (u8, u8),
    /// Whether it can be written.
    pub read_only: bool,
}

/// Status bits. [28F128J3, table "Status register"]
mod status {
    pub const READY: u8 = 0x80;
    pub const ERASE: u8 = 0x20;
    pub const PROGRAM: u8 = 0x10;
}

/// What the flash is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// Reads give the contents.
    Array,
    /// Reads give the status.
    Status,
    /// Reads give manufacturer and device.
    Id,
    /// Reads give the CFI table.
    Query,
    /// The next write is programmed.
    Program,
    /// The next write confirms an erasure.
    Erase,
    /// The next write says what to lock.
    Lock,
    /// The next write says how many go to the buffer.
    BufferCount,
    /// So many more writes go to the buffer.
    Buffer(u32),
    /// The next write confirms the buffer.
    BufferConfirm,
}

/// Switches whether reads see the contents directly.
pub type Direct = Box<dyn Fn(bool) + Send>;
/// Keeps what was changed: offset and bytes, whole blocks of 512.
pub type Store = Box<dyn FnMut(u64, &[u8]) -> std::io::Result<()> + Send>;

/// A bank of flash.
pub struct Flash {
    config: Config,
    contents: Arc<RamBlock>,
    direct: Direct,
    store: Option<Store>,
    state: State,
}

/// The saved flash, without its contents, which are RAM.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    mode: Mode,
    status: u8,
    /// Where the buffer goes.
    buffer_at: u64,
    /// What is in it: offset, width in bytes, value.
    buffer: Vec<(u64, u64, u64)>,
}

impl Default for State {
    fn default() -> Self {
        Self { mode: Mode::Array, status: status::READY, buffer_at: 0, buffer: vec![] }
    }
}

impl Flash {
    /// A bank whose contents are `contents`. `direct` is told whether reads may go there without asking the device
    /// (true at first); `store` keeps changes.
    pub fn new(config: Config, contents: Arc<RamBlock>, direct: Direct, store: Option<Store>) -> Self {
        let device_width = config.device_width.clamp(1, 4);
        let config = Config { device_width, bank_width: config.bank_width.clamp(device_width, 4), ..config };
        let config = Config { block: config.block.next_power_of_two().max(512), ..config };
        Self { config, contents, direct, store, state: State::default() }
    }

    fn chips(&self) -> u64 {
        self.config.bank_width / self.config.device_width
    }

    /// Goes into a mode.
    fn enter(&mut self, mode: Mode) {
        if (self.state.mode == Mode::Array) != (mode == Mode::Array) {
            (self.direct)(mode == Mode::Array);
        }
        self.state.mode = mode;
    }

    /// `value` of one chip from each chip that an access of `width` reaches.
    fn replicate(&self, value: u64, width: Width) -> u64 {
        let step = 8 * self.config.device_width;
        let chips = 1..=(8 * width.bytes()).div_ceil(step);
        chips.fold(0, |all, chip| all | value << (step * (chip - 1))) & width.mask()
    }

    /// The cell of the identity or query tables at `offset`: the address lines of the chips are those of the bank.
    fn cell(&self, offset: u64) -> u64 {
        offset / self.config.bank_width
    }

    fn read_id(&self, offset: u64) -> u64 {
        match self.cell(offset) & 0xff {
            0 => self.config.id.0.into(),
            1 => self.config.id.1.into(),
            _ => 0,
        }
    }

    fn size(&self) -> u64 {
        self.contents.len()
    }

    /// Bytes of the write buffer of the bank.
    fn buffer_bytes(&self) -> u64 {
        self.chips() << query::BUFFER_LOG2
    }

    fn command(&mut self, offset: u64, command: u8, cx: &Context) {
        let mode = match command {
            // 0xf0 is AMD's reset, which software tries on unknown flash.
            0x00 | 0xff | 0xf0 => Mode::Array,
            0x10 | 0x40 => Mode::Program,
            0x20 => Mode::Erase,
            0x50 => {
                self.state.status = status::READY;
                Mode::Array
            }
            0x60 => Mode::Lock,
            0x70 => Mode::Status,
            0x90 => Mode::Id,
            0x98 => Mode::Query,
            0xe8 => {
                self.state.status |= status::READY;
                Mode::BufferCount
            }
            _ => {
                cx.guest_error("command", format_args!("{command:#04x} at {offset:#x} is no command"));
                Mode::Array
            }
        };
        self.enter(mode);
    }

    /// A write in a mode that waits for one.
    fn proceed(&mut self, offset: u64, value: u64, width: Width, cx: &Context) {
        let byte = value.to_le_bytes()[0];
        match (self.state.mode, byte) {
            (Mode::Program, _) => {
                self.program(&[(offset, width.bytes(), value)], cx);
                self.enter(Mode::Status);
            }
            (Mode::Erase, 0xd0) => {
                self.erase(offset, cx);
                self.enter(Mode::Status);
            }
            (Mode::Lock, 0xd0 | 0x01 | 0x2f) => self.enter(Mode::Status),
            (Mode::BufferCount, _) => {
                let count = value & (u64::MAX >> (64 - 8 * self.config.device_width.min(2)));
                if count * self.config.bank_width >= self.buffer_bytes() {
                    cx.guest_error("buffer", format_args!("{count} writes more than fit"));
                    self.state.status |= status::PROGRAM | status::ERASE;
                    return self.enter(Mode::Status);
                }
                (self.state.buffer, self.state.buffer_at) = (vec![], offset & !(self.config.block - 1));
                self.enter(Mode::Buffer(u32::try_from(count).unwrap_or(0)));
            }
            (Mode::Buffer(left), _) => {
                self.state.buffer.push((offset, width.bytes(), value));
                self.enter(left.checked_sub(1).map_or(Mode::BufferConfirm, Mode::Buffer));
            }
            (Mode::BufferConfirm, 0xd0) => {
                let writes = std::mem::take(&mut self.state.buffer);
                let block = !(self.config.block - 1);
                if writes.iter().all(|(at, ..)| at & block == self.state.buffer_at) {
                    self.program(&writes, cx);
                } else {
                    cx.guest_error("buffer", "writes of more than one block");
                    self.state.status |= status::PROGRAM | status::ERASE;
                }
                self.enter(Mode::Status);
            }
            (Mode::Erase | Mode::Lock, 0xff) => self.enter(Mode::Array),
            (mode, _) => {
                cx.guest_error("command", format_args!("{byte:#04x} does not follow {mode:?}"));
                // Out of sequence: both bits. [28F128J3, status register]
                self.state.status |= status::PROGRAM | status::ERASE;
                self.state.buffer.clear();
                self.enter(Mode::Status);
            }
        }
    }

    fn program(&mut self, writes: &[(u64, u64, u64)], cx: &Context) {
        let all_done =
            !self.config.read_only && writes.iter().all(|(at, bytes, value)| self.clear(*at, *bytes, *value));
        let touched = writes.iter().map(|(at, bytes, _)| (*at, at + bytes));
        let range = touched.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        self.finish(all_done, status::PROGRAM, range, cx);
    }

    /// Clears the bits that `value` has not.
    fn clear(&self, at: u64, bytes: u64, value: u64) -> bool {
        let mut old = [0; 8];
        let cells = usize::try_from(bytes).ok().and_then(|bytes| old.get_mut(..bytes));
        let Some(cells) = cells else { return false };
        if self.contents.read(at, cells).is_err() {
            return false;
        }
        cells.iter_mut().zip(value.to_le_bytes()).for_each(|(cell, byte)| *cell &= byte);
        self.contents.write(at, cells).is_ok()
    }

    fn erase(&mut self, offset: u64, cx: &Context) {
        let start = offset & !(self.config.block - 1);
        let end = start.saturating_add(self.config.block).min(self.size());
        let ones = vec![0xff; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
        let done = !self.config.read_only && self.contents.write(start, &ones).is_ok();
        self.finish(done, status::ERASE, Some((start, end)), cx);
    }

    /// Sets the status after a change of `range`, and keeps it.
    fn finish(&mut self, done: bool, failed: u8, range: Option<(u64, u64)>, cx: &Context) {
        self.state.status |= status::READY;
        let kept = done && range.is_none_or(|(start, end)| self.keep(start, end).is_ok());
        if !kept {
            self.state.status |= failed;
            cx.guest_error(
                "array",
                if done { "the drive does not take the change" } else { "cannot be changed" },
            );
        }
    }

    fn keep(&mut self, start: u64, end: u64) -> std::io::Result<()> {
        let Some(store) = &mut self.store else { return Ok(()) };
        let (start, end) = (start & !511, end.next_multiple_of(512).min(self.contents.len()));
        let mut bytes = vec![0; usize::try_from(end.saturating_sub(start)).unwrap_or(0)];
        self.contents.read(start, &mut bytes).map_err(std::io::Error::other)?;
        store(start, &bytes)
    }
}

impl Device for Flash {
    fn rules(&self) -> Rules {
        Rules {
            valid: (Width::Byte, Width::Double),
            implemented: (Width::Byte, Width::Word),
            ..Rules::default()
        }
    }

    fn read(&mut self, offset: u64, width: Width, _: &Context) -> Result<u64, BusError> {
        Ok(match self.state.mode {
            Mode::Array => {
                let contents = &self.contents;
                match width {
                    Width::Byte => contents.load::<u8>(offset)?.into(),
                    Width::Half => contents.load::<u16>(offset)?.into(),
                    Width::Word => contents.load::<u32>(offset)?.into(),
                    Width::Double => contents.load::<u64>(offset)?,
                }
            }
            Mode::Id => self.replicate(self.read_id(offset), width),
            Mode::Query => self.replicate(query::cell(self, self.cell(offset)), width),
            _ => self.replicate(self.state.status.into(), width),
        })
    }

    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        match self.state.mode {
            Mode::Array | Mode::Status | Mode::Id | Mode::Query => {
                self.command(offset, value.to_le_bytes()[0], cx);
            }
            _ => self.proceed(offset, value, width, cx),
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {
        self.enter(Mode::Array);
        self.state = State::default();
    }
}

impl Snapshot for Flash {
    const NAME: &'static str = "cfi.pflash01";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        self.state.clone()
    }

    fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
        let most = self.buffer_bytes() / self.config.bank_width;
        let left = if let Mode::Buffer(left) = state.mode { u64::from(left) } else { 0 };
        if left >= most.max(1) || state.buffer.len() as u64 > most {
            return Err(refuse::<Self>("mode", state.mode));
        }
        self.enter(state.mode);
        self.state = state;
        Ok(())
    }
}
