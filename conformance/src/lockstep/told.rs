//! A report for continuous integration and for people: JUnit's XML and a page of HTML.

use super::report::Report;
use std::fmt::Write;

/// A test a row: failed where a difference names it, skipped where no program came to it. What names no row
/// is a test of its own.
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
         failures=\"{failed}\" skipped=\"{skipped}\">\n"
    );
    for (row, met) in &report.rows {
        let _ = write!(out, "<testcase classname=\"{suite}\" name=\"{}\"", escaped(row));
        let finds = named(row);
        if finds.is_empty() && met.tried > 0 {
            out += "/>\n";
            continue;
        }
        out += ">\n";
        for find in &finds {
            failure(&mut out, find.seed, &find.text);
        }
        if finds.is_empty() {
            out += "<skipped message=\"no program came to it\"/>\n";
        }
        out += "</testcase>\n";
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

/// A page: totals, differences, rows.
pub fn html(report: &Report) -> String {
    let title = escaped(&format!("{}: {} and {}", report.guest, report.tiers[0], report.tiers[1]));
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>{title}</title>\n<style>\
         body{{font-family:sans-serif;margin:2em}}td,th{{padding:0 1em;text-align:right}}\
         th:first-child,td:first-child{{text-align:left}}.none{{background:#fdd}}pre{{background:#eee}}\
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
    out += "<table><tr><th>row</th><th>tried</th><th>retired</th></tr>\n";
    for (row, met) in &report.rows {
        let class = if met.tried == 0 { " class=\"none\"" } else { "" };
        let (row, tried, retired) = (escaped(row), met.tried, met.retired);
        let _ = writeln!(out, "<tr{class}><td>{row}</td><td>{tried}</td><td>{retired}</td></tr>");
    }
    out + "</table></html>\n"
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
