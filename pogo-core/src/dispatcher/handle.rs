//! Steering a running dispatcher.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use futures::channel::{mpsc, oneshot};

use super::OrderError;
use crate::fleet::{Fleet, HostName, Selector};
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::scheduler::{Input, InputError, JobId, JobUpdate, Scheduler};

pub(super) type Query = Box<dyn FnOnce(&Scheduler) + Send>;

/// What a handle sends.
pub(super) enum Message {
    Order(Input, oneshot::Sender<Result<(), InputError>>),
    Query(Query),
}

/// Steers a running dispatcher. Cheap to clone.
///
/// Every order returns once it is durable and under way; what it leads to is seen in the events.
#[derive(Clone)]
pub struct Handle {
    pub(super) messages: mpsc::UnboundedSender<Message>,
}

impl Handle {
    /// Gives the scheduler an input of any kind.
    ///
    /// # Errors
    /// The scheduler's refusal, or that the dispatcher has stopped.
    pub async fn order(&self, input: Input) -> Result<(), OrderError> {
        let (reply, answer) = oneshot::channel();
        self.messages
            .unbounded_send(Message::Order(input, reply))
            .map_err(|_| OrderError::Stopped)?;
        Ok(answer.await.map_err(|_| OrderError::Stopped)??)
    }

    /// Looks at the scheduler, between two inputs.
    ///
    /// # Errors
    /// The look panicked, or the dispatcher has stopped.
    pub async fn query<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Scheduler) -> T + Send + 'static,
    ) -> Result<T, OrderError> {
        let (reply, answer) = oneshot::channel();
        let query: Query = Box::new(move |scheduler| {
            // It only looks, so a panic leaves nothing half changed.
            let _ = reply.send(catch_unwind(AssertUnwindSafe(|| look(scheduler))));
        });
        self.messages
            .unbounded_send(Message::Query(query))
            .map_err(|_| OrderError::Stopped)?;
        let seen = answer.await.map_err(|_| OrderError::Stopped)?;
        seen.map_err(|_panic| OrderError::Panicked)
    }

    /// Takes this fleet and policy. Errors as [`order`](Self::order).
    pub async fn configure(&self, fleet: Arc<Fleet>, policy: Arc<Policy>) -> Result<(), OrderError> {
        self.order(Input::Configure { fleet, policy }).await
    }

    /// Takes on a job. Errors as [`order`](Self::order).
    pub async fn submit(&self, job: JobId, spec: JobSpec) -> Result<(), OrderError> {
        self.order(Input::Submit {
            job,
            spec: Arc::new(spec),
        })
        .await
    }

    /// Starts no more hosts of a job until it is resumed. Errors as [`order`](Self::order).
    pub async fn pause(&self, job: JobId) -> Result<(), OrderError> {
        self.order(Input::Pause { job }).await
    }

    /// Goes on with a paused, halted or blocked job. Errors as [`order`](Self::order).
    pub async fn resume(&self, job: JobId) -> Result<(), OrderError> {
        self.order(Input::Resume { job }).await
    }

    /// Starts no more hosts of a job; attempts that run may end. Errors as [`order`](Self::order).
    pub async fn halt(&self, job: JobId, reason: impl Into<String> + Send) -> Result<(), OrderError> {
        self.order(Input::Halt {
            job,
            reason: reason.into(),
        })
        .await
    }

    /// Cancels what waits and what runs. Errors as [`order`](Self::order).
    pub async fn abort(&self, job: JobId, reason: impl Into<String> + Send) -> Result<(), OrderError> {
        self.order(Input::Abort {
            job,
            reason: reason.into(),
        })
        .await
    }

    /// Lets the next wave of a job begin. Errors as [`order`](Self::order).
    pub async fn promote(&self, job: JobId) -> Result<(), OrderError> {
        self.order(Input::Promote { job }).await
    }

    /// Starts nothing more on these hosts, in any job, until they are thawed. Errors as [`order`](Self::order).
    pub async fn freeze(
        &self,
        hosts: Selector,
        by: impl Into<String> + Send,
        reason: impl Into<String> + Send,
    ) -> Result<(), OrderError> {
        let (by, reason) = (by.into(), reason.into());
        self.order(Input::Freeze { hosts, by, reason }).await
    }

    /// Ends the freeze that was ordered with this selector. Errors as [`order`](Self::order).
    pub async fn thaw(
        &self,
        hosts: Selector,
        by: impl Into<String> + Send,
        reason: impl Into<String> + Send,
    ) -> Result<(), OrderError> {
        let (by, reason) = (by.into(), reason.into());
        self.order(Input::Thaw { hosts, by, reason }).await
    }

    /// Tries hosts again. Errors as [`order`](Self::order).
    pub async fn retry(&self, job: JobId, hosts: Vec<HostName>) -> Result<(), OrderError> {
        self.order(Input::Retry { job, hosts }).await
    }

    /// Counts hosts as done without running them. Errors as [`order`](Self::order).
    pub async fn skip(&self, job: JobId, hosts: Vec<HostName>) -> Result<(), OrderError> {
        self.order(Input::Skip { job, hosts }).await
    }

    /// Changes limits of a job. Errors as [`order`](Self::order).
    pub async fn alter(&self, job: JobId, change: JobUpdate) -> Result<(), OrderError> {
        self.order(Input::Alter { job, change }).await
    }

    /// Counts a host as unavailable, whatever jobs say of it. Errors as [`order`](Self::order).
    pub async fn mark_down(&self, host: HostName, reason: impl Into<String> + Send) -> Result<(), OrderError> {
        let reason = reason.into();
        self.order(Input::MarkDown { host, reason }).await
    }

    /// Counts a host as available again: it gives back its slots. Errors as [`order`](Self::order).
    pub async fn mark_up(&self, host: HostName, reason: impl Into<String> + Send) -> Result<(), OrderError> {
        let reason = reason.into();
        self.order(Input::MarkUp { host, reason }).await
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handle")
            .field("stopped", &self.messages.is_closed())
            .finish()
    }
}
