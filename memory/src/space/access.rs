//! Accesses to a flat view, range by range.

use crate::addr::host_size;
use crate::fault::Scalar;
use crate::mmio::{BusError, Order, Width};
use crate::region::{FlatRange, FlatView, Leaf};

impl FlatView {
    /// See [`crate::space::AddressSpace::read`].
    pub(crate) fn read(&self, at: u64, into: &mut [u8]) -> Result<(), BusError> {
        let (mut at, mut left, mut answer) = (at, into, Ok(()));
        while !left.is_empty() {
            let Some(range) = self.find(at) else {
                let (hole, rest) = left.split_at_mut(host_size(self.hole(at, left.len() as u64)));
                hole.fill(0);
                at = at.wrapping_add(hole.len() as u64);
                left = rest;
                answer = answer.and(Err(BusError::Decode));
                continue;
            };
            let (part, rest) = left.split_at_mut(host_size(range.left(at, left.len() as u64)));
            answer = answer.and(read_range(range, at, part));
            at = at.wrapping_add(part.len() as u64);
            left = rest;
        }
        answer
    }

    /// See [`crate::space::AddressSpace::write`].
    pub(crate) fn write(&self, at: u64, from: &[u8]) -> Result<(), BusError> {
        self.write_by(at, from, write_range)
    }

    /// See [`crate::space::AddressSpace::write_rom`].
    pub(crate) fn write_rom(&self, at: u64, from: &[u8]) -> Result<(), BusError> {
        self.write_by(at, from, |range, at, from| match range.leaf.block() {
            Some(block) => block.write(range.offset_of(at), from),
            None => Ok(()),
        })
    }

    /// See [`crate::space::AddressSpace::load`].
    pub(crate) fn load<T: Scalar>(&self, at: u64, order: Order) -> Result<T, BusError> {
        match self.find(at) {
            Some(range) if range.left(at, T::SIZE) == T::SIZE => match range.leaf.readable_block() {
                Some(block) => Ok(block.load::<T>(range.offset_of(at))?.ordered(order)),
                None => {
                    let (device, rules) = range.leaf.device().ok_or(BusError::Decode)?;
                    rules.read(device, range.offset_of(at), Width::of::<T>(), order).map(T::from_low)
                }
            },
            _ => {
                let mut bytes = [0; 8];
                self.read(at, &mut bytes[..host_size(T::SIZE)])?;
                Ok(T::from_low(u64::from_le_bytes(bytes)).ordered(order))
            }
        }
    }

    /// See [`crate::space::AddressSpace::store`].
    pub(crate) fn store<T: Scalar>(&self, at: u64, value: T, order: Order) -> Result<(), BusError> {
        match self.find(at) {
            Some(range) if range.left(at, T::SIZE) == T::SIZE => match &range.leaf {
                Leaf::Ram(_) if range.read_only => Err(BusError::Decode),
                Leaf::Ram(block) => block.store(range.offset_of(at), value.ordered(order)),
                leaf => {
                    let (device, rules) = leaf.device().ok_or(BusError::Decode)?;
                    rules.write(device, range.offset_of(at), value.into(), Width::of::<T>(), order)
                }
            },
            _ => {
                let wide: u64 = value.ordered(order).into();
                self.write(at, &wide.to_le_bytes()[..host_size(T::SIZE)])
            }
        }
    }

    /// See [`crate::space::AddressSpace::compare_exchange`].
    pub(crate) fn compare_exchange<T: Scalar>(
        &self,
        at: u64,
        old: T,
        new: T,
        order: Order,
    ) -> Result<T, BusError> {
        let range = self.find(at).filter(|range| !range.read_only).ok_or(BusError::Decode)?;
        match &range.leaf {
            Leaf::Ram(block) if range.left(at, T::SIZE) == T::SIZE => {
                let found =
                    block.compare_exchange(range.offset_of(at), old.ordered(order), new.ordered(order));
                found.map(|value| value.ordered(order))
            }
            _ => Err(BusError::Device),
        }
    }

    fn write_by(
        &self,
        at: u64,
        from: &[u8],
        write: impl Fn(&FlatRange, u64, &[u8]) -> Result<(), BusError>,
    ) -> Result<(), BusError> {
        let (mut at, mut left, mut answer) = (at, from, Ok(()));
        while !left.is_empty() {
            let len = left.len() as u64;
            let range = self.find(at);
            let here = range.map_or_else(|| self.hole(at, len), |range| range.left(at, len));
            let (part, rest) = left.split_at(host_size(here));
            answer = answer.and(range.map_or(Err(BusError::Decode), |range| write(range, at, part)));
            at = at.wrapping_add(here);
            left = rest;
        }
        answer
    }
}

/// Reads a part of one range.
fn read_range(range: &FlatRange, at: u64, into: &mut [u8]) -> Result<(), BusError> {
    if let Some(block) = range.leaf.readable_block() {
        return block.read(range.offset_of(at), into);
    }
    let (device, rules) = range.leaf.device().ok_or(BusError::Decode)?;
    let (mut offset, mut left, mut answer) = (range.offset_of(at), into, Ok(()));
    while !left.is_empty() {
        let width = rules.bulk_width(offset, left.len() as u64);
        let (part, rest) = left.split_at_mut(host_size(width.bytes()));
        match rules.read(device, offset, width, Order::Little) {
            Ok(value) => part.copy_from_slice(&value.to_le_bytes()[..part.len()]),
            Err(error) => {
                part.fill(0);
                answer = answer.and(Err(error));
            }
        }
        offset += width.bytes();
        left = rest;
    }
    answer
}

/// Writes a part of one range.
fn write_range(range: &FlatRange, at: u64, from: &[u8]) -> Result<(), BusError> {
    if let Leaf::Ram(block) = &range.leaf {
        return if range.read_only { Err(BusError::Decode) } else { block.write(range.offset_of(at), from) };
    }
    let (device, rules) = range.leaf.device().ok_or(BusError::Decode)?;
    let (mut offset, mut left, mut answer) = (range.offset_of(at), from, Ok(()));
    while !left.is_empty() {
        let width = rules.bulk_width(offset, left.len() as u64);
        let (part, rest) = left.split_at(host_size(width.bytes()));
        let mut bytes = [0; 8];
        bytes[..part.len()].copy_from_slice(part);
        let value = u64::from_le_bytes(bytes);
        answer = answer.and(rules.write(device, offset, value, width, Order::Little));
        offset += width.bytes();
        left = rest;
    }
    answer
}
