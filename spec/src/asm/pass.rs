//! One pass over a program: where everything lies and what it holds, given what the last pass found.

use super::expr::{self, ExprError, Names};
use super::line::{self, Assembled, Place};
use super::program::{Fault, Image, Kind, Options, Section, Symbol};
use super::source::{self, Statement, What};
use super::{AsmError, directive};
use crate::rows::{Call, Expansion, Guest, Macro};
use std::collections::{HashMap, HashSet};

/// A program may not fill more bytes than this.
const LARGEST: usize = 16 << 20;
const MOST_SECTIONS: usize = 64;

/// What a pass finds and the next one builds on.
#[derive(Default)]
pub(super) struct Found {
    pub(super) faults: Vec<Fault>,
    sections: Vec<Section>,
    symbols: Vec<Defined>,
    by_name: HashMap<String, usize>,
    /// Addresses of the numeric labels, by number.
    locals: HashMap<String, Vec<u64>>,
    /// Distances whose upper parts were taken, by address of the instruction.
    paired: HashMap<u64, i64>,
    globals: HashSet<String>,
    functions: HashSet<String>,
    sizes: HashMap<String, u64>,
    bytes: usize,
}

#[derive(Clone, PartialEq, Eq)]
struct Defined {
    name: String,
    value: i64,
    section: Option<usize>,
    /// Whether a later `.set` may give it another value.
    label: bool,
}

impl Found {
    /// Whether nothing moved since `last`.
    pub(super) fn settled(&self, last: &Found) -> bool {
        let places = |f: &Found| f.sections.iter().map(|s| (s.address, s.bytes.len())).collect::<Vec<_>>();
        self.symbols == last.symbols
            && self.locals == last.locals
            && self.paired == last.paired
            && places(self) == places(last)
    }

    /// Whether another pass would only cost memory.
    pub(super) fn grew_too_large(&self) -> bool {
        self.bytes > LARGEST
    }

    /// The finished program.
    pub(super) fn image(self, page: u64) -> Image {
        let mut places: Vec<usize> = (0..self.sections.len()).collect();
        places.retain(|&i| !self.sections[i].bytes.is_empty());
        places.sort_by_key(|&i| self.sections[i].address);
        let place = |section: Option<usize>| section.and_then(|s| places.iter().position(|&p| p == s));
        let symbols = self.symbols.iter().filter(|d| !d.name.starts_with(".L")).map(|d| Symbol {
            name: d.name.clone(),
            value: d.value.cast_unsigned(),
            size: self.sizes.get(&d.name).copied().unwrap_or(0),
            global: self.globals.contains(&d.name),
            function: self.functions.contains(&d.name),
            section: place(d.section),
        });
        let symbols: Vec<_> = symbols.collect();
        let sections: Vec<Section> = places.iter().map(|&i| self.sections[i].clone()).collect();
        let start = symbols.iter().find(|s| s.name == "_start").map(|s| s.value);
        let entry = start.or(sections.first().map(|s| s.address)).unwrap_or(0);
        Image { sections, symbols, entry, page }
    }
}

/// A pass in progress.
pub(super) struct Pass<'a, O: 'static> {
    pub(super) guest: &'a Guest<O>,
    last: &'a Found,
    page: u64,
    base: u64,
    now: Found,
    current: usize,
    previous: usize,
}

impl<'a, O: Copy + PartialEq> Pass<'a, O> {
    pub(super) fn new(guest: &'a Guest<O>, options: &Options, last: &'a Found) -> Self {
        let (page, base) = (options.page, options.base);
        let mut now = Found::default();
        now.sections.push(Section {
            name: ".text".to_owned(),
            kind: Kind::Text,
            address: last.sections.first().map_or(base, |s| s.address),
            align: 16,
            bytes: vec![],
        });
        Pass { guest, last, page, base, now, current: 0, previous: 0 }
    }

    /// Takes in one statement; what is wrong with it joins the faults.
    pub(super) fn statement(&mut self, s: &Statement) {
        let done = match s.what {
            _ if self.now.bytes > LARGEST => return,
            What::Label(name) => self.label(name),
            What::Assign(name, value) => self.eval(value).and_then(|v| self.assign(name.trim(), v)),
            What::Directive(name, operands) => directive::directive(self, name, operands),
            What::Instruction(text) => self.instruction(text),
        };
        if let Err(error) = done {
            self.now.faults.push(Fault { line: s.line, error });
        }
    }

    /// Lays the sections out: by kind, then in the order in which they were first entered.
    pub(super) fn finish(mut self) -> Found {
        let mut order: Vec<usize> = (0..self.now.sections.len()).collect();
        order.sort_by_key(|&i| self.now.sections[i].kind);
        let mut at = self.base;
        let mut kind = None;
        for i in order {
            let section = &mut self.now.sections[i];
            if section.bytes.is_empty() {
                continue;
            }
            let rights = section.kind.min(Kind::Data);
            if kind.is_some_and(|k| k != rights) {
                at = aligned(at, self.page);
            }
            kind = Some(rights);
            section.address = aligned(at, section.align);
            at = section.address.wrapping_add(section.bytes.len() as u64);
        }
        self.now
    }

    /// The section entered, made if it is new.
    pub(super) fn enter(&mut self, name: &str, kind: Kind) -> Result<(), AsmError> {
        self.previous = self.current;
        if let Some(i) = self.now.sections.iter().position(|s| s.name == name) {
            self.current = i;
            return Ok(());
        }
        if self.now.sections.len() == MOST_SECTIONS {
            return Err(AsmError::Other(format!("a program has at most {MOST_SECTIONS} sections")));
        }
        let known = self.last.sections.iter().find(|s| s.name == name);
        let (address, align) = (known.map_or(self.base, |s| s.address), 16);
        self.current = self.now.sections.len();
        self.now.sections.push(Section { name: name.to_owned(), kind, address, align, bytes: vec![] });
        Ok(())
    }

    /// Back to the section before.
    pub(super) fn enter_previous(&mut self) {
        std::mem::swap(&mut self.current, &mut self.previous);
    }

    pub(super) fn section(&mut self) -> &mut Section {
        &mut self.now.sections[self.current]
    }

    /// The address of the next byte.
    pub(super) fn here(&self) -> u64 {
        let section = &self.now.sections[self.current];
        section.address.wrapping_add(section.bytes.len() as u64)
    }

    /// Adds bytes to the section.
    pub(super) fn emit(&mut self, bytes: &[u8]) -> Result<(), AsmError> {
        self.room(bytes.len())?;
        let zero = self.section().kind == Kind::Zero;
        if zero && bytes.iter().any(|b| *b != 0) {
            let name = self.section().name.clone();
            return Err(AsmError::Other(format!("{name} holds only zeros: move this to .data")));
        }
        self.section().bytes.extend_from_slice(bytes);
        Ok(())
    }

    /// Adds `count` bytes of one value.
    pub(super) fn fill(&mut self, count: i64, value: u8) -> Result<(), AsmError> {
        let fits = usize::try_from(count).ok().filter(|c| *c <= LARGEST);
        let count = fits.ok_or_else(|| {
            AsmError::Other(format!("a size of {count} bytes is out of range: write 0 to {LARGEST}"))
        })?;
        self.room(count)?;
        if value != 0 && self.section().kind == Kind::Zero {
            return self.emit(&[value]);
        }
        let section = self.section();
        section.bytes.resize(section.bytes.len() + count, value);
        Ok(())
    }

    fn room(&mut self, count: usize) -> Result<(), AsmError> {
        self.now.bytes = self.now.bytes.saturating_add(count);
        if self.now.bytes > LARGEST {
            return Err(AsmError::Other(format!("the program is larger than {LARGEST} bytes")));
        }
        Ok(())
    }

    fn label(&mut self, name: &str) -> Result<(), AsmError> {
        let here = self.here();
        if name.bytes().all(|c| c.is_ascii_digit()) {
            self.now.locals.entry(name.to_owned()).or_default().push(here);
            return Ok(());
        }
        if self.now.by_name.contains_key(name) {
            return Err(AsmError::Other(format!("'{name}' is defined twice: rename one of them")));
        }
        self.define(name, here.cast_signed(), Some(self.current));
        Ok(())
    }

    /// Gives a constant a value.
    pub(super) fn assign(&mut self, name: &str, value: i64) -> Result<(), AsmError> {
        match self.now.by_name.get(name).map(|&i| &mut self.now.symbols[i]) {
            Some(known) if known.label => {
                Err(AsmError::Other(format!("'{name}' is a label and cannot be given another value")))
            }
            Some(known) => {
                known.value = value;
                Ok(())
            }
            None => {
                self.define(name, value, None);
                Ok(())
            }
        }
    }

    fn define(&mut self, name: &str, value: i64, section: Option<usize>) {
        self.now.by_name.insert(name.to_owned(), self.now.symbols.len());
        self.now.symbols.push(Defined { name: name.to_owned(), value, section, label: section.is_some() });
    }

    pub(super) fn make_global(&mut self, name: &str) {
        self.now.globals.insert(name.to_owned());
    }

    pub(super) fn make_function(&mut self, name: &str) {
        self.now.functions.insert(name.to_owned());
    }

    pub(super) fn set_size(&mut self, name: &str, size: u64) {
        self.now.sizes.insert(name.to_owned(), size);
    }

    /// The value of an expression that fills `text`.
    pub(super) fn eval(&self, text: &str) -> Result<i64, AsmError> {
        let (value, rest) = expr::eval(text, self)?;
        let rest = rest.trim();
        if rest.is_empty() { Ok(value) } else { Err(AsmError::Other(format!("'{rest}' is left over"))) }
    }

    fn instruction(&mut self, text: &str) -> Result<(), AsmError> {
        let guest = self.guest;
        let unit = guest.padding.first().map_or(1, |(_, len)| u64::from(*len));
        if !self.here().is_multiple_of(unit) {
            return Err(AsmError::Other(format!(
                "an instruction cannot start at {:#x}: align to {unit} bytes before it",
                self.here()
            )));
        }
        let (name, operands) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        let named = name.to_ascii_lowercase();
        if let Some(found) = guest.macros.iter().find(|m| m.mnemonic == named) {
            match self.expand(found, operands) {
                Expansion::Lines(lines) => return lines.iter().try_for_each(|l| self.encode(l)),
                Expansion::Refused(why) => return Err(AsmError::Other(why)),
                Expansion::Ordinary => {}
            }
        }
        self.encode(text).map_err(|error| match error {
            AsmError::Mnemonic { near, name } => match guest.macros.iter().find(|m| m.mnemonic == name) {
                Some(m) => AsmError::Operands {
                    problem: format!("{name} takes other operands"),
                    write: vec![format!("{name} {}", m.operands)],
                },
                None => AsmError::Mnemonic { near, name },
            },
            other => other,
        })
    }

    fn expand(&self, called: &Macro, operands: &str) -> Expansion {
        let operands = source::operands(operands);
        let value = |text: &str| self.eval(text);
        let call = Call {
            mnemonic: called.mnemonic,
            operands: &operands,
            xlen: self.guest.xlen,
            value: &|text| value(text).ok(),
        };
        (called.expand)(&call)
    }

    fn encode(&mut self, text: &str) -> Result<(), AsmError> {
        let pc = self.here();
        let symbol = |name: &str| self.symbol(name).ok();
        let paired = |at: u64| self.now.paired.get(&at).or_else(|| self.last.paired.get(&at)).copied();
        let done = line::line(self.guest, text, &Place { pc, symbol: &symbol, paired: &paired });
        let big = self.guest.big_endian;
        match done {
            Ok(Assembled { word, len, distance }) => {
                if let Some(distance) = distance {
                    self.now.paired.insert(pc, distance);
                }
                self.emit(&line::in_order(u64::from(word), usize::from(len), big))
            }
            Err(error) => {
                // The place is kept, so that what follows is judged at its right address.
                let len = line::length(self.guest, text).unwrap_or(0);
                self.emit(&vec![0; usize::from(len)])?;
                Err(error)
            }
        }
    }
}

impl<O: Copy + PartialEq> Names for Pass<'_, O> {
    fn symbol(&self, name: &str) -> Result<i64, ExprError> {
        let undefined = || ExprError::Undefined(name.to_owned());
        if name == "." {
            return Ok(self.here().cast_signed());
        }
        if name.starts_with(|c: char| c.is_ascii_digit()) {
            return self.local(name).map(u64::cast_signed).ok_or_else(undefined);
        }
        let value = |f: &Found| f.by_name.get(name).map(|&i| f.symbols[i].value);
        value(&self.now).or_else(|| value(self.last)).ok_or_else(undefined)
    }

    fn operator(&self, name: &str, _argument: &str) -> Result<i64, ExprError> {
        // Parts of addresses mean something in instructions only.
        Err(ExprError::Operator(name.to_owned()))
    }
}

impl<O> Pass<'_, O> {
    /// The address that `1b` or `1f` means here.
    fn local(&self, name: &str) -> Option<u64> {
        let (number, direction) = name.split_at(name.len() - 1);
        let known = self.now.locals.get(number).map_or(&[][..], Vec::as_slice);
        if direction == "b" {
            return known.last().copied();
        }
        self.last.locals.get(number)?.get(known.len()).copied()
    }
}

/// `at` rounded up to a multiple of `align`, a power of two.
fn aligned(at: u64, align: u64) -> u64 {
    at.wrapping_add(align - 1) & !(align - 1)
}
