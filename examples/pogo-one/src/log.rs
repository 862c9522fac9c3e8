//! Event logs in files: a record in JSON on each line.

use std::fmt::Display;
use std::io::Read;
use std::path::Path;

use pogo_core::journal::ReplayError;
use pogo_core::scheduler::Record;
use serde::de::IgnoredAny;

use crate::exit::Stop;
use crate::report::{self, Warned};

/// The records of a file, and the lines they stand in.
pub(crate) struct Log {
    pub(crate) records: Vec<Record>,
    lines: Vec<usize>,
    name: String,
}

impl Log {
    /// Reads a log; `-` is standard input. The end of a line that is still being written is left out, with a remark.
    pub(crate) fn read(path: &Path) -> Result<Self, Stop> {
        let name = if path == Path::new("-") {
            "standard input".to_owned()
        } else {
            path.display().to_string()
        };
        let text = text(path).map_err(|error| Stop::usage(format!("cannot read {name}: {error}")))?;
        Self::parse(name, &text)
    }

    fn parse(name: String, text: &str) -> Result<Self, Stop> {
        let (mut records, mut lines) = (vec![], vec![]);
        for (line, at) in text.split_inclusive('\n').zip(1..) {
            if line.trim().is_empty() {
                continue;
            }
            match serde_json::from_str(line) {
                Ok(record) => {
                    records.push(record);
                    lines.push(at);
                }
                Err(_) if report::is_output(line) => {}
                // What sources warned of stands in front of the events.
                Err(_) if serde_json::from_str::<Warned<IgnoredAny>>(line).is_ok() => {}
                // Whoever writes a log writes whole lines in the end.
                Err(_) if !line.ends_with('\n') && at > 1 => {
                    report::remark(&format!("{name}:{at}: the last line is not complete yet, and left out"));
                }
                Err(error) => {
                    return Err(Stop::usage(format!(
                        "{name}:{at}: this is no event: {error}; a log is what `run --format jsonl` prints"
                    )));
                }
            }
        }
        Ok(Self { records, lines, name })
    }

    /// A record that cannot follow those before it, by the line it stands in.
    pub(crate) fn damaged(&self, error: &ReplayError) -> Stop {
        let record = usize::try_from(error.at.0).unwrap_or(usize::MAX);
        let line = self.lines.get(record).copied().unwrap_or(0);
        Stop::usage(format!(
            "{}:{line}: {}; a log begins with `namespace_configured` and leaves nothing out",
            self.name, error.error
        ))
    }

    /// Where a record stands, as in `run.jsonl:17`. Behind the last it is the last.
    pub(crate) fn place(&self, record: usize) -> String {
        let line = self.lines.get(record).or(self.lines.last()).copied().unwrap_or(0);
        format!("{}:{line}", self.name)
    }

    /// A log that is whole and of no use all the same.
    pub(crate) fn refused(&self, why: impl Display) -> Stop {
        Stop::usage(format!("{}: {why}", self.name))
    }
}

fn text(path: &Path) -> std::io::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path);
    }
    let mut text = String::new();
    std::io::stdin().lock().read_to_string(&mut text)?;
    Ok(text)
}
