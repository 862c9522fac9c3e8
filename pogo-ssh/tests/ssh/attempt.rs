//! One attempt at one host, and all that was seen of it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc;
use pogo_core::dispatcher::{Attempt, Observer, OutputChunk, ReporterSide, Stream, Transport};
use pogo_core::fleet::{Connection, Host};
use pogo_core::plan::{Command, ExecOptions};
use pogo_core::scheduler::{AttemptId, Failure, FailureKind, JobId, Outcome, Phase};
use pogo_core::testing::PermitAll;
use tokio::sync::Notify;

/// Keeps the output of one attempt.
#[derive(Default)]
pub(crate) struct Witness {
    seen: Mutex<Vec<(Stream, Vec<u8>)>>,
    more: Notify,
}

impl Observer for Witness {
    fn output(&self, chunk: &OutputChunk<'_>) {
        self.seen.lock().unwrap().push((chunk.stream, chunk.bytes.to_vec()));
        self.more.notify_one();
    }
}

impl Witness {
    pub(crate) fn bytes(&self, stream: Stream) -> Vec<u8> {
        let seen = self.seen.lock().unwrap();
        let pieces = seen.iter().filter(|(of, _)| *of == stream);
        pieces.flat_map(|(_, bytes)| bytes.clone()).collect()
    }

    pub(crate) fn text(&self, stream: Stream) -> String {
        String::from_utf8_lossy(&self.bytes(stream)).into_owned()
    }

    /// Waits until standard output holds this.
    pub(crate) async fn saw(&self, text: &str) {
        self.saw_in(Stream::Stdout, text).await;
    }

    /// Waits until this stream holds this.
    pub(crate) async fn saw_in(&self, stream: Stream, text: &str) {
        while !self.text(stream).contains(text) {
            self.more.notified().await;
        }
    }
}

/// What to run, where.
#[derive(Clone)]
pub(crate) struct TestAttempt {
    attempt: Attempt,
}

/// How an attempt went.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    pub(crate) phases: Vec<Phase>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) notes: String,
}

impl TestAttempt {
    pub(crate) fn to(name: &str, connection: Connection, command: Command) -> Self {
        let mut host = Host::new(name.parse().unwrap());
        host.connection = connection;
        let ids = (JobId::new(3), AttemptId::new(17));
        Self {
            attempt: Attempt::new(ids, host, command, Duration::from_secs(600)),
        }
    }

    pub(crate) fn with_hooks(mut self, pre: &str, post: &str) -> Self {
        self.attempt.pre_hooks = Some(pre.into());
        self.attempt.post_hooks = Some(post.into());
        self
    }

    pub(crate) fn exec_options(mut self, exec_options: ExecOptions) -> Self {
        self.attempt.exec_options = Arc::new(exec_options);
        self
    }

    /// As one that another dispatcher began.
    pub(crate) fn resumed(mut self) -> Self {
        self.attempt.resumed = true;
        self
    }

    pub(crate) fn of_job(mut self, number: u32) -> Self {
        self.attempt.job = JobId::new(number);
        self
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.attempt.time_limit = limit;
        self
    }

    /// The attempt itself.
    pub(crate) fn into_attempt(self) -> Attempt {
        self.attempt
    }

    pub(crate) async fn run(self, transport: &dyn Transport) -> Report {
        let (running, _side) = self.start();
        running.finish(transport).await
    }

    /// Ready to run, and the means to cancel it.
    pub(crate) fn start(self) -> (Running, ReporterSide) {
        let (phases, seen_phases) = mpsc::unbounded();
        let witness = Arc::new(Witness::default());
        let ids = (self.attempt.job, self.attempt.host.name.clone(), self.attempt.id);
        let (reporter, side) = ReporterSide::open(
            ids,
            Arc::new(PermitAll(phases)),
            Arc::clone(&witness) as Arc<dyn Observer>,
        );
        let running = Running {
            attempt: self.attempt,
            reporter,
            witness,
            seen_phases,
        };
        (running, side)
    }
}

/// An attempt on its way.
pub(crate) struct Running {
    attempt: Attempt,
    reporter: pogo_core::dispatcher::Reporter,
    pub(crate) witness: Arc<Witness>,
    seen_phases: mpsc::UnboundedReceiver<(AttemptId, Phase)>,
}

impl Running {
    pub(crate) async fn finish(self, transport: &dyn Transport) -> Report {
        // Every attempt has a time limit of its own; one that goes beyond is a defect.
        let run = transport.run(self.attempt, self.reporter);
        let outcome = tokio::time::timeout(Duration::from_secs(900), run).await;
        let outcome = outcome.expect("the transport goes beyond the time limit");
        let phases = self.seen_phases.map(|(_, phase)| phase).collect().await;
        Report {
            outcome,
            phases,
            stdout: self.witness.text(Stream::Stdout),
            stderr: self.witness.text(Stream::Stderr),
            notes: self.witness.text(Stream::Note),
        }
    }
}

impl Report {
    #[track_caller]
    pub(crate) fn assert_succeeded(&self) {
        assert_eq!(self.outcome, Outcome::Succeeded, "{self:#?}");
    }

    /// The failure, which must be of this kind.
    #[track_caller]
    pub(crate) fn assert_failed(&self, kind: FailureKind) -> String {
        match &self.outcome {
            Outcome::Failed(Failure {
                kind: seen, message, ..
            }) if *seen == kind => message.clone(),
            other => panic!("expected {kind:?}, got {other:?}\n{self:#?}"),
        }
    }

    /// What is said of the doubt.
    #[track_caller]
    pub(crate) fn assert_in_doubt(&self) -> String {
        match &self.outcome {
            Outcome::InDoubt { message } => message.clone(),
            other => panic!("expected in doubt, got {other:?}\n{self:#?}"),
        }
    }
}
