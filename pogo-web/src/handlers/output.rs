//! Output by range.

use std::sync::Arc;

use pogo_api::wire::{OutputPart, Problem, ProblemKind};
use pogo_core::output::Stream;
use pogo_core::scheduler::{AttemptId, JobId};

use crate::json::{Reply, document};
use crate::refusal::Refusal;
use crate::request::Request;

pub(crate) async fn output(mut request: Request) -> Reply {
    let attempt: (JobId, AttemptId) = (request.segment("job")?, request.segment("attempt")?);
    let stream: Stream = request.segment("stream")?;
    let output = request.namespace()?.output.as_ref().map(Arc::clone);
    let most = request.shared().limits.output;
    let from = request.parameters.optional("from")?.unwrap_or(0_u64);
    let to: Option<u64> = request.parameters.optional("to")?;
    request.parameters.finish()?;
    if to.is_some_and(|to| to < from) {
        let said = "`to` is before `from`; give the end of the range, which is no longer part of it";
        return Err(Problem::new(ProblemKind::InvalidParameter, said).parameter("to").into());
    }
    let output = output.ok_or_else(|| {
        let said = "no output is kept in this namespace; give its store to the server";
        Refusal::new(ProblemKind::NoOutputKept, said)
    })?;
    let end = to.unwrap_or(u64::MAX).min(from.saturating_add(most));
    let mut page = output.read(attempt, stream, from..end).await?;
    // What has not come yet is read on from where it will come, not behind it.
    page.next = page.next.min(page.length.max(from));
    document(&OutputPart::of(page))
}
