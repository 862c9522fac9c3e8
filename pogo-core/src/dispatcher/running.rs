//! Attempts that the transport is running.

use std::collections::{BTreeMap, BTreeSet};
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};

use futures::channel::{mpsc, oneshot};
use futures::future::{AbortHandle, Abortable, BoxFuture, FutureExt, join_all};
use futures::stream::{FuturesUnordered, Stream};

use super::attempt_end::AttemptEnd;
use super::attempt_pace::AttemptPace;
use super::commit_delay::CommitDelay;
use super::output::{OutputHandle, OutputWriter};
use super::{Attempt, Clock, Observer, Report, ReportSink, Reporter, ReporterSide, Transport};
use crate::Timestamp;
use crate::output::OutputSource;
use crate::scheduler::{AttemptId, FenceState, NeverBegan, Outcome};

/// Every attempt that was passed to the transport and has not ended.
pub(super) struct Running {
    transport: Arc<dyn Transport>,
    observer: Arc<dyn Observer>,
    reports: Arc<dyn ReportSink>,
    attempts: FuturesUnordered<BoxFuture<'static, AttemptEnd>>,
    controls: BTreeMap<AttemptId, Control>,
    output: Option<OutputWriter>,
    pace: Arc<AttemptPace>,
    clock: Arc<dyn Clock>,
}

struct Control {
    since: Timestamp,
    reporter: ReporterSide,
    abort: AbortHandle,
}

impl Running {
    pub(super) fn new(
        transport: Arc<dyn Transport>,
        observer: Arc<dyn Observer>,
        output: Option<OutputWriter>,
        (pace, clock): (Arc<AttemptPace>, Arc<dyn Clock>),
    ) -> (Self, mpsc::UnboundedReceiver<(AttemptId, Report)>) {
        let (reports, reported) = mpsc::unbounded();
        let (attempts, controls) = (FuturesUnordered::new(), BTreeMap::new());
        (
            Self {
                transport,
                observer,
                reports: Arc::new(reports),
                attempts,
                controls,
                output,
                pace,
                clock,
            },
            reported,
        )
    }

    pub(super) fn is_empty(&self) -> bool {
        self.attempts.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.attempts.len()
    }

    /// By which commits wait for more of what these attempts report.
    pub(super) fn commit_delay(&self) -> CommitDelay {
        CommitDelay::new(Arc::clone(&self.pace), self.output.is_some(), Arc::clone(&self.clock))
    }

    /// Whether none runs but some of these.
    pub(super) fn all_among(&self, attempts: &BTreeSet<AttemptId>) -> bool {
        self.controls.keys().all(|attempt| attempts.contains(attempt))
    }

    /// Whether attempts ask before they begin.
    pub(super) fn asks_permission(&self) -> bool {
        self.transport.capabilities().asks_permission
    }

    /// Whether the transport can resume this attempt.
    pub(super) fn resumes(&self, attempt: &Attempt) -> bool {
        self.transport.resumes(attempt)
    }

    /// Runs an attempt once its host has said this of others, unless one of them still runs there. A resumed one that
    /// is not found is in doubt.
    pub(super) fn start(&mut self, attempt: Attempt, others: Vec<oneshot::Receiver<FenceState>>) {
        let resumed = attempt.resumed;
        let id = attempt.id;
        let source = OutputSource {
            job: attempt.job,
            host: attempt.host.name.clone(),
            attempt: id,
        };
        let output = self.output.as_ref();
        let output = output.map(|writer| OutputHandle::new(writer.sink(), source.clone()));
        let (report, reporter) = ReporterSide::open(source, Arc::clone(&self.reports), Arc::clone(&self.observer));
        let (abort, registration) = AbortHandle::new_pair();
        let report = report.with_store(output.clone());
        let run = run(Arc::clone(&self.transport), attempt, report);
        let run = async move {
            let said = join_all(others).await;
            // It would find the host busy, or, were the other to end just then, write over the record of its end.
            match said.contains(&Ok(FenceState::StillRunning)) {
                true => Outcome::never_began(NeverBegan::Busy, "an attempt in doubt still runs there"),
                false => run.await,
            }
        };
        let guarded = Abortable::new(AssertUnwindSafe(run).catch_unwind(), registration);
        let begun = reporter.begun();
        self.attempts.push(
            async move {
                let outcome = match guarded.await {
                    // It may have run before the restart, whatever keeps its transport from finding it now.
                    Ok(Ok(Outcome::Failed(failure))) if resumed && !begun.load(Ordering::Relaxed) => Outcome::in_doubt(
                        format!("it ran before a restart, and could not be found again: {failure}"),
                    ),
                    Ok(Ok(outcome)) => outcome,
                    // Not failed: it may have panicked after the command had begun.
                    Ok(Err(_panic)) => Outcome::in_doubt("the transport panicked; this is a defect of the transport"),
                    Err(_aborted) => Outcome::in_doubt("it was cancelled, and nobody knows how far it had come"),
                };
                // The record of its end has length and digest of the output, so that a loss shows. A
                // store that hangs is not waited for.
                let summary = match output {
                    Some(output) => output.seal().await,
                    None => None,
                };
                (id, outcome, summary)
            }
            .boxed(),
        );
        self.pace.begin();
        let since = self.clock.now();
        self.controls.insert(id, Control { since, reporter, abort });
    }

    /// Cancels an attempt, or drops it if the transport does not confirm cancellations.
    pub(super) fn cancel(&mut self, attempt: AttemptId) {
        let Some(control) = self.controls.get_mut(&attempt) else {
            return;
        };
        // Dropping an attempt whose transport could have ended it would leave the command running on its host.
        if self.transport.capabilities().confirms_cancel {
            control.reporter.cancel();
        } else {
            control.abort.abort();
        }
    }

    /// Drops an abandoned attempt.
    pub(super) fn give_up(&mut self, attempt: AttemptId) {
        if let Some(control) = self.controls.get(&attempt) {
            control.abort.abort();
        }
    }

    /// The next attempt that ends; pending while none runs.
    pub(super) fn poll_end(&mut self, context: &mut Context<'_>) -> Poll<AttemptEnd> {
        let end = Pin::new(&mut self.attempts).poll_next(context);
        // After the attempts, so that their new output is written with one call.
        if let Some(writer) = &mut self.output {
            writer.poll(context);
        }
        match end {
            Poll::Ready(Some(end)) => {
                if let Some(control) = self.controls.remove(&end.0) {
                    self.pace.end(self.clock.now() - control.since);
                }
                Poll::Ready(end)
            }
            Poll::Ready(None) | Poll::Pending => Poll::Pending,
        }
    }

    /// Flushes the output of attempts that go on without this dispatcher.
    pub(super) async fn flush_output(&mut self) {
        if let Some(writer) = &mut self.output {
            writer.flush().await;
        }
    }
}

async fn run(transport: Arc<dyn Transport>, attempt: Attempt, report: Reporter) -> Outcome {
    transport.run(attempt, report).await
}
