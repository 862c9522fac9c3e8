//! Waiting for a job.

use futures::future::{Either, select};
use pogo_api::wire::WaitAnswer;
use pogo_core::dispatcher::OrderError;
use pogo_core::scheduler::{InputError, JobId};
use tokio::time::sleep;

use super::history::end_of_retired;
use crate::ServedNamespace;
use crate::closing::Closing;
use crate::json::{Reply, document};
use crate::open_stream::open_stream;
use crate::request::Request;

/// How a job ended, once it has; or that it has not, after a while, and when the server closes.
pub(crate) async fn wait(mut request: Request) -> Reply {
    let job: JobId = request.segment("job")?;
    let ServedNamespace { handle, history, .. } = request.namespace()?.clone();
    std::mem::take(&mut request.parameters).finish()?;
    // Counted among streams: a wait holds a connection as a stream does.
    let _stream = open_stream(request.shared())?;
    let closes = Closing::closes(request.closing.clone());
    let gives_up = select(Box::pin(closes), Box::pin(sleep(request.shared().limits.wait_time)));
    let end = match select(Box::pin(handle.wait(job)), gives_up).await {
        Either::Left((Err(OrderError::Refused(InputError::RetiredJob { .. })), _)) => {
            Some(end_of_retired(history.as_deref(), job).await?)
        }
        Either::Left((end, _)) => Some(end?),
        Either::Right(_) => None,
    };
    document(&WaitAnswer::new(end))
}
