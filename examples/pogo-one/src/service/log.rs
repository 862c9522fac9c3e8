//! What a dispatcher says of itself, a line each.

use std::fmt::Display;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, Notice, Observer, SystemClock};
use pogo_core::scheduler::Scheduler;
use serde::Serialize;

use crate::cli::ServiceLogFormat;
use crate::report;
use crate::store::counted;

/// Writes lines with their time to standard error, which is a file where nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ServiceLog;

/// Whether lines are JSON. Of the process, as its standard error is.
static IS_JSON: AtomicBool = AtomicBool::new(false);

/// A line for a program.
#[derive(Serialize)]
struct LogLine<'a> {
    /// In milliseconds since 1970, as in records.
    at: u64,
    time: &'a str,
    /// What is said: one of a few words, or `service` for all that only people read.
    event: &'a str,
    message: &'a str,
}

impl ServiceLog {
    /// How lines are written from now on.
    pub(super) fn write_as(self, format: ServiceLogFormat) {
        IS_JSON.store(format == ServiceLogFormat::Json, Ordering::Relaxed);
    }

    pub(super) fn say(self, line: impl Display) {
        self.say_of("service", line);
    }

    fn say_of(self, event: &str, line: impl Display) {
        let line = written(
            (SystemClock.now(), event),
            &line.to_string(),
            IS_JSON.load(Ordering::Relaxed),
        );
        // A log that cannot be written stops nothing.
        let _ = writeln!(std::io::stderr().lock(), "{line}");
    }
}

fn written((at, event): (Timestamp, &str), message: &str, is_json: bool) -> String {
    let time = at.utc();
    let text = || format!("{time} {}", report::visible_lines(message));
    if !is_json {
        return text();
    }
    let (at, time) = (at.as_millis(), time.as_str());
    let line = LogLine {
        at,
        time,
        event,
        message,
    };
    // A struct of numbers and texts can always be written.
    serde_json::to_string(&line).unwrap_or_else(|_| text())
}

impl Observer for ServiceLog {
    fn started(&self, scheduler: &Scheduler) {
        let unfinished = scheduler.jobs().filter(|job| !job.status().is_over()).count();
        if unfinished > 0 {
            let jobs = counted(unfinished, "unfinished job");
            match scheduler.attempts().len() {
                0 => self.say(format_args!("goes on with {jobs}")),
                some => {
                    let hosts = counted(some, "host");
                    self.say(format_args!(
                        "goes on with {jobs}; {hosts} may be running, and are asked"
                    ));
                }
            }
        }
    }

    fn notice(&self, notice: &Notice<'_>) {
        match notice {
            Notice::JournalAway { .. } => self.say_of("journal_away", notice),
            Notice::JournalBack { .. } => self.say_of("journal_back", notice),
            Notice::ClockSkewed { .. } => self.say_of("clock_skewed", notice),
            Notice::OutputLost { .. } => self.say_of("output_lost", notice),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_for_people_or_for_programs_and_always_one() {
        let (at, message) = (
            Timestamp::from_millis(1_795_874_520_123),
            "a \u{1b}[31mred\" line\nand another",
        );
        let text = written((at, "service"), message, false);
        assert!(text.starts_with("2026-11-28 ") && !text.contains('\u{1b}'), "{text}");
        let json = written((at, "journal_away"), message, true);
        assert!(!json.contains('\n') && !json.contains('\u{1b}'), "{json}");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["at"], 1_795_874_520_123_u64);
        assert_eq!(
            (&read["event"], &read["message"]),
            (&"journal_away".into(), &message.into())
        );
    }
}
