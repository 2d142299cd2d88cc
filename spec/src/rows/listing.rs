//! The rows of a guest, counted by extension.

use super::{Guest, Row};

/// The rows of one extension.
pub struct Group<O: 'static> {
    /// Extension as the ISA manual names it.
    pub ext: &'static str,
    /// Its rows in table order.
    pub rows: Vec<&'static Row<O>>,
}

/// The rows of `guest` by extension, extensions in the order of their first row.
pub fn groups<O: Copy + PartialEq>(guest: &Guest<O>) -> Vec<Group<O>> {
    let mut groups: Vec<Group<O>> = vec![];
    for row in guest.rows() {
        match groups.iter_mut().find(|g| g.ext == row.ext) {
            Some(group) => group.rows.push(row),
            None => groups.push(Group { ext: row.ext, rows: vec![row] }),
        }
    }
    groups
}
