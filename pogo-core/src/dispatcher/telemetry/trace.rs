//! Spans and events of `tracing`.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use tracing::{Instrument, Span, error, field, info, info_span, warn};

use super::super::layer::Layer;
use super::super::{Attempt, Notice, Observer, ReportHook, Reporter, Transport};
use super::spans::Spans;
use crate::scheduler::{
    Event, FenceAnswer, JobEvent, JobEventKind, Outcome, Phase, Record, Scheduler, TaskEvent, TaskEventKind,
};

/// Spans of jobs, hosts, attempts and phases, and events for people on call.
///
/// It is an [`Observer`] of the scheduler's decisions and a [`Layer`] of the transport: add it to both. The
/// transport's own spans are then inside the span of its attempt.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::dispatcher::layer::TransportExt;
/// use pogo_core::dispatcher::telemetry::Trace;
/// use pogo_core::dispatcher::{Dispatcher, Transport};
///
/// # fn example(transport: impl Transport + 'static) {
/// let trace = Trace::default();
/// let builder = Dispatcher::builder(Arc::new(transport.layer(trace.clone()))).observer(Arc::new(trace));
/// # drop(builder);
/// # }
/// ```
///
/// ```text
/// job{pogo.job=job-1 outcome=finished}
///   host{pogo.job=job-1 host=web1 outcome=succeeded}
///     attempt{pogo.job=job-1 host=web1 attempt=a1 outcome=failed failure=unreachable}
///       phase{phase=connect}
///     attempt{pogo.job=job-1 host=web1 attempt=a2 outcome=succeeded}
///       phase{phase=connect}
///       phase{phase=command}
/// ```
///
/// Spans are of the level `INFO` and the target `pogo`. `WARN` are a job that is blocked, halting or over its failure
/// budget, a host in doubt, and a dispatcher that goes on with jobs of another; `ERROR` is a journal that cannot be
/// reached. No field holds a command, what a host wrote, or a secret.
#[derive(Debug, Clone, Default)]
pub struct Trace {
    spans: Arc<Mutex<Spans>>,
}

impl Trace {
    fn spans(&self) -> MutexGuard<'_, Spans> {
        // Poisoning is harmless: the spans stay usable after a subscriber's panic.
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Observer for Trace {
    fn started(&self, scheduler: &Scheduler) {
        let jobs = scheduler.jobs().filter(|job| !job.status().is_over());
        let jobs = jobs.filter(|job| self.spans().open(job.id()).is_some()).count();
        let running = scheduler.attempts().len();
        if jobs > 0 || running > 0 {
            warn!(target: "pogo", jobs, running, "taking over jobs of a dispatcher that is gone");
        }
    }

    fn event(&self, record: &Record) {
        match &record.event {
            Event::Job(event) => self.job(event),
            Event::Task(event) => self.task(event),
            Event::Namespace(_) | Event::Host(_) => {}
        }
    }

    fn notice(&self, notice: &Notice<'_>) {
        match notice {
            Notice::JournalAway { error } => {
                error!(target: "pogo", error = %error.to_string().escape_debug(), "the journal cannot be reached");
            }
            Notice::JournalBack { after } => {
                info!(target: "pogo", away_seconds = after.as_secs_f64(), "the journal can be reached again");
            }
            Notice::ClockSkewed { skew } => {
                let ahead_seconds = skew.0 as f64 / 1_000.0;
                warn!(target: "pogo", ahead_seconds, "the clock is too far from that of the journal's store");
            }
            Notice::OutputLost { source, message } => {
                let (job, host, attempt) = (source.job, &source.host, source.attempt);
                let span = self.spans().of_host(job, host);
                let error = message.escape_debug();
                warn!(
                    target: "pogo",
                    parent: &span,
                    { pogo.job = %job, %host, %attempt, %error },
                    "output is not kept"
                );
            }
            Notice::Committed { .. } | Notice::Turned { .. } => {}
        }
    }
}

impl Trace {
    fn job(&self, JobEvent { job, kind, .. }: &JobEvent) {
        let span = || self.spans().of_job(*job);
        match kind {
            JobEventKind::Submitted { .. } => _ = self.spans().open(*job),
            JobEventKind::Blocked { reasons } => {
                warn!(target: "pogo", parent: &span(), { pogo.job = %job, reasons = reasons.len() }, "job is blocked");
            }
            JobEventKind::FailureBudgetExceeded { failures, allowed, .. } => {
                warn!(
                    target: "pogo",
                    parent: &span(),
                    { pogo.job = %job, failures, allowed },
                    "job is over its failure budget"
                );
            }
            JobEventKind::Halting { abort, .. } => {
                let cause = kind.halt_cause();
                let cause = cause.as_ref().map(field::debug);
                warn!(target: "pogo", parent: &span(), { pogo.job = %job, abort, cause }, "job is halting");
            }
            JobEventKind::Halted => warn!(target: "pogo", parent: &span(), { pogo.job = %job }, "job is halted"),
            JobEventKind::Finished { tally } => {
                let (succeeded, failed, in_doubt) = (tally.succeeded, tally.failed, tally.in_doubt);
                info!(
                    target: "pogo",
                    parent: &span(),
                    { pogo.job = %job, succeeded, failed, in_doubt },
                    "job is finished"
                );
                self.spans().end_job(*job, "finished");
            }
            JobEventKind::WaveOpened { .. }
            | JobEventKind::Waiting
            | JobEventKind::Unblocked
            | JobEventKind::Paused
            | JobEventKind::Resumed
            | JobEventKind::Retired
            | JobEventKind::Altered { .. } => {}
        }
    }

    fn task(&self, TaskEvent { job, host, kind, .. }: &TaskEvent) {
        let of = (*job, host);
        match kind {
            TaskEventKind::Started { .. } => self.spans().open_host(*job, host),
            TaskEventKind::Succeeded { .. } => self.spans().end_host(of, "succeeded", true),
            TaskEventKind::Skipped => self.spans().end_host(of, "skipped", true),
            TaskEventKind::Cancelled => self.spans().end_host(of, "cancelled", true),
            TaskEventKind::Failed { .. } => self.spans().end_host(of, "failed", false),
            TaskEventKind::InDoubt { attempt, .. } => {
                let span = self.spans().of_host(*job, host);
                let cause = kind.doubt_cause();
                let cause = cause.as_ref().map(field::debug);
                warn!(target: "pogo", parent: &span, { pogo.job = %job, %host, %attempt, cause }, "host is in doubt");
                self.spans().end_host(of, "in_doubt", false);
            }
            TaskEventKind::Fenced { attempt, answer, .. } => {
                let span = self.spans().of_host(*job, host);
                let answer = match answer {
                    FenceAnswer::Ended(_) => "ended",
                    FenceAnswer::NeverBegan => "never_began",
                    FenceAnswer::StillRunning => "still_running",
                    FenceAnswer::Unreachable { .. } => "unreachable",
                };
                info!(target: "pogo", parent: &span, { pogo.job = %job, %host, %attempt, answer }, "host was fenced");
            }
            TaskEventKind::Permitted { .. }
            | TaskEventKind::NeverBegan { .. }
            | TaskEventKind::PhaseEntered { .. }
            | TaskEventKind::HostKeyRecorded { .. }
            | TaskEventKind::Slow { .. }
            | TaskEventKind::CancelRequested { .. }
            | TaskEventKind::Retried { .. } => {}
        }
    }

    /// The span of an attempt: in that of its host, or where it is made if the host has none.
    fn attempt_span(&self, attempt: &Attempt) -> Span {
        let (job, host, number) = (attempt.job, &attempt.host.name, attempt.id);
        let parent = self.spans().of_host(job, host);
        // Two forms: with a disabled span as its parent it would be a root, even inside a span of the caller.
        macro_rules! span {
            ($($parent:tt)*) => {
                info_span!(
                    target: "pogo", $($parent)* "attempt", pogo.job = %job, %host, attempt = %number,
                    outcome = field::Empty, failure = field::Empty
                )
            };
        }
        if parent.is_none() {
            span!()
        } else {
            span!(parent: &parent,)
        }
    }
}

#[async_trait]
impl Layer for Trace {
    async fn run(&self, inner: &dyn Transport, attempt: Attempt, report: Reporter) -> Outcome {
        let span = self.attempt_span(&attempt);
        // The usual case where no subscriber is set up: the attempt then has no hook either.
        if span.is_disabled() {
            return inner.run(attempt, report).await;
        }
        let phases = Arc::new(Phases(Mutex::new(Some((span.clone(), Span::none())))));
        // A guard, since an attempt that is given up is dropped and its span must say so.
        let mut open = OpenAttempt {
            span: span.clone(),
            phases: Arc::clone(&phases),
            outcome: "in_doubt",
        };
        let outcome = inner.run(attempt, report.with_hook(phases)).instrument(span).await;
        open.ended(&outcome);
        outcome
    }
}

/// An attempt whose end is to be recorded. One that is dropped is in doubt: nobody knows how far it had come.
struct OpenAttempt {
    span: Span,
    phases: Arc<Phases>,
    outcome: &'static str,
}

impl OpenAttempt {
    fn ended(&mut self, outcome: &Outcome) {
        self.outcome = match outcome {
            Outcome::Succeeded => "succeeded",
            Outcome::Failed(failure) => {
                self.span.record("failure", field::display(&failure.kind));
                "failed"
            }
            Outcome::InDoubt { .. } => "in_doubt",
            Outcome::NeverBegan { .. } => "never_began",
        };
    }
}

impl Drop for OpenAttempt {
    fn drop(&mut self) {
        self.phases.close();
        self.span.record("outcome", self.outcome);
    }
}

/// The spans of an attempt and of its phase, until it ends: a transport may leave its reporter behind.
struct Phases(Mutex<Option<(Span, Span)>>);

impl Phases {
    fn close(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl ReportHook for Phases {
    fn phase(&self, phase: Phase) -> bool {
        if let Some((attempt, current)) = &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            *current = info_span!(target: "pogo", parent: &*attempt, "phase", %phase);
        }
        true
    }
}
