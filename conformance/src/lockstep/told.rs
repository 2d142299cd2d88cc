//! A report for continuous integration and for people: text, JUnit's XML and a page of HTML.

use super::report::{Met, Report};
use std::fmt::Write;

/// Differences, totals, and what each tier executed.
pub fn text(report: &Report) -> String {
    let mut out = String::new();
    for find in &report.finds {
        let _ = writeln!(out, "seed {:#x}\n{}", find.seed, find.text);
    }
    let [a, b] = &report.tiers;
    let reached = report.rows.values().filter(|met| met.tried > 0).count();
    let _ = writeln!(
        out,
        "{}: {a} and {b}: {} programs, {} instructions, {} traps, {} injected faults, {reached} of {} rows, \
         {} differences",
        report.guest,
        report.programs,
        report.instructions,
        report.traps,
        report.faults,
        report.rows.len(),
        report.finds.len()
    );
    let missed: Vec<_> = report.missed().collect();
    if !missed.is_empty() {
        let _ = writeln!(out, "never reached: {}", missed.join(" "));
    }
    for tier in 0..report.tiers.len() {
        let _ = writeln!(out, "{}", executed(report, tier));
        let handled: Vec<_> = report.interpreted(tier).collect();
        // Of a tier that only interprets that would be all.
        if !handled.is_empty() && report.native(tier).next().is_some() {
            let _ = writeln!(out, "by handler only: {}", handled.join(" "));
        }
    }
    out
}

/// How many rows a tier executed, and by what.
fn executed(report: &Report, tier: usize) -> String {
    let (native, handled) = (report.native(tier).count(), report.interpreted(tier).count());
    format!(
        "{}: {} of {} rows, {native} as host code, {handled} by handler only",
        report.tiers[tier],
        native + handled,
        report.rows.len()
    )
}

/// How often each tier executed each row, and by what.
pub fn table(report: &Report) -> String {
    let wide = |words: &mut dyn Iterator<Item = &String>| words.map(String::len).max().unwrap_or(0).max(4);
    let (row, tier) = (wide(&mut report.rows.keys()), wide(&mut report.tiers.iter()));
    let mut out = format!("{:row$} | {:tier$} | {:>11} | {:>11}\n", "row", "tier", "native", "interpreted");
    for (name, met) in &report.rows {
        for (tier_name, by) in report.tiers.iter().zip(met.tiers) {
            let (native, interpreted) = (by.native, by.interpreted);
            let _ = writeln!(out, "{name:row$} | {tier_name:tier$} | {native:>11} | {interpreted:>11}");
        }
    }
    out
}

/// A test a row: failed where a difference names it, skipped where no program came to it. What names no row
/// is a test of its own. The output of a test says what executed the row.
pub fn junit(report: &Report) -> String {
    let suite = format!("lockstep.{}.{}:{}", report.guest, report.tiers[0], report.tiers[1]);
    let nameless: Vec<_> = report.finds.iter().filter(|find| find.row.is_none()).collect();
    let tests = report.rows.len() + nameless.len();
    let skipped = report.missed().count();
    let named = |row: &str| report.finds.iter().filter(|f| f.row.as_deref() == Some(row)).collect::<Vec<_>>();
    let failed = report.rows.keys().filter(|row| !named(row).is_empty()).count() + nameless.len();
    let suite = escaped(&suite);
    let mut out = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"{suite}\" tests=\"{tests}\" \
         failures=\"{failed}\" skipped=\"{skipped}\">\n<properties>\n"
    );
    for tier in 0..report.tiers.len() {
        let told = escaped(&executed(report, tier));
        let _ = writeln!(out, "<property name=\"tier {}\" value=\"{told}\"/>", tier + 1);
    }
    out += "</properties>\n";
    for (row, met) in &report.rows {
        let _ = writeln!(out, "<testcase classname=\"{suite}\" name=\"{}\">", escaped(row));
        let finds = named(row);
        for find in &finds {
            failure(&mut out, find.seed, &find.text);
        }
        if finds.is_empty() && met.tried == 0 {
            out += "<skipped message=\"no program came to it\"/>\n";
        }
        out += "<system-out>";
        for (tier, by) in report.tiers.iter().zip(met.tiers) {
            let _ = writeln!(out, "{}: {} native, {} interpreted", escaped(tier), by.native, by.interpreted);
        }
        out += "</system-out>\n</testcase>\n";
    }
    for find in nameless {
        let _ = writeln!(out, "<testcase classname=\"{suite}\" name=\"seed {:#x}\">", find.seed);
        failure(&mut out, find.seed, &find.text);
        out += "</testcase>\n";
    }
    out + "</testsuite>\n"
}

fn failure(out: &mut String, seed: u64, text: &str) {
    let _ = writeln!(out, "<failure message=\"seed {seed:#x}\">{}</failure>", escaped(text));
}

/// A page: totals, differences, and rows with what executed them in each tier. A row that no program came to is red; one
/// that only its handler executed, where the tier executed others as host code, yellow.
pub fn html(report: &Report) -> String {
    let title = escaped(&format!("{}: {} and {}", report.guest, report.tiers[0], report.tiers[1]));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<style>\
         body{{font-family:sans-serif;margin:2em}}td,th{{padding:0 1em;text-align:right}}\
         th:first-child,td:first-child{{text-align:left}}.none{{background:#fdd}}.handled{{background:#ffd}}pre{{background:#eee}}\
         </style>\n<h1>{title}</h1>\n<p>Seed {:#x}, shards {}: {} programs, {} instructions, {} traps, {} injected \
         faults, {} differences.</p>\n",
        report.seed,
        escaped(&report.shards.join(" ")),
        report.programs,
        report.instructions,
        report.traps,
        report.faults,
        report.finds.len()
    );
    for find in &report.finds {
        let row = find.row.as_deref().unwrap_or("no single row");
        let _ = writeln!(out, "<h2>{}, seed {:#x}</h2>", escaped(row), find.seed);
        let _ = writeln!(out, "<pre>{}</pre>", escaped(&find.text));
    }
    for tier in 0..report.tiers.len() {
        let _ = writeln!(out, "<p>{}.</p>", escaped(&executed(report, tier)));
    }
    out += "<table><tr><th></th><th></th><th></th>";
    for tier in &report.tiers {
        let _ = write!(out, "<th colspan=\"2\">{}</th>", escaped(tier));
    }
    out += "</tr>\n<tr><th>row</th><th>tried</th><th>retired</th>";
    out += &"<th>native</th><th>interpreted</th>".repeat(report.tiers.len());
    out += "</tr>\n";
    let translates: Vec<bool> =
        (0..report.tiers.len()).map(|tier| report.native(tier).next().is_some()).collect();
    for (row, met) in &report.rows {
        line(&mut out, row, met, &translates);
    }
    out + "</table></html>\n"
}

fn line(out: &mut String, row: &str, met: &Met, translates: &[bool]) {
    let class = if met.tried == 0 { " class=\"none\"" } else { "" };
    let (row, tried, retired) = (escaped(row), met.tried, met.retired);
    let _ = write!(out, "<tr{class}><td>{row}</td><td>{tried}</td><td>{retired}</td>");
    for (by, translates) in met.tiers.iter().zip(translates) {
        let is_handled = *translates && by.native == 0 && by.interpreted > 0;
        let class = if is_handled { " class=\"handled\"" } else { "" };
        let _ = write!(out, "<td{class}>{}</td><td>{}</td>", by.native, by.interpreted);
    }
    *out += "</tr>\n";
}

/// Text as XML and HTML have it; control characters, which XML cannot say, are left out.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\n' | '\t' => out.push(letter),
            control if control.is_control() => {}
            other => out.push(other),
        }
    }
    out
}
