//! Metrics through the facade of the crate `metrics`.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ::metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use hashbrown::HashMap;
use rustc_hash::FxBuildHasher;

use super::super::{Notice, Observer};
use super::gauges::Gauges;
use crate::Timestamp;
use crate::scheduler::{AttemptId, Event, Record, Scheduler, TaskEventKind};

/// An [`Observer`] that records metrics of a dispatcher, through the recorder that the program has installed.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::dispatcher::{Dispatcher, Transport};
/// use pogo_core::dispatcher::telemetry::Metrics;
///
/// # fn example(transport: Arc<dyn Transport>) {
/// let builder = Dispatcher::builder(transport).observer(Arc::new(Metrics::default()));
/// # drop(builder);
/// # }
/// ```
///
/// | name | kind | what |
/// | --- | --- | --- |
/// | `pogo_tasks{state}` | gauge | tasks of all jobs: `waiting`, `running`, `succeeded`, `failed`, `in_doubt`, `skipped`, `cancelled` |
/// | `pogo_jobs{status}` | gauge | jobs: `running`, `waiting`, `paused`, `blocked`, `halting`, `halted`, `finished` |
/// | `pogo_attempts_started_total` | counter | attempts begun |
/// | `pogo_attempts_ended_total{outcome}` | counter | attempts ended: `succeeded`, `failed`, `in_doubt`, `never_began` |
/// | `pogo_attempt_duration_seconds{outcome}` | histogram | from the start of an attempt to its end |
/// | `pogo_attempts_output_lost_total` | counter | attempts of which output is not kept |
/// | `pogo_journal_append_duration_seconds` | histogram | how long the journal took for a commit |
/// | `pogo_journal_append_events` | histogram | events of a commit |
/// | `pogo_journal_available` | gauge | 0 while the journal cannot be reached, 1 otherwise |
/// | `pogo_dispatcher_loop_lag_seconds` | histogram | how long the event loop took for what had come, the journal apart |
///
/// No label contains host names, so that the number of series is fixed.
#[derive(Debug, Default)]
pub struct Metrics {
    watched: Mutex<Watched>,
}

#[derive(Debug, Default)]
struct Watched {
    /// When the attempts that run began. Only looked up by key, so its order does not matter.
    began: HashMap<AttemptId, Timestamp, FxBuildHasher>,
    gauges: Gauges,
}

impl Metrics {
    fn with(&self, change: impl FnOnce(&mut Watched)) {
        // Poisoning is harmless: the numbers stay usable after a recorder's panic.
        change(&mut self.watched.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

impl Observer for Metrics {
    fn started(&self, scheduler: &Scheduler) {
        describe();
        gauge!("pogo_journal_available").set(1.0);
        self.with(|watched| {
            let running = scheduler.attempts().into_iter();
            // Attempts of the dispatcher before count from their own start, or their durations
            // would all begin at the takeover.
            watched.began = running.map(|attempt| (attempt.id, attempt.started)).collect();
            watched.gauges.start(scheduler);
        });
    }

    fn event(&self, record: &Record) {
        let Some(job) = record.event.job() else { return };
        self.with(|watched| {
            watched.gauges.changed(job);
            if let Some(attempt) = record.event.started() {
                counter!("pogo_attempts_started_total").increment(1);
                watched.began.insert(attempt, record.at);
            }
            if let Some(attempt) = record.event.ended() {
                let took = watched.began.remove(&attempt).map(|began| record.at - began);
                ended(&record.event, took);
            }
        });
    }

    fn notice(&self, notice: &Notice<'_>) {
        match notice {
            Notice::Committed {
                records,
                took,
                scheduler,
                ..
            } => {
                histogram!("pogo_journal_append_duration_seconds").record(took.as_secs_f64());
                // Exact up to 2^52 events.
                histogram!("pogo_journal_append_events").record(*records as f64);
                self.with(|watched| watched.gauges.update(scheduler));
            }
            Notice::JournalAway { .. } => gauge!("pogo_journal_available").set(0.0),
            Notice::JournalBack { .. } => gauge!("pogo_journal_available").set(1.0),
            // The status has it at any time.
            Notice::ClockSkewed { .. } => {}
            Notice::OutputLost { .. } => counter!("pogo_attempts_output_lost_total").increment(1),
            Notice::Turned { took, .. } => {
                histogram!("pogo_dispatcher_loop_lag_seconds").record(took.as_secs_f64());
            }
        }
    }
}

fn ended(event: &Event, took: Option<Duration>) {
    let seconds = took.map(|took| took.as_secs_f64());
    // Labels are spelled out, because only then nothing is allocated for them.
    macro_rules! count {
        ($outcome:literal) => {{
            counter!("pogo_attempts_ended_total", "outcome" => $outcome).increment(1);
            if let Some(seconds) = seconds {
                histogram!("pogo_attempt_duration_seconds", "outcome" => $outcome).record(seconds);
            }
        }};
    }
    let Some(kind) = event.task_kind() else { return };
    match kind {
        TaskEventKind::Succeeded { .. } => count!("succeeded"),
        TaskEventKind::Failed { .. } => count!("failed"),
        TaskEventKind::InDoubt { .. } => count!("in_doubt"),
        TaskEventKind::NeverBegan { .. } => count!("never_began"),
        TaskEventKind::Started { .. }
        | TaskEventKind::Permitted { .. }
        | TaskEventKind::Fenced { .. }
        | TaskEventKind::PhaseEntered { .. }
        | TaskEventKind::HostKeyRecorded { .. }
        | TaskEventKind::Slow { .. }
        | TaskEventKind::CancelRequested { .. }
        | TaskEventKind::Retried { .. }
        | TaskEventKind::Skipped
        | TaskEventKind::Cancelled => {}
    }
}

fn describe() {
    describe_gauge!("pogo_tasks", Unit::Count, "Tasks of all jobs, by state.");
    describe_gauge!("pogo_jobs", Unit::Count, "Jobs, by status.");
    describe_counter!("pogo_attempts_started_total", Unit::Count, "Attempts begun.");
    describe_counter!("pogo_attempts_ended_total", Unit::Count, "Attempts ended, by outcome.");
    describe_histogram!(
        "pogo_attempt_duration_seconds",
        Unit::Seconds,
        "Seconds from the start of an attempt to its end, by outcome."
    );
    describe_counter!(
        "pogo_attempts_output_lost_total",
        Unit::Count,
        "Attempts of which output is not kept."
    );
    describe_histogram!(
        "pogo_journal_append_duration_seconds",
        Unit::Seconds,
        "Seconds that the journal took for a commit."
    );
    describe_histogram!("pogo_journal_append_events", Unit::Count, "Events of a commit.");
    describe_gauge!(
        "pogo_journal_available",
        Unit::Count,
        "0 while the journal cannot be reached, 1 otherwise."
    );
    describe_histogram!(
        "pogo_dispatcher_loop_lag_seconds",
        Unit::Seconds,
        "Seconds that the event loop took for what had come, the journal apart."
    );
}
