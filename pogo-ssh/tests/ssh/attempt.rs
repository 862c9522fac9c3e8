//! One attempt at one host, and all that was seen of it.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::StreamExt;
use futures::channel::mpsc;
use pogo_core::dispatcher::{
    self as report, Attempt, BeginRequest, Observer, OutputChunk, ReportSink, ReporterSide, Stream, Transport,
};
use pogo_core::fleet::{Connection, Host};
use pogo_core::output::OutputSource;
use pogo_core::plan::{ExecOptions, RemoteCommand, TransportSettings};
use pogo_core::scheduler::{AttemptId, BeginRefused, Failure, FailureKind, JobId, Outcome, Phase, RestoreId};
use pogo_core::testing::TestPermission;
use tokio::sync::Notify;

/// Keeps the output of one attempt.
#[derive(Default)]
pub(crate) struct Witness {
    seen: Mutex<Vec<(Stream, Vec<u8>)>>,
    more: Notify,
    /// Nothing more will come.
    ended: AtomicBool,
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

    /// Waits until this stream holds this; panics where the attempt has ended without it.
    pub(crate) async fn saw_in(&self, stream: Stream, text: &str) {
        let seen = self.sees(stream, text).await;
        assert!(seen, "it ended without {text:?}: {}", self.text(stream));
    }

    /// Waits until this stream holds this, or the attempt has ended without it.
    async fn sees(&self, stream: Stream, text: &str) -> bool {
        loop {
            let ended = self.ended.load(Ordering::SeqCst);
            let seen = self.text(stream).contains(text);
            if seen || ended {
                return seen;
            }
            self.more.notified().await;
        }
    }

    /// Ends whoever waits for what cannot come any more.
    fn end(&self) {
        self.ended.store(true, Ordering::SeqCst);
        self.more.notify_one();
    }
}

/// What to run, where.
#[derive(Clone)]
pub(crate) struct TestAttempt {
    attempt: Attempt,
    permission: TestPermission,
    is_numbered: bool,
}

/// How an attempt went.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) outcome: Outcome,
    pub(crate) phases: Vec<Phase>,
    /// For each time that it asked whether it may begin, whether it did so under the host's lock.
    pub(crate) asked: Vec<bool>,
    /// How often it reported that a new host key was recorded.
    pub(crate) new_host_keys: usize,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) notes: String,
}

impl TestAttempt {
    pub(crate) fn to(name: &str, connection: Connection, command: RemoteCommand) -> Self {
        let mut host = Host::new(name.parse().unwrap());
        host.connection = connection;
        Self {
            attempt: Attempt::new(
                JobId::new(3),
                AttemptId::new(17),
                host,
                command,
                Duration::from_secs(600),
            ),
            permission: TestPermission::Give,
            is_numbered: false,
        }
    }

    pub(crate) fn with_hooks(mut self, pre: &str, post: &str) -> Self {
        self.attempt.pre_hooks = Some(pre.into());
        self.attempt.post_hooks = Some(post.into());
        self
    }

    pub(crate) fn connecting(mut self, settings: TransportSettings) -> Self {
        self.attempt.transport_settings = settings;
        self
    }

    pub(crate) fn exec_options(mut self, exec_options: ExecOptions) -> Self {
        self.attempt.exec_options = Arc::new(exec_options);
        self
    }

    /// As one that another dispatcher began.
    pub(crate) fn resumed(mut self) -> Self {
        self.attempt.resumed = true;
        self.attempt.host_lock = true;
        self
    }

    /// As one that another dispatcher began where the host's lock was not to be had.
    pub(crate) fn resumed_without_lock(mut self) -> Self {
        self.attempt.resumed = true;
        self
    }

    /// With this number.
    pub(crate) fn numbered(mut self, number: u64) -> Self {
        self.attempt.id = AttemptId::new(number);
        self.is_numbered = true;
        self
    }

    pub(crate) fn of_namespace(mut self, name: &str) -> Self {
        self.attempt.namespace = name.into();
        self
    }

    pub(crate) fn restored(mut self, incarnation: u64, restore: u64) -> Self {
        (self.attempt.incarnation, self.attempt.restore) = (incarnation, Some(RestoreId(restore)));
        self
    }

    /// It may not begin.
    pub(crate) fn refused(mut self, reason: BeginRefused) -> Self {
        self.permission = TestPermission::Refuse(reason);
        self
    }

    /// It hears nothing when it asks whether it may begin: the test [answers](Running::asked).
    pub(crate) fn left_waiting(mut self) -> Self {
        self.permission = TestPermission::Leave;
        self
    }

    pub(crate) fn of_job(mut self, number: u64) -> Self {
        self.attempt.job = JobId::new(number);
        self
    }

    pub(crate) fn within(mut self, limit: Duration) -> Self {
        self.attempt.time_limit = limit;
        self
    }

    /// The attempt itself.
    pub(crate) fn into_attempt(mut self) -> Attempt {
        self.issue_number();
        self.attempt
    }

    pub(crate) async fn run(self, transport: &dyn Transport) -> Report {
        let (running, _side) = self.start();
        running.finish(transport).await
    }

    /// The first of a test is a17: each test has a thread of its own. A detached one, which may be found again, has the
    /// number of its key.
    fn issue_number(&mut self) {
        thread_local! {
            static ISSUED: Cell<u64> = const { Cell::new(17) };
            static DETACHED: RefCell<BTreeMap<String, AttemptId>> = const { RefCell::new(BTreeMap::new()) };
        }
        let issue = || AttemptId::new(ISSUED.replace(ISSUED.get() + 1));
        match &self.attempt.exec_options.detached {
            _ if self.is_numbered => {}
            Some(key) => {
                self.attempt.id =
                    DETACHED.with_borrow_mut(|detached| *detached.entry(key.clone()).or_insert_with(issue));
            }
            None => self.attempt.id = issue(),
        }
    }

    /// Cancels it once it has written all of these. A host that is too busy to confirm within seconds that it has ended
    /// leaves a doubt, rightly, and its lock is held for a moment: then another one is cancelled.
    pub(crate) async fn cancelled_after(self, texts: &[&str], transport: &dyn Transport) -> Report {
        let mut tries = 0;
        loop {
            let (running, mut side) = self.clone().start();
            let witness = Arc::clone(&running.witness);
            let cancelling = async {
                for text in texts {
                    if !witness.sees(Stream::Stdout, text).await {
                        return;
                    }
                }
                side.cancel();
            };
            let report = tokio::join!(running.finish(transport), cancelling).0;
            tries += 1;
            // A detached one would be found again.
            let is_final = self.attempt.exec_options.detached.is_some() || tries == 20;
            if is_final || !matches!(report.outcome, Outcome::InDoubt { .. } | Outcome::NeverBegan { .. }) {
                return report;
            }
        }
    }

    /// Ready to run, and the means to cancel it.
    pub(crate) fn start(mut self) -> (Running, ReporterSide) {
        self.issue_number();
        let (phases, seen_phases) = mpsc::unbounded();
        let witness = Arc::new(Witness::default());
        let source = OutputSource::new(self.attempt.job, self.attempt.host.name.clone(), self.attempt.id);
        let (requests, asking) = mpsc::unbounded();
        let answers = Arc::new(Answers {
            phases,
            requests,
            permission: self.permission,
            asked: Mutex::default(),
            new_host_keys: AtomicUsize::new(0),
        });
        let (reporter, side) = ReporterSide::open(
            source,
            Arc::clone(&answers) as _,
            Arc::clone(&witness) as Arc<dyn Observer>,
        );
        let running = Running {
            attempt: self.attempt,
            reporter,
            witness,
            seen_phases,
            answers,
            asking: Some(asking),
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
    answers: Arc<Answers>,
    asking: Option<mpsc::UnboundedReceiver<BeginRequest>>,
}

/// What an attempt asks.
pub(crate) struct Requests(mpsc::UnboundedReceiver<BeginRequest>);

impl Requests {
    /// The next request to begin.
    pub(crate) async fn recv(&mut self) -> BeginRequest {
        self.0.next().await.unwrap()
    }
}

/// Takes what an attempt reports, and answers it.
struct Answers {
    phases: mpsc::UnboundedSender<(AttemptId, Phase)>,
    requests: mpsc::UnboundedSender<BeginRequest>,
    permission: TestPermission,
    asked: Mutex<Vec<bool>>,
    new_host_keys: AtomicUsize,
}

impl ReportSink for Answers {
    fn report(&self, attempt: AttemptId, report: report::Report) {
        match report {
            report::Report::Phase(phase) => _ = self.phases.unbounded_send((attempt, phase)),
            report::Report::HostKeyRecorded => _ = self.new_host_keys.fetch_add(1, Ordering::Relaxed),
            report::Report::Begin(request) => {
                self.asked.lock().unwrap().push(request.host_lock);
                match &self.permission {
                    TestPermission::Refuse(reason) => request.answer(Err(reason.clone())),
                    TestPermission::Leave => _ = self.requests.unbounded_send(request),
                    _ => request.answer(Ok(())),
                }
            }
            _ => {}
        }
    }
}

impl Running {
    /// Waits until it asks whether it may begin, and is left without an answer.
    pub(crate) fn asked(&mut self) -> impl Future<Output = BeginRequest> + 'static {
        let mut asking = self.asking.take().unwrap();
        async move { asking.next().await.unwrap() }
    }

    /// All that it asks.
    pub(crate) fn requests(&mut self) -> Requests {
        Requests(self.asking.take().unwrap())
    }

    pub(crate) async fn finish(self, transport: &dyn Transport) -> Report {
        // Every attempt has a time limit of its own; one that goes beyond is a defect.
        let run = transport.run(self.attempt, self.reporter);
        let outcome = tokio::time::timeout(Duration::from_secs(900), run).await;
        let outcome = outcome.expect("the transport goes beyond the time limit");
        self.witness.end();
        let asked = self.answers.asked.lock().unwrap().clone();
        let new_host_keys = self.answers.new_host_keys.load(Ordering::Relaxed);
        // It could report further phases.
        drop(self.answers);
        let phases = self.seen_phases.map(|(_, phase)| phase).collect().await;
        Report {
            outcome,
            asked,
            new_host_keys,
            phases,
            stdout: self.witness.text(Stream::Stdout),
            stderr: self.witness.text(Stream::Stderr),
            notes: self.witness.text(Stream::Note),
        }
    }
}

/// How a command ends that was cancelled.
pub(crate) fn term() -> FailureKind {
    FailureKind::Signal {
        signal: "TERM".to_owned(),
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
