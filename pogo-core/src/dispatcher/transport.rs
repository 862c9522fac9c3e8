//! The transport trait.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use super::Reporter;
use crate::fleet::Host;
use crate::plan::{ExecOptions, RemoteCommand, TransportSettings};
use crate::scheduler::{AttemptId, FenceAnswer, JobId, Outcome, RestoreId};

/// Runs attempts on hosts: over SSH, through an agent, or simulated.
///
/// An implementation does not decide which host runs when; it runs the attempts that it gets and reports how they
/// ended.
///
/// The dispatcher polls all attempts on its own task: the code of [`run`](Self::run) itself runs on one thread, and
/// blocking it delays every attempt. A transport with much work for each attempt, such as cryptography or the
/// handling of output, spawns a task on its own runtime and awaits that, so that it ends with the future:
///
/// ```
/// # use std::sync::Arc;
/// # use async_trait::async_trait;
/// # use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Transport};
/// # use pogo_core::scheduler::Outcome;
/// # struct Client;
/// # impl Client { async fn execute(&self, _: Attempt, _: Reporter) -> Outcome { Outcome::Succeeded } }
/// # mod tokio { pub mod task {
/// # use pogo_core::scheduler::Outcome;
/// # pub struct JoinSet; impl JoinSet { pub fn new() -> Self { Self }
/// # pub fn spawn(&mut self, _: impl Future<Output = Outcome> + Send + 'static) {}
/// # pub async fn join_next(&mut self) -> Option<Result<Outcome, ()>> { None } } } }
/// use tokio::task::JoinSet;
///
/// struct OurTransport {
///     client: Arc<Client>,
/// }
///
/// #[async_trait]
/// impl Transport for OurTransport {
/// #   fn capabilities(&self) -> Capabilities { Capabilities::default() }
///     async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
///         let client = Arc::clone(&self.client);
///         // Dropping the set ends the task.
///         let mut task = JoinSet::new();
///         task.spawn(async move { client.execute(attempt, report).await });
///         match task.join_next().await {
///             Some(Ok(outcome)) => outcome,
///             _ => Outcome::in_doubt("the task that ran it is gone"),
///         }
///     }
/// }
/// ```
#[async_trait]
pub trait Transport: Send + Sync {
    /// The transport's capabilities. Called often: the answer is cheap and always the same.
    fn capabilities(&self) -> Capabilities;

    /// Runs one attempt to its end.
    ///
    /// - Asks for permission to [begin](Reporter::begin) once it has reached the host and before anything runs there,
    ///   if its [capabilities](Capabilities::asks_permission) say so; without it, it ends with [`Outcome::NeverBegan`].
    /// - Reports each phase as it begins and output as it comes, through `report`.
    /// - Ends by itself within `attempt.time_limit`, with
    ///   [`FailureKind::Timeout`](crate::scheduler::FailureKind::Timeout) if the command is known to have ended, and in
    ///   doubt otherwise.
    /// - A broken connection before the command may have begun is a failure (it can be retried safely); after that it
    ///   is in doubt.
    /// - Dropping the future cancels the attempt. A transport that can confirm a cancellation says so in its
    ///   capabilities and watches [`Reporter::cancelled`] instead.
    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome;

    /// Whether [`run`](Self::run) of a [`resumed`](Attempt::resumed) attempt follows it from where it is, or learns how
    /// it ended.
    ///
    /// It reports the output from the beginning again: what a store has already is kept once.
    ///
    /// After a restart the dispatcher runs such attempts again, under their old number, with the time that is left to
    /// them; those that ask for permission and were given none wait again, and all others are in doubt. So is one that
    /// fails before it reports a phase after [`Phase::Connect`](crate::scheduler::Phase): it may have happened, and
    /// could not be found.
    fn resumes(&self, attempt: &Attempt) -> bool {
        let _ = attempt;
        false
    }

    /// Whether it goes by something that has changed since it was made, such as a file of settings. A
    /// [`TransportPool`](super::TransportPool) then makes another one for the next attempt; attempts under way end with
    /// this one.
    ///
    /// Asked before each attempt, so the answer has to be cheap. Default: no.
    fn is_outdated(&self) -> bool {
        false
    }

    /// Asks a host for the state of an attempt whose end is unknown, and fences the host: the attempt begins there no
    /// more, nor does one of a lower number. One of a higher number begins as ever. Only where the
    /// [capabilities](Capabilities::fences) say so.
    ///
    /// - Ends within the attempt's time limit; whoever asks drops it then.
    /// - Says [`FenceAnswer::Ended`] or [`FenceAnswer::NeverBegan`] only if nothing of the attempt runs on the host and
    ///   nothing of it ever will: the host is freed on this word.
    /// - What cannot be known or written is [`FenceAnswer::Unreachable`].
    async fn fence(&self, fence: Fence) -> FenceAnswer {
        let _ = fence;
        FenceAnswer::unreachable("this transport cannot ask its hosts")
    }
}

#[async_trait]
impl<T: Transport + ?Sized> Transport for Arc<T> {
    fn capabilities(&self) -> Capabilities {
        T::capabilities(self)
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        T::run(self, attempt, report).await
    }

    fn resumes(&self, attempt: &Attempt) -> bool {
        T::resumes(self, attempt)
    }

    fn is_outdated(&self) -> bool {
        T::is_outdated(self)
    }

    async fn fence(&self, fence: Fence) -> FenceAnswer {
        T::fence(self, fence).await
    }
}

/// Capabilities of a transport.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Capabilities {
    /// It watches [`Reporter::cancelled`] and then returns the true outcome. Otherwise a cancelled attempt's
    /// future is dropped, and the attempt is in doubt.
    pub confirms_cancel: bool,
    /// It runs hook directories on the target.
    pub hooks: bool,
    /// It streams the command's output.
    pub output: bool,
    /// It asks for [permission](Reporter::begin) before anything runs on a host. Then an attempt that was not permitted
    /// never began, however it ends or its dispatcher dies: its host waits again, and is not in doubt.
    pub asks_permission: bool,
    /// It can [ask hosts](Transport::fence) for the state of an attempt whose end is unknown.
    pub fences: bool,
}

impl Capabilities {
    /// No capability, which is the default.
    pub const NONE: Self = Self {
        confirms_cancel: false,
        hooks: false,
        output: false,
        asks_permission: false,
        fences: false,
    };

    /// Declares that it confirms cancellation.
    pub const fn with_confirmed_cancel(mut self) -> Self {
        self.confirms_cancel = true;
        self
    }

    /// Declares that it runs hooks.
    pub const fn with_hooks(mut self) -> Self {
        self.hooks = true;
        self
    }

    /// Declares that it asks before it begins.
    pub const fn with_permission(mut self) -> Self {
        self.asks_permission = true;
        self
    }

    /// Declares that it can ask hosts for the state of an attempt.
    pub const fn with_fences(mut self) -> Self {
        self.fences = true;
        self
    }

    /// Declares that it streams output.
    pub const fn with_output(mut self) -> Self {
        self.output = true;
        self
    }
}

/// A question to a host: the state of an attempt, and that it begins no more.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fence {
    /// The attempt, with all that is needed to connect. Its time limit is that of the question.
    // No higher number than its own is refused: another job's attempt may be on its way to the host.
    pub attempt: Attempt,
}

impl Fence {
    /// The question for the state of this attempt.
    pub fn new(attempt: Attempt) -> Self {
        Self { attempt }
    }
}

/// One attempt on one host, with everything a transport needs to run it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Attempt {
    /// Unique in the namespace.
    pub id: AttemptId,
    /// The job it belongs to.
    pub job: JobId,
    /// The host to run on.
    pub host: Host,
    /// What to run.
    pub command: Arc<RemoteCommand>,
    /// How to run it.
    pub exec_options: Arc<ExecOptions>,
    /// How its job wants to connect.
    pub transport_settings: TransportSettings,
    /// Directory of pre-hooks on the target; `None` for no hooks.
    pub pre_hooks: Option<Arc<str>>,
    /// Directory of post-hooks on the target; `None` for no hooks.
    pub post_hooks: Option<Arc<str>>,
    /// The whole attempt, connecting included, must end within this time.
    pub time_limit: Duration,
    /// It was started by an earlier dispatcher: find it, and do not begin it. Only if the transport
    /// [`resumes`](Transport::resumes) it.
    pub resumed: bool,
    /// Whether an attempt of an earlier time, to be resumed or fenced, began under the lock of its host. Without the
    /// lock other attempts were not kept out, and a record that belongs to the lock does not know of this one.
    pub host_lock: bool,
    /// The namespace of the attempt's number. Numbers compare within one namespace, incarnation and restore.
    pub namespace: Arc<str>,
    /// The incarnation of the namespace, which rises when its journal is restored from a copy.
    pub incarnation: u64,
    /// The restore that began it, where the store says which one it was: a store that does not count its restores
    /// begins the same incarnation with each restore of one copy, and hosts distinguish their numbers by this.
    pub restore: Option<RestoreId>,
}

impl Attempt {
    /// The default namespace.
    pub const NAMESPACE: &str = "default";

    /// How the namespaces of dispatchers without a [journal](super::DispatcherBuilder::journal) begin, of which each
    /// ends with its process.
    pub const MEMORY_NAMESPACE: &str = "memory-";

    /// The attempt of this number, of this job: runs a command at a host, without hooks.
    pub fn new(job: JobId, id: AttemptId, host: Host, command: RemoteCommand, time_limit: Duration) -> Self {
        Self {
            id,
            job,
            host,
            command: Arc::new(command),
            exec_options: Arc::default(),
            transport_settings: TransportSettings::default(),
            pre_hooks: None,
            post_hooks: None,
            time_limit,
            resumed: false,
            host_lock: false,
            namespace: Arc::from(Self::NAMESPACE),
            incarnation: 0,
            restore: None,
        }
    }
}
