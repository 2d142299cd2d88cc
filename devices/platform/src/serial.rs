//! Serial port: a 16550A behind memory-mapped registers.
//!
//! [National Semiconductor PC16550D data sheet, June 1995; where it leaves room, QEMU's `serial-mm`]
//!
//! Left out: the bits on the wire. A byte written is sent at once; only the receiver's timeout knows the baud rate.
//! Modem lines other than in loopback mode stay as they are while a terminal is there: CTS, DSR and DCD set.

mod fifo;
mod state;

pub use state::State;

use fifo::Fifo;
use memory::mmio::{BusError, Rules, Width};
use model::{Context, Device, Direction, Event, IrqLine, Outline, Port, Seat, Timer};
use std::sync::Arc;

model::registers! {
    /// The registers as they are while the divisor latch (DLAB) is shut.
    pub enum Reg:
        /// Read: receiver buffer. Written: transmitter holding register.
        Data           @ 0, "RBR/THR", [1], RW, 0;
        InterruptEnable @ 1, "IER",    [1], RW, 0;
        /// Read: interrupt identification. Written: FIFO control.
        Identification @ 2, "IIR/FCR", [1], RW, 1;
        LineControl    @ 3, "LCR",     [1], RW, 0;
        ModemControl   @ 4, "MCR",     [1], RW, 8;
        /// Writes are for factory tests and do nothing.
        LineStatus     @ 5, "LSR",     [1], RW, 0x60;
        ModemStatus    @ 6, "MSR",     [1], RW, 0xb0;
        Scratch        @ 7, "SCR",     [1], RW, 0;
}

/// Interrupt enable: received data, transmitter empty, line status, modem status. [PC16550D 8.6.7]
mod ier {
    pub const RECEIVED: u8 = 1;
    pub const EMPTY: u8 = 2;
    pub const LINE: u8 = 4;
    pub const MODEM: u8 = 8;
    pub const ALL: u8 = 15;
}

/// Interrupt identification, by falling priority. [PC16550D table IV]
mod iir {
    pub const LINE: u8 = 6;
    pub const TIMEOUT: u8 = 0xc;
    pub const RECEIVED: u8 = 4;
    pub const EMPTY: u8 = 2;
    pub const MODEM: u8 = 0;
    pub const NONE: u8 = 1;
    pub const FIFO: u8 = 0xc0;
}

/// FIFO control. [PC16550D 8.6.4]
mod fcr {
    pub const ENABLE: u8 = 1;
    pub const CLEAR_RECEIVER: u8 = 2;
    pub const CLEAR_TRANSMITTER: u8 = 4;
    /// What stays: enable, DMA mode, trigger level.
    pub const KEPT: u8 = 0xc9;
}

/// Line control.
mod lcr {
    pub const TWO_STOP_BITS: u8 = 4;
    pub const PARITY: u8 = 8;
    pub const DIVISOR_LATCH: u8 = 0x80;
}

/// Modem control.
mod mcr {
    pub const OUT2: u8 = 8;
    pub const LOOP: u8 = 0x10;
    pub const ALL: u8 = 0x1f;
}

/// Line status.
mod lsr {
    pub const DATA: u8 = 1;
    pub const OVERRUN: u8 = 2;
    pub const BREAK: u8 = 0x10;
    /// Transmitter holding register empty.
    pub const EMPTY: u8 = 0x20;
    /// Transmitter idle.
    pub const IDLE: u8 = 0x40;
    pub const ERRORS: u8 = 0x1e;
}

/// Modem status: carrier, data set ready, clear to send.
const MSR_CONNECTED: u8 = 0xb0;
const MSR_CHANGES: u8 = 0x0f;

/// Nanoseconds in a second.
const SECOND: u64 = 1_000_000_000;
/// Reset value of the divisor: 9600 baud of a PC's port.
const DIVISOR: u16 = 12;

/// Where sent bytes go.
pub type Output = Box<dyn FnMut(&[u8]) + Send>;

/// The serial port.
pub struct Uart {
    shift: u32,
    baud_base: u64,
    line: IrqLine,
    output: Output,
    timeout: Timer,
    regs: Regs,
    receiver: Fifo,
}

/// The registers of which the port is made.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regs {
    divisor: u16,
    rbr: u8,
    ier: u8,
    iir: u8,
    fcr: u8,
    lcr: u8,
    mcr: u8,
    lsr: u8,
    msr: u8,
    scr: u8,
    /// The transmitter has become empty and nobody has looked.
    empty_pending: bool,
    /// Bytes have lain in the receiver for long.
    timeout_pending: bool,
}

impl Default for Regs {
    fn default() -> Self {
        Self {
            divisor: DIVISOR,
            rbr: 0,
            ier: 0,
            iir: iir::NONE,
            fcr: 0,
            lcr: 0,
            mcr: mcr::OUT2,
            lsr: lsr::EMPTY | lsr::IDLE,
            msr: MSR_CONNECTED,
            scr: 0,
            empty_pending: false,
            timeout_pending: false,
        }
    }
}

impl Uart {
    /// Bytes of the register window with registers `1 << shift` bytes apart.
    pub const fn size(shift: u32) -> u64 {
        8 << shift
    }

    /// A port with registers `1 << shift` bytes apart, a clock of 16 times `baud_base` hertz, and an interrupt line.
    /// Sent bytes go to `output`.
    pub fn new(seat: &Seat, shift: u32, baud_base: u64, line: IrqLine, output: Output) -> Self {
        let (timeout, regs, receiver) = (seat.timer(0), Regs::default(), Fifo::default());
        Self { shift: shift.min(3), baud_base, line, output, timeout, regs, receiver }
    }

    /// How many bytes [`Uart::receive`] takes without losing one. Never more than raise one interrupt.
    pub fn can_receive(&self) -> usize {
        if self.regs.mcr & mcr::LOOP != 0 {
            return 0;
        }
        if !self.fifos() {
            return usize::from(self.regs.lsr & lsr::DATA == 0);
        }
        let (held, trigger) = (self.receiver.len(), self.trigger());
        if held < trigger { trigger - held } else { self.receiver.room().min(1) }
    }

    /// Bytes arrive. Those beyond [`Uart::can_receive`] may be lost, and the guest is told so.
    pub fn receive(&mut self, bytes: &[u8], cx: &Context) {
        for byte in bytes {
            self.arrive(*byte);
        }
        if self.fifos() && !bytes.is_empty() {
            self.start_timeout(cx.now);
        }
        self.update();
    }

    /// The other side holds the line: a zero byte with the break bit.
    pub fn receive_break(&mut self) {
        self.arrive(0);
        self.regs.lsr |= lsr::BREAK;
        self.update();
    }

    fn arrive(&mut self, byte: u8) {
        let lost = if self.fifos() { !self.receiver.push(byte) } else { self.regs.lsr & lsr::DATA != 0 };
        if !self.fifos() {
            self.regs.rbr = byte;
        }
        if lost {
            self.regs.lsr |= lsr::OVERRUN;
        }
        self.regs.lsr |= lsr::DATA;
    }

    fn fifos(&self) -> bool {
        self.regs.fcr & fcr::ENABLE != 0
    }

    /// Bytes in the receiver that raise an interrupt.
    fn trigger(&self) -> usize {
        match self.regs.fcr >> 6 {
            0 => 1,
            1 => 4,
            2 => 8,
            _ => 14,
        }
    }

    /// The receiver's timeout is four characters. [PC16550D 8.6.4, FIFO interrupt mode operation]
    fn start_timeout(&mut self, now: u64) {
        let divisor = u64::from(self.regs.divisor).max(1);
        let parity = u64::from(self.regs.lcr & lcr::PARITY != 0);
        let stops = if self.regs.lcr & lcr::TWO_STOP_BITS != 0 { 2 } else { 1 };
        let bits = 1 + 5 + u64::from(self.regs.lcr & 3) + parity + stops;
        let character = SECOND * divisor * bits / self.baud_base.max(1);
        self.timeout.arm(now.saturating_add(4 * character));
    }

    fn update(&mut self) {
        let regs = &self.regs;
        let on = |bit| regs.ier & bit != 0;
        let enough = !self.fifos() || self.receiver.len() >= self.trigger();
        let id = if on(ier::LINE) && regs.lsr & lsr::ERRORS != 0 {
            iir::LINE
        } else if on(ier::RECEIVED) && regs.timeout_pending {
            iir::TIMEOUT
        } else if on(ier::RECEIVED) && regs.lsr & lsr::DATA != 0 && enough {
            iir::RECEIVED
        } else if on(ier::EMPTY) && regs.empty_pending {
            iir::EMPTY
        } else if on(ier::MODEM) && regs.msr & MSR_CHANGES != 0 {
            iir::MODEM
        } else {
            iir::NONE
        };
        self.regs.iir = id | if self.fifos() { iir::FIFO } else { 0 };
        self.line.set(id != iir::NONE);
    }

    fn read_data(&mut self, now: u64) -> u8 {
        let byte = if self.fifos() { self.receiver.pop().unwrap_or(0) } else { self.regs.rbr };
        self.regs.timeout_pending = false;
        if self.fifos() && self.receiver.len() > 0 {
            self.start_timeout(now);
        } else {
            self.regs.lsr &= !(lsr::DATA | lsr::BREAK);
            self.timeout.cancel();
        }
        self.update();
        byte
    }

    fn write_data(&mut self, byte: u8, cx: &Context) {
        self.regs.empty_pending = false;
        self.regs.lsr &= !(lsr::EMPTY | lsr::IDLE);
        self.update();
        // The transmitter's FIFO never holds a byte for longer than this call.
        if self.regs.mcr & mcr::LOOP != 0 {
            self.receive(&[byte], cx);
        } else {
            (self.output)(&[byte]);
        }
        self.regs.lsr |= lsr::EMPTY | lsr::IDLE;
        self.regs.empty_pending = true;
        self.update();
    }

    /// Enabling the transmitter's interrupt raises it if the transmitter is empty. [PC16550D 8.6.7]
    fn write_enable(&mut self, value: u8) {
        let changed = (self.regs.ier ^ value) & ier::ALL;
        self.regs.ier = value & ier::ALL;
        if changed & ier::EMPTY != 0 {
            self.regs.empty_pending = value & ier::EMPTY != 0 && self.regs.lsr & lsr::EMPTY != 0;
        }
        self.update();
    }

    /// Switching the FIFOs on or off empties both. [PC16550D 8.6.4]
    fn write_fifo_control(&mut self, value: u8) {
        let toggled = (value ^ self.regs.fcr) & fcr::ENABLE != 0;
        if toggled || value & fcr::CLEAR_RECEIVER != 0 {
            self.regs.lsr &= !(lsr::DATA | lsr::BREAK);
            self.regs.timeout_pending = false;
            self.timeout.cancel();
            self.receiver = Fifo::default();
        }
        if toggled || value & fcr::CLEAR_TRANSMITTER != 0 {
            self.regs.lsr |= lsr::EMPTY;
            self.regs.empty_pending = true;
        }
        self.regs.fcr = value & fcr::KEPT;
        self.update();
    }

    fn read_line_status(&mut self) -> u8 {
        let value = self.regs.lsr;
        self.regs.lsr &= !(lsr::BREAK | lsr::OVERRUN);
        self.update();
        value
    }

    /// In loopback mode the outputs are the inputs: DTR is DSR, RTS is CTS, OUT1 is RI, OUT2 is DCD. [PC16550D 8.6.8]
    fn read_modem_status(&mut self) -> u8 {
        let mcr = self.regs.mcr;
        if mcr & mcr::LOOP != 0 {
            return (mcr & 0x0c) << 4 | (mcr & 0x02) << 3 | (mcr & 0x01) << 5;
        }
        let value = self.regs.msr;
        self.regs.msr &= !MSR_CHANGES;
        self.update();
        value
    }

    fn latch(&self) -> bool {
        self.regs.lcr & lcr::DIVISOR_LATCH != 0
    }

    fn read_reg(&mut self, reg: Reg, now: u64) -> u8 {
        let [low, high] = self.regs.divisor.to_le_bytes();
        match reg {
            Reg::Data if self.latch() => low,
            Reg::InterruptEnable if self.latch() => high,
            Reg::Data => self.read_data(now),
            Reg::InterruptEnable => self.regs.ier,
            Reg::Identification => {
                let value = self.regs.iir;
                if value & 0xf == iir::EMPTY {
                    self.regs.empty_pending = false;
                    self.update();
                }
                value
            }
            Reg::LineControl => self.regs.lcr,
            Reg::ModemControl => self.regs.mcr,
            Reg::LineStatus => self.read_line_status(),
            Reg::ModemStatus => self.read_modem_status(),
            Reg::Scratch => self.regs.scr,
        }
    }

    fn write_reg(&mut self, reg: Reg, value: u8, cx: &Context) {
        let [low, high] = self.regs.divisor.to_le_bytes();
        match reg {
            Reg::Data if self.latch() => self.regs.divisor = u16::from_le_bytes([value, high]),
            Reg::InterruptEnable if self.latch() => self.regs.divisor = u16::from_le_bytes([low, value]),
            Reg::Data => self.write_data(value, cx),
            Reg::InterruptEnable => self.write_enable(value),
            Reg::Identification => self.write_fifo_control(value),
            Reg::LineControl => self.regs.lcr = value,
            Reg::ModemControl => self.regs.mcr = value & mcr::ALL,
            Reg::LineStatus | Reg::ModemStatus => {}
            Reg::Scratch => self.regs.scr = value,
        }
    }

    /// Registers as lines of text; reading them so has no effect.
    pub fn describe(&self) -> String {
        model::describe::<Reg>(|hit| {
            let regs = &self.regs;
            let value = match hit.reg {
                Reg::Data => regs.rbr,
                Reg::InterruptEnable => regs.ier,
                Reg::Identification => regs.iir,
                Reg::LineControl => regs.lcr,
                Reg::ModemControl => regs.mcr,
                Reg::LineStatus => regs.lsr,
                Reg::ModemStatus => regs.msr,
                Reg::Scratch => regs.scr,
            };
            value.into()
        })
    }
}

impl Device for Uart {
    /// Any width, but an access of any width is one of the byte it begins with.
    fn rules(&self) -> Rules {
        Rules::between(Width::Byte, Width::Double)
    }

    fn outline(&self) -> Outline {
        Outline { properties: vec![("regshift", model::counted(self.shift))], ..Outline::default() }
    }

    fn read(&mut self, offset: u64, _: Width, cx: &Context) -> Result<u64, BusError> {
        let at = offset >> self.shift;
        let hit = cx.register::<Reg>(Direction::Read, at, Width::Byte);
        let value = hit.map_or(0, |hit| self.read_reg(hit.reg, cx.now));
        cx.trace(Event::SerialRead, format_args!("read addr {at:#04x} val {value:#04x}"));
        Ok(value.into())
    }

    fn write(&mut self, offset: u64, value: u64, _: Width, cx: &Context) -> Result<(), BusError> {
        let (at, value) = (offset >> self.shift, value.to_le_bytes()[0]);
        cx.trace(Event::SerialWrite, format_args!("write addr {at:#04x} val {value:#04x}"));
        if let Some(hit) = cx.register::<Reg>(Direction::Write, at, Width::Byte) {
            self.write_reg(hit.reg, value, cx);
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {
        self.regs = Regs::default();
        self.receiver = Fifo::default();
        self.timeout.cancel();
        self.update();
    }

    fn expire(&mut self, _: u32, _: &Context) {
        if self.receiver.len() > 0 {
            self.regs.timeout_pending = true;
            self.update();
        }
    }
}

/// A serial port at the end of a character device.
pub struct Frontend(Arc<Port<Uart>>);

impl Frontend {
    /// The receiving side of `port`.
    pub fn new(port: Arc<Port<Uart>>) -> Self {
        Self(port)
    }
}

impl host_char::Frontend for Frontend {
    fn can_receive(&self) -> usize {
        self.0.with(|uart, _| uart.can_receive()).unwrap_or(0)
    }

    fn receive(&self, bytes: &[u8]) {
        let bytes = bytes.to_vec();
        self.0.tell(move |uart, cx| uart.receive(&bytes, cx));
    }

    fn event(&self, event: host_char::Event) {
        if event == host_char::Event::Break {
            self.0.tell(|uart, _| uart.receive_break());
        }
    }
}
