//! System call numbers of an ABI.

use crate::syscall::Sysno;
use std::sync::LazyLock;

/// Numbers that are looked at; no ABI that is planned for has one above.
const MOST: usize = 1024;

/// The row for each number.
type Rows = Box<[Option<Sysno>]>;

/// Which call a number means: the ABI's own names, and the rows of the call table that answer names
/// the table does not have.
#[derive(Debug)]
pub struct Numbers {
    name: fn(usize) -> Option<&'static str>,
    list: LazyLock<Rows, fn() -> Rows>,
}

impl Numbers {
    /// From the name of each number, and how its rows are found, which is asked once.
    pub(super) const fn new(name: fn(usize) -> Option<&'static str>, list: fn() -> Rows) -> Self {
        Self { name, list: LazyLock::new(list) }
    }

    /// The call that a number means, if it is implemented.
    pub fn call(&self, number: u64) -> Option<Sysno> {
        self.list.get(super::index(number)).copied().flatten()
    }

    /// The ABI's name for a number.
    pub fn name(&self, number: u64) -> Option<&'static str> {
        (self.name)(super::index(number))
    }
}

/// The row for each number. `others` names rows that have another name than the ABI's call, and
/// calls of the name's list that the ABI does not have.
pub(super) fn rows(name: fn(usize) -> Option<&'static str>, others: &[(&str, Option<Sysno>)]) -> Rows {
    let row = |name: &str| match others.iter().find(|(other, _)| *other == name) {
        Some((_, row)) => *row,
        None => Sysno::named(name),
    };
    (0..MOST).map(|number| name(number).and_then(row)).collect()
}
