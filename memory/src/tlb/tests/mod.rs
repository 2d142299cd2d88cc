//! A machine of two pages of RAM, one of ROM and a device, under a SoftMmu.

mod access;
mod keep;

use super::*;
use crate::mmio::{Mmio, Rules, Width};
use crate::region::{Map, Region};
use parking_lot::Mutex;

const RAM: u64 = 0x8000_0000;
const ROM: u64 = 0x1000;
const DEVICE: u64 = 0x1000_0000;

/// Answers its offset, and remembers what was written.
#[derive(Default)]
struct Device {
    written: Mutex<Vec<(u64, u64, Width)>>,
}

impl Mmio for Device {
    fn read(&self, offset: u64, _width: Width) -> Result<u64, BusError> {
        if offset == 0xf0 { Err(BusError::Device) } else { Ok(offset) }
    }

    fn write(&self, offset: u64, value: u64, width: Width) -> Result<(), BusError> {
        self.written.lock().push((offset, value, width));
        Ok(())
    }
}

struct Machine {
    mmu: SoftMmu,
    map: Map,
    ram: Region,
    block: Arc<RamBlock>,
    device: Arc<Device>,
    time: Arc<AtomicU64>,
}

impl Machine {
    fn new() -> Self {
        let block = Arc::new(RamBlock::anonymous("ram", 0x4000).unwrap());
        let rom = Arc::new(RamBlock::anonymous("rom", 0x1000).unwrap());
        let device = Arc::new(Device::default());
        let map = Map::new();
        let mut change = map.change();
        let system = change.container("system", 1 << 64);
        let ram = change.ram(block.clone());
        let rom = change.rom(rom);
        let registers = change.mmio("device", 0x100, device.clone(), Rules::default());
        change.place(system, ram, RAM).unwrap();
        change.place(system, rom, ROM).unwrap();
        change.place(system, registers, DEVICE).unwrap();
        change.commit();
        let time = Arc::new(AtomicU64::new(0));
        let mmu = SoftMmu::new(AddressSpace::new(&map, system, "memory"), time.clone());
        Self { mmu, map, ram, block, device, time }
    }

    /// Maps a page that may be read and written.
    fn fill(&mut self, virtual_at: u64, physical_at: u64) {
        self.mmu.fill(Mapping {
            virtual_at,
            physical_at,
            log2: 12,
            readable: true,
            writable: true,
            executable: true,
        });
    }
}
