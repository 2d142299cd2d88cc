//! `-trace` and `-msg`: which events make lines, and where those go.

use super::error::OptionError;
use super::read::bad;
use control::log::Sink;
use machine::config::Properties;
use model::{Clock, EVENTS, Tracer};
use spec::asm::did_you_mean;
use std::error::Error;
use std::fs::File;
use std::path::PathBuf;

/// What a command line says of trace events.
#[derive(Debug, Default)]
pub struct Trace {
    /// Patterns in order, and whether each switches on.
    switches: Vec<(String, bool)>,
    file: Option<PathBuf>,
    stamps: bool,
}

impl Trace {
    /// `-trace [enable=]PATTERN,events=FILE,file=FILE`.
    pub fn add(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("trace", text, Some("enable"))?;
        if let Some(pattern) = list.take("enable") {
            self.switch(&pattern)?;
        }
        if let Some(path) = list.take("events") {
            let lines = std::fs::read_to_string(&path)
                .map_err(|error| bad("trace", &path, format!("cannot be read: {error}")))?;
            let patterns = lines.lines().map(str::trim).filter(|line| !line.is_empty());
            patterns.filter(|line| !line.starts_with('#')).try_for_each(|line| self.switch(line))?;
        }
        if let Some(path) = list.take("file") {
            self.file = Some(path.into());
        }
        list.finish(&["enable", "events", "file"])?;
        Ok(())
    }

    fn switch(&mut self, pattern: &str) -> Result<(), OptionError> {
        let (pattern, on) = match pattern.strip_prefix('-') {
            Some(pattern) => (pattern, false),
            None => (pattern, true),
        };
        if Tracer::silent().switch(pattern, on).is_err() {
            let near = did_you_mean(pattern, EVENTS.iter().map(|(_, name, _)| *name));
            return Err(bad("trace", pattern, format!("is no trace event{near}; see -trace help")));
        }
        self.switches.push((pattern.into(), on));
        Ok(())
    }

    /// `-msg timestamp=on`.
    pub fn message(&mut self, text: &str) -> Result<(), OptionError> {
        let mut list = Properties::parse("msg", text, None)?;
        self.stamps = list.switch("timestamp")?.unwrap_or(false);
        list.finish(&["timestamp"])?;
        Ok(())
    }

    /// A tracer whose lines go to the file that was named, or else to `log`.
    pub fn tracer(&self, clock: Clock, log: &Sink) -> Result<Tracer, Box<dyn Error>> {
        let sink = match &self.file {
            None => log.clone(),
            Some(path) => {
                let file = File::create(path);
                let file = file.map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
                Sink::new(Box::new(file))
            }
        };
        let tracer = Tracer::new(clock, move |line| sink.line(line));
        tracer.stamp(self.stamps);
        for (pattern, on) in &self.switches {
            tracer.switch(pattern, *on)?;
        }
        Ok(tracer)
    }
}

/// What `-trace help` prints.
pub fn help() -> String {
    EVENTS.iter().map(|(_, name, what)| format!("{name:<28} {}\n", what.trim())).collect()
}
