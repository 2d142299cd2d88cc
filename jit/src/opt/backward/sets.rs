//! Writes to places that nobody can see.

use crate::ir::{GuestPlaces, Op, Place};

/// Places that are overwritten further on, before anybody can look at them; known while a unit is walked from its
/// end.
#[derive(Debug, Default)]
pub struct Overwritten([u64; 4]);

impl Overwritten {
    /// Whether an operation writes a place in vain. Notes what it means for the operations before.
    pub fn dead(&mut self, op: &Op, places: &GuestPlaces) -> bool {
        match *op {
            Op::Set(place, _) => {
                let (word, bit) = position(place);
                let before = self.0[word];
                self.0[word] |= bit;
                before & bit != 0
            }
            Op::Get(place) => {
                self.seen(place);
                false
            }
            _ => {
                if op.may_leave() {
                    self.0 = [0; 4];
                }
                if let Some(float) = places.float.filter(|_| op.accrues()) {
                    self.seen(float.flags);
                    self.seen(float.round);
                }
                false
            }
        }
    }

    fn seen(&mut self, place: Place) {
        let (word, bit) = position(place);
        self.0[word] &= !bit;
    }
}

fn position(place: Place) -> (usize, u64) {
    (usize::from(place.0 >> 6), 1 << (place.0 & 63))
}
