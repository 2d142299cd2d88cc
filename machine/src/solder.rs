//! Soldering: from a board's table to regions, devices and wires.

use crate::board::{Board, Part, Slot, TIMEBASE};
use accel::machine::Lines;
use host_char::Frontend;
use memory::ram::{RamBlock, RamError};
use memory::region::{Change, Map, PlaceError, Region};
use memory::space::AddressSpace;
use model::{Attached, Inbox, IrqLine, Port, World};
use platform::firmware::{FwCfg, Items};
use platform::flash::{self, Flash, Store};
use platform::riscv::aclint::{MTIMER_SIZE, Mtimer, SWI_SIZE, Swi};
use platform::riscv::htif::Htif;
use platform::riscv::plic::{self, Plic};
use platform::riscv::test::Finisher;
use platform::rtc::Rtc;
use platform::serial::{Output, Uart};
use spec::riscv::system::irq;
use std::sync::{Arc, OnceLock};
use virtio::{Function, Transport};

/// A machine that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum SolderError {
    /// No memory for RAM.
    #[error("the guest's memory cannot be had")]
    Ram(#[from] RamError),
    /// Two devices at one address.
    #[error("the board cannot be built")]
    Place(#[from] PlaceError),
    /// More virtio devices than transports, or two for one.
    #[error(
        "there is no free {name} for a virtio device: the board has {count}; leave one out, or name another bus"
    )]
    Transport {
        /// What was asked for.
        name: String,
        /// Transports of the board.
        count: usize,
    },
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
    /// The transports of the virtio devices that were ordered, in that order.
    pub virtio: Vec<Arc<Port<Transport>>>,
    /// Where what is typed goes.
    pub tty: Option<Tty>,
}

/// A device that a person types to.
#[derive(Clone)]
pub enum Tty {
    /// A serial port.
    Serial(Arc<Port<Uart>>),
    /// The host-target interface.
    Htif(Arc<Port<Htif>>),
    /// A port of a virtio console.
    Virtio(virtio::Line),
}

impl Frontend for Tty {
    fn can_receive(&self) -> usize {
        match self {
            Self::Serial(port) => port.with(|uart, _| uart.can_receive()),
            Self::Htif(port) => port.with(|htif, _| htif.can_receive()),
            Self::Virtio(line) => Some(line.can_receive()),
        }
        .unwrap_or(0)
    }

    fn receive(&self, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        match self {
            Self::Serial(port) => port.tell(move |uart, cx| uart.receive(&bytes, cx)),
            Self::Htif(port) => port.tell(move |htif, _| bytes.iter().for_each(|byte| htif.receive(*byte))),
            Self::Virtio(line) => line.receive(&bytes),
        }
    }

    fn event(&self, event: host_char::Event) {
        match (self, event) {
            (Self::Serial(port), host_char::Event::Break) => port.tell(|uart, _| uart.receive_break()),
            (Self::Virtio(line), event) => line.event(event),
            _ => {}
        }
    }
}

/// The first contents of a bank of flash.
pub struct Bank {
    /// They.
    pub bytes: Vec<u8>,
    /// Keeps what the guest writes; none for a bank that it cannot write.
    pub store: Option<Store>,
}

/// A device behind one of the board's virtio transports.
pub struct Virtio {
    /// The device.
    pub function: Box<dyn Function>,
    /// The transport, counted from the lowest address; the highest free one if nobody says.
    pub bus: Option<usize>,
}

/// What is soldered beside what the board's table says.
pub struct Order {
    /// The board.
    pub board: &'static Board,
    /// Harts.
    pub harts: u32,
    /// Bytes of RAM.
    pub ram: u64,
    /// Where the bytes of the serial port, or of the host-target interface, go.
    pub output: Output,
    /// Nanoseconds since 1970 when guest time is zero.
    pub epoch: u64,
    /// Contents of the banks of flash; the rest is erased.
    pub flash: Vec<Bank>,
    /// `tohost` and `fromhost` of the program.
    pub htif: Option<(u64, u64)>,
    /// Devices behind virtio transports.
    pub virtio: Vec<Virtio>,
    /// What virtio transports are.
    pub transport: virtio::Config,
    /// Where answers of IO threads come.
    pub inbox: Arc<Inbox>,
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
    let mut change = map.change();
    let root = change.container("system", 1 << 64);
    let mut ram = None;
    if order.ram > 0 {
        let name = format!("riscv_{}_board.ram", order.board.name);
        let block = Arc::new(RamBlock::anonymous(name, order.ram)?);
        let region = change.ram(Arc::clone(&block));
        // The host-target interface lies over it.
        change.place_over(root, region, order.board.ram, 0)?;
        ram = Some(block);
    }
    change.commit();
    let space = AddressSpace::new(&map, root, "memory");
    let mut change = map.change();
    let transports = transports(order.board, order.virtio)?.into_iter().enumerate();
    let mut iron = Iron {
        world: &world,
        map: &map,
        space: &space,
        lines: &lines,
        output: Some(order.output),
        epoch: order.epoch,
        flash: order.flash.into_iter(),
        htif: order.htif,
        transports,
        transport: order.transport,
        inbox: order.inbox,
        devices: vec![],
        plugged: vec![],
        plic: None,
        tty: None,
    };
    // What raises interrupts needs the controller first.
    let (controllers, others): (Vec<&Slot>, Vec<&Slot>) =
        order.board.slots.iter().partition(|slot| slot.part == Part::Plic);
    for slot in controllers {
        iron.plic(&mut change, root, slot, order.board.inputs)?;
    }
    for slot in others {
        iron.part(&mut change, root, slot)?;
    }
    change.commit();
    let (mut devices, mut plugged, plic, tty) = (iron.devices, iron.plugged, iron.plic, iron.tty);
    devices.sort_by_key(|placed| placed.at);
    devices.iter().for_each(|placed| placed.device.placed_at(placed.at));
    plugged.sort_by_key(|(number, _)| *number);
    let virtio = plugged.into_iter().map(|(_, port)| port).collect();
    Ok(Wiring { space, map, ram, devices, lines, plic, virtio, tty, world })
}

/// A virtio device, and its number among those that were ordered.
type Numbered = (usize, Box<dyn Function>);

/// What is behind each virtio transport, by address. As with QEMU, the first device has the last transport, which
/// comes first in the device tree.
fn transports(board: &Board, devices: Vec<Virtio>) -> Result<Vec<Option<Numbered>>, SolderError> {
    let mut found: Vec<_> = board.all(Part::Virtio).map(|_| None).collect();
    let count = found.len();
    let numbered = devices.into_iter().enumerate();
    let (named, others): (Vec<_>, Vec<_>) = numbered.partition(|(_, device)| device.bus.is_some());
    for (number, device) in named.into_iter().chain(others) {
        let free = |index: &usize| matches!(found.get(*index), Some(None));
        let bus = match device.bus {
            Some(bus) => Some(bus).filter(free),
            None => (0..found.len()).rev().find(free),
        };
        let name = || device.bus.map_or("virtio-mmio".into(), |bus| format!("virtio-mmio-bus.{bus}"));
        let place = bus
            .and_then(|bus| found.get_mut(bus))
            .ok_or_else(|| SolderError::Transport { name: name(), count })?;
        *place = Some((number, device.function));
    }
    Ok(found)
}

/// A wire to the input of a hart that is `bit` of `mip`.
fn wire(lines: &Lines, bit: u64) -> IrqLine {
    let lines = lines.clone();
    IrqLine::new(move |level| lines.set(bit.trailing_zeros(), level))
}

struct Iron<'a> {
    world: &'a World,
    map: &'a Map,
    space: &'a AddressSpace,
    lines: &'a [Lines],
    output: Option<Output>,
    epoch: u64,
    flash: std::vec::IntoIter<Bank>,
    htif: Option<(u64, u64)>,
    transports: std::iter::Enumerate<std::vec::IntoIter<Option<Numbered>>>,
    transport: virtio::Config,
    inbox: Arc<Inbox>,
    devices: Vec<Placed>,
    plugged: Vec<(usize, Arc<Port<Transport>>)>,
    plic: Option<Arc<Port<Plic>>>,
    tty: Option<Tty>,
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

    fn part(&mut self, change: &mut Change, root: Region, slot: &Slot) -> Result<(), SolderError> {
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
                let harts = self.lines.to_vec();
                let moved = move |delta| harts.iter().for_each(|lines| lines.set_time_delta(delta));
                let make = |seat: &model::Seat| Mtimer::new(seat, timer, u64::from(TIMEBASE), moved);
                let port = Port::new("riscv.aclint.mtimer", self.world, make);
                self.place(change, root, slot.at + SWI_SIZE, MTIMER_SIZE, port)?;
            }
            Part::Serial => {
                let line = self.wire(slot);
                let sink = self.output.take().unwrap_or_else(|| Box::new(|_| {}));
                let make = |seat: &model::Seat| Uart::new(seat, 0, BAUD_BASE, line, sink);
                let port = Port::new(slot.name, self.world, make);
                self.tty = Some(Tty::Serial(Arc::clone(&port)));
                self.place(change, root, slot.at, slot.size, port)?;
            }
            Part::Rtc => {
                let (line, epoch) = (self.wire(slot), self.epoch);
                let port = Port::new(slot.name, self.world, |seat| Rtc::new(seat, line, epoch));
                self.place(change, root, slot.at, slot.size, port)?;
            }
            Part::FwCfg => {
                let space = self.space.clone();
                let port = Port::new(slot.name, self.world, |_| FwCfg::new(space, Items::default()));
                self.place(change, root, slot.at, slot.size, port)?;
            }
            Part::Flash => self.flash(change, root, slot)?,
            Part::Htif => self.htif(change, root)?,
            Part::Virtio => {
                let (index, device) = self.transports.next().unwrap_or_default();
                let (number, function) = device.unzip();
                let name = format!("virtio-mmio-bus.{index}");
                let seat = (self.space, self.wire(slot));
                let port = virtio::plug(&name, self.world, self.transport, seat, function, &self.inbox);
                self.plugged.extend(number.map(|number| (number, Arc::clone(&port))));
                let rules = Attached::rules(&*port);
                let region = change.mmio(slot.name, slot.size, port.clone(), rules);
                change.place(root, region, slot.at)?;
                self.devices.push(Placed { device: port, at: slot.at, size: slot.size });
            }
            Part::Plic => {}
        }
        Ok(())
    }

    fn flash(&mut self, change: &mut Change, root: Region, slot: &Slot) -> Result<(), SolderError> {
        let block = Arc::new(RamBlock::anonymous(slot.name, slot.size)?);
        let bank = self.flash.next();
        let (bytes, store) = bank.map_or((vec![], None), |bank| (bank.bytes, bank.store));
        let read_only = !bytes.is_empty() && store.is_none();
        // A bank without an image reads as zero, as QEMU's do, and so weighs nothing; behind a short image it is erased.
        let short = if bytes.is_empty() { slot.size } else { bytes.len() as u64 };
        let erased = vec![0xff; 1 << 16];
        for at in (short..slot.size).step_by(erased.len()) {
            let size = usize::try_from(slot.size - at).unwrap_or(usize::MAX).min(erased.len());
            // The block is as large as the slot.
            let _ = block.write(at, &erased[..size]);
        }
        let _ = block.write(0, &bytes);
        // QEMU's banks: two chips of 16 bits beside each other, blocks of 256 KiB.
        let config =
            flash::Config { block: 256 << 10, bank_width: 4, device_width: 2, id: (0x89, 0x18), read_only };
        let place = Arc::new(OnceLock::new());
        let (map, known) = (self.map.clone(), Arc::clone(&place));
        let direct = Box::new(move |on| {
            if let Some(region) = known.get() {
                map.change().set_direct(*region, on);
            }
        });
        let contents = Arc::clone(&block);
        let port = Port::new(slot.name, self.world, |_| Flash::new(config, contents, direct, store));
        let rules = Attached::rules(&*port);
        let region = change.rom_device(block, port.clone(), rules);
        change.place(root, region, slot.at)?;
        let _ = place.set(region);
        self.devices.push(Placed { device: port, at: slot.at, size: slot.size });
        Ok(())
    }

    /// The interface lies over RAM, where the program has its symbols; a program without them has none.
    fn htif(&mut self, change: &mut Change, root: Region) -> Result<(), SolderError> {
        let Some((tohost, fromhost)) = self.htif else { return Ok(()) };
        let (at, size) = Htif::window(tohost, fromhost);
        let (space, sink) = (self.space.clone(), self.output.take());
        let sink = sink.unwrap_or_else(|| Box::new(|_| {}));
        let make = |seat: &model::Seat| Htif::new(seat, space, tohost, fromhost, sink);
        let port = Port::new("riscv.htif.uart", self.world, make);
        let rules = Attached::rules(&*port);
        let region = change.mmio("riscv.htif.uart", size, port.clone(), rules);
        change.place_over(root, region, at, 1)?;
        self.tty = Some(Tty::Htif(Arc::clone(&port)));
        self.devices.push(Placed { device: port, at, size });
        Ok(())
    }
}
