//! Why an input is refused.

use crate::Timestamp;
use crate::fleet::{HostName, ResolveError, Selector};
use crate::plan::PlanError;
use crate::policy::Rule;
use crate::scheduler::{
    AttemptId, BeginRefused, ConfigureError, FenceState, Freeze, Hold, JobId, JobStatus, Obstacle, OrderKind,
    RequestId, TaskState,
};

/// An input that was refused; nothing has changed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum InputError {
    /// Its time is before that of an earlier input.
    #[error("time went backwards: {now} comes after {last}; pass a clock that never does")]
    TimeWentBack {
        /// The time of the input.
        now: Timestamp,
        /// The time of the latest input before it.
        last: Timestamp,
    },
    /// The scheduler drains: it starts nothing more ([`Input::Drain`](crate::scheduler::Input::Drain)).
    #[error("the dispatcher shuts down and starts nothing more; give the order to the one that takes over")]
    Draining,
    /// The order is larger than the journal's largest commit.
    #[error(
        "the order takes {bytes} bytes, and the journal stores at most {max} at once; give it in smaller pieces, such \
         as fewer hosts or a shorter script"
    )]
    TooLarge {
        /// Its size in bytes.
        bytes: usize,
        /// The journal's limit.
        max: usize,
    },
    /// The request id was given to another order before.
    #[error("request `{request}` was given before, to {order}; give each order an id of its own")]
    RequestReused {
        /// The id.
        request: RequestId,
        /// The order that it was given to.
        order: OrderKind,
    },
    /// A text of the order, such as its reason, is longer than a record may hold.
    #[error("{what} has more than {max} bytes; say it in fewer words")]
    TooLong {
        /// What is too long.
        what: &'static str,
        /// How many bytes it may have.
        max: usize,
    },
    /// The namespace was restored as often as numbers allow.
    #[error("the namespace was restored too often for its numbers to grow once more; begin a new one")]
    TooManyRestores,
    /// An order names a job that was never submitted.
    #[error("there is no {job}; submit it first")]
    UnknownJob {
        /// The job.
        job: JobId,
    },
    /// The job has retired, and no host holds a slot because of it.
    #[error(
        "{job} is over and has left the scheduler; the journal has its records, and a new job can run on its hosts"
    )]
    RetiredJob {
        /// The job.
        job: JobId,
    },
    /// The job has retired, and this host holds no slot because of it.
    #[error(
        "{job} is over, and host `{host}` is not one that it left failed or in doubt; submit a new job to run there"
    )]
    NotHeldByJob {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
    },
    /// This number was given to a job before, or a higher one was.
    #[error("the number of {job} was given before, or a higher one was; submit the job without a number")]
    DuplicateJob {
        /// The job.
        job: JobId,
    },
    /// No such attempt was ever started.
    #[error("no attempt {attempt} was ever started")]
    UnknownAttempt {
        /// The attempt.
        attempt: AttemptId,
    },
    /// The attempt may not begin. It waits again, or is cancelled with its job.
    #[error("attempt {attempt} may not begin: {reason}")]
    MayNotBegin {
        /// The attempt.
        attempt: AttemptId,
        /// Why not.
        #[source]
        reason: BeginRefused,
    },
    /// No such host in the fleet.
    #[error("the fleet has no host `{host}`")]
    UnknownHost {
        /// The host.
        host: HostName,
    },
    /// The job does not have this host.
    #[error("host `{host}` is not one of the targets of {job}")]
    NotInJob {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
    },
    /// The order does not fit the state of the task.
    #[error("host `{host}` of {job} is {state}: it cannot be {}", order.participle())]
    WrongTaskState {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The state it is in.
        state: TaskState,
        /// What was ordered.
        order: OrderKind,
    },
    /// The attempt that keeps a host in doubt was permitted to begin, and may still run there: its host is freed or
    /// tried again when the host [reports](crate::scheduler::Input::Fenced) its state, or when the order is given
    /// by force and with a reason.
    #[error("host `{host}` is in doubt in {job}, and attempt {attempt} may still run there: {}", fence.cure())]
    NotFenced {
        /// The job.
        job: JobId,
        /// The host.
        host: HostName,
        /// The attempt.
        attempt: AttemptId,
        /// What the host has said of it.
        fence: FenceState,
    },
    /// The order does not fit the state of the job.
    #[error("{job} is {status}: it cannot be {}", order.participle())]
    WrongJobStatus {
        /// The job.
        job: JobId,
        /// The state it is in.
        status: JobStatus,
        /// What was ordered.
        order: OrderKind,
    },
    /// No wave of the job waits for its gate to open.
    #[error("no wave of {job} waits to begin: the one under way has to be complete first, or there is none after it")]
    NoWaveWaits {
        /// The job.
        job: JobId,
    },
    /// The selector of an order names what the fleet does not have.
    #[error("{0}")]
    Hosts(#[source] ResolveError),
    /// These hosts are frozen already.
    #[error("`{}` is frozen already, {freeze}; thaw it first", freeze.hosts)]
    AlreadyFrozen {
        /// The freeze in force.
        freeze: Box<Freeze>,
    },
    /// No freeze in force names these hosts.
    #[error("`{hosts}` is not frozen; {}", in_force(frozen))]
    NotFrozen {
        /// The hosts as they were given.
        hosts: Selector,
        /// What is frozen.
        frozen: Vec<Selector>,
    },
    /// The host cannot be held at once, and the order does not wait.
    #[error(
        "`{host}` cannot be held now: {}; order it to wait in line, or clear that first",
        sentences(obstacles)
    )]
    HoldRefused {
        /// The host.
        host: HostName,
        /// What is in the way, each with the orders that clear it.
        obstacles: Vec<Obstacle>,
    },
    /// Each of the hosts could be held at once by itself, but not all of them together.
    #[error(
        "{asked} of the hosts are in {group}, where {rule} leaves {free}; hold fewer at once, or order them to wait in \
         line"
    )]
    TooManyHeld {
        /// The group.
        group: String,
        /// Its limit.
        rule: Rule,
        /// How many of its available hosts were asked for.
        asked: u32,
        /// How many slots are free.
        free: u32,
    },
    /// Somebody else holds the host.
    #[error("`{host}` is held {hold}{}; its owner ends that, or anybody by force and with a reason", hold.ordered_by())]
    HeldByAnother {
        /// The host.
        host: HostName,
        /// The hold in force.
        hold: Box<Hold>,
    },
    /// An order by force came without a reason.
    #[error("say why: what is done by force needs a reason")]
    NoReason,
    /// A note has no text.
    #[error("a note says something: its text is the reason of the order")]
    EmptyNote,
    /// The job cannot be run under this policy.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The fleet and policy cannot be applied.
    #[error(transparent)]
    Configure(#[from] ConfigureError),
}

#[cfg(feature = "async")]
impl InputError {
    /// The answer to an attempt whose request to begin was refused with this error.
    pub(crate) fn into_begin_refused(self) -> BeginRefused {
        match self {
            Self::MayNotBegin { reason, .. } => reason,
            // An unknown attempt must not run.
            _ => BeginRefused::Over,
        }
    }
}

fn in_force(frozen: &[Selector]) -> String {
    if frozen.is_empty() {
        return "nothing is".to_owned();
    }
    let frozen: Vec<String> = frozen.iter().map(|hosts| format!("`{hosts}`")).collect();
    format!("a freeze is ended by the selector it was given: {}", frozen.join("; "))
}

fn sentences(obstacles: &[Obstacle]) -> String {
    let sentences: Vec<String> = obstacles.iter().map(Obstacle::to_string).collect();
    sentences.join("; ")
}
