//! The encoding drawn as a box.

use crate::rows::{Code, Row, Scatter, Show};

/// A run of bits of one kind: fixed, or of one operand.
struct Segment {
    high: u32,
    low: u32,
    label: String,
}

/// The box of `row`, with a line of bit values when `word` is given.
pub(super) fn picture<O>(row: &Row<O>, word: Option<u32>) -> String {
    let segments = segments(row);
    let bits = |s: &Segment, w: u32| (s.low..=s.high).rev().map(|b| digit(w, b)).collect::<String>();
    let widths: Vec<usize> = segments
        .iter()
        .map(|s| {
            let value = word.map_or(0, |_| (s.high - s.low + 1) as usize);
            s.label.len().max(value).max(numbers(s, 0).len()) + 2
        })
        .collect();
    let rule: String = widths.iter().map(|w| format!("+{}", "-".repeat(*w))).collect::<String>() + "+\n";
    let line = |cells: Vec<String>| -> String {
        cells.iter().zip(&widths).map(|(c, w)| format!("|{c:^w$}")).collect::<String>() + "|\n"
    };
    let mut out = String::new();
    for (s, w) in segments.iter().zip(&widths) {
        out.push_str(&format!(" {}", numbers(s, *w)));
    }
    out = out.trim_end().to_owned() + "\n" + &rule;
    out += &line(segments.iter().map(|s| s.label.clone()).collect());
    if let Some(word) = word {
        out += &line(segments.iter().map(|s| bits(s, word)).collect());
    }
    out + &rule
}

fn digit(word: u32, bit: u32) -> char {
    if word >> bit & 1 == 1 { '1' } else { '0' }
}

/// The bit numbers above a segment, set apart to fill `width`.
fn numbers(s: &Segment, width: usize) -> String {
    if s.high == s.low {
        return format!("{:^width$}", s.high);
    }
    let (high, low) = (s.high.to_string(), s.low.to_string());
    let gap = width.saturating_sub(high.len() + low.len() + 2).max(1);
    let text = format!("{high}{}{low}", " ".repeat(gap));
    format!("{text:^width$}")
}

fn segments<O>(row: &Row<O>) -> Vec<Segment> {
    let p = &row.pattern;
    let mut out: Vec<Segment> = vec![];
    let mut high = p.width;
    while high > 0 {
        let top = high - 1;
        let letter = p.letters[top as usize];
        let mut low = top;
        while low > 0 && p.letters[(low - 1) as usize] == letter {
            low -= 1;
        }
        let label = if letter == 0 {
            (low..=top).rev().map(|b| digit(p.bits, b)).collect()
        } else {
            label(row, letter, top, low)
        };
        out.push(Segment { high: top, low, label });
        high = low;
    }
    out
}

/// The operand's name, with the value bits of this part where it is an immediate.
fn label<O>(row: &Row<O>, letter: u8, high: u32, low: u32) -> String {
    let Some(field) = row.form.field(letter) else { return char::from(letter).to_string() };
    let mask = row.pattern.mask_of(letter);
    match field.code {
        // The parts of a number that is read as a whole need no numbering.
        Code::Imm(s)
            if s.width < high - low + 2
                && !matches!(field.show, Show::Decimal | Show::Hex | Show::Upper | Show::Target) =>
        {
            field.name.to_owned()
        }
        Code::Imm(s) => {
            let above = (mask >> high >> 1).count_ones();
            format!("{}[{}]", field.name, value_bits(&s, above, high - low + 1))
        }
        _ => field.name.to_owned(),
    }
}

/// The value bits that encoded bits `skip` and following hold, counted from the most significant one.
fn value_bits(s: &Scatter, skip: u32, count: u32) -> String {
    let runs = s.slices[..s.count].iter();
    let all: Vec<u32> = runs.flat_map(|r| (0..r.width).rev().map(move |k| u32::from(r.to + k))).collect();
    let part = &all[(skip as usize).min(all.len())..((skip + count) as usize).min(all.len())];
    let mut runs: Vec<(u32, u32)> = vec![];
    for &bit in part {
        match runs.last_mut() {
            Some((_, low)) if *low == bit + 1 => *low = bit,
            _ => runs.push((bit, bit)),
        }
    }
    let text = |(high, low): &(u32, u32)| {
        if high == low { high.to_string() } else { format!("{high}:{low}") }
    };
    runs.iter().map(text).collect::<Vec<_>>().join("|")
}
