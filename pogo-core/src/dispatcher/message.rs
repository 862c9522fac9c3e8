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
    Configure(
        Box<Command>,
        oneshot::Sender<Result<(NamespaceDiff, Answer), OrderError>>,
    ),
    Query(Look),
    Status(oneshot::Sender<DispatcherStatus>),
    Wait(JobId, oneshot::Sender<Result<JobEnd, OrderError>>),
    Shutdown(Duration, oneshot::Sender<()>),
}
