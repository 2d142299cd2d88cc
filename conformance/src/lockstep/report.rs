//! What a campaign found and reached, as a file that can be merged with others.

use super::campaign::Plan;
use super::reached::{By, Reached};
use super::run::{Ran, Tried};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// A program in which two tiers differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Find {
    /// Its seed.
    pub seed: u64,
    /// The row that differs, if one instruction does.
    pub row: Option<String>,
    /// What to tell people.
    pub text: String,
    /// The scene that shows it alone, for `golden/found` and `strata diff -replay`.
    pub scene: Option<String>,
}

impl Find {
    /// A program that could not be compared.
    pub fn failed(seed: u64, text: &str) -> Self {
        Self { seed, row: None, text: text.into(), scene: None }
    }

    /// The name of its file in `golden/found`.
    pub fn file(&self, guest: &str) -> String {
        let row = self.row.as_deref().unwrap_or("unknown").replace('.', "_");
        format!("{guest}-{row}-{:016x}.scene", self.seed)
    }
}

/// How often a row was met.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Met {
    /// With a trap or without.
    pub tried: u64,
    /// Without.
    pub retired: u64,
    /// How often each tier executed it in what did not differ.
    pub tiers: [By; 2],
}

impl Met {
    fn add(&mut self, more: Self) {
        self.tried += more.tried;
        self.retired += more.retired;
        for (by, more) in self.tiers.iter_mut().zip(more.tiers) {
            by.add(more);
        }
    }
}

/// What a campaign, or a shard of one, found and reached.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The guest, as `strata spec` calls it.
    pub guest: String,
    /// The tiers.
    pub tiers: [String; 2],
    /// The seed of the campaign.
    pub seed: u64,
    /// Programs in all shards.
    pub count: u64,
    /// The shards in it, as `i/n`.
    pub shards: Vec<String>,
    /// Programs run.
    pub programs: u64,
    /// Instructions, traps, and injected faults among those.
    pub instructions: u64,
    /// Traps raised.
    pub traps: u64,
    /// Accesses that were made to fail.
    pub faults: u64,
    /// Programs that ended at code that was overwritten and not synchronised.
    pub cut: u64,
    /// Rows by mnemonic: all of the guest's.
    pub rows: BTreeMap<String, Met>,
    /// Differences.
    pub finds: Vec<Find>,
}

/// A report that cannot be read or merged.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// No JSON.
    #[error("this is no report; name a file that the campaign wrote")]
    Json(#[from] serde_json::Error),
    /// JSON of something else.
    #[error("the report has no \"{0}\", or not as a campaign writes it; name a file that the campaign wrote")]
    Field(&'static str),
    /// Of another campaign.
    #[error("the reports are of different campaigns: their {0} differs; merge shards of one")]
    Other(&'static str),
    /// The same twice.
    #[error("shard {0} is in both reports; merge each once")]
    Twice(String),
}

const FORMAT: &str = "strata campaign 2";

impl Report {
    /// An empty report.
    pub fn new<X: Tried>(tiers: [String; 2], plan: &Plan) -> Self {
        Self {
            guest: X::text().name.into(),
            tiers,
            seed: plan.seed,
            count: plan.count,
            shards: vec![format!("{}/{}", plan.shard.index, plan.shard.of)],
            programs: 0,
            instructions: 0,
            traps: 0,
            faults: 0,
            cut: 0,
            rows: BTreeMap::new(),
            finds: vec![],
        }
    }

    /// Counts a program in which nothing differs.
    pub fn add(&mut self, ran: Ran) {
        self.instructions += ran.instructions;
        self.traps += ran.traps;
        self.faults += ran.faults;
    }

    /// Takes over what was reached.
    pub fn cover<X: Tried>(&mut self, reached: &Reached<X>) {
        self.programs = reached.coverage.programs;
        self.cut = reached.coverage.cut;
        for row in X::text().rows() {
            let (tried, retired) = reached.coverage.of(row.op);
            let tiers = reached.of(row.op);
            self.rows.entry(row.mnemonic.into()).or_default().add(Met { tried, retired, tiers });
        }
    }

    /// Rows that no program came to.
    pub fn missed(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().filter(|(_, met)| met.tried == 0).map(|(row, _)| row.as_str())
    }

    /// Rows that a tier executed as host code at least once.
    pub fn native(&self, tier: usize) -> impl Iterator<Item = &str> {
        self.executed(tier, |by| by.native > 0)
    }

    /// Rows that a tier executed by their handlers only.
    pub fn interpreted(&self, tier: usize) -> impl Iterator<Item = &str> {
        self.executed(tier, |by| by.native == 0 && by.interpreted > 0)
    }

    fn executed(&self, tier: usize, holds: impl Fn(&By) -> bool) -> impl Iterator<Item = &str> {
        let rows = self.rows.iter().filter(move |(_, met)| met.tiers.get(tier).is_some_and(&holds));
        rows.map(|(row, _)| row.as_str())
    }

    /// Adds another shard's.
    ///
    /// # Errors
    /// [`ReportError`] if that is none of the same campaign.
    pub fn merge(&mut self, other: Self) -> Result<(), ReportError> {
        let same = [
            ("guest", self.guest == other.guest),
            ("tiers", self.tiers == other.tiers),
            ("seed", self.seed == other.seed),
            ("count", self.count == other.count),
        ];
        if let Some((what, _)) = same.iter().find(|(_, same)| !same) {
            return Err(ReportError::Other(what));
        }
        if let Some(shard) = other.shards.iter().find(|shard| self.shards.contains(shard)) {
            return Err(ReportError::Twice(shard.clone()));
        }
        self.shards.extend(other.shards);
        self.shards.sort();
        self.programs += other.programs;
        self.instructions += other.instructions;
        self.traps += other.traps;
        self.faults += other.faults;
        self.cut += other.cut;
        for (row, more) in other.rows {
            self.rows.entry(row).or_default().add(more);
        }
        self.finds.extend(other.finds);
        self.finds.sort_by_key(|find| find.seed);
        Ok(())
    }

    /// The file.
    pub fn write(&self) -> String {
        let row = |met: &Met| {
            let tiers = met.tiers.map(|by| json!({ "native": by.native, "interpreted": by.interpreted }));
            json!({ "tried": met.tried, "retired": met.retired, "tiers": tiers })
        };
        let rows: Map<String, Value> = self.rows.iter().map(|(name, met)| (name.clone(), row(met))).collect();
        let finds: Vec<Value> = self
            .finds
            .iter()
            .map(|f| json!({ "seed": f.seed, "row": f.row, "text": f.text, "scene": f.scene }))
            .collect();
        let all = json!({
            "format": FORMAT, "guest": self.guest, "tiers": self.tiers, "seed": self.seed, "count": self.count,
            "shards": self.shards, "programs": self.programs, "instructions": self.instructions,
            "traps": self.traps, "faults": self.faults, "cut": self.cut, "rows": rows, "finds": finds,
        });
        format!("{all:#}\n")
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`ReportError`], which names what is missing.
    pub fn read(text: &str) -> Result<Self, ReportError> {
        let all: Value = serde_json::from_str(text)?;
        if all["format"] != FORMAT {
            return Err(ReportError::Field("format"));
        }
        let number = |name: &'static str| all[name].as_u64().ok_or(ReportError::Field(name));
        let words = |name: &'static str| {
            let list = all[name].as_array().ok_or(ReportError::Field(name))?;
            let word = |v: &Value| v.as_str().map(str::to_owned).ok_or(ReportError::Field(name));
            list.iter().map(word).collect::<Result<Vec<_>, _>>()
        };
        Ok(Self {
            guest: all["guest"].as_str().ok_or(ReportError::Field("guest"))?.into(),
            tiers: words("tiers")?.try_into().map_err(|_| ReportError::Field("tiers"))?,
            seed: number("seed")?,
            count: number("count")?,
            shards: words("shards")?,
            programs: number("programs")?,
            instructions: number("instructions")?,
            traps: number("traps")?,
            faults: number("faults")?,
            cut: number("cut")?,
            rows: rows(&all["rows"]).ok_or(ReportError::Field("rows"))?,
            finds: finds(&all["finds"]).ok_or(ReportError::Field("finds"))?,
        })
    }
}

fn rows(all: &Value) -> Option<BTreeMap<String, Met>> {
    let row = |(name, counts): (&String, &Value)| {
        let by = |by: &Value| {
            Some(By { native: by["native"].as_u64()?, interpreted: by["interpreted"].as_u64()? })
        };
        let [a, b] = counts["tiers"].as_array()?.as_slice() else { return None };
        let (tried, retired) = (counts["tried"].as_u64()?, counts["retired"].as_u64()?);
        Some((name.clone(), Met { tried, retired, tiers: [by(a)?, by(b)?] }))
    };
    all.as_object()?.iter().map(row).collect()
}

fn finds(all: &Value) -> Option<Vec<Find>> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let find = |value: &Value| {
        let seed = value["seed"].as_u64()?;
        let (row, scene) = (text(&value["row"]), text(&value["scene"]));
        Some(Find { seed, row, text: text(&value["text"])?, scene })
    };
    all.as_array()?.iter().map(find).collect()
}
