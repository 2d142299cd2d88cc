//! An empty board: a hart and RAM, no devices.

use super::Board;

/// The board.
pub const NONE: Board = Board {
    name: "none",
    help: "empty board: RAM at address 0",
    identity: ("none", "none"),
    slots: &[],
    ram: 0,
    usual_ram: 0,
    harts: 1,
    inputs: 0,
    properties: &[("dumpdtb", "write the device tree to a file, and end")],
};
