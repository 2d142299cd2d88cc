//! Goldfish real-time clock: nanoseconds since 1970, with an alarm.
//!
//! Register names and behaviour are those of QEMU's `goldfish_rtc` and of Linux' driver
//! [drivers/rtc/rtc-goldfish.c]. Time is guest time after a start that the board chooses.

use memory::mmio::{BusError, Rules, Width};
use model::{Context, Device, Direction, Event, IrqLine, Seat, Snapshot, SnapshotError, Timer};
use serde::{Deserialize, Serialize};

/// Bytes of the register window.
pub const SIZE: u64 = 0x24;

model::registers! {
    /// The registers.
    pub enum Reg:
        /// Reading it latches the high half.
        TimeLow     @ 0x00, "TIME_LOW",        [4], RW, 0;
        TimeHigh    @ 0x04, "TIME_HIGH",       [4], RW, 0;
        /// Writing it arms the alarm.
        AlarmLow    @ 0x08, "ALARM_LOW",       [4], RW, 0;
        AlarmHigh   @ 0x0c, "ALARM_HIGH",      [4], RW, 0;
        IrqEnabled  @ 0x10, "IRQ_ENABLED",     [4], RW, 0;
        ClearAlarm  @ 0x14, "CLEAR_ALARM",     [4], W,  0;
        AlarmStatus @ 0x18, "ALARM_STATUS",    [4], R,  0;
        ClearIrq    @ 0x1c, "CLEAR_INTERRUPT", [4], W,  0;
}

/// The clock.
pub struct Rtc {
    line: IrqLine,
    timer: Timer,
    start: u64,
    state: State,
}

/// The saved clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct State {
    /// Nanoseconds since 1970 at guest time 0.
    offset: u64,
    latched_high: u64,
    alarm: u64,
    irq_pending: bool,
    irq_enabled: bool,
    /// When the alarm goes off, in nanoseconds of guest time, while it is armed.
    deadline: Option<u64>,
}

impl Rtc {
    /// A clock that shows `start` nanoseconds since 1970 at guest time 0.
    pub fn new(seat: &Seat, line: IrqLine, start: u64) -> Self {
        Self { line, timer: seat.timer(0), start, state: State { offset: start, ..State::default() } }
    }

    fn time(&self, now: u64) -> u64 {
        now.wrapping_add(self.state.offset)
    }

    fn set_time(&mut self, time: u64, now: u64) {
        self.state.offset = time.wrapping_sub(now);
    }

    fn update(&self) {
        self.line.set(self.state.irq_pending && self.state.irq_enabled);
    }

    /// An alarm in the past goes off at once.
    fn arm(&mut self, now: u64) {
        match self.state.alarm.checked_sub(self.time(now)).filter(|left| *left > 0) {
            Some(left) => self.timer.set(now.checked_add(left)),
            None => self.ring(),
        }
    }

    fn ring(&mut self) {
        self.timer.cancel();
        self.state.irq_pending = true;
        self.update();
    }
}

fn with_low(old: u64, value: u64) -> u64 {
    old & !0xffff_ffff | value & 0xffff_ffff
}

fn with_high(old: u64, value: u64) -> u64 {
    old & 0xffff_ffff | value << 32
}

impl Device for Rtc {
    fn rules(&self) -> Rules {
        Rules::only(Width::Word)
    }

    fn read(&mut self, offset: u64, width: Width, cx: &Context) -> Result<u64, BusError> {
        let Some(hit) = cx.register::<Reg>(Direction::Read, offset, width) else { return Ok(0) };
        let value = match hit.reg {
            Reg::TimeLow => {
                let time = self.time(cx.now);
                self.state.latched_high = time >> 32;
                time
            }
            Reg::TimeHigh => self.state.latched_high,
            Reg::AlarmLow => self.state.alarm,
            Reg::AlarmHigh => self.state.alarm >> 32,
            Reg::IrqEnabled => self.state.irq_enabled.into(),
            Reg::AlarmStatus => self.timer.deadline().is_some().into(),
            Reg::ClearAlarm | Reg::ClearIrq => 0,
        };
        let value = value & width.mask();
        cx.trace(Event::RtcRead, format_args!("addr {offset:#04x} value {value:#010x}"));
        Ok(value)
    }

    fn write(&mut self, offset: u64, value: u64, width: Width, cx: &Context) -> Result<(), BusError> {
        let Some(hit) = cx.register::<Reg>(Direction::Write, offset, width) else { return Ok(()) };
        cx.trace(Event::RtcWrite, format_args!("addr {offset:#04x} value {value:#010x}"));
        match hit.reg {
            Reg::TimeLow => self.set_time(with_low(self.time(cx.now), value), cx.now),
            Reg::TimeHigh => self.set_time(with_high(self.time(cx.now), value), cx.now),
            Reg::AlarmLow => {
                self.state.alarm = with_low(self.state.alarm, value);
                self.arm(cx.now);
            }
            Reg::AlarmHigh => self.state.alarm = with_high(self.state.alarm, value),
            Reg::IrqEnabled => {
                self.state.irq_enabled = value & 1 != 0;
                self.update();
            }
            Reg::ClearAlarm => self.timer.cancel(),
            Reg::ClearIrq => {
                self.state.irq_pending = false;
                self.update();
            }
            Reg::AlarmStatus => {}
        }
        Ok(())
    }

    fn reset(&mut self, _: &Context) {
        self.timer.cancel();
        self.state = State { offset: self.start, ..State::default() };
        self.update();
    }

    fn expire(&mut self, _: u32, _: &Context) {
        self.ring();
    }
}

impl Snapshot for Rtc {
    const NAME: &'static str = "goldfish_rtc";
    const VERSION: u32 = 1;
    type State = State;

    fn save(&self) -> State {
        State { deadline: self.timer.deadline(), ..self.state.clone() }
    }

    fn restore(&mut self, state: State) -> Result<(), SnapshotError> {
        self.timer.set(state.deadline);
        self.state = State { deadline: None, ..state };
        self.update();
        Ok(())
    }
}
