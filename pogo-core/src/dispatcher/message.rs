//! What handles ask of the event loop.

use std::sync::Arc;
use std::time::Duration;

use futures::channel::oneshot;

use super::queries::Look;
use super::{DispatcherStatus, JobEnd, NamespaceDiff, OrderError};
use crate::fleet::Fleet;
use crate::scheduler::{Answer, Command, JobId};

/// A message of a handle.
pub(super) enum Message {
    /// With the fleet in which tag resolvers have answered, if it is a job's submission that names any.
    Command(
        Box<Command>,
        Option<Arc<Fleet>>,
        oneshot::Sender<Result<Answer, OrderError>>,
    ),
    /// A fleet and a policy, answered with what they changed.
    Configure(
        Box<Command>,
        oneshot::Sender<Result<(NamespaceDiff, Answer), OrderError>>,
    ),
    /// Looks at the state and changes nothing.
    Query(Look),
    /// Asks how the dispatcher itself is.
    Status(oneshot::Sender<DispatcherStatus>),
    /// Answered when the job has ended.
    Wait(JobId, oneshot::Sender<Result<JobEnd, OrderError>>),
    /// Attempts may run on for so long; answered when the shutdown has begun.
    Shutdown(Duration, oneshot::Sender<()>),
}
