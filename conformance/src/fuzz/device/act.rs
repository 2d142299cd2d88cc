//! What a guest, a person or time does to a device, and the bytes that mean it.

use memory::mmio::Width;
use spec::bits::Low;

/// One thing that is done to a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// The guest reads a register.
    Read(u64, Width),
    /// The guest writes a register.
    Write(u64, Width, u64),
    /// The guest writes its memory, so many bytes behind its start.
    Poke(u64, Vec<u8>),
    /// Somebody types.
    Type(Vec<u8>),
    /// So many nanoseconds pass.
    Wait(u64),
    /// The machine is reset.
    Reset,
}

/// Acts of one input at most.
const MOST: usize = 600;
/// Longest wait, as a power of two of nanoseconds: some minutes.
const LONGEST_WAIT: u64 = 38;

/// Where registers are.
pub struct Window {
    /// Bytes of the window.
    pub size: u64,
    /// Offsets at which there is something.
    pub hot: &'static [u64],
    /// Bytes of memory.
    pub memory: u64,
}

struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    /// The next bytes, fewer at the end.
    fn take(&mut self, len: usize) -> Vec<u8> {
        let (taken, rest) = self.0.split_at(len.min(self.0.len()));
        self.0 = rest;
        taken.to_vec()
    }

    /// A number; what the end of the input lacks is zero.
    fn number(&mut self, len: usize) -> u64 {
        self.take(len).iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte))
    }

    fn offset(&mut self, how: u8, window: &Window) -> u64 {
        match how & 3 {
            0 | 1 => {
                let index = self.number(1) % window.hot.len() as u64;
                window.hot.iter().zip(0..).find_map(|(at, i)| (i == index).then_some(*at)).unwrap_or(0)
            }
            2 => self.number(2) % window.size,
            _ => self.number(4) % window.size,
        }
    }

    /// A small number of one byte, or a large one.
    fn value(&mut self) -> u64 {
        match self.number(1) {
            LARGE => self.number(8),
            small => small,
        }
    }

    /// A descriptor of a virtqueue, most often of a buffer in memory. [virtio 1.2, 2.7.5]
    fn descriptor(&mut self, queue: u64, base: u64) -> Act {
        let index = self.number(1) & 15;
        let at = base + self.number(2);
        let len = self.number(2).low32();
        let (flags, next) = (self.number(1).low16(), self.number(1).low16());
        let mut bytes = at.to_le_bytes().to_vec();
        bytes.extend(len.to_le_bytes());
        bytes.extend(flags.to_le_bytes());
        bytes.extend(next.to_le_bytes());
        Act::Poke(queue + 16 * index, bytes)
    }
}

/// A value of eight bytes follows.
const LARGE: u64 = 0xff;

/// The acts that an input means. Every input means some.
pub fn decode(input: &[u8], window: &Window, queue: u64, base: u64) -> Vec<Act> {
    let mut bytes = Bytes(input);
    let mut acts = vec![];
    while !bytes.0.is_empty() && acts.len() < MOST {
        let first = bytes.number(1).low8();
        let width = Width::ALL[usize::from(first >> 4 & 3)];
        acts.push(match first & 15 {
            0..=4 => Act::Read(bytes.offset(first >> 6, window), width),
            5..=10 => {
                let at = bytes.offset(first >> 6, window);
                Act::Write(at, width, bytes.value())
            }
            11 => {
                let at = bytes.number(2) % window.memory;
                let len = bytes.number(1).low8();
                Act::Poke(at, bytes.take(len.into()))
            }
            12 => Act::Wait((1 << (bytes.number(1) % LONGEST_WAIT)) + bytes.number(1)),
            13 => {
                let len = bytes.number(1).low8();
                Act::Type(bytes.take(len.into()))
            }
            14 => bytes.descriptor(queue, base),
            _ if first >> 4 == 0 => Act::Reset,
            _ => Act::Read(bytes.offset(first >> 6, window), width),
        });
    }
    acts
}

/// An input that means `acts`; waits become powers of two.
pub fn encode(choice: u8, acts: &[Act]) -> Vec<u8> {
    let width = |width: Width| Width::ALL.iter().zip(0u8..).find(|(w, _)| **w == width).map_or(0, |(_, i)| i);
    let mut input = vec![choice];
    let counted = |head: &[u8], bytes: &[u8], input: &mut Vec<u8>| {
        let bytes = &bytes[..bytes.len().min(255)];
        input.extend(head);
        input.push((bytes.len() as u64).low8());
        input.extend(bytes);
    };
    for act in acts {
        match act {
            Act::Read(at, w) => {
                input.push(0xc0 | width(*w) << 4);
                input.extend(at.low32().to_le_bytes());
            }
            Act::Write(at, w, value) => {
                input.push(0xc5 | width(*w) << 4);
                input.extend(at.low32().to_le_bytes());
                input.push(LARGE.low8());
                input.extend(value.to_le_bytes());
            }
            Act::Poke(at, bytes) => {
                let at = at.low16().to_le_bytes();
                counted(&[11, at[0], at[1]], bytes, &mut input);
            }
            Act::Type(bytes) => counted(&[13], bytes, &mut input),
            Act::Wait(time) => input.extend([12, time.max(&1).ilog2().to_le_bytes()[0], 0]),
            Act::Reset => input.push(15),
        }
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acts_become_bytes_and_bytes_those_acts() {
        let window = Window { size: 0x40_0000, hot: &[0], memory: 0x1_0000 };
        let acts = [
            Act::Write(0x20_1004, Width::Word, 0x1234_5678_9abc),
            Act::Read(7, Width::Byte),
            Act::Poke(0x1000, vec![1, 2, 3]),
            Act::Type(b"typed".to_vec()),
            Act::Wait(1 << 20),
            Act::Reset,
        ];
        assert_eq!(decode(&encode(0, &acts)[1..], &window, 0, 0), acts);
    }
}
