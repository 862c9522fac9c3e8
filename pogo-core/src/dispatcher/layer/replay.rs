//! Replays recorded attempts.

use std::collections::BTreeMap;
use std::collections::VecDeque;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use futures::{FutureExt, select_biased};

use super::super::{Attempt, Capabilities, Clock, Reporter, SystemClock, Transport};
use super::recording::{RecordedAttempt, ReportKind};
use crate::fleet::HostName;
use crate::scheduler::{FailureKind, Outcome};

/// A transport that runs nothing: attempts on each host end like the recorded ones, in the same order and time.
/// An attempt without a recording is refused.
pub struct Replay {
    attempts: Mutex<BTreeMap<HostName, VecDeque<RecordedAttempt>>>,
    clock: Arc<dyn Clock>,
}

impl Replay {
    /// Replays these recordings, per host in this order.
    pub fn new(recorded: impl IntoIterator<Item = RecordedAttempt>) -> Self {
        let mut attempts = BTreeMap::<_, VecDeque<_>>::new();
        for attempt in recorded {
            attempts.entry(attempt.host.clone()).or_default().push_back(attempt);
        }
        Self {
            attempts: Mutex::new(attempts),
            clock: Arc::new(SystemClock),
        }
    }

    /// Sets the clock. Default: the [`SystemClock`].
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// The host's next recorded attempt of this command.
    fn next(&self, attempt: &Attempt) -> Option<RecordedAttempt> {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        let of_host = attempts.get_mut(&attempt.host.name)?;
        // Not simply the first: attempts of several jobs on one host may come in another order than
        // when they were recorded.
        let position = of_host
            .iter()
            .position(|recorded| recorded.command == *attempt.command)?;
        of_host.remove(position)
    }

    async fn play(&self, recorded: RecordedAttempt, report: &Reporter) -> Outcome {
        let began = self.clock.now();
        for one in recorded.reports {
            self.clock.sleep_until(began + one.after).await;
            match one.kind {
                ReportKind::Phase(phase) => report.phase(phase),
                ReportKind::Output { stream, bytes } => report.output(stream, &bytes).await,
            }
        }
        self.clock.sleep_until(began + recorded.took).await;
        recorded.outcome
    }
}

#[async_trait]
impl Transport for Replay {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default()
            .with_confirmed_cancel()
            .with_hooks()
            .with_output()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let Some(recorded) = self.next(&attempt) else {
            let missing = format!(
                "the recording has no further attempt of this command at `{}`",
                attempt.host.name
            );
            return Outcome::failed(FailureKind::Refused, missing);
        };
        let mut playing = pin!(self.play(recorded, &report).fuse());
        let mut cancelled = pin!(report.cancelled().fuse());
        let mut limit = self.clock.sleep_until(self.clock.now() + attempt.time_limit).fuse();
        let signal = "TERM".to_owned();
        select_biased! {
            // First, so that one whose time is over at this very moment ends as it did in the
            // recording.
            outcome = playing => outcome,
            () = cancelled => Outcome::failed(FailureKind::Signal { signal }, "cancelled"),
            () = limit => Outcome::failed(FailureKind::Timeout, "it took longer in the recording"),
        }
    }
}
