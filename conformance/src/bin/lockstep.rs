//! A campaign of random programs in two tiers, or the sum of the reports of several.
//!
//! `lockstep [--tiers A:B] [--guest rv64|rv32] [--seed S] [--count N] [--shard I/N] [--out FOLDER] [--rows]` runs one;
//! `lockstep --merge FILE… [--out FOLDER] [--rows]` adds reports up. `--rows` shows how often each tier executed each row.
//! FOLDER gets `report.json`, `report.xml` (JUnit), `report.html` and a scene for each difference. The exit status is 0
//! if nothing differed, 1 if something did, 2 for words that are not understood.
#![forbid(unsafe_code)]

use conformance::lockstep::{Plan, Report, Shard, campaign, html, junit, sides, table, text};
use interp::riscv::{Rv32, Rv64};
use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Differences after which a campaign ends.
const MOST: usize = 10;

struct Words {
    tiers: String,
    guest: String,
    plan: Plan,
    out: Option<PathBuf>,
    merge: Vec<PathBuf>,
    rows: bool,
}

fn main() -> ExitCode {
    let words = match read(std::env::args().skip(1)) {
        Ok(words) => words,
        Err(error) => {
            eprintln!("lockstep: {error}");
            return ExitCode::from(2);
        }
    };
    match work(&words) {
        Ok(report) => {
            print!("{}", text(&report));
            if words.rows {
                print!("{}", table(&report));
            }
            ExitCode::from(u8::from(!report.finds.is_empty()))
        }
        Err(error) => {
            eprintln!("lockstep: {error}");
            ExitCode::from(2)
        }
    }
}

fn read(mut list: impl Iterator<Item = String>) -> Result<Words, Box<dyn Error>> {
    let plan = Plan { seed: 1, count: 100_000, shard: Shard::WHOLE, most: MOST };
    let (tiers, guest) = ("interp,step=on:auto".into(), "rv64".into());
    let mut words = Words { tiers, guest, plan, out: None, merge: vec![], rows: false };
    while let Some(word) = list.next() {
        let mut value = || list.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--tiers" => words.tiers = value()?,
            "--guest" => words.guest = value()?,
            "--seed" => words.plan.seed = number(&value()?)?,
            "--count" => words.plan.count = number(&value()?)?,
            "--shard" => words.plan.shard = Shard::parse(&value()?)?,
            "--out" => words.out = Some(value()?.into()),
            "--rows" => words.rows = true,
            "--merge" => words.merge.push(value()?.into()),
            file if !words.merge.is_empty() && !file.starts_with('-') => words.merge.push(file.into()),
            _ => return Err(format!("there is no option {word}; see the head of its source").into()),
        }
    }
    Ok(words)
}

fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|error| format!("\"{text}\" is no number: {error}"))
}

fn work(words: &Words) -> Result<Report, Box<dyn Error>> {
    let report = match (words.merge.is_empty(), words.guest.as_str()) {
        (false, _) => merged(&words.merge)?,
        (true, "rv64") => campaign::<Rv64>(&sides(&words.tiers)?, &words.plan),
        (true, "rv32") => campaign::<Rv32>(&sides(&words.tiers)?, &words.plan),
        (true, guest) => return Err(format!("there is no guest \"{guest}\"; write rv64 or rv32").into()),
    };
    if let Some(folder) = &words.out {
        write(&report, folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    Ok(report)
}

fn merged(files: &[PathBuf]) -> Result<Report, Box<dyn Error>> {
    let mut sum: Option<Report> = None;
    for file in files {
        let named = |error: &dyn Error| format!("{}: {error}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| named(&error))?;
        let report = Report::read(&text).map_err(|error| named(&error))?;
        match &mut sum {
            None => sum = Some(report),
            Some(sum) => sum.merge(report).map_err(|error| named(&error))?,
        }
    }
    sum.ok_or_else(|| "there is nothing to merge".into())
}

fn write(report: &Report, folder: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    std::fs::write(folder.join("report.json"), report.write())?;
    std::fs::write(folder.join("report.xml"), junit(report))?;
    std::fs::write(folder.join("report.html"), html(report))?;
    for find in &report.finds {
        if let Some(scene) = &find.scene {
            std::fs::write(folder.join(find.file(&report.guest)), scene)?;
        }
    }
    Ok(())
}
