//! A scene as a text file: what replays a divergence alone.
//!
//! ```text
//! strata scene 1
//! xlen 64
//! sides interp,step=on auto
//! budget 1
//! limit 0x8000000000
//! pc 0x10078
//! x10 0x2a
//! region 0x10000 0x11000 rx
//! page 0x10000
//! +0x78 13052a00
//! ```
//!
//! Registers that are not named are zero, and nothing is reserved. A region's protection is some of `rwx`, or
//! `-`. The lines after `page` give bytes from an offset on; bytes that are not given are zero. An empty line
//! or one that begins with `#` says nothing.

use super::pages::Page;
use super::scene::Scene;
use memory::addr::{PAGE, host_size, on_page};
use memory::user::{Prot, Region};
use spec::riscv::{NO_RESERVATION, State};
use std::fmt::Write;

/// A scene with what is to be run in it.
#[derive(Clone, Debug)]
pub struct Recorded {
    /// Register width, 32 or 64.
    pub xlen: u32,
    /// The tiers that are compared.
    pub sides: [String; 2],
    /// Instructions.
    pub budget: u64,
    /// From where.
    pub scene: Scene,
}

/// A file that is no scene.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RecordedError {
    /// It does not begin as one.
    #[error("this is no scene: its first line is not \"strata scene 1\"; name a file that strata diff wrote")]
    Header,
    /// A line that is not understood.
    #[error("line {line} of the scene, \"{text}\", {wrong}; name a file that strata diff wrote")]
    Line {
        /// Its number, from one.
        line: usize,
        /// What it says, cut if it is long.
        text: String,
        /// Why it cannot be.
        wrong: &'static str,
    },
    /// Something is missing.
    #[error("the scene has no line \"{0}\"; name a file that strata diff wrote")]
    Missing(&'static str),
}

const HEADER: &str = "strata scene 1";
/// The largest space there is.
const LARGEST: u64 = 1 << 46;
/// Regions and pages that a scene has at most.
const MOST: usize = 1 << 16;
/// Instructions that a scene runs at most.
const MOST_BUDGET: u64 = 1 << 24;
/// Bytes in a line.
const WIDTH: usize = 32;

impl Recorded {
    /// The file.
    pub fn write(&self) -> String {
        let state = &self.scene.state;
        let mut out = format!("{HEADER}\nxlen {}\nsides {} {}\n", self.xlen, self.sides[0], self.sides[1]);
        let _ = writeln!(out, "budget {}\nlimit {:#x}\npc {:#x}", self.budget, self.scene.limit, state.pc);
        let x = (0..).zip(state.x).map(|(n, value): (u32, u64)| (format!("x{n}"), value));
        let f = (0..).zip(state.f).map(|(n, value): (u32, u64)| (format!("f{n}"), value));
        let rest = [
            ("fflags", state.fflags.into()),
            ("frm", state.frm.into()),
            ("instret", state.instret),
            ("reserved", state.reserved_value),
        ];
        let rest = rest.map(|(name, value)| (name.to_owned(), value));
        for (name, value) in x.chain(f).chain(rest).filter(|(_, value)| *value != 0) {
            let _ = writeln!(out, "{name} {value:#x}");
        }
        if state.reservation != NO_RESERVATION {
            let _ = writeln!(out, "reservation {:#x}", state.reservation);
        }
        for region in &self.scene.regions {
            let _ = writeln!(out, "region {:#x} {:#x} {}", region.start, region.end, letters(region.prot));
        }
        for (at, page) in &self.scene.pages {
            let _ = writeln!(out, "page {at:#x}");
            for (n, bytes) in
                page.chunks(WIDTH).enumerate().filter(|(_, bytes)| bytes.iter().any(|b| *b != 0))
            {
                let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                let _ = writeln!(out, "+{:#x} {digits}", n * WIDTH);
            }
        }
        out
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`RecordedError`], which names the line.
    pub fn read(text: &str) -> Result<Self, RecordedError> {
        let mut lines = (1..).zip(text.lines());
        if lines.next().is_none_or(|(_, first)| first != HEADER) {
            return Err(RecordedError::Header);
        }
        let mut reader = Reader::default();
        for (number, line) in lines.filter(|(_, line)| !line.trim().is_empty() && !line.starts_with('#')) {
            reader.line(line).map_err(|wrong| {
                let text = line.chars().take(60).collect();
                RecordedError::Line { line: number, text, wrong }
            })?;
        }
        reader.finish()
    }
}

fn letters(prot: Prot) -> String {
    let all = [(Prot::READ, 'r'), (Prot::WRITE, 'w'), (Prot::EXEC, 'x')];
    let text: String = all.iter().filter(|(bit, _)| prot.contains(*bit)).map(|(_, letter)| letter).collect();
    if text.is_empty() { "-".into() } else { text }
}

fn protection(text: &str) -> Result<Prot, &'static str> {
    let bit = |letter| match letter {
        'r' => Ok(Prot::READ),
        'w' => Ok(Prot::WRITE),
        'x' => Ok(Prot::EXEC),
        '-' => Ok(Prot::NONE),
        _ => Err("has a protection that is not some of rwx or -"),
    };
    text.chars().try_fold(Prot::NONE, |prot, letter| Ok(prot | bit(letter)?))
}

fn number(text: &str) -> Result<u64, &'static str> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| "has something that is no number")
}

#[derive(Default)]
struct Reader {
    xlen: Option<u32>,
    sides: Option<[String; 2]>,
    budget: Option<u64>,
    scene: Scene,
    page: Option<(u64, Page)>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), &'static str> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["xlen", "32"] => self.xlen = Some(32),
            ["xlen", "64"] => self.xlen = Some(64),
            ["sides", a, b] => self.sides = Some([(*a).to_owned(), (*b).to_owned()]),
            ["budget", value] => {
                let value = number(value)?;
                self.budget = Some(value).filter(|value| *value <= MOST_BUDGET);
                self.budget.ok_or("runs more than 2^24 instructions")?;
            }
            ["limit", value] => {
                let value = number(value)?;
                let good = value != 0 && value <= LARGEST && on_page(value);
                self.scene.limit = if good { value } else { 0 };
                return good.then_some(()).ok_or("is no size of an address space");
            }
            ["region", start, end, prot] => {
                return self.region(number(start)?, number(end)?, protection(prot)?);
            }
            ["page", at] => return self.start(number(at)?),
            [place, digits] if place.starts_with('+') => return self.bytes(&place[1..], digits),
            [name, value] => return self.register(name, number(value)?),
            _ => return Err("is not understood"),
        }
        Ok(())
    }

    fn region(&mut self, start: u64, end: u64, prot: Prot) -> Result<(), &'static str> {
        let after = self.scene.regions.last().is_none_or(|last| last.end <= start);
        if !after || start >= end || !on_page(start) || !on_page(end) || end > self.scene.limit {
            return Err("is no range of whole pages after the last one and below the limit");
        }
        if self.scene.regions.len() >= MOST {
            return Err("is one region too many");
        }
        self.scene.regions.push(Region { start, end, prot, shared: false, file: None });
        Ok(())
    }

    fn start(&mut self, at: u64) -> Result<(), &'static str> {
        self.put();
        if !self.scene.regions.iter().any(|region| (region.start..region.end).contains(&at)) || !on_page(at) {
            return Err("is no page of a region");
        }
        if self.scene.pages.len() >= MOST {
            return Err("is one page too many");
        }
        self.page = Some((at, Box::new([0; host_size(PAGE)])));
        Ok(())
    }

    fn bytes(&mut self, place: &str, digits: &str) -> Result<(), &'static str> {
        let offset = host_size(number(place)?);
        let (_, page) = self.page.as_mut().ok_or("comes before any page")?;
        let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return Err("has half a byte") };
        let end = offset.checked_add(pairs.len()).ok_or("leaves its page")?;
        let room = page.get_mut(offset..end).ok_or("leaves its page")?;
        for (byte, pair) in room.iter_mut().zip(pairs) {
            let text = std::str::from_utf8(pair).map_err(|_| "has bytes that are no digits")?;
            *byte = u8::from_str_radix(text, 16).map_err(|_| "has bytes that are no digits")?;
        }
        Ok(())
    }

    fn register(&mut self, name: &str, value: u64) -> Result<(), &'static str> {
        let state = &mut self.scene.state;
        let small = || u32::try_from(value).map_err(|_| "has a value that does not fit");
        let numbered = |letter| name.strip_prefix(letter).and_then(|n: &str| n.parse::<usize>().ok());
        match name {
            "pc" => state.pc = value,
            "fflags" => state.fflags = small()? & 0x1f,
            "frm" => state.frm = small()? & 7,
            "instret" => state.instret = value,
            "reserved" => state.reserved_value = value,
            "reservation" => state.reservation = value,
            _ => {
                let x = numbered('x').filter(|n| *n != 0).and_then(|n| state.x.get_mut(n));
                let f = numbered('f').and_then(|n| state.f.get_mut(n));
                *x.or(f).ok_or("names nothing that a scene has")? = value;
            }
        }
        Ok(())
    }

    fn put(&mut self) {
        if let Some((at, page)) = self.page.take() {
            self.scene.pages.insert(at, page);
        }
    }

    fn finish(mut self) -> Result<Recorded, RecordedError> {
        self.put();
        let missing = RecordedError::Missing;
        if self.scene.limit == 0 {
            return Err(missing("limit"));
        }
        let xlen = self.xlen.ok_or(missing("xlen"))?;
        if xlen == 32 {
            // A register holds its value sign-extended.
            let State { x, pc, .. } = &mut self.scene.state;
            for value in x.iter_mut().chain([pc]) {
                *value = spec::bits::Sext::sext32(*value);
            }
        }
        Ok(Recorded {
            xlen,
            sides: self.sides.ok_or(missing("sides"))?,
            budget: self.budget.ok_or(missing("budget"))?,
            scene: self.scene,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn sample() -> Recorded {
        let mut scene = Scene { limit: 1 << 20, ..Scene::default() };
        scene.state.pc = 0x1_0078;
        scene.state.x[10] = u64::MAX;
        scene.state.f[31] = 7;
        scene.state.reservation = 0x40;
        let region = Region { start: 0x1_0000, end: 0x1_2000, prot: Prot::RX, shared: false, file: None };
        scene.regions.push(region);
        let mut page = Box::new([0; host_size(PAGE)]);
        page[0x7f..0x82].copy_from_slice(&[1, 2, 3]);
        scene.pages.insert(0x1_1000, page);
        Recorded { xlen: 64, sides: ["interp".into(), "auto".into()], budget: 3, scene }
    }

    #[test]
    fn a_scene_is_read_back_as_it_was_written() {
        let written = sample().write();
        let read = Recorded::read(&written).unwrap();
        assert_eq!(read.write(), written);
        assert_eq!(read.scene.state, sample().scene.state);
        assert_eq!(read.scene.pages, sample().scene.pages);
    }

    #[rstest]
    #[case("budget 16777217", "runs more than 2^24 instructions")]
    #[case("limit 0x400000001000", "is no size of an address space")]
    #[case("region 0x11000 0x12000 r", "is no range of whole pages after the last one and below the limit")]
    #[case("region 0x20000 0x200000 r", "is no range of whole pages after the last one and below the limit")]
    #[case("region 0x20000 0x21000 q", "has a protection that is not some of rwx or -")]
    #[case("page 0x30000", "is no page of a region")]
    #[case("+0xfff 0102", "leaves its page")]
    #[case("+0xffffffffffffffff 0102", "leaves its page")]
    #[case("+0 012", "has half a byte")]
    #[case("+0 zz", "has bytes that are no digits")]
    #[case("x32 1", "names nothing that a scene has")]
    #[case("x0 1", "names nothing that a scene has")]
    #[case("pc lunch", "has something that is no number")]
    #[case("frm 0x100000000", "has a value that does not fit")]
    #[case("a b c d", "is not understood")]
    fn a_line_that_makes_no_sense_is_named(#[case] line: &str, #[case] why: &str) {
        let text = sample().write() + line;
        let number = text.lines().count();
        let sentence = Recorded::read(&text).unwrap_err().to_string();
        let start = format!("line {number} of the scene, \"{line}\", {why};");
        assert!(sentence.starts_with(&start), "{sentence}");
    }

    #[test]
    fn a_file_cut_anywhere_is_read_or_refused() {
        let text = sample().write();
        for end in 0..text.len() {
            let _ = Recorded::read(&text[..end]);
        }
        assert_eq!(Recorded::read("").unwrap_err(), RecordedError::Header);
        assert_eq!(Recorded::read("strata scene 1\n").unwrap_err(), RecordedError::Missing("limit"));
    }
}
