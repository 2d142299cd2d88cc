//! What an argument or a member is: the vocabulary of the tables beside.

use super::words::Words;
use crate::abi::{self, Abi, Place, RISCV64, Row as Field};

/// How one argument of a call, or one member of a structure, prints.
///
/// A number such as `In(2)` names another argument of the same call, or another member of the same structure,
/// by its place.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    /// A signed 32-bit number.
    Int,
    /// An unsigned 32-bit number.
    Uint,
    /// A signed number.
    Long,
    /// An unsigned number.
    Size,
    /// A hexadecimal number.
    Hex,
    /// An address, `NULL` for zero.
    Pointer,
    /// A user or group; the last number means none.
    Id,
    /// A descriptor, or the folder that relative names start from.
    Dir,
    /// A file name.
    Path,
    /// A C string of which the first bytes are shown.
    Text,
    /// Bytes, as many as another argument says.
    Bytes(usize),
    /// Bytes, as many as the call's result says.
    Got,
    /// The same, each as a hexadecimal escape.
    GotHex,
    /// A list of strings.
    Strings,
    /// A list of which only the length is of interest.
    Environment,
    /// Permissions, in octal.
    Mode,
    /// Kind of file and permissions.
    FileMode,
    /// The number of a device.
    Device,
    /// `open` flags.
    Open,
    /// `open` flags without the way of access.
    OpenBits,
    /// Bits with names.
    Flags(&'static Words),
    /// A number with a name.
    Word(&'static Words),
    /// A number of which parts are numbers with names and the rest is bits: masks and their names first.
    Parts(&'static [(u64, &'static Words)], &'static Words),
    /// Bits with names, and a part that is something else and comes last.
    FlagsThen(&'static Words, u64, &'static Kind),
    /// `futex` operation: its name, and what is added to it.
    Futex,
    /// A signal.
    Signal,
    /// The address of a set of signals.
    SignalSet,
    /// A set of signals.
    Mask,
    /// The address of a signal's handler.
    Handler,
    /// A `siginfo_t`.
    Siginfo,
    /// An exit status as `wait` gives it.
    Status,
    /// A limit on a resource.
    Limit,
    /// Two times of a file, of which each may be "now" or "not this one".
    FileTimes,
    /// Directory entries, of which only the number is of interest.
    Entries,
    /// A set of descriptors below another argument.
    DescriptorSet(usize),
    /// A set of processors of as many bytes as another argument says.
    Processors(usize),
    /// The same, of as many bytes as the call's result says.
    GotProcessors,
    /// Name of a request to a device.
    Request,
    /// Protocol of a socket of the family in another argument.
    Protocol(usize),
    /// Option of a socket at the level in another argument.
    SocketOption(usize),
    /// Value of a socket option: places of level, name and length.
    OptionValue(usize, usize, usize),
    /// Value of a socket option whose length lies at an address.
    OptionFilled(usize, usize, usize),
    /// An IPv4 address inside a structure.
    Inet,
    /// A port, high byte first.
    Port,
    /// A socket address of as many bytes as another argument says.
    Address(usize),
    /// The same; the other argument is the address of the length.
    AddressFilled(usize),
    /// Buffers, as many as another argument says, whose bytes the program hands over.
    BuffersOut(usize),
    /// Buffers, as many as another argument says, that the call fills.
    BuffersIn(usize),
    /// Buffers of which only the addresses are of interest.
    BuffersAt(usize),
    /// Messages beside the data of a socket, as many bytes as another argument says.
    Control(usize),
    /// One value at an address.
    Ref(Elem),
    /// Values at an address.
    List(Elem, Count),
    /// What the call fills: shown once it has succeeded, before that an address.
    After(&'static Kind),
    /// What the call may change: before and after.
    Changed(&'static Kind, Change),
    /// Another argument than the one whose turn it is; with a name before it.
    Arg(usize, &'static str, &'static Kind),
    /// Shown only where a condition holds.
    If(When, &'static Kind),
    /// The rest of the arguments, chosen by the bits of another that a mask leaves: value, kinds, result. The
    /// last row is for every other value.
    Choose(usize, u64, &'static [Choice]),
}

/// A row of [`Kind::Choose`].
pub(super) type Choice = (u64, &'static [Kind], Ret);

/// How a changed value prints.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// `[128 => 16]`.
    Inside,
    /// `[0] => [10]`.
    Beside,
}

/// One value in memory.
#[derive(Clone, Copy)]
pub(super) enum Elem {
    /// A number.
    One(Width, &'static Kind),
    /// A structure.
    Record(&'static Record),
    /// Text of at most so many bytes.
    Chars(usize),
    /// Numbers beside each other, in brackets.
    Array(Width, &'static Kind, usize),
}

/// How many values there are.
#[derive(Clone, Copy)]
pub(super) enum Count {
    /// Always as many.
    Fixed(u64),
    /// What another argument says.
    Arg(usize),
    /// What the call's result says.
    Result,
    /// A value for each page of the bytes that another argument counts.
    Pages(usize),
}

/// Size and sign of a number in memory, little end first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub(super) enum Width {
    U8,
    U16,
    U32,
    U64,
    I16,
    I32,
    I64,
}

impl Width {
    /// Of a field in a table of `abi::structs`.
    const fn of(place: Place, signed: bool) -> Self {
        match (place.width, signed) {
            (1, false) => Self::U8,
            (2, false) => Self::U16,
            (2, true) => Self::I16,
            (4, false) => Self::U32,
            (4, true) => Self::I32,
            (8, false) => Self::U64,
            (8, true) => Self::I64,
            _ => panic!("the member is no number"),
        }
    }

    /// Bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16 | Self::I16 => 2,
            Self::U32 | Self::I32 => 4,
            Self::U64 | Self::I64 => 8,
        }
    }
}

impl Elem {
    /// Bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::One(width, _) => width.bytes(),
            Self::Record(record) => record.size,
            Self::Chars(most) => most,
            Self::Array(width, _, count) => width.bytes() * count,
        }
    }
}

/// When something is shown: by the bits of another argument or member that a mask leaves.
#[derive(Clone, Copy)]
pub(super) enum When {
    /// Some bit is set.
    Any(usize, u64),
    /// They are one of these.
    Is(usize, u64, &'static [u64]),
    /// They are none of these.
    Not(usize, u64, &'static [u64]),
}

/// A structure.
pub(super) struct Record {
    /// Bytes.
    pub size: usize,
    /// The members that are shown, in that order.
    pub members: &'static [Member],
    /// There are others.
    pub more: bool,
    /// How to get it from a program of another ABI.
    pub native: Option<Native>,
}

/// From a program's layout to that of riscv64, which the tables of members follow.
#[derive(Clone, Copy)]
pub(super) struct Native {
    /// Bytes in the program.
    pub size: fn(&'static Abi) -> u64,
    /// The same structure as riscv64 has it.
    pub shown: fn(&'static Abi, &[u8]) -> Vec<u8>,
}

impl Native {
    /// Of a structure with a layout for each ABI.
    pub const fn of<T: abi::Record>() -> Self {
        Self { size: Abi::size::<T>, shown: |abi, bytes| RISCV64.encode(&abi.decode::<T>(bytes)).to_vec() }
    }
}

/// A member of a structure.
#[derive(Clone, Copy)]
pub(super) struct Member {
    /// As printed.
    pub name: &'static str,
    /// Byte offset.
    pub at: usize,
    /// What lies there.
    pub elem: Elem,
    /// Whether it is shown.
    pub when: Option<When>,
}

impl Member {
    /// At a byte offset.
    pub const fn at(at: usize, name: &'static str, elem: Elem) -> Self {
        Self { name, at, elem, when: None }
    }

    /// At the offset, and of the size, that a table of `abi::structs` has for `field`.
    pub const fn of(fields: &[Field], field: &str, name: &'static str, kind: &'static Kind) -> Self {
        let (place, signed) = find(fields, field);
        Self::at(place.at as usize, name, Elem::One(Width::of(place, signed), kind))
    }

    /// At the offset that a table of `abi::structs` has for `field`.
    pub const fn held(fields: &[Field], field: &str, name: &'static str, elem: Elem) -> Self {
        Self::at(find(fields, field).0.at as usize, name, elem)
    }

    /// Shown only so.
    pub const fn only(mut self, when: When) -> Self {
        self.when = Some(when);
        self
    }
}

const fn find(fields: &[Field], field: &str) -> (Place, bool) {
    let mut n = 0;
    while n < fields.len() {
        if same(fields[n].0.as_bytes(), field.as_bytes()) {
            return (fields[n].1, fields[n].2);
        }
        n += 1;
    }
    panic!("the structure has no such member")
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut n = 0;
    while n < a.len() && n < b.len() && a[n] == b[n] {
        n += 1;
    }
    n == a.len() && n == b.len()
}

/// How the result of a call prints.
#[derive(Clone, Copy)]
pub(super) enum Ret {
    /// A signed number.
    Int,
    /// A hexadecimal number.
    Hex,
    /// An octal number.
    Octal,
    /// A hexadecimal number and the names of its bits.
    Bits(&'static Words),
    /// The same, called flags.
    Flags(&'static Words),
    /// The same of `open` flags.
    Open,
    /// A number and its name.
    Word(&'static Words),
    /// A signal.
    Signal,
    /// Descriptors that are ready: places of the list and of the time.
    Poll(usize, usize),
    /// Sets of descriptors that are ready.
    Select,
}

/// A call.
pub(super) struct Row {
    /// Its name.
    pub name: &'static str,
    /// What is shown between the parentheses.
    pub args: &'static [Kind],
    /// Its result.
    pub ret: Ret,
}
