//! The stepper's commands: their grammar and nothing else.

/// What `help` prints.
pub const HELP: &str = "\
step [N]            s   run one instruction, or N, and show what each does
next                n   as step, but run a called function to its return
finish              fin run until the current function returns
continue            c   run until a breakpoint, a watchpoint or the end
until PLACE         u   run until the pc is there
break PLACE         b   stop before the instruction there
watch PLACE,LEN     w   stop after a store into LEN bytes from there (8 if not said)
delete NUMBER       d   remove a breakpoint or watchpoint
regs                r   show the registers
x/FMT PLACE             show memory; FMT is a count, a format (x d u o t c s i) and a size (b h w g)
disas [PLACE] [N]       show N instructions from there, or from the pc
info maps|breakpoints|rows
symbols [PART]          list symbols, or those whose names contain PART
quit                q   leave; the program ends

PLACE is an address (0x10184), a symbol (main), a register ($sp), or one of these and an offset (main+0x12).
An empty line repeats the last command. On a terminal Ctrl-C stops what runs; the program does not see it.
";

/// What `help` prints for a machine.
pub const MACHINE_HELP: &str = "\
step [N]            s   run one instruction, or N, and show what each does
next                n   as step, but run a called function to its return
finish              fin run until the current function returns
continue            c   run until a breakpoint, a watchpoint or the end
until PLACE         u   run until a pc is there
break PLACE         b   stop before the instruction there
watch PLACE,LEN     w   stop after a store into LEN bytes from there (8 if not said)
delete NUMBER       d   remove a breakpoint or watchpoint
regs                r   show the registers
csrs                    show the control registers
x/FMT PLACE             show memory; FMT is a count, a format (x d u o t c s i) and a size (b h w g)
xp/FMT PLACE            show memory at a physical address
walk PLACE              show the page tables behind an address
disas [PLACE] [N]       show N instructions from there, or from the pc
info harts|breakpoints|mtree
symbols [PART]          list symbols, or those whose names contain PART
monitor LINE            a command of the monitor
quit                q   leave; the machine ends

PLACE is an address (0x80000000), a symbol (_start), a register ($sp, $mepc), or one of these and an offset (_start+4).
An empty line repeats the last command. On a terminal Ctrl-C stops what runs.
";

/// A place in the program as it was written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// What it starts from.
    pub base: Base,
    /// What is added.
    pub offset: i64,
}

/// What a place starts from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Base {
    /// An address.
    Address(u64),
    /// A symbol.
    Symbol(String),
    /// A register, without its dollar sign.
    Register(String),
}

/// How `x` shows memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format {
    /// How many.
    pub count: u32,
    /// `x`, `d`, `u`, `o`, `t`, `c`, `s` or `i`.
    pub letter: char,
    /// Bytes each: 1, 2, 4 or 8.
    pub size: u32,
}

/// A command.
#[derive(Clone, PartialEq, Eq, Debug)]
#[expect(missing_docs, reason = "HELP says what each does")]
pub enum Command {
    Step(u64),
    Next,
    Finish,
    Continue,
    Until(Place),
    Break(Place),
    Watch(Place, u64),
    Delete(usize),
    Regs,
    Examine(Format, Place),
    Disas(Place, u32),
    Maps,
    Breakpoints,
    Rows,
    Symbols(String),
    Csrs,
    Physical(Format, Place),
    Walk(Place),
    Harts,
    Monitor(String),
    Help,
    Quit,
}

/// A line that is no command.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CommandError {
    /// The first word is unknown.
    #[error("there is no command \"{word}\"; help lists them")]
    Unknown {
        /// As written.
        word: String,
    },
    /// An operand is missing.
    #[error("{command} needs {what}; help shows how")]
    Missing {
        /// The command.
        command: &'static str,
        /// What it needs.
        what: &'static str,
    },
    /// A number cannot be read.
    #[error("\"{word}\" is not {what}")]
    Number {
        /// As written.
        word: String,
        /// What is wanted.
        what: &'static str,
    },
    /// Something is left over.
    #[error("\"{rest}\" after {command} is not understood; help shows how")]
    Extra {
        /// The command.
        command: &'static str,
        /// What is left over.
        rest: String,
    },
}

impl Command {
    /// Reads a line; `None` is an empty one.
    ///
    /// # Errors
    /// A [`CommandError`] that names what is wrong.
    pub fn parse(line: &str) -> Result<Option<Self>, CommandError> {
        let line = line.trim();
        let end = line.find(|c: char| c.is_whitespace() || c == '/').unwrap_or(line.len());
        let (word, rest) = line.split_at(end);
        let rest = rest.trim();
        let alone = |command: &'static str, parsed: Self| match rest {
            "" => Ok(parsed),
            _ => Err(CommandError::Extra { command, rest: rest.into() }),
        };
        let place = |command, what| match rest {
            "" => Err(CommandError::Missing { command, what }),
            _ => Place::parse(rest),
        };
        let command = match word {
            "" => return Ok(None),
            "step" | "s" | "si" | "stepi" if rest.is_empty() => Self::Step(1),
            "step" | "s" | "si" | "stepi" => Self::Step(number(rest, "a count of instructions")?),
            "next" | "n" | "ni" | "nexti" => alone("next", Self::Next)?,
            "finish" | "fin" => alone("finish", Self::Finish)?,
            "continue" | "c" | "cont" => alone("continue", Self::Continue)?,
            "until" | "u" => Self::Until(place("until", "a place")?),
            "break" | "b" => Self::Break(place("break", "a place")?),
            "watch" | "w" => watch(rest)?,
            "delete" | "d" => Self::Delete(delete(rest)?),
            "regs" | "r" | "registers" => alone("regs", Self::Regs)?,
            "x" => examine(rest).map(|(format, place)| Self::Examine(format, place))?,
            "xp" => examine(rest).map(|(format, place)| Self::Physical(format, place))?,
            "csrs" => alone("csrs", Self::Csrs)?,
            "walk" => Self::Walk(place("walk", "a place")?),
            "monitor" | "mon" => Self::Monitor(rest.into()),
            "disas" | "disassemble" => disas(rest)?,
            "info" | "i" => info(rest)?,
            "symbols" => Self::Symbols(rest.into()),
            "help" | "h" | "?" => Self::Help,
            "quit" | "q" | "exit" => alone("quit", Self::Quit)?,
            _ => return Err(CommandError::Unknown { word: word.into() }),
        };
        Ok(Some(command))
    }
}

fn watch(rest: &str) -> Result<Command, CommandError> {
    if rest.is_empty() {
        return Err(CommandError::Missing { command: "watch", what: "a place, and a length after a comma" });
    }
    let (place, size) = match rest.split_once(',') {
        Some((place, size)) => (place, number(size.trim(), "a length in bytes")?),
        None => (rest, 8),
    };
    Ok(Command::Watch(Place::parse(place.trim())?, size))
}

fn delete(rest: &str) -> Result<usize, CommandError> {
    let what = "the number of a breakpoint";
    let wrong = || CommandError::Number { word: rest.into(), what };
    usize::try_from(number(rest, what)?).map_err(|_| wrong())
}

fn info(rest: &str) -> Result<Command, CommandError> {
    match rest {
        "maps" => Ok(Command::Maps),
        "breakpoints" | "break" | "b" => Ok(Command::Breakpoints),
        "rows" => Ok(Command::Rows),
        "harts" => Ok(Command::Harts),
        "mtree" => Ok(Command::Monitor("info mtree".into())),
        "registers" => Ok(Command::Regs),
        "" => Err(CommandError::Missing { command: "info", what: "maps, breakpoints or rows" }),
        _ => Err(CommandError::Extra { command: "info", rest: rest.into() }),
    }
}

fn disas(rest: &str) -> Result<Command, CommandError> {
    const WHAT: &str = "a count of instructions";
    let mut words = rest.split_whitespace();
    let place = words.next().map_or(Ok(Place::pc()), Place::parse)?;
    let count = match words.next() {
        None => 10,
        Some(word) => count(word, WHAT)?,
    };
    match words.next() {
        None => Ok(Command::Disas(place, count)),
        Some(rest) => Err(CommandError::Extra { command: "disas", rest: rest.into() }),
    }
}

/// `/16xb PLACE`, `/i PLACE` or just a place.
fn examine(rest: &str) -> Result<(Format, Place), CommandError> {
    let (format, place) = match rest.strip_prefix('/') {
        None => ("", rest),
        Some(rest) => rest.split_once(char::is_whitespace).unwrap_or((rest, "")),
    };
    let digits = format.find(|c: char| !c.is_ascii_digit()).unwrap_or(format.len());
    let (number, letters) = format.split_at(digits);
    let mut parsed = Format { count: 1, letter: 'x', size: 8 };
    if !number.is_empty() {
        parsed.count = count(number, "a count")?;
    }
    for letter in letters.chars() {
        match letter {
            'x' | 'd' | 'u' | 'o' | 't' | 'c' | 's' | 'i' => parsed.letter = letter,
            'b' => parsed.size = 1,
            'h' => parsed.size = 2,
            'w' => parsed.size = 4,
            'g' => parsed.size = 8,
            _ => {
                let what = "a format: a count, one of x d u o t c s i and one of b h w g";
                return Err(CommandError::Number { word: format.into(), what });
            }
        }
    }
    match place.trim() {
        "" => Err(CommandError::Missing { command: "x", what: "a place" }),
        place => Ok((parsed, Place::parse(place)?)),
    }
}

impl Place {
    /// The pc.
    pub fn pc() -> Self {
        Self { base: Base::Register("pc".into()), offset: 0 }
    }

    /// Reads an address, symbol or register with an optional offset.
    ///
    /// # Errors
    /// When the offset is no number.
    pub fn parse(text: &str) -> Result<Self, CommandError> {
        let cut = text.char_indices().skip(1).find(|(_, c)| matches!(c, '+' | '-')).map(|(i, _)| i);
        let (base, offset) = text.split_at(cut.unwrap_or(text.len()));
        let what = "an offset";
        let offset = match offset.chars().next() {
            None => 0,
            Some(sign) => {
                let size = number(offset[1..].trim(), what)?;
                let size =
                    i64::try_from(size).map_err(|_| CommandError::Number { word: offset.into(), what })?;
                if sign == '-' { -size } else { size }
            }
        };
        let base = base.trim();
        let base = match base.strip_prefix('$') {
            Some(register) => Base::Register(register.into()),
            None if base.starts_with(|c: char| c.is_ascii_digit()) => {
                Base::Address(number(base, "an address")?)
            }
            None if base == "pc" => Base::Register("pc".into()),
            None => Base::Symbol(base.into()),
        };
        Ok(Self { base, offset })
    }
}

fn number(word: &str, what: &'static str) -> Result<u64, CommandError> {
    let parsed = match word.strip_prefix("0x").or_else(|| word.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| CommandError::Number { word: word.into(), what })
}

/// A number that is small enough to be shown.
fn count(word: &str, what: &'static str) -> Result<u32, CommandError> {
    const MOST: u32 = 100_000;
    let wrong = || CommandError::Number { word: word.into(), what };
    u32::try_from(number(word, what)?).ok().filter(|n| *n <= MOST).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn at(address: u64) -> Place {
        Place { base: Base::Address(address), offset: 0 }
    }
    fn symbol(name: &str, offset: i64) -> Place {
        Place { base: Base::Symbol(name.into()), offset }
    }

    #[rstest]
    #[case("step", Command::Step(1))]
    #[case("  s 0x10 ", Command::Step(16))]
    #[case("b main", Command::Break(symbol("main", 0)))]
    #[case("break main+0x12", Command::Break(symbol("main", 0x12)))]
    #[case("until 0x10184", Command::Until(at(0x10184)))]
    #[case("watch $sp-8,4", Command::Watch(Place { base: Base::Register("sp".into()), offset: -8 }, 4))]
    #[case("watch 0x20", Command::Watch(at(0x20), 8))]
    #[case("x/16xb 0x2000", Command::Examine(Format { count: 16, letter: 'x', size: 1 }, at(0x2000)))]
    #[case("x/s main", Command::Examine(Format { count: 1, letter: 's', size: 8 }, symbol("main", 0)))]
    #[case("x 0x2000", Command::Examine(Format { count: 1, letter: 'x', size: 8 }, at(0x2000)))]
    #[case("disas", Command::Disas(Place::pc(), 10))]
    #[case("disas main 3", Command::Disas(symbol("main", 0), 3))]
    #[case("info maps", Command::Maps)]
    #[case("symbols", Command::Symbols(String::new()))]
    fn a_command_is_read(#[case] line: &str, #[case] command: Command) {
        assert_eq!(Command::parse(line), Ok(Some(command)));
    }

    #[rstest]
    #[case("frobnicate", "there is no command \"frobnicate\"; help lists them")]
    #[case("break", "break needs a place; help shows how")]
    #[case("step many", "\"many\" is not a count of instructions")]
    #[case("next 3", "\"3\" after next is not understood; help shows how")]
    #[case("info fish", "\"fish\" after info is not understood; help shows how")]
    #[case("x/zz 0", "\"zz\" is not a format: a count, one of x d u o t c s i and one of b h w g")]
    #[case("x/3", "x needs a place; help shows how")]
    #[case("break main+", "\"\" is not an offset")]
    #[case("watch 0x20,wide", "\"wide\" is not a length in bytes")]
    fn a_wrong_line_is_explained(#[case] line: &str, #[case] sentence: &str) {
        assert_eq!(Command::parse(line).unwrap_err().to_string(), sentence);
    }

    #[test]
    fn an_empty_line_is_no_command() {
        assert_eq!(Command::parse("   "), Ok(None));
    }
}
