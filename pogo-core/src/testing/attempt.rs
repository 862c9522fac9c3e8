//! Attempts for tests without a dispatcher.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::channel::mpsc;
use futures::{FutureExt, StreamExt};

use super::permission::{Answers, TestPermission};
use crate::dispatcher::{Attempt, BeginRequest, Observer, OutputChunk, Reporter, ReporterSide, Stream, Transport};
use crate::fleet::Host;
use crate::output::OutputSource;
use crate::plan::RemoteCommand;
use crate::scheduler::{AttemptId, JobId, Outcome, Phase};

/// Builds attempts and runs them on any transport.
///
/// ```
/// use pogo_core::dispatcher::layer::{InjectFaults, InjectedFault, TransportExt};
/// use pogo_core::dispatcher::layer::Replay;
/// use pogo_core::plan::RemoteCommand;
/// use pogo_core::scheduler::Outcome;
/// use pogo_core::testing::TestAttempt;
///
/// # futures::executor::block_on(async {
/// let doubt = Outcome::in_doubt("as the test says");
/// let fault = InjectedFault::Instead(doubt.clone());
/// let transport = Replay::new([]).layer(InjectFaults::new(move |_| Some(fault.clone())));
/// let seen = TestAttempt::at("web1", RemoteCommand::shell("restart")).run(&transport).await;
/// assert_eq!(seen.outcome, doubt);
/// assert!(seen.phases.is_empty() && seen.stdout.is_empty());
/// # });
/// ```
#[derive(Debug, Clone)]
pub struct TestAttempt(pub Attempt);

/// Watches a running attempt, and can cancel it.
#[derive(Debug)]
pub struct AttemptWatch {
    phases: mpsc::UnboundedReceiver<(AttemptId, Phase)>,
    requests: mpsc::UnboundedReceiver<BeginRequest>,
    answers: Arc<Answers>,
    output: Arc<KeptOutput>,
    side: ReporterSide,
}

/// The reports and outcome of an attempt that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SeenAttempt {
    /// How it ended.
    pub outcome: Outcome,
    /// The phases that were reported, in order.
    pub phases: Vec<Phase>,
    /// For each request for permission, whether it was made under the host lock.
    pub asked: Vec<bool>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error.
    pub stderr: Vec<u8>,
    /// Remarks of the transport.
    pub notes: String,
}

#[derive(Debug, Default)]
struct KeptOutput(Mutex<Vec<(Stream, Vec<u8>)>>);

impl Observer for KeptOutput {
    fn output(&self, chunk: &OutputChunk<'_>) {
        let mut chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        chunks.push((chunk.stream, chunk.bytes.to_vec()));
    }
}

impl KeptOutput {
    fn of(&self, stream: Stream) -> Vec<u8> {
        let chunks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let chunks = chunks.iter().filter(|(of, _)| *of == stream);
        chunks.flat_map(|(_, bytes)| bytes.iter().copied()).collect()
    }
}

impl TestAttempt {
    /// An attempt on this host, with a number that is unique in this process, and a time limit of a minute.
    ///
    /// # Panics
    ///
    /// If the name is not a valid host name.
    pub fn at(host: &str, command: RemoteCommand) -> Self {
        static ISSUED: AtomicU64 = AtomicU64::new(0);
        let id = AttemptId::new(ISSUED.fetch_add(1, Ordering::Relaxed) + 1);
        let host = Host::new(host.parse().expect("a host name"));
        Self(Attempt::new(JobId::new(1), id, host, command, Duration::from_secs(60)))
    }

    /// Sets the time limit.
    pub fn within(mut self, limit: Duration) -> Self {
        self.0.time_limit = limit;
        self
    }

    /// Runs it to its end.
    pub async fn run(self, transport: &dyn Transport) -> SeenAttempt {
        let (attempt, report, watch) = self.start();
        let outcome = transport.run(attempt, report).await;
        watch.end(outcome).await
    }

    /// The arguments of [`Transport::run`], and a watch on it. Permission is granted.
    pub fn start(self) -> (Attempt, Reporter, AttemptWatch) {
        self.start_with(TestPermission::Give)
    }

    /// The arguments of [`Transport::run`], and a watch on it; its request for permission is answered like this.
    pub fn start_with(self, permission: TestPermission) -> (Attempt, Reporter, AttemptWatch) {
        let ((sender, phases), (asking, requests)) = (mpsc::unbounded(), mpsc::unbounded());
        let answers = Arc::new(Answers {
            phases: sender,
            requests: asking,
            permission,
            asked: Mutex::default(),
        });
        let output = Arc::new(KeptOutput::default());
        let source = OutputSource {
            job: self.0.job,
            host: self.0.host.name.clone(),
            attempt: self.0.id,
        };
        let (report, side) = ReporterSide::open(
            source,
            Arc::clone(&answers) as _,
            Arc::clone(&output) as Arc<dyn Observer>,
        );
        let watch = AttemptWatch {
            phases,
            requests,
            answers,
            output,
            side,
        };
        (self.0, report, watch)
    }
}

impl AttemptWatch {
    /// Cancels the attempt.
    pub fn cancel(&mut self) {
        self.side.cancel();
    }

    /// The output on a stream so far.
    pub fn output(&self, stream: Stream) -> Vec<u8> {
        self.output.of(stream)
    }

    /// Waits until this phase is reported. It and earlier phases are then not among those of [`end`](Self::end).
    pub async fn reaches(&mut self, wanted: Phase) {
        while let Some((_, phase)) = self.phases.next().await {
            if phase == wanted {
                return;
            }
        }
        futures::future::pending().await
    }

    /// Takes the phases reported since the last call; they are no longer part of [`end`](Self::end)'s.
    pub fn phases_so_far(&mut self) -> Vec<Phase> {
        std::iter::from_fn(|| self.phases.next().now_or_never().flatten())
            .map(|(_, phase)| phase)
            .collect()
    }

    /// Waits for its request for permission, which [`TestPermission::Leave`] leaves unanswered.
    pub async fn asks(&mut self) -> BeginRequest {
        match self.requests.next().await {
            Some(request) => request,
            None => futures::future::pending().await,
        }
    }

    /// The reports of the attempt, with this outcome.
    pub async fn end(self, outcome: Outcome) -> SeenAttempt {
        // A leftover of the transport may still hold the reporter.
        let mut phases = self.phases;
        phases.close();
        SeenAttempt {
            outcome,
            phases: phases.map(|(_, phase)| phase).collect().await,
            asked: self.answers.lock().clone(),
            stdout: self.output.of(Stream::Stdout),
            stderr: self.output.of(Stream::Stderr),
            notes: String::from_utf8_lossy(&self.output.of(Stream::Note)).into_owned(),
        }
    }
}

impl SeenAttempt {
    /// Whether it is known to have failed.
    pub fn has_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}
