//! The event type.

use std::sync::Arc;

use super::{
    HostEvent, HostEventKind, JobEvent, JobEventKind, NamespaceEvent, NamespaceEventKind, TaskEvent, TaskEventKind,
};
use crate::fleet::HostName;
use crate::scheduler::{Actor, AttemptId, Incarnation, JobId};

/// Something that the scheduler decided or recorded.
///
/// Events are all there is: applying them in order gives the scheduler's state. [`TaskEventKind::Started`],
/// [`TaskEventKind::Permitted`] and [`TaskEventKind::CancelRequested`] are the orders to the transport.
///
/// The first level says what the event is about, the second what happened:
///
/// ```
/// use pogo_core::scheduler::{AttemptId, Event, JobId, TaskEvent, TaskEventKind};
///
/// let attempt = AttemptId::new(17);
/// let started = TaskEventKind::Started { attempt, asks_permission: false };
/// let event = Event::of_task(JobId::new(1), "web1".parse()?, started);
/// match &event {
///     Event::Task(TaskEvent { host, kind: TaskEventKind::Started { .. }, .. }) => assert_eq!(host.as_str(), "web1"),
///     // Each event prints as a sentence.
///     other => println!("{other}"),
/// }
/// assert_eq!(event.started(), Some(attempt));
/// assert_eq!(event.to_string(), "a17 of job-1 on web1 started");
///
/// // Stored forms are flat: one name for both levels, and fields beside it.
/// let stored = r#"{"event":"task_started","job":1,"host":"web1","attempt":17}"#;
/// assert_eq!(serde_json::to_string(&event)?, stored);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Event {
    /// Something happened to the namespace as a whole.
    Namespace(NamespaceEvent),
    /// Something happened to a host, outside of any job.
    Host(HostEvent),
    /// Something happened to a job.
    Job(JobEvent),
    /// Something happened to one host of a job.
    Task(TaskEvent),
}

impl Event {
    /// An event of the namespace.
    pub const fn of_namespace(kind: NamespaceEventKind) -> Self {
        Self::Namespace(NamespaceEvent { kind, actor: None })
    }

    /// An event of a host.
    pub const fn of_host(host: HostName, kind: HostEventKind) -> Self {
        Self::Host(HostEvent {
            host,
            kind,
            actor: None,
        })
    }

    /// An event of a job.
    pub const fn of_job(job: JobId, kind: JobEventKind) -> Self {
        Self::Job(JobEvent { job, kind, actor: None })
    }

    /// An event of a task: one host of a job.
    pub const fn of_task(job: JobId, host: HostName, kind: TaskEventKind) -> Self {
        Self::Task(TaskEvent {
            job,
            host,
            kind,
            actor: None,
        })
    }

    /// Sets the actor whose order led to it.
    pub fn by(mut self, actor: Option<Arc<Actor>>) -> Self {
        let known = match &mut self {
            Self::Namespace(event) => &mut event.actor,
            Self::Host(event) => &mut event.actor,
            Self::Job(event) => &mut event.actor,
            Self::Task(event) => &mut event.actor,
        };
        *known = actor;
        self
    }

    /// Who ordered what led to it, if an order did whose actor is known.
    pub fn actor(&self) -> Option<&Arc<Actor>> {
        let actor = match self {
            Self::Namespace(event) => &event.actor,
            Self::Host(event) => &event.actor,
            Self::Job(event) => &event.actor,
            Self::Task(event) => &event.actor,
        };
        actor.as_ref()
    }

    /// Why somebody ordered it, in their words, if the event says so and they did. Its sentence has it too.
    ///
    /// ```
    /// use pogo_core::scheduler::{Event, HostEventKind};
    ///
    /// let event = Event::of_host("web1".parse()?, HostEventKind::MarkedDown { reason: "new disk".to_owned() });
    /// assert_eq!(event.reason(), Some("new disk"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn reason(&self) -> Option<&str> {
        let reason = match self {
            Self::Namespace(event) => event.kind.reason()?,
            Self::Host(event) => event.kind.reason(),
            Self::Job(event) => event.kind.order()?.1,
            Self::Task(_) => return None,
        };
        Some(reason).filter(|reason| !reason.is_empty())
    }

    /// The job, for events of jobs and of tasks, and for orders that were given to one.
    pub fn job(&self) -> Option<JobId> {
        match self {
            Self::Job(event) => Some(event.job),
            Self::Task(event) => Some(event.job),
            Self::Namespace(event) => event.job(),
            Self::Host(_) => None,
        }
    }

    /// The host, for events of hosts and of tasks.
    pub fn host(&self) -> Option<&HostName> {
        match self {
            Self::Host(event) => Some(&event.host),
            Self::Task(event) => Some(&event.host),
            Self::Namespace(_) | Self::Job(_) => None,
        }
    }

    /// The submitted job, if this is its submission.
    pub fn submitted(&self) -> Option<JobId> {
        match self {
            Self::Job(JobEvent { job, kind, .. }) => matches!(kind, JobEventKind::Submitted { .. }).then_some(*job),
            Self::Namespace(_) | Self::Host(_) | Self::Task(_) => None,
        }
    }

    /// The incarnation that begins, if the namespace was restored.
    pub fn restored(&self) -> Option<Incarnation> {
        match self {
            Self::Namespace(event) => match event.kind {
                NamespaceEventKind::Restored { incarnation, .. } => Some(incarnation),
                NamespaceEventKind::OwnerChanged { .. }
                | NamespaceEventKind::Configured { .. }
                | NamespaceEventKind::HostsFrozen { .. }
                | NamespaceEventKind::HostsThawed { .. }
                | NamespaceEventKind::Ordered { .. }
                | NamespaceEventKind::LateReported { .. } => None,
            },
            Self::Host(_) | Self::Job(_) | Self::Task(_) => None,
        }
    }

    /// The attempt, for events that are of one.
    pub fn attempt(&self) -> Option<AttemptId> {
        match self {
            Self::Task(event) => event.attempt(),
            Self::Namespace(event) => event.attempt(),
            Self::Host(_) | Self::Job(_) => None,
        }
    }

    /// The attempt to run, if this is the order to start one.
    pub fn started(&self) -> Option<AttemptId> {
        self.task()?.started()
    }

    /// The attempt that ended, if this is its end: it succeeded, failed, is in doubt, or never began.
    pub fn ended(&self) -> Option<AttemptId> {
        self.task()?.ended()
    }

    /// What happened to a job, if it happened to one.
    pub fn job_kind(&self) -> Option<&JobEventKind> {
        match self {
            Self::Job(event) => Some(&event.kind),
            Self::Namespace(_) | Self::Host(_) | Self::Task(_) => None,
        }
    }

    /// What happened to a task, if it happened to one.
    pub fn task_kind(&self) -> Option<&TaskEventKind> {
        self.task().map(|event| &event.kind)
    }

    fn task(&self) -> Option<&TaskEvent> {
        match self {
            Self::Task(event) => Some(event),
            Self::Namespace(_) | Self::Host(_) | Self::Job(_) => None,
        }
    }
}
