//! What the page shows of jobs, of a size that does not grow with what has happened.

use pogo_core::Timestamp;
use pogo_core::scheduler::{JobId, Query, View};

use crate::json::{Reply, document, large_document};
use crate::request::Request;
use crate::timeline::{Bars, Known, Overview, Reasons, Window};

/// A job at a glance.
pub(crate) async fn overview(mut request: Request) -> Reply {
    let job: JobId = request.segment("job")?;
    let namespace = request.namespace()?.clone();
    std::mem::take(&mut request.parameters).finish()?;
    let found = move |known: &Known| Overview::of(known, job);
    large_document(namespace.timelines.ask(&namespace, job, found).await?).await
}

/// The bars of a job for a window.
pub(crate) async fn bars(mut request: Request) -> Reply {
    let job: JobId = request.segment("job")?;
    let namespace = request.namespace()?.clone();
    let parameters = &mut request.parameters;
    let from = parameters.optional("from")?.map(Timestamp::from_millis);
    let to = parameters.optional("to")?.map(Timestamp::from_millis);
    let mut window = Window::new(from, to, parameters.optional("px")?);
    window.rows = parameters.optional("rows")?;
    window.host = parameters.optional("host")?;
    request.parameters.finish()?;
    let found = move |known: &Known| Bars::of(known, job, &window);
    large_document(namespace.timelines.ask(&namespace, job, found).await?).await
}

/// Why a host of a job waits, in sentences, with the orders that help.
pub(crate) async fn reasons(mut request: Request) -> Reply {
    let (job, host) = (request.segment("job")?, request.segment("host")?);
    let handle = request.namespace()?.handle.clone();
    std::mem::take(&mut request.parameters).finish()?;
    match handle.view(Query::Explain { job, host }).await?.view {
        View::Explain(explanation) => document(&Reasons::of(job, &explanation.obstacles)),
        _ => document(&Reasons::of(job, &[])),
    }
}
