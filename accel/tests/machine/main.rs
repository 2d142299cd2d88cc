//! A machine's vCPU: privileges, traps, interrupts, paging, devices; both drivers alike.
#![allow(clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod paging;
mod random;
mod rights;
mod schemes;
mod traps;

use accel::machine::{Config, Exit, Lines, MachineCpu, vcpu};
use accel::{Driver, Tier};
use memory::mmio::{BusError, Mmio, Rules, Width};
use memory::ram::RamBlock;
use memory::region::Map;
use memory::space::AddressSpace;
use memory::tlb::SoftMmu;
use spec::asm;
use spec::riscv::system::cpu::Cpu;
use spec::riscv::{RV32, RV64};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

const RAM: u64 = 0x8000_0000;
const SIZE: u64 = 16 << 20;
const DEVICE: u64 = 0x1000_0000;
const BLOCK: Tier = Tier::interp(Driver::Block);
const STEP: Tier = Tier::interp(Driver::Step);

/// A device that remembers when it was reached, and drives the machine timer line by what is written.
struct Device {
    time: Arc<AtomicU64>,
    lines: Lines,
    seen: Mutex<Vec<(u64, u64)>>,
}

impl Mmio for Device {
    fn read(&self, offset: u64, _: Width) -> Result<u64, BusError> {
        let now = self.time.load(Ordering::SeqCst);
        self.seen.lock().unwrap().push((now, offset));
        Ok(now)
    }

    fn write(&self, offset: u64, value: u64, _: Width) -> Result<(), BusError> {
        self.seen.lock().unwrap().push((self.time.load(Ordering::SeqCst), offset | value << 32));
        self.lines.set(7, value & 1 == 1);
        Ok(())
    }
}

struct Board {
    cpu: Box<dyn MachineCpu>,
    ram: Arc<RamBlock>,
    device: Arc<Device>,
}

impl Board {
    fn new(tier: Tier, model: &str) -> Self {
        let ram = Arc::new(RamBlock::anonymous("ram", SIZE).unwrap());
        let (time, lines) = (Arc::new(AtomicU64::new(0)), Lines::default());
        let device = Arc::new(Device { time: time.clone(), lines: lines.clone(), seen: Mutex::default() });
        let map = Map::new();
        let mut change = map.change();
        let system = change.container("system", 1 << 64);
        let block = change.ram(ram.clone());
        let registers = change.mmio("device", 0x100, device.clone(), Rules::default());
        change.place(system, block, RAM).unwrap();
        change.place(system, registers, DEVICE).unwrap();
        change.commit();
        let mmu = SoftMmu::new(AddressSpace::new(&map, system, "memory"), time);
        let config = Config { cpu: Cpu::parse(model, 64).unwrap(), hartid: 0, tier, shift: 0, lines };
        let mut cpu = vcpu(config, mmu, None);
        cpu.reset(RAM);
        Self { cpu, ram, device }
    }

    /// Assembles a program at the start of RAM.
    fn load(&mut self, source: &str) {
        let guest = if self.cpu.xlen() == 32 { &RV32 } else { &RV64 };
        let options = asm::Options { base: RAM, ..asm::Options::default() };
        let image = asm::program(guest, source, &options).unwrap_or_else(|faults| panic!("{faults:?}"));
        for section in image.sections {
            self.ram.write(section.address - RAM, &section.bytes).unwrap();
        }
    }

    /// Runs until the pc stands still, at most a million instructions.
    fn finish(&mut self) {
        for _ in 0..1000 {
            let before = self.cpu.state().pc;
            if self.cpu.run(1000) == Exit::Wait
                || self.cpu.run(1) == Exit::Budget && self.cpu.state().pc == before
            {
                return;
            }
        }
        panic!("still running at {:#x}", self.cpu.state().pc);
    }

    fn get(&self, register: &str) -> u64 {
        self.cpu.register(register).unwrap_or_else(|| panic!("no register {register}"))
    }
}

/// Runs a program in both drivers, compares their states, and hands one over.
fn run(model: &str, source: &str) -> Board {
    let [block, step] = [BLOCK, STEP].map(|tier| {
        let mut board = Board::new(tier, model);
        board.load(source);
        board.finish();
        board
    });
    assert_eq!(block.cpu.state().x, step.cpu.state().x, "{source}");
    assert_eq!(block.cpu.state().sys, step.cpu.state().sys, "{source}");
    assert_eq!(*block.device.seen.lock().unwrap(), *step.device.seen.lock().unwrap(), "{source}");
    block
}
