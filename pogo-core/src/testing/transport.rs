//! A transport for tests that runs nothing.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use futures::future::{Either, pending, select};

use super::host_records::HostRecords;
use crate::dispatcher::{Attempt, Capabilities, Fence, Reporter, Transport};
use crate::fleet::HostName;
use crate::scheduler::{AttemptId, FailureKind, FenceAnswer, NeverBegan, Outcome, Phase};

/// The behaviour of an attempt of a [`TestTransport`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum TestBehavior {
    /// It asks, begins, and succeeds at once.
    #[default]
    Succeed,
    /// It asks, begins, and ends at once with this outcome.
    End(Outcome),
    /// Another command holds the host's lock.
    Busy,
    /// It connects for ever, and never asks.
    Connect,
    /// It asks, begins, and runs for ever.
    Run,
    /// Its host cannot be reached, nor asked.
    Unreachable,
}

/// A step of an attempt of a [`TestTransport`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum TestStep {
    /// It was started.
    Started,
    /// It was resumed after a restart.
    Resumed,
    /// The command began.
    Began,
    /// It was cancelled, and ended.
    Cancelled,
    /// Its host was asked for its state.
    Fenced,
}

/// A transport that runs nothing, asks for permission, and records its steps.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::dispatcher::Dispatcher;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::testing::{TestStep, TestTransport};
///
/// # futures::executor::block_on(async {
/// let transport = Arc::new(TestTransport::default());
/// let (dispatcher, handle) = Dispatcher::builder(Arc::clone(&transport) as _).build().await?;
/// let steer = async move {
///     handle.configure(Arc::new(Fleet::builder().host("web1").build()?), Arc::default()).await?;
///     handle.submit(JobSpec::new("web1".parse()?, RemoteCommand::shell("uptime"))).await?;
///     Ok::<_, Box<dyn std::error::Error>>(())
/// };
/// let (ended, steered) = futures::join!(dispatcher.run(), steer);
/// steered?;
/// ended?;
/// assert_eq!(transport.steps_of("web1"), [TestStep::Started, TestStep::Began]);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub struct TestTransport {
    behavior: Box<dyn Fn(&Attempt) -> TestBehavior + Send + Sync>,
    host_lock: bool,
    resumes: bool,
    answers: Option<Answers>,
    records: HostRecords,
    steps: Mutex<Vec<(HostName, AttemptId, TestStep)>>,
}

/// What hosts say of an attempt.
enum Answers {
    /// What the record on the host says, as a real host would.
    ByRecord,
    /// What the test says.
    Given(Box<dyn Fn(&Fence) -> FenceAnswer + Send + Sync>),
}

impl Default for TestTransport {
    fn default() -> Self {
        Self::new(|_| TestBehavior::Succeed)
    }
}

impl TestTransport {
    /// A transport whose attempts behave like this, under a host lock.
    pub fn new(behavior: impl Fn(&Attempt) -> TestBehavior + Send + Sync + 'static) -> Self {
        Self {
            behavior: Box::new(behavior),
            host_lock: true,
            resumes: false,
            answers: None,
            records: HostRecords::default(),
            steps: Mutex::default(),
        }
    }

    /// Makes hosts have no lock.
    #[must_use]
    pub fn without_host_lock(mut self) -> Self {
        self.host_lock = false;
        self
    }

    /// Makes it resume attempts of another dispatcher.
    #[must_use]
    pub fn resuming(mut self) -> Self {
        self.resumes = true;
        self
    }

    /// Makes hosts answer so when they are asked for the state of an attempt.
    #[must_use]
    pub fn fencing(mut self, answer: impl Fn(&Fence) -> FenceAnswer + Send + Sync + 'static) -> Self {
        self.answers = Some(Answers::Given(Box::new(answer)));
        self
    }

    /// Makes hosts keep a record of their attempts: they answer by it when they are asked for the state of one, and let
    /// that one and all of lower numbers begin no more.
    ///
    /// ```
    /// use pogo_core::dispatcher::{Fence, Transport};
    /// use pogo_core::plan::RemoteCommand;
    /// use pogo_core::scheduler::{FenceAnswer, Outcome};
    /// use pogo_core::testing::{TestAttempt, TestTransport};
    ///
    /// # futures::executor::block_on(async {
    /// let transport = TestTransport::default().keeping_records();
    /// let attempt = TestAttempt::at("web1", RemoteCommand::shell("restart"));
    /// assert_eq!(transport.fence(Fence::new(attempt.0.clone())).await, FenceAnswer::NeverBegan);
    /// assert!(attempt.run(&transport).await.has_failed());
    /// let later = TestAttempt::at("web1", RemoteCommand::shell("restart"));
    /// let about = Fence::new(later.0.clone());
    /// later.run(&transport).await;
    /// assert_eq!(transport.fence(about).await, FenceAnswer::Ended(Outcome::Succeeded));
    /// # });
    /// ```
    #[must_use]
    pub fn keeping_records(mut self) -> Self {
        self.answers = Some(Answers::ByRecord);
        self
    }

    /// The steps of all attempts so far, in order.
    pub fn steps(&self) -> Vec<(HostName, AttemptId, TestStep)> {
        self.lock().clone()
    }

    /// The steps of attempts on this host so far, in order.
    pub fn steps_of(&self, host: &str) -> Vec<TestStep> {
        let steps = self.lock();
        let of_host = steps.iter().filter(|(on, ..)| on.as_str() == host);
        of_host.map(|(.., step)| *step).collect()
    }

    fn note(&self, attempt: &Attempt, step: TestStep) {
        self.lock().push((attempt.host.name.clone(), attempt.id, step));
    }

    fn lock(&self) -> MutexGuard<'_, Vec<(HostName, AttemptId, TestStep)>> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn go(&self, attempt: &Attempt, report: &Reporter) -> Outcome {
        let end = match (self.behavior)(attempt) {
            TestBehavior::Succeed => Some(Outcome::Succeeded),
            TestBehavior::End(outcome) => Some(outcome),
            TestBehavior::Run => None,
            TestBehavior::Busy => return Outcome::never_began(NeverBegan::Busy, "the test says so"),
            TestBehavior::Connect => pending().await,
            TestBehavior::Unreachable => return Outcome::failed(FailureKind::Unreachable, "the test says so"),
        };
        if let Err(refused) = report.begin(self.host_lock).await {
            return Outcome::never_began(NeverBegan::Refused, refused.to_string());
        }
        if matches!(self.answers, Some(Answers::ByRecord))
            && let Err(fenced) = self.records.begin(attempt)
        {
            return fenced;
        }
        report.phase(Phase::Command);
        self.note(attempt, TestStep::Began);
        match end {
            Some(outcome) => outcome,
            None => pending().await,
        }
    }

    fn cancel(&self, attempt: &Attempt) -> Outcome {
        let began = (attempt.host.name.clone(), attempt.id, TestStep::Began);
        let began = self.lock().contains(&began);
        self.note(attempt, TestStep::Cancelled);
        let signal = "TERM".to_owned();
        match began {
            true => Outcome::failed(FailureKind::Signal { signal }, ""),
            false => Outcome::never_began(NeverBegan::Cancelled, ""),
        }
    }
}

#[async_trait]
impl Transport for TestTransport {
    fn capabilities(&self) -> Capabilities {
        let capabilities = Capabilities::default().with_permission().with_confirmed_cancel();
        match self.answers {
            Some(_) => capabilities.with_fences(),
            None => capabilities,
        }
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        let step = if attempt.resumed {
            TestStep::Resumed
        } else {
            TestStep::Started
        };
        self.note(&attempt, step);
        let (go, cancelled) = (self.go(&attempt, &report), report.cancelled());
        let outcome = match select(Box::pin(go), Box::pin(cancelled)).await {
            Either::Left((outcome, _)) => outcome,
            Either::Right(((), _)) => self.cancel(&attempt),
        };
        self.records.end(&attempt, &outcome);
        outcome
    }

    fn resumes(&self, _attempt: &Attempt) -> bool {
        self.resumes
    }

    async fn fence(&self, fence: Fence) -> FenceAnswer {
        self.note(&fence.attempt, TestStep::Fenced);
        match &self.answers {
            Some(Answers::Given(answer)) => answer(&fence),
            Some(Answers::ByRecord) if matches!((self.behavior)(&fence.attempt), TestBehavior::Unreachable) => {
                FenceAnswer::unreachable("the test says so")
            }
            Some(Answers::ByRecord) => self.records.fence(&fence.attempt),
            None => FenceAnswer::unreachable("its hosts cannot be asked"),
        }
    }
}

impl fmt::Debug for TestTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestTransport")
            .field("host_lock", &self.host_lock)
            .field("resumes", &self.resumes)
            .field("fences", &self.answers.is_some())
            .finish()
    }
}
