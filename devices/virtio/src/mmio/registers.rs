//! The registers of a transport.

use super::Transport;
use crate::queue::MOST;
use model::{Access, Context, row};

model::registers! {
    /// The registers. [virtio 1.2, tables in 4.2.2 and 4.2.4]
    pub enum Reg:
        Magic              @ 0x000, "MagicValue",        [4], R,  0x7472_6976;
        Version            @ 0x004, "Version",           [4], R,  1;
        DeviceId           @ 0x008, "DeviceID",          [4], R,  0;
        VendorId           @ 0x00c, "VendorID",          [4], R,  0x554d_4551;
        DeviceFeatures     @ 0x010, "DeviceFeatures",    [4], R,  0;
        DeviceFeaturesSel  @ 0x014, "DeviceFeaturesSel", [4], W,  0;
        DriverFeatures     @ 0x020, "DriverFeatures",    [4], W,  0;
        DriverFeaturesSel  @ 0x024, "DriverFeaturesSel", [4], W,  0;
        /// Legacy.
        GuestPageSize      @ 0x028, "GuestPageSize",     [4], W,  0;
        QueueSel           @ 0x030, "QueueSel",          [4], W,  0;
        QueueNumMax        @ 0x034, "QueueNumMax",       [4], R,  0;
        QueueNum           @ 0x038, "QueueNum",          [4], W,  0;
        /// Legacy.
        QueueAlign         @ 0x03c, "QueueAlign",        [4], W,  0;
        /// Legacy.
        QueuePfn           @ 0x040, "QueuePFN",          [4], RW, 0;
        QueueReady         @ 0x044, "QueueReady",        [4], RW, 0;
        QueueNotify        @ 0x050, "QueueNotify",       [4], W,  0;
        InterruptStatus    @ 0x060, "InterruptStatus",   [4], R,  0;
        InterruptAck       @ 0x064, "InterruptACK",      [4], W,  0;
        Status             @ 0x070, "Status",            [4], RW, 0;
        /// Low half first, as in all pairs that follow.
        QueueDesc[2; 4]    @ 0x080, "QueueDesc",         [4], W,  0;
        QueueDriver[2; 4]  @ 0x090, "QueueDriver",       [4], W,  0;
        QueueDevice[2; 4]  @ 0x0a0, "QueueDevice",       [4], W,  0;
        ShmSel             @ 0x0ac, "SHMSel",            [4], W,  0;
        ShmLen[2; 4]       @ 0x0b0, "SHMLen",            [4], R,  0xffff_ffff;
        ShmBase[2; 4]      @ 0x0b8, "SHMBase",           [4], R,  0xffff_ffff;
        QueueReset         @ 0x0c0, "QueueReset",        [4], RW, 0;
        ConfigGeneration   @ 0x0fc, "ConfigGeneration",  [4], R,  0;
        Config[0xf00; 1]   @ 0x100, "Config",            [1 2 4], RW, 0;
}

/// Which version of the registers has it; `None` for both.
fn version(reg: Reg) -> Option<u32> {
    match reg {
        Reg::GuestPageSize | Reg::QueueAlign | Reg::QueuePfn => Some(1),
        Reg::QueueReady
        | Reg::QueueDesc
        | Reg::QueueDriver
        | Reg::QueueDevice
        | Reg::QueueReset
        | Reg::ConfigGeneration => Some(2),
        _ => None,
    }
}

/// `old` with one half replaced.
fn with_half(old: u64, index: usize, half: u32) -> u64 {
    let shift = 32 * (index as u64 & 1);
    old & !(0xffff_ffff << shift) | u64::from(half) << shift
}

fn half(value: u64, index: u32) -> u32 {
    // The mask leaves 32 bits.
    u32::try_from(value >> (32 * (index & 1)) & 0xffff_ffff).unwrap_or(0)
}

impl Transport {
    fn version(&self) -> u32 {
        if self.config.legacy { 1 } else { 2 }
    }

    /// Whether this version has the register; else that is the guest's mistake.
    fn has_register(&self, reg: Reg, cx: &Context) -> bool {
        let has = version(reg).is_none_or(|version| version == self.version());
        if !has {
            let name = row(reg).map_or("", |row| row.name);
            cx.guest_error(name, format_args!("version {} of the registers has no such one", self.version()));
        }
        has
    }

    pub(super) fn read_register(&self, reg: Reg, cx: &Context) -> u32 {
        let selected = self.queues.get(self.state.queue as usize);
        let Some(function) = &self.function else {
            return match reg {
                Reg::Version => self.version(),
                Reg::Magic | Reg::VendorId => row(reg).map_or(0, |row| half(row.reset, 0)),
                _ => 0,
            };
        };
        if !self.has_register(reg, cx) {
            return 0;
        }
        match reg {
            Reg::Version => self.version(),
            Reg::DeviceId => function.id(),
            Reg::DeviceFeatures if self.config.legacy && self.state.offered_half > 0 => 0,
            Reg::DeviceFeatures => half(self.offered(), self.state.offered_half),
            Reg::QueueNumMax => selected.map_or(0, |_| MOST.into()),
            Reg::QueuePfn => selected.map_or(0, |queue| queue.state.page),
            Reg::QueueReady => selected.map_or(0, |queue| queue.state.ready.into()),
            Reg::InterruptStatus => self.state.interrupt,
            Reg::Status => self.state.status,
            // No configuration here changes while a driver reads it, and a queue's reset ends at once.
            Reg::ConfigGeneration | Reg::QueueReset => 0,
            // Constants, and what is only written.
            reg => row(reg).filter(|row| row.access != Access::W).map_or(0, |row| half(row.reset, 0)),
        }
    }

    pub(super) fn write_register(&mut self, reg: Reg, index: usize, value: u32, cx: &Context) {
        if !self.has_register(reg, cx) {
            return;
        }
        let state = &mut self.state;
        match reg {
            Reg::DeviceFeaturesSel => state.offered_half = (value != 0).into(),
            Reg::DriverFeaturesSel => state.wanted_half = (value != 0).into(),
            Reg::DriverFeatures => self.want(value, cx),
            Reg::GuestPageSize => state.page_shift = value.trailing_zeros() % 32,
            Reg::QueueSel => state.queue = value,
            Reg::QueueNotify => self.notify(value as usize, cx),
            Reg::InterruptAck => {
                state.interrupt &= !value;
                self.update();
            }
            Reg::Status => self.set_status(value, cx),
            // All of the device, as QEMU does it.
            Reg::QueuePfn if value == 0 => self.start_anew(),
            reg => self.write_queue(reg, index, value, cx),
        }
    }

    fn want(&mut self, value: u32, cx: &Context) {
        let index = self.state.wanted_half;
        if !self.config.legacy {
            self.state.wanted = with_half(self.state.wanted, index as usize, value);
        } else if index > 0 && value == 0 {
            // Linux writes both halves always.
        } else if index > 0 {
            cx.guest_error("DriverFeatures", "legacy devices have no features beyond 31");
        } else {
            self.state.features = u64::from(value) & self.offered();
            self.follow_features();
        }
    }

    fn write_queue(&mut self, reg: Reg, index: usize, value: u32, cx: &Context) {
        let (legacy, page_shift) = (self.config.legacy, self.state.page_shift);
        let Some(queue) = self.queues.get_mut(self.state.queue as usize) else {
            return cx.guest_error("QueueSel", "the device has no such queue");
        };
        let state = &mut queue.state;
        let half_of = |old| with_half(old, index, value);
        match reg {
            Reg::QueueReady if value & 1 == 0 => self.stop(),
            Reg::QueueReset => {
                self.stop();
                if let Some(queue) = self.queues.get_mut(self.state.queue as usize) {
                    queue.reset();
                }
            }
            Reg::QueueNum if legacy && value == u32::from(state.size) => {}
            Reg::QueueAlign if value == state.align => {}
            // Changes of a queue in use would not reach its rings; to place it anew starts it anew.
            _ if state.ready && reg != Reg::QueuePfn => {
                cx.guest_error("QueueReady", "a change of a queue in use");
            }
            Reg::QueueReady => self.enable(cx, "QueueReady"),
            Reg::QueueNum => state.size = u16::try_from(value).unwrap_or(u16::MAX),
            Reg::QueueDesc => state.descriptors = half_of(state.descriptors),
            Reg::QueueDriver => state.available = half_of(state.available),
            Reg::QueueDevice => state.used = half_of(state.used),
            Reg::QueueAlign => state.align = value,
            Reg::QueuePfn => {
                state.page = value;
                queue.lay_out(page_shift);
                self.enable(cx, "QueuePFN");
            }
            _ => {}
        }
    }
}
