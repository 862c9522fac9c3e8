//! What a dispatcher says of itself, a line each.

use std::fmt::Display;
use std::io::Write;

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, Notice, Observer, SystemClock};
use pogo_core::scheduler::Scheduler;

use crate::report;
use crate::store::counted;

/// Writes lines with their time to standard error, which is a file where nobody watches.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ServiceLog;

impl ServiceLog {
    pub(super) fn say(self, line: impl Display) {
        let line = line.to_string();
        let line = report::visible_lines(&line);
        let at: Timestamp = SystemClock.now();
        // A log that cannot be written stops nothing.
        let _ = writeln!(std::io::stderr().lock(), "{} {line}", at.utc());
    }
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
            Notice::JournalAway { .. }
            | Notice::JournalBack { .. }
            | Notice::ClockSkewed { .. }
            | Notice::OutputLost { .. } => self.say(notice),
            _ => {}
        }
    }
}
