//! What a dispatcher says of itself, a line each.

use std::fmt::Display;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, Notice, Observer, SystemClock};
use pogo_core::scheduler::Scheduler;
use pogo_web::{AnsweredRequest, RequestLog};
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
    /// Of an answered request.
    #[serde(flatten)]
    request: Option<RequestFields<'a>>,
}

/// What the line of a request has besides.
#[derive(Serialize)]
struct RequestFields<'a> {
    id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    actor: Option<&'a str>,
    /// The name of the token that the actor came with.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<&'a str>,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    route: Option<&'a str>,
    status: u16,
    /// How long it took until the answer began.
    ms: u64,
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
        let about = (SystemClock.now(), event);
        write(&written(
            about,
            &line.to_string(),
            None,
            IS_JSON.load(Ordering::Relaxed),
        ));
    }
}

fn write(line: &str) {
    // A log that cannot be written stops nothing.
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// Of requests there are lines for programs alone: people would not find the others between them.
impl RequestLog for ServiceLog {
    fn answered(&self, request: &AnsweredRequest<'_>) {
        if !IS_JSON.load(Ordering::Relaxed) {
            return;
        }
        let fields = RequestFields::of(request);
        let message = format!(
            "{} {} by {}: {}",
            fields.method,
            fields.route.unwrap_or("(no route)"),
            fields.actor.unwrap_or("somebody"),
            fields.status
        );
        let about = (SystemClock.now(), "request");
        write(&written(about, &message, Some(fields), true));
    }
}

impl<'a> RequestFields<'a> {
    fn of(request: &AnsweredRequest<'a>) -> Self {
        Self {
            id: request.id,
            actor: request.actor.map(|actor| &*actor.name),
            token: request.actor.and_then(|actor| actor.token.as_deref()),
            method: request.method.as_str(),
            route: request.route,
            status: request.status.as_u16(),
            ms: u64::try_from(request.took.as_millis()).unwrap_or(u64::MAX),
        }
    }
}

fn written((at, event): (Timestamp, &str), message: &str, request: Option<RequestFields<'_>>, is_json: bool) -> String {
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
        request,
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
        let text = written((at, "service"), message, None, false);
        assert!(text.starts_with("2026-11-28 ") && !text.contains('\u{1b}'), "{text}");
        let json = written((at, "journal_away"), message, None, true);
        assert!(!json.contains('\n') && !json.contains('\u{1b}'), "{json}");
        let read: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(read["at"], 1_795_874_520_123_u64);
        assert_eq!(
            (&read["event"], &read["message"]),
            (&"journal_away".into(), &message.into())
        );
    }

    #[test]
    fn the_line_of_a_request_has_who_asked_what_and_what_came_of_it() {
        let fields = RequestFields {
            id: "18c2-7",
            actor: Some("alice"),
            token: None,
            method: "GET",
            route: Some("/v1/namespaces/{namespace}/jobs"),
            status: 200,
            ms: 3,
        };
        let about = (Timestamp::from_millis(7), "request");
        let line = written(about, "said", Some(fields), true);
        assert!(
            line.ends_with(
                r#""event":"request","message":"said","id":"18c2-7","actor":"alice","method":"GET","route":"/v1/namespaces/{namespace}/jobs","status":200,"ms":3}"#
            ),
            "{line}"
        );
    }
}
