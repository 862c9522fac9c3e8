//! Output by range.

use std::sync::Arc;

use pogo_api::wire::{JobOutput, OUTPUT_ATTEMPTS, OutputPart, Problem, ProblemKind};
use pogo_core::output::Stream;
use pogo_core::scheduler::{AttemptId, JobId};

use crate::json::{Reply, document, large_document};
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
    let output = output.ok_or_else(nothing_kept)?;
    let end = to.unwrap_or(u64::MAX).min(from.saturating_add(most));
    let mut page = output.read(attempt, stream, from..end).await?;
    // What has not come yet is read on from where it will come, not behind it.
    page.next = page.next.min(page.length.max(from));
    document(&OutputPart::of(page))
}

/// What several attempts wrote: to ask for each would take a request, and a connection, for each of ten thousand hosts.
pub(crate) async fn job_output(mut request: Request) -> Reply {
    let job: JobId = request.segment("job")?;
    let output = request.namespace()?.output.as_ref().map(Arc::clone);
    let most = request.shared().limits.output;
    let attempts: Vec<AttemptId> = request.parameters.list("attempts")?;
    request.parameters.finish()?;
    if attempts.len() > OUTPUT_ATTEMPTS {
        let said = format_args!(
            "`attempts` names {}, and an answer has {OUTPUT_ATTEMPTS} at most; ask for the others behind it",
            attempts.len()
        );
        return Err(Problem::new(ProblemKind::InvalidParameter, said)
            .parameter("attempts")
            .into());
    }
    let output = output.ok_or_else(nothing_kept)?;
    let batch = output.read_batch(job, &attempts, most).await;
    large_document(JobOutput::of(batch)).await
}

fn nothing_kept() -> Refusal {
    let said = "no output is kept in this namespace; give its store to the server";
    Refusal::new(ProblemKind::NoOutputKept, said)
}
