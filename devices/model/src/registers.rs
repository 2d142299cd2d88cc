//! Register maps as tables.

use memory::mmio::Width;
use std::fmt::Write;

/// Which accesses a register takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Read and written.
    RW,
    /// Read only.
    R,
    /// Written only.
    W,
}

/// Which way an access goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the device.
    Read,
    /// To the device.
    Write,
}

/// One line of a register map: a register, or an array of registers that are `stride` bytes apart.
#[derive(Clone, Copy, Debug)]
pub struct Row<R> {
    /// The register.
    pub reg: R,
    /// Its name in the manual.
    pub name: &'static str,
    /// Offset of the first one.
    pub offset: u64,
    /// How many there are.
    pub count: usize,
    /// Bytes from one to the next.
    pub stride: u64,
    /// The widths it takes, in bytes, or-ed.
    pub widths: u64,
    /// What may be done with it.
    pub access: Access,
    /// Its value after a reset.
    pub reset: u64,
}

/// A register map, made by [`registers!`](crate::registers!).
pub trait Registers: Copy + PartialEq + 'static {
    /// The map, in the order in which it is searched.
    const TABLE: &'static [Row<Self>];
}

/// An access that found its register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hit<R> {
    /// The register.
    pub reg: R,
    /// Which of an array; 0 for a register that stands alone.
    pub index: usize,
}

/// Why an access found no register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The register at that offset, if there is one.
    pub register: Option<&'static str>,
    /// What is wrong.
    pub why: &'static str,
}

/// The register behind an access of `width` bytes at `offset`.
///
/// # Errors
/// There is none, or it takes no such access.
pub fn decode<R: Registers>(direction: Direction, offset: u64, width: Width) -> Result<Hit<R>, Refusal> {
    let at = |row: &Row<R>| {
        let beyond = offset.checked_sub(row.offset)?;
        let index = usize::try_from(beyond / row.stride).ok()?;
        (beyond % row.stride == 0 && index < row.count).then_some(index)
    };
    let found = R::TABLE.iter().find_map(|row| Some((row, at(row)?)));
    let Some((row, index)) = found else {
        return Err(Refusal { register: None, why: "no register" });
    };
    let refuse = |why| Err(Refusal { register: Some(row.name), why });
    match (direction, row.access) {
        _ if row.widths & width.bytes() == 0 => refuse("access of a width it does not take"),
        (Direction::Read, Access::W) => refuse("read of a write-only register"),
        (Direction::Write, Access::R) => refuse("write of a read-only register"),
        _ => Ok(Hit { reg: row.reg, index }),
    }
}

/// The line of `reg` in its map.
pub fn row<R: Registers>(reg: R) -> Option<&'static Row<R>> {
    R::TABLE.iter().find(|row| row.reg == reg)
}

/// The registers that can be read as lines of text: offset, name, value. Of an array only those
/// that differ from their reset value.
pub fn describe<R: Registers>(mut value: impl FnMut(Hit<R>) -> u64) -> String {
    let mut text = String::new();
    for row in R::TABLE.iter().filter(|row| row.access != Access::W) {
        for (index, offset) in
            (0..row.count).zip((row.offset..).step_by(usize::try_from(row.stride).unwrap_or(1)))
        {
            let now = value(Hit { reg: row.reg, index });
            if row.count > 1 && now == row.reset {
                continue;
            }
            let name = if row.count > 1 { format!("{}[{index}]", row.name) } else { row.name.into() };
            // Writing into a string cannot fail.
            let _ = writeln!(text, "{offset:#07x}  {name:<16} {now:#x}");
        }
    }
    text
}

/// Makes an enum of registers and its [`Registers`] table from one line per register:
/// `Variant @ offset, "NAME", [widths], access, reset value;`. An array is
/// `Variant[count; stride] @ …`. Dispatch, `info` text and the names in guest errors come from it.
#[macro_export]
macro_rules! registers {
    (
        $(#[$doc:meta])*
        $vis:vis enum $name:ident:
        $(
            $(#[$row_doc:meta])*
            $reg:ident $([$count:expr; $stride:expr])? @ $offset:expr, $label:literal,
                [$($width:literal)+], $access:ident, $reset:expr;
        )+
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $vis enum $name {
            $($(#[$row_doc])* #[doc = concat!("`", $label, "`")] $reg,)+
        }

        impl $crate::Registers for $name {
            const TABLE: &'static [$crate::Row<Self>] = &[$($crate::Row {
                reg: $name::$reg,
                name: $label,
                offset: $offset,
                count: $crate::registers!(@count $($count)?),
                stride: $crate::registers!(@stride $($stride)?),
                widths: 0 $(| $width)+,
                access: $crate::Access::$access,
                reset: $reset,
            },)+];
        }
    };
    (@count) => { 1 };
    (@count $count:expr) => { $count };
    (@stride) => { u64::MAX };
    (@stride $stride:expr) => { $stride };
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    registers! {
        enum Reg:
            Low        @ 0x00, "LOW",   [4],   R,  0;
            Go         @ 0x04, "GO",    [4],   W,  0;
            Many[3; 8] @ 0x10, "MANY",  [4 8], RW, 7;
    }

    #[rstest]
    #[case(Direction::Read, 0x00, Width::Word, Ok(Hit { reg: Reg::Low, index: 0 }))]
    #[case(Direction::Write, 0x04, Width::Word, Ok(Hit { reg: Reg::Go, index: 0 }))]
    #[case(Direction::Write, 0x20, Width::Double, Ok(Hit { reg: Reg::Many, index: 2 }))]
    #[case(Direction::Read, 0x28, Width::Word, Err(Refusal { register: None, why: "no register" }))]
    #[case(Direction::Read, 0x12, Width::Word, Err(Refusal { register: None, why: "no register" }))]
    #[case(Direction::Read, u64::MAX, Width::Byte, Err(Refusal { register: None, why: "no register" }))]
    #[case(Direction::Write, 0x00, Width::Word, Err(Refusal { register: Some("LOW"), why: "write of a read-only register" }))]
    #[case(Direction::Read, 0x04, Width::Word, Err(Refusal { register: Some("GO"), why: "read of a write-only register" }))]
    #[case(Direction::Read, 0x10, Width::Byte, Err(Refusal { register: Some("MANY"), why: "access of a width it does not take" }))]
    fn an_access_finds_its_register(
        #[case] direction: Direction,
        #[case] offset: u64,
        #[case] width: Width,
        #[case] expected: Result<Hit<Reg>, Refusal>,
    ) {
        assert_eq!(decode(direction, offset, width), expected);
    }

    #[test]
    fn text_shows_what_can_be_read_and_is_not_dull() {
        let text = describe::<Reg>(|hit| if hit.reg == Reg::Many && hit.index == 1 { 9 } else { 7 });
        assert_eq!(text, "0x00000  LOW              0x7\n0x00018  MANY[1]          0x9\n");
    }
}
