//! Soldering: from a board's table to regions, devices and wires.

use crate::board::{Board, Part, Slot, TIMEBASE};
use accel::machine::Lines;
use memory::ram::{RamBlock, RamError};
use memory::region::{Change, Map, PlaceError, Region};
use memory::space::AddressSpace;
use model::{Attached, IrqLine, Port, World};
use platform::riscv::aclint::{MTIMER_SIZE, Mtimer, SWI_SIZE, Swi};
use platform::riscv::plic::{self, Plic};
use platform::riscv::test::Finisher;
use platform::serial::{Output, Uart};
use spec::riscv::system::irq;
use std::sync::Arc;

/// A machine that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SolderError {
    /// No memory for RAM.
    #[error("the guest's memory cannot be had")]
    Ram(#[from] RamError),
    /// Two devices at one address.
    #[error("the board cannot be built")]
    Place(#[from] PlaceError),
}

/// A device and where it is.
pub struct Placed {
    /// The device.
    pub device: Arc<dyn Attached>,
    /// Physical address of its first register.
    pub at: u64,
    /// Bytes of registers.
    pub size: u64,
}

/// A board with its devices.
pub struct Wiring {
    /// What devices share.
    pub world: World,
    /// All regions.
    pub map: Map,
    /// What harts and devices see.
    pub space: AddressSpace,
    /// RAM; none of an empty board.
    pub ram: Option<Arc<RamBlock>>,
    /// The devices, by address.
    pub devices: Vec<Placed>,
    /// The interrupt inputs of each hart.
    pub lines: Vec<Lines>,
    /// The interrupt controller.
    pub plic: Option<Arc<Port<Plic>>>,
    /// The serial port.
    pub serial: Option<Arc<Port<Uart>>>,
}

/// What is soldered beside what the board's table says.
pub struct Order {
    /// The board.
    pub board: &'static Board,
    /// Harts.
    pub harts: u32,
    /// Bytes of RAM.
    pub ram: u64,
    /// Where the serial port's bytes go.
    pub output: Output,
}

/// The clock of QEMU's serial port over 16: the highest rate.
const BAUD_BASE: u64 = 230_400;

/// Builds the board.
///
/// # Errors
/// [`SolderError`].
pub fn solder(order: Order, world: World) -> Result<Wiring, SolderError> {
    let map = Map::new();
    let lines: Vec<Lines> = (0..order.harts).map(|_| Lines::default()).collect();
    let mut iron = Iron { world: &world, lines: &lines, devices: vec![], plic: None, serial: None };
    let mut change = map.change();
    let root = change.container("system", 1 << 64);
    let mut ram = None;
    if order.ram > 0 {
        let name = format!("riscv_{}_board.ram", order.board.name);
        let block = Arc::new(RamBlock::anonymous(name, order.ram)?);
        let region = change.ram(Arc::clone(&block));
        change.place(root, region, order.board.ram)?;
        ram = Some(block);
    }
    // What raises interrupts needs the controller first.
    let (controllers, others): (Vec<&Slot>, Vec<&Slot>) =
        order.board.slots.iter().partition(|slot| slot.part == Part::Plic);
    for slot in controllers {
        iron.plic(&mut change, root, slot, order.board.inputs)?;
    }
    let mut output = Some(order.output);
    for slot in others {
        iron.part(&mut change, root, slot, &mut output)?;
    }
    change.commit();
    let space = AddressSpace::new(&map, root, "memory");
    let (mut devices, plic, serial) = (iron.devices, iron.plic, iron.serial);
    devices.sort_by_key(|placed| placed.at);
    Ok(Wiring { space, map, ram, devices, lines, plic, serial, world })
}

/// A wire to the input of a hart that is `bit` of `mip`.
fn wire(lines: &Lines, bit: u64) -> IrqLine {
    let lines = lines.clone();
    IrqLine::new(move |level| lines.set(bit.trailing_zeros(), level))
}

struct Iron<'a> {
    world: &'a World,
    lines: &'a [Lines],
    devices: Vec<Placed>,
    plic: Option<Arc<Port<Plic>>>,
    serial: Option<Arc<Port<Uart>>>,
}

impl Iron<'_> {
    fn place<D>(
        &mut self,
        change: &mut Change,
        root: Region,
        at: u64,
        size: u64,
        device: Arc<Port<D>>,
    ) -> Result<(), PlaceError>
    where
        Port<D>: Attached + 'static,
    {
        let rules = Attached::rules(&*device);
        let region = change.mmio(Attached::name(&*device), size, device.clone(), rules);
        change.place(root, region, at)?;
        self.devices.push(Placed { device, at, size });
        Ok(())
    }

    /// A wire to an input of the interrupt controller, or to nowhere.
    fn wire(&self, slot: &Slot) -> IrqLine {
        match (&self.plic, slot.irq) {
            (Some(plic), Some(irq)) => Plic::input(plic, irq as usize),
            _ => IrqLine::unconnected(),
        }
    }

    /// A wire to the input `bit` of each hart.
    fn wires(&self, bit: u64) -> Vec<IrqLine> {
        self.lines.iter().map(|lines| wire(lines, bit)).collect()
    }

    fn plic(
        &mut self,
        change: &mut Change,
        root: Region,
        slot: &Slot,
        inputs: u32,
    ) -> Result<(), PlaceError> {
        // Each hart has two contexts, machine mode first, as the device tree says.
        let outputs =
            self.lines.iter().flat_map(|lines| [irq::MEI, irq::SEI].map(|bit| wire(lines, bit))).collect();
        let config = plic::Config { sources: inputs as usize, priority_bits: 3 };
        let port = Port::new(slot.name, self.world, |_| Plic::new(config, outputs));
        self.plic = Some(Arc::clone(&port));
        self.place(change, root, slot.at, slot.size, port)
    }

    fn part(
        &mut self,
        change: &mut Change,
        root: Region,
        slot: &Slot,
        output: &mut Option<Output>,
    ) -> Result<(), SolderError> {
        match slot.part {
            Part::Rom => {
                let block = Arc::new(RamBlock::anonymous(slot.name, slot.size)?);
                let region = change.rom(block);
                change.place(root, region, slot.at)?;
            }
            Part::Finisher => {
                let port = Port::new(slot.name, self.world, Finisher::new);
                self.place(change, root, slot.at, slot.size, port)?;
            }
            Part::Clint => {
                let soft = self.wires(irq::MSI);
                let port = Port::new("riscv.aclint.swi", self.world, |_| Swi::machine(soft));
                self.place(change, root, slot.at, SWI_SIZE, port)?;
                let timer = self.wires(irq::MTI);
                // The time register of a hart counts from power-on, whatever a guest makes of mtime.
                let make = |seat: &model::Seat| Mtimer::new(seat, timer, u64::from(TIMEBASE), |_| {});
                let port = Port::new("riscv.aclint.mtimer", self.world, make);
                self.place(change, root, slot.at + SWI_SIZE, MTIMER_SIZE, port)?;
            }
            Part::Serial => {
                let line = self.wire(slot);
                let sink = output.take().unwrap_or_else(|| Box::new(|_| {}));
                let make = |seat: &model::Seat| Uart::new(seat, 0, BAUD_BASE, line, sink);
                let port = Port::new(slot.name, self.world, make);
                self.serial = Some(Arc::clone(&port));
                self.place(change, root, slot.at, slot.size, port)?;
            }
            Part::Plic | Part::Rtc | Part::Virtio | Part::FwCfg | Part::Flash | Part::Htif => {}
        }
        Ok(())
    }
}
