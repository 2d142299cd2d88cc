//! The CFI table. [JESD68.01 section 4; Intel's extended table at 0x31]

use super::Flash;

/// Logarithm of a chip's write buffer in bytes.
pub const BUFFER_LOG2: u32 = 11;

/// The cell of the table, as one chip says it; 0 where there is none.
pub fn cell(flash: &Flash, index: u64) -> u64 {
    let chips = flash.chips();
    let block = flash.config.block / chips;
    let blocks = (flash.size() / flash.config.block).saturating_sub(1);
    let [blocks_low, blocks_high, ..] = blocks.to_le_bytes();
    // The size of a block is counted in 256 bytes.
    let [_, block_low, block_high, ..] = block.to_le_bytes();
    let size = (flash.size() / chips).checked_ilog2().unwrap_or(0).to_le_bytes()[0];
    let value: u8 = match index {
        0x10 => b'Q',
        0x11 => b'R',
        0x12 => b'Y',
        // The Intel and Sharp extended command set, and where its table is.
        0x13 => 1,
        0x15 => 0x31,
        // Supply from 4.5 to 5.5 volts; no other for programming.
        0x1b => 0x45,
        0x1c => 0x55,
        // Typical times of a word, the buffer (both 128 us) and an erasure (1 s); at most 16 times as long.
        0x1f | 0x20 => 7,
        0x21 => 10,
        0x23..=0x25 => 4,
        0x27 => size,
        // Data bus of 8 and 16 bits.
        0x28 => 2,
        0x2a => 11,
        // One region of blocks of equal size.
        0x2c => 1,
        0x2d => blocks_low,
        0x2e => blocks_high,
        0x2f => block_low,
        0x30 => block_high,
        0x31 => b'P',
        0x32 => b'R',
        0x33 => b'I',
        0x34 => b'1',
        0x35 => b'0',
        // One protection field.
        0x3f => 1,
        _ => 0,
    };
    value.into()
}
