//! A hash of all that a machine remembers.

use crate::Machine;
use accel::lockstep::pages::fold;

impl Machine {
    /// A number that differs, but for one chance in 2^64, where two machines do: harts, devices, RAM and guest time.
    pub fn hash(&self) -> u64 {
        let mut hash = fold(0, self.now());
        for hart in &self.harts {
            hash = text(hash, &format!("{:?}", hart.state()));
        }
        for placed in &self.wiring.devices {
            let state = serde_json::to_string(&placed.device.save()).unwrap_or_default();
            hash = text(hash, &state);
        }
        self.wiring.map.ram_blocks().iter().fold(hash, |hash, block| {
            let mut page = [0; PAGE];
            (0..block.len()).step_by(PAGE).fold(hash, |hash, at| match block.read(at, &mut page) {
                Ok(()) if page.iter().any(|byte| *byte != 0) => words(fold(hash, at), &page),
                _ => hash,
            })
        })
    }
}

const PAGE: usize = 4096;

fn text(hash: u64, text: &str) -> u64 {
    words(fold(hash, text.len() as u64), text.as_bytes())
}

fn words(hash: u64, bytes: &[u8]) -> u64 {
    bytes.chunks(8).fold(hash, |hash, chunk| {
        fold(hash, chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)))
    })
}
