//! Boards as tables: what lies where and which interrupt it raises. From a table come the memory map and the device
//! tree.

pub mod tree;

mod none;
mod spike;
mod virt;

/// What is soldered into a slot.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// Read-only memory with the reset vector and the device tree.
    Rom,
    /// The SiFive test finisher, which ends or resets the machine.
    Finisher,
    /// The goldfish real-time clock.
    Rtc,
    /// The SiFive CLINT: software interrupts and timer of all harts.
    Clint,
    /// The platform-level interrupt controller.
    Plic,
    /// A 16550A serial port.
    Serial,
    /// A virtio-mmio transport.
    Virtio,
    /// QEMU's firmware configuration.
    FwCfg,
    /// A bank of CFI flash memory.
    Flash,
    /// The host-target interface of riscv-tests and spike.
    Htif,
}

/// A place of a board.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Slot {
    /// The region's name, QEMU's in `info mtree`.
    pub name: &'static str,
    /// Physical address of its first byte.
    pub at: u64,
    /// Bytes.
    pub size: u64,
    /// Input of the interrupt controller.
    pub irq: Option<u32>,
    /// What is there.
    pub part: Part,
}

const fn slot(name: &'static str, at: u64, size: u64, irq: Option<u32>, part: Part) -> Slot {
    Slot { name, at, size, irq, part }
}

/// A board.
#[derive(Debug)]
pub struct Board {
    /// The value of `-M`.
    pub name: &'static str,
    /// What `-M help` says.
    pub help: &'static str,
    /// `compatible` and `model` of its device tree.
    pub identity: (&'static str, &'static str),
    /// Its places, by address.
    pub slots: &'static [Slot],
    /// Physical address of RAM.
    pub ram: u64,
    /// Bytes of RAM if nobody says how many.
    pub usual_ram: u64,
    /// Harts at most.
    pub harts: u32,
    /// Inputs of the interrupt controller.
    pub inputs: u32,
    /// What may be appended to its name, `-M virt,NAME=VALUE`, and what it means.
    pub properties: &'static [(&'static str, &'static str)],
}

/// Ticks of `time` in a second.
pub const TIMEBASE: u32 = 10_000_000;

/// The boards there are; the first is the usual one.
pub const BOARDS: &[&Board] = &[&virt::VIRT, &spike::SPIKE, &none::NONE];

impl Board {
    /// The board called `name`.
    pub fn named(name: &str) -> Option<&'static Self> {
        BOARDS.iter().copied().find(|board| board.name == name)
    }

    /// The first slot with `part`.
    pub fn slot(&self, part: Part) -> Option<&'static Slot> {
        self.slots.iter().find(|slot| slot.part == part)
    }

    /// The slots with `part`, by address.
    pub fn all(&self, part: Part) -> impl DoubleEndedIterator<Item = &'static Slot> {
        self.slots.iter().filter(move |slot| slot.part == part)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_sorted_and_disjoint() {
        for board in BOARDS {
            for pair in board.slots.windows(2) {
                assert!(pair[0].at + pair[0].size <= pair[1].at, "{}: {pair:?}", board.name);
            }
            assert!(board.slots.iter().all(|slot| slot.at + slot.size <= board.ram || board.ram == 0));
        }
    }

    #[test]
    fn no_input_of_an_interrupt_controller_is_used_twice() {
        for board in BOARDS {
            let mut inputs: Vec<_> = board.slots.iter().filter_map(|slot| slot.irq).collect();
            inputs.sort_unstable();
            assert!(inputs.windows(2).all(|pair| pair[0] != pair[1]), "{}", board.name);
            assert!(inputs.iter().all(|input| *input > 0 && *input <= board.inputs));
        }
    }
}
