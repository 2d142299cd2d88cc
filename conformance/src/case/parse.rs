//! The parser: a line at a time, each line complete in itself.

use super::value::{bytes, number};
use super::{Assign, Block, Case, CaseError, CaseFile, Vocabulary};
use std::path::Path;

/// Parses `text`; `path` is only named in errors.
///
/// # Errors
/// At the first line that breaks a rule of the format, with its number.
pub fn parse<V: Vocabulary>(
    path: &Path,
    text: &str,
    names: &V,
) -> Result<CaseFile<V::Part, V::Trap>, CaseError> {
    let mut parser = Parser { names, from: None, xlen: 64, blocks: vec![] };
    for (i, line) in text.lines().enumerate() {
        parser.line(i + 1, line).map_err(|what| CaseError::new(path, i + 1, what))?;
    }
    parser.finished_block().map_err(|(line, what)| CaseError::new(path, line, what))?;
    if parser.blocks.is_empty() {
        return Err(CaseError::new(path, 0, "there is no instruction in this file".into()));
    }
    Ok(CaseFile { path: path.to_path_buf(), blocks: parser.blocks })
}

struct Parser<'a, V: Vocabulary> {
    names: &'a V,
    from: Option<String>,
    xlen: u32,
    blocks: Vec<Block<V::Part, V::Trap>>,
}

type Assigns<V> = Vec<Assign<<V as Vocabulary>::Part>>;
type CaseOf<V> = Case<<V as Vocabulary>::Part, <V as Vocabulary>::Trap>;

impl<V: Vocabulary> Parser<'_, V> {
    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        let (code, remark) = match line.split_once('#') {
            Some((code, remark)) => (code.trim_end(), remark.trim()),
            None => (line.trim_end(), ""),
        };
        if code.is_empty() {
            return Ok(());
        }
        if code.starts_with([' ', '\t']) {
            let case = self.case(number, code, remark)?;
            let block = self.blocks.last_mut().ok_or("a case stands before the first instruction")?;
            block.cases.push(case);
            return Ok(());
        }
        if let Some(source) = code.strip_prefix("from:") {
            let source = source.trim();
            self.from = Some(source).filter(|s| !s.is_empty()).map(String::from);
            return self.from.as_ref().map(|_| ()).ok_or("`from:` names no source".into());
        }
        if let Some(width) = code.strip_prefix("xlen:") {
            self.xlen = match width.trim() {
                "32" => 32,
                "64" => 64,
                other => return Err(format!("a register width is 32 or 64, not `{other}`")),
            };
            return Ok(());
        }
        self.instruction(number, code)
    }

    fn instruction(&mut self, line: usize, code: &str) -> Result<(), String> {
        self.finished_block().map_err(|(at, what)| format!("{what}: the one of line {at}"))?;
        let (text, encoding) =
            code.rsplit_once("  ").ok_or("two spaces are missing between instruction and encoding")?;
        let (text, encoding) = (text.trim_end(), encoding.trim_start());
        let digits = encoding.len();
        let hexadecimal = encoding.bytes().all(|b| b.is_ascii_hexdigit());
        if !hexadecimal || !matches!(digits, 4 | 8) {
            return Err(format!("an encoding has 4 or 8 hexadecimal digits, not `{encoding}`"));
        }
        let word = u32::from_str_radix(encoding, 16).map_err(|e| e.to_string())?;
        let from = self.from.clone().ok_or("`from:` must say where the truth comes from")?;
        let len = if digits == 4 { 2 } else { 4 };
        let text = text.to_string();
        self.blocks.push(Block { text, word, len, xlen: self.xlen, from, cases: vec![], line });
        Ok(())
    }

    /// Refuses to leave a block without cases behind.
    fn finished_block(&self) -> Result<(), (usize, String)> {
        match self.blocks.last() {
            Some(b) if b.cases.is_empty() => Err((b.line, "an instruction has no case".into())),
            _ => Ok(()),
        }
    }

    fn case(&self, line: usize, code: &str, remark: &str) -> Result<CaseOf<V>, String> {
        let (left, right) = code.split_once("=>").ok_or("`=>` is missing between before and after")?;
        if right.contains("=>") {
            return Err("`=>` stands twice".into());
        }
        let mut trap = None;
        let mut after = vec![];
        for word in right.split_whitespace() {
            match word.strip_prefix("trap=") {
                Some(_) if trap.is_some() => return Err("two traps are expected".into()),
                Some(name) => trap = Some(self.trap(name)?),
                None => self.assign(word, &mut after)?,
            }
        }
        let mut before = vec![];
        for word in left.split_whitespace() {
            if word.starts_with("trap=") {
                return Err("a trap belongs on the right of `=>`".into());
            }
            self.assign(word, &mut before)?;
        }
        Ok(Case { before, after, trap, remark: remark.to_string(), line })
    }

    fn trap(&self, text: &str) -> Result<V::Trap, String> {
        let (name, at) = match text.split_once('@') {
            Some((name, at)) => (name, Some(number(at)?)),
            None => (text, None),
        };
        self.names.trap(name, at).ok_or_else(|| format!("there is no trap `{text}`"))
    }

    fn assign(&self, word: &str, list: &mut Assigns<V>) -> Result<(), String> {
        let (name, value) = word.split_once('=').ok_or_else(|| format!("`{word}` assigns nothing"))?;
        let assign = match name.strip_prefix('[').and_then(|n| n.strip_suffix(']')) {
            Some(at) => Assign::Memory { at: number(at)?, bytes: bytes(value)? },
            None => self.part(name, value)?,
        };
        let again = |old: &Assign<V::Part>| match (old, &assign) {
            (Assign::Part { part: a, .. }, Assign::Part { part: b, .. }) => a == b,
            (Assign::Memory { at: a, .. }, Assign::Memory { at: b, .. }) => a == b,
            _ => false,
        };
        if list.iter().any(again) {
            return Err(format!("`{name}` is assigned twice"));
        }
        list.push(assign);
        Ok(())
    }

    fn part(&self, name: &str, value: &str) -> Result<Assign<V::Part>, String> {
        let part = self.names.part(name).ok_or_else(|| format!("there is no register `{name}`"))?;
        let value = match value {
            "none" => self.names.none(&part).ok_or_else(|| format!("`{name}` cannot be none"))?,
            _ => number(value)?,
        };
        Ok(Assign::Part { part, value })
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Assign, CaseFile, Vocabulary};
    use super::parse;
    use std::path::Path;

    /// Sixteen registers and one trap: what a guest must bring, and no more.
    struct Toy;

    impl Vocabulary for Toy {
        type Part = u8;
        type Trap = Option<u64>;

        fn part(&self, name: &str) -> Option<u8> {
            name.strip_prefix('r')?.parse().ok().filter(|&n| n < 16)
        }
        fn trap(&self, name: &str, at: Option<u64>) -> Option<Option<u64>> {
            (name == "fault").then_some(at)
        }
        fn none(&self, part: &u8) -> Option<u64> {
            (*part == 15).then_some(99)
        }
    }

    fn toy(text: &str) -> Result<CaseFile<u8, Option<u64>>, String> {
        parse(Path::new("toy.case"), text, &Toy).map_err(|e| e.to_string())
    }

    #[test]
    fn a_file_has_blocks_with_source_width_and_cases() {
        let file = toy("# toy.case\nfrom: page 1\nxlen: 32\n\nadd r1, r2   c12d\n  \
             r2=2 => r1=2  # sum\n  # a group\n  => \n\nfrom: page 2\nmul   0000_r\n");
        assert_eq!(file, Err("toy.case:11: an encoding has 4 or 8 hexadecimal digits, not `0000_r`".into()));
        let file = toy("from: page 1\nxlen: 32\nadd r1, r2   c12d\n  r2=2 => r1=-2  # sum\n  =>\n\
             from: page 2\nxlen: 64\nmul  0000c12e\n  => trap=fault@10\n")
        .unwrap();
        let [add, mul] = &file.blocks[..] else { panic!("two blocks") };
        assert_eq!(
            (add.text.as_str(), add.word, add.len, add.xlen, add.line),
            ("add r1, r2", 0xc12d, 2, 32, 3)
        );
        assert_eq!((mul.word, mul.len, mul.xlen, mul.from.as_str()), (0xc12e, 4, 64, "page 2"));
        assert_eq!(add.from, "page 1");
        assert_eq!(add.cases[0].before, [Assign::Part { part: 2, value: 2 }]);
        assert_eq!(add.cases[0].after, [Assign::Part { part: 1, value: -2i64 as u64 }]);
        assert_eq!((add.cases[0].remark.as_str(), add.cases[0].line), ("sum", 4));
        assert!(add.cases[1].before.is_empty() && add.cases[1].after.is_empty());
        assert_eq!(mul.cases[0].trap, Some(Some(0x10)));
    }

    #[test]
    fn memory_is_an_address_and_bytes() {
        let file = toy("from: x\nld  0001\n  [20_00]=01.ff r15=none => [2002]=00\n").unwrap();
        let case = &file.blocks[0].cases[0];
        let bytes = Assign::Memory { at: 0x2000, bytes: vec![1, 0xff] };
        assert_eq!(case.before, [bytes, Assign::Part { part: 15, value: 99 }]);
        assert_eq!(case.after, [Assign::Memory { at: 0x2002, bytes: vec![0] }]);
    }

    #[test]
    fn every_broken_rule_is_named_with_its_line() {
        let head = "from: x\nadd r1  0001\n";
        for (line, what) in [
            ("  r1=1", "`=>` is missing between before and after"),
            ("  r1=1 => r1=1 => r1=2", "`=>` stands twice"),
            ("  r1 => r2=1", "`r1` assigns nothing"),
            ("  r16=1 =>", "there is no register `r16`"),
            ("  r1=g =>", "`g` is not a hexadecimal number"),
            ("  r1=none =>", "`r1` cannot be none"),
            ("  r1=1 r1=2 =>", "`r1` is assigned twice"),
            ("  => [10]=01 [10]=02", "`[10]` is assigned twice"),
            ("  [zz]=01 =>", "`zz` is not a hexadecimal number"),
            ("  [10]=1 =>", "`1` is not a byte of two digits"),
            ("  trap=fault =>", "a trap belongs on the right of `=>`"),
            ("  => trap=boom", "there is no trap `boom`"),
            ("  => trap=fault trap=fault", "two traps are expected"),
            ("  => trap=fault@", "`` is not a hexadecimal number"),
            ("sub r1 0002", "an instruction has no case: the one of line 2"),
            ("xlen: 16", "a register width is 32 or 64, not `16`"),
            ("from:", "`from:` names no source"),
        ] {
            assert_eq!(toy(&format!("{head}{line}\n")), Err(format!("toy.case:3: {what}")), "{line}");
        }
        for (text, error) in [
            ("", "toy.case: there is no instruction in this file"),
            ("  => r1=1", "toy.case:1: a case stands before the first instruction"),
            ("add  0001\n  =>", "toy.case:1: `from:` must say where the truth comes from"),
            ("from: x\nadd 0001", "toy.case:2: two spaces are missing between instruction and encoding"),
            ("from: x\nadd  0001", "toy.case:2: an instruction has no case"),
        ] {
            assert_eq!(toy(text), Err(error.into()), "{text}");
        }
    }
}
