//! Source text: comments, statements, quoted characters.

/// The first character of `text`, escape sequences understood, and what follows it.
pub fn character(text: &str) -> Option<(u32, &str)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    if first != '\\' {
        return Some((u32::from(first), chars.as_str()));
    }
    let escaped = chars.next()?;
    let rest = chars.as_str();
    let value = match escaped {
        'n' => 10,
        't' => 9,
        'r' => 13,
        'b' => 8,
        'f' => 12,
        'v' => 11,
        'a' => 7,
        'e' => 27,
        'x' => return digits(rest, 16, rest.len()),
        '0'..='7' => return digits(&text[1..], 8, 3),
        other => u32::from(other),
    };
    Some((value, rest))
}

/// Up to `most` digits as one byte, the last eight bits of what they say.
fn digits(text: &str, radix: u32, most: usize) -> Option<(u32, &str)> {
    let end =
        text.char_indices().find(|(i, c)| *i >= most || !c.is_digit(radix)).map_or(text.len(), |(i, _)| i);
    if end == 0 {
        return None;
    }
    let value =
        text[..end].chars().filter_map(|c| c.to_digit(radix)).fold(0u32, |v, d| v << radix.ilog2() | d);
    Some((value & 0xff, &text[end..]))
}

/// One statement of a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Statement<'a> {
    /// Its line, counted from 1.
    pub line: usize,
    /// What it says, without labels and comments.
    pub what: What<'a>,
}

/// What a statement says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum What<'a> {
    /// `name:`
    Label(&'a str),
    /// `name = expression`
    Assign(&'a str, &'a str),
    /// `.name operands`
    Directive(&'a str, &'a str),
    /// An instruction.
    Instruction(&'a str),
}

/// The program with every comment (`#` and `//` to the end of the line, `/* */` over any number of
/// lines) made blank; lines keep their numbers.
pub fn without_comments(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(c) = rest.chars().next() {
        let line = rest.find('\n').unwrap_or(rest.len());
        let taken = if c == '"' || c == '\'' {
            // A constant that its line does not close ends with the line.
            let end = quoted(&rest[..line]).max(1);
            out.push_str(&rest[..end]);
            end
        } else if c == '#' || rest.starts_with("//") {
            line
        } else if rest.starts_with("/*") {
            let end = rest.find("*/").map_or(rest.len(), |end| end + 2);
            out.push(' ');
            out.extend(rest[..end].chars().filter(|c| *c == '\n'));
            end
        } else {
            out.push(c);
            c.len_utf8()
        };
        rest = &rest[taken..];
    }
    out
}

/// Splits a program without comments into statements: by lines and `;`, labels apart.
pub fn statements(source: &str) -> Vec<Statement<'_>> {
    let mut out = vec![];
    for (index, text) in source.lines().enumerate() {
        for part in parts(text) {
            split(index + 1, part, &mut out);
        }
    }
    out
}

/// The pieces of a line between `;`.
fn parts(text: &str) -> Vec<&str> {
    let mut out = vec![];
    let (mut start, mut at) = (0, 0);
    while let Some(c) = text[at..].chars().next() {
        if c == '"' || c == '\'' {
            at += quoted(&text[at..]);
            continue;
        }
        if c == ';' {
            out.push(&text[start..at]);
            start = at + 1;
        }
        at += c.len_utf8();
    }
    out.push(&text[start..]);
    out
}

/// The length of the string or character constant that `text` starts with.
pub fn quoted(text: &str) -> usize {
    let mut chars = text.char_indices();
    let quote = chars.next().map(|(_, c)| c);
    if quote == Some('\'') {
        let Some((_, rest)) = character(&text[1..]) else { return text.len() };
        return text.len() - rest.strip_prefix('\'').unwrap_or(rest).len();
    }
    let mut escaped = false;
    for (i, c) in chars {
        if c == '"' && !escaped {
            return i + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

fn split<'a>(line: usize, text: &'a str, out: &mut Vec<Statement<'a>>) {
    let mut text = text.trim();
    let mut say = |what| out.push(Statement { line, what });
    while !text.is_empty() {
        let (name, rest) = super::expr::split_name(text);
        let after = rest.trim_start();
        if let Some(next) = after.strip_prefix(':').filter(|_| !name.is_empty()) {
            say(What::Label(name));
            text = next.trim_start();
        } else if let Some(value) = after.strip_prefix('=').filter(|_| !name.is_empty()) {
            return say(What::Assign(name, value));
        } else if name.starts_with('.') {
            return say(What::Directive(name, after));
        } else {
            return say(What::Instruction(text));
        }
    }
}

/// Splits operands at commas outside parentheses and quotes, trimmed; nothing for a blank text.
pub fn operands(text: &str) -> Vec<&str> {
    let mut out = vec![];
    let (mut start, mut at, mut depth) = (0, 0, 0i32);
    while let Some(c) = text[at..].chars().next() {
        match c {
            '"' | '\'' => {
                at += quoted(&text[at..]);
                continue;
            }
            '(' => depth += 1,
            ')' => depth -= 1,
            ',' if depth <= 0 => {
                out.push(text[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    if !out.is_empty() || !text.trim().is_empty() {
        out.push(text[start..].trim());
    }
    out
}

/// The bytes of a string constant, quotes included in `text`.
pub fn string(text: &str) -> Option<Vec<u8>> {
    let mut rest = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = vec![];
    while !rest.is_empty() {
        let escaped = rest.starts_with('\\');
        let (value, after) = character(rest)?;
        match char::from_u32(value).filter(|_| !escaped) {
            Some(c) => out.extend(c.encode_utf8(&mut [0; 4]).bytes()),
            None => out.push(value.to_le_bytes()[0]),
        }
        rest = after;
    }
    Some(out)
}
