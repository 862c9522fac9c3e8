//! Figures for whoever watches the server, and whether it is ready.

use std::collections::BTreeMap;
use std::fmt::{Display, Write};

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pogo_api::wire::ProblemKind;
use pogo_core::Timestamp;
use pogo_core::dispatcher::Handle;
use pogo_core::scheduler::{JobStatus, Scheduler};
use pogo_core::stream::{DispatcherStatus, JournalStatus};

use crate::json::Reply;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::roles::Role;
use crate::{RouterState, Verb};

/// The figures of all namespaces that whoever asks may view, as Prometheus reads them.
pub(crate) async fn metrics(request: Request) -> Reply {
    let mut text = Exposition::default();
    text.declare("pogo_streams_open", "Streams and waits that are open.");
    text.sample("pogo_streams_open", "", request.streams());
    for (name, role) in &**request.namespaces() {
        if request.access.may(Verb::View, Some(name.as_str())) {
            let labels = format!("namespace=\"{name}\"");
            text.declare("pogo_standby", "Whether another process owns the namespace.");
            text.sample("pogo_standby", &labels, u8::from(matches!(role, Role::StandsBy(_))));
            match role {
                Role::Serves(namespace) => of_namespace(&mut text, &labels, &namespace.handle).await,
                Role::StandsBy(standby) => {
                    if let Some(status) = standby.status().await {
                        text.declare(
                            "pogo_standby_behind_seconds",
                            "How old the answers of a standby may be.",
                        );
                        let millis = status.behind_ms;
                        let seconds = format_args!("{}.{:03}", millis / 1_000, millis % 1_000);
                        text.sample("pogo_standby_behind_seconds", &labels, seconds);
                    }
                }
            }
        }
    }
    request.parameters.finish()?;
    let headers = [
        (
            CONTENT_TYPE,
            HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8"),
        ),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    Ok((headers, text.finish()).into_response())
}

async fn of_namespace(text: &mut Exposition, labels: &str, handle: &Handle) {
    let found = async {
        let status = handle.status().await.ok()?;
        let counts = handle.query(Counts::of).await.ok()?;
        Some((status, counts))
    };
    let found = found.await;
    text.declare("pogo_dispatcher_up", "Whether the dispatcher of the namespace answers.");
    text.sample("pogo_dispatcher_up", labels, u8::from(found.is_some()));
    if let Some((status, counts)) = found {
        of_dispatcher(text, labels, &status);
        counts.write(text, labels);
    }
}

fn of_dispatcher(text: &mut Exposition, labels: &str, status: &DispatcherStatus) {
    let away = match &status.journal {
        JournalStatus::Away { since, .. } => Some(*since),
        _ => None,
    };
    text.declare("pogo_attempts_running", "Attempts under way.");
    text.sample("pogo_attempts_running", labels, status.running);
    text.declare(
        "pogo_journal_away",
        "Whether the journal cannot be reached, so that nothing starts.",
    );
    text.sample("pogo_journal_away", labels, u8::from(away.is_some()));
    text.since(
        "pogo_journal_away_since_seconds",
        "When the journal was first found away, in seconds since 1970; absent while it is not.",
        labels,
        away,
    );
    text.since(
        "pogo_not_durable_since_seconds",
        "Since when decisions wait to become durable, in seconds since 1970; absent while none do.",
        labels,
        status.not_durable_since,
    );
    text.declare("pogo_journal_records", "Records of the journal up to its durable end.");
    text.sample("pogo_journal_records", labels, status.end.0);
}

/// What is counted of a namespace.
struct Counts {
    hosts: usize,
    jobs: BTreeMap<JobStatus, usize>,
    in_doubt: usize,
    failed: usize,
    holds: usize,
    holds_waiting: usize,
    oldest_hold: Option<Timestamp>,
    freezes: usize,
}

/// Statuses that are there even where no job has them, so that an alert on one is never without a figure.
const STATUSES: [JobStatus; 7] = [
    JobStatus::Running,
    JobStatus::Waiting,
    JobStatus::Paused,
    JobStatus::Blocked,
    JobStatus::Halting,
    JobStatus::Halted,
    JobStatus::Finished,
];

impl Counts {
    fn of(scheduler: &Scheduler) -> Self {
        let mut counts = Self {
            hosts: scheduler.fleet().len(),
            jobs: STATUSES.iter().map(|&status| (status, 0)).collect(),
            in_doubt: 0,
            failed: 0,
            holds: 0,
            holds_waiting: 0,
            oldest_hold: None,
            freezes: scheduler.freezes().count(),
        };
        for job in scheduler.jobs() {
            *counts.jobs.entry(job.status()).or_default() += 1;
            let tally = job.tally();
            counts.in_doubt += tally.in_doubt as usize;
            counts.failed += tally.failed as usize;
        }
        for view in scheduler.holds() {
            match view.hold.since {
                Some(_) => counts.holds += 1,
                None => counts.holds_waiting += 1,
            }
            let since = view.hold.since;
            counts.oldest_hold = match (counts.oldest_hold, since) {
                (Some(oldest), Some(since)) => Some(oldest.min(since)),
                (oldest, since) => oldest.or(since),
            };
        }
        counts
    }

    fn write(&self, text: &mut Exposition, labels: &str) {
        for (name, what, figure) in [
            (
                "pogo_hosts",
                "Hosts of the fleet, with those that have left it and that jobs still have.",
                self.hosts,
            ),
            (
                "pogo_hosts_in_doubt",
                "Hosts whose attempts ended unknown, in jobs that have not retired.",
                self.in_doubt,
            ),
            (
                "pogo_hosts_failed",
                "Hosts that failed, in jobs that have not retired.",
                self.failed,
            ),
            (
                "pogo_holds",
                "Hosts that somebody holds outside of any job.",
                self.holds,
            ),
            ("pogo_holds_waiting", "Holds that wait in line.", self.holds_waiting),
            ("pogo_freezes", "Freezes in force.", self.freezes),
        ] {
            text.declare(name, what);
            text.sample(name, labels, figure);
        }
        text.since(
            "pogo_oldest_hold_since_seconds",
            "Since when the oldest hold is in force, in seconds since 1970; absent while there is none.",
            labels,
            self.oldest_hold,
        );
        text.declare("pogo_jobs", "Jobs by status, retired ones aside.");
        for (status, jobs) in &self.jobs {
            text.sample("pogo_jobs", &format!("{labels},status=\"{status}\""), jobs);
        }
    }
}

/// Text as Prometheus reads it: the samples of each figure together, behind what it is.
#[derive(Default)]
struct Exposition(BTreeMap<&'static str, (&'static str, String)>);

impl Exposition {
    fn declare(&mut self, name: &'static str, what: &'static str) {
        self.0.entry(name).or_insert_with(|| (what, String::new()));
    }

    fn sample(&mut self, name: &'static str, labels: &str, figure: impl Display) {
        if let Some((_, samples)) = self.0.get_mut(name) {
            // Writing to a text does not fail.
            let _ = match labels {
                "" => writeln!(samples, "{name} {figure}"),
                labels => writeln!(samples, "{name}{{{labels}}} {figure}"),
            };
        }
    }

    fn since(&mut self, name: &'static str, what: &'static str, labels: &str, at: Option<Timestamp>) {
        self.declare(name, what);
        if let Some(at) = at {
            let millis = at.as_millis();
            self.sample(name, labels, format_args!("{}.{:03}", millis / 1_000, millis % 1_000));
        }
    }

    fn finish(self) -> String {
        let mut text = String::new();
        for (name, (what, samples)) in self.0 {
            let _ = write!(text, "# HELP {name} {what}\n# TYPE {name} gauge\n{samples}");
        }
        text
    }
}

/// Whether every dispatcher answers and its journal takes records: where not, whoever balances load asks another.
pub(crate) async fn ready(state: axum::extract::State<RouterState>) -> Response {
    for (name, role) in &*state.shared().namespaces.now() {
        let Role::Serves(namespace) = role else {
            let said = format_args!("another server dispatches the namespace `{name}`");
            return Refusal::new(ProblemKind::Standby, said).into_response();
        };
        let status = namespace.handle.status().await;
        if !matches!(status.map(|status| status.journal), Ok(JournalStatus::Ok)) {
            // To anybody no more is said than that.
            let said = format_args!("the namespace `{name}` cannot take orders now");
            return Refusal::new(ProblemKind::Stopped, said).into_response();
        }
    }
    (StatusCode::OK, "ready\n").into_response()
}
