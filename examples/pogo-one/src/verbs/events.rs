//! `pogo events`: what happened to a job, record by record.

use futures::StreamExt;
use pogo_api::wire::ProblemKind;
use pogo_api::{ClientError, FollowItem};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{JobEventKind, JobId, Query, Record};
use pogo_core::stream::{StreamId, StreamRecord, StreamRequest, Update};

use super::session::{Session, following};
use crate::cli::{EventsArgs, LogFormat};
use crate::command::StopSignals;
use crate::exit::{CliError, Exit};
use crate::report;
use crate::service::{Takeovers, client_error};

pub(crate) fn events(args: &EventsArgs) -> Result<Exit, CliError> {
    following(&args.place, args.follow, async |session| {
        // Whoever leaves while much is read leaves as well.
        let signals = args
            .follow
            .then(StopSignals::listen)
            .transpose()
            .map_err(CliError::broken)?;
        let job = session.job(args.job).await?;
        // The stream goes on from before what is read now, so that nothing is missing between them.
        let before = session
            .client
            .view(&Query::Namespace)
            .await
            .map_err(client_error)?
            .as_of;
        let mut is_over = false;
        let mut takeovers = Takeovers::of(job);
        let end = session
            .each_record(job, args.host.as_ref(), |record| {
                is_over = is_end(&record, is_over);
                takeovers.note(&record);
                show(args, &record)
            })
            .await?;
        let Some(mut signals) = signals.filter(|_| !is_over) else {
            return Ok(Exit::Succeeded);
        };
        tokio::select! {
            followed = follow(session, (job, takeovers), args, (before, end)) => followed.map(|()| Exit::Succeeded),
            _ = signals.next() => Ok(Exit::Left),
        }
    })
}

/// Shows what comes, until the job is over.
async fn follow(
    session: &Session,
    (job, mut takeovers): (JobId, Takeovers),
    args: &EventsArgs,
    (before, shown): (StreamId, Option<Seq>),
) -> Result<(), CliError> {
    let request = StreamRequest::new().job(job).after(before);
    let mut items = session.client.watch(request);
    let mut is_behind = false;
    loop {
        let item = tokio::select! {
            item = items.next() => item,
            line = takeovers.overdue() => {
                report::remark(&line);
                continue;
            }
        };
        let Some(item) = item else { return Ok(()) };
        let update = match item {
            // It has retired since, and all that there is of it was shown.
            Err(ClientError::Refused(problem)) if problem.kind == ProblemKind::RetiredJob => return Ok(()),
            item => match item.map_err(client_error)? {
                FollowItem::Update(update) => *update,
                FollowItem::Reconnected { after } => {
                    takeovers.was_away(after);
                    continue;
                }
                _ => continue,
            },
        };
        match update {
            Update::Records { records, .. } => {
                let new = records.iter().filter(|record| Some(record.seq) > shown);
                for StreamRecord { record, .. } in new {
                    let host = args.host.as_ref();
                    let is_takeover = takeovers.note(record);
                    if !is_takeover && (host.is_none() || record.event.host() == host) {
                        show(args, record)?;
                    }
                    takeovers.settled().iter().for_each(|line| report::remark(line));
                    if is_end(record, false) {
                        takeovers.rest().iter().for_each(|line| report::remark(line));
                        return Ok(());
                    }
                }
            }
            Update::Resync { reason } => {
                report::remark(&format!("some of what happened is not shown: {reason}"));
                is_behind = true;
            }
            // Its end is among what is not shown; without that it still comes.
            Update::Job { job, .. } if is_behind && job.summary.finished.is_some() => return Ok(()),
            _ => {}
        }
    }
}

/// Whether a job is over with this record, if it was or was not before.
fn is_end(record: &Record, before: bool) -> bool {
    match record.event.job_kind() {
        Some(JobEventKind::Finished { .. }) => true,
        Some(JobEventKind::Resumed | JobEventKind::Unblocked) => false,
        _ => before,
    }
}

fn show(args: &EventsArgs, record: &Record) -> Result<(), CliError> {
    match args.format {
        LogFormat::Jsonl => report::print(&report::json_line(record)?)?,
        LogFormat::Text => report::print(&format!("{}  {}\n", report::second(record.at), record.event))?,
    }
    Ok(())
}
