//! Event logs in files: a record in JSON on each line.

use std::fmt::Display;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

use pogo_core::journal::ReplayError;
use pogo_core::scheduler::{ApplyError, JobId, Record, Scheduler};
use serde::de::IgnoredAny;

use crate::exit::CliError;
use crate::report::{self, LoggedOutput, WarningRecord};

/// The records of a file with their line numbers.
pub(crate) struct Log {
    pub(crate) records: Vec<Record>,
    lines: Vec<usize>,
    name: String,
}

/// An entry of a log.
pub(crate) enum LogEntry {
    /// What happened.
    Record(Record),
    /// What a host wrote, in a log that has that too.
    Output(LoggedOutput),
}

impl Log {
    /// Reads a log; `-` is standard input. An incomplete last line is skipped, with a remark.
    pub(crate) fn read(path: &Path) -> Result<Self, CliError> {
        Self::read_as(path, "")
    }

    /// Reads the log of a flag; errors name the flag.
    pub(crate) fn of_flag(flag: &str, path: &Path) -> Result<Self, CliError> {
        Self::read_as(path, &format!("{flag}: "))
    }

    fn read_as(path: &Path, flag: &str) -> Result<Self, CliError> {
        let name = name(path);
        let text = text(path).map_err(|error| CliError::usage(format!("{flag}cannot read {name}: {error}")))?;
        Self::parse(name, &text)
    }

    /// What happened to a job of a store, behind the hosts and rules in force.
    #[cfg(feature = "store")]
    pub(crate) fn of_job(name: String, records: Vec<Record>) -> Self {
        let lines = (1..=records.len()).collect();
        Self { records, lines, name }
    }

    fn parse(name: String, text: &str) -> Result<Self, CliError> {
        let (mut records, mut lines) = (vec![], vec![]);
        for (line, at) in text.split_inclusive('\n').zip(1..) {
            if let Some(record) = parse_line(&name, at, line)? {
                records.push(record);
                lines.push(at);
            }
        }
        Ok(Self { records, lines, name })
    }

    /// Whether a log can be read only once, as a stream.
    pub(crate) fn is_pipe(path: &Path) -> bool {
        let is_fifo = |path| std::fs::metadata(path).is_ok_and(|about| about.file_type().is_fifo());
        path == Path::new("-") || is_fifo(path)
    }

    /// Passes on each record and each chunk of output as it is read. A record that cannot follow is refused at its
    /// line.
    pub(crate) fn follow(path: &Path, mut each: impl FnMut(LogEntry) -> Result<(), CliError>) -> Result<(), CliError> {
        let name = name(path);
        let cannot = |error| CliError::usage(format!("cannot read {name}: {error}"));
        let mut pipe: Box<dyn BufRead> = match path == Path::new("-") {
            true => Box::new(std::io::stdin().lock()),
            false => Box::new(BufReader::new(File::open(path).map_err(cannot)?)),
        };
        // What follows a job of a store has the numbers of other jobs' attempts left out.
        let mut state = Scheduler::of_one_job();
        let (mut line, mut at, mut jobs) = (String::new(), 0, 0);
        while pipe.read_line(&mut line).map_err(cannot)? > 0 {
            at += 1;
            if let Some(record) = parse_line(&name, at, &line)? {
                state.apply(&record).map_err(|error| cannot_follow(&name, at, &error))?;
                jobs += u32::from(record.event.submitted().is_some());
                each(LogEntry::Record(record))?;
            } else if let Some(output) = LoggedOutput::read(&line) {
                each(LogEntry::Output(output))?;
            }
            line.clear();
        }
        match jobs {
            0 => Err(CliError::usage(format!("{name}: it has no job"))),
            _ => Ok(()),
        }
    }

    /// Its only job, if it has one.
    pub(crate) fn only_job(&self) -> Option<JobId> {
        let mut jobs = self.records.iter().filter_map(|record| record.event.submitted());
        let first = jobs.next()?;
        jobs.next().is_none().then_some(first)
    }

    /// Refuses a log of which a record cannot follow those before it. That of one job may leave out the attempts of
    /// others.
    pub(crate) fn check(&self) -> Result<(), CliError> {
        let mut state = match self.only_job() {
            Some(_) => Scheduler::of_one_job(),
            None => Scheduler::new(),
        };
        for (record, line) in self.records.iter().zip(&self.lines) {
            let applied = state.apply(record);
            applied.map_err(|error| cannot_follow(&self.name, *line, &error))?;
        }
        Ok(())
    }

    /// The error of a record that cannot follow those before it, with its line.
    pub(crate) fn damaged(&self, error: &ReplayError) -> CliError {
        let record = usize::try_from(error.at.0).unwrap_or(usize::MAX);
        let line = self.lines.get(record).copied().unwrap_or(0);
        cannot_follow(&self.name, line, &error.error)
    }

    /// The position of a record, as in `run.jsonl:17`.
    pub(crate) fn position(&self, record: usize) -> String {
        let line = self.lines.get(record).or(self.lines.last()).copied().unwrap_or(0);
        format!("{}:{line}", self.name)
    }

    /// The error of a valid log that cannot be used.
    pub(crate) fn refused(&self, why: impl Display) -> CliError {
        CliError::usage(format!("{}: {why}", self.name))
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

fn name(path: &Path) -> String {
    match path == Path::new("-") {
        true => "standard input".to_owned(),
        false => path.display().to_string(),
    }
}

fn cannot_follow(name: &str, line: usize, error: &ApplyError) -> CliError {
    CliError::usage(format!(
        "{name}:{line}: {error}; a log begins with `namespace_configured` and leaves nothing out"
    ))
}

/// Parses a line; `None` for lines of a log that are not records.
fn parse_line(name: &str, at: usize, line: &str) -> Result<Option<Record>, CliError> {
    if line.trim().is_empty() {
        return Ok(None);
    }
    match serde_json::from_str(line) {
        Ok(record) => Ok(Some(record)),
        Err(_) if report::is_output(line) => Ok(None),
        // Warnings of sources come before the events.
        Err(_) if serde_json::from_str::<WarningRecord<IgnoredAny>>(line).is_ok() => Ok(None),
        // A line without its end is still being written.
        Err(_) if !line.ends_with('\n') && at > 1 => {
            report::remark(&format!("{name}:{at}: the last line is not complete yet, and left out"));
            Ok(None)
        }
        Err(error) => Err(CliError::usage(format!(
            "{name}:{at}: this is no event: {error}; a log is what `run --format jsonl` prints"
        ))),
    }
}
