//! Follows a job to its end, by whichever dispatcher has it.

use std::io::IsTerminal;

use futures::StreamExt;
use pogo_api::wire::Secrets;
use pogo_api::{ClientError, FollowItem, NamespaceClient};
use pogo_core::dispatcher::Observer;
use pogo_core::scheduler::{Event, JobEventKind, JobId, JobStatus, Record};
use pogo_core::stream::{StreamId, StreamRecord, StreamRequest, Update};

use super::output::OutputFollower;
use super::stopper::{OnInterrupt, until_left};
use super::{Place, client_error, connect};
use crate::command::StopSignals;
use crate::exit::{CliError, Exit};
use crate::report::Screen;

/// A job that is followed.
pub(crate) struct FollowedJob {
    pub(crate) place: Place,
    pub(crate) client: NamespaceClient,
    pub(crate) job: JobId,
    /// What happened up to there was shown already.
    pub(crate) after: Option<StreamId>,
    pub(crate) on_interrupt: OnInterrupt,
    /// What a dispatcher that takes over has to be given again.
    pub(crate) secrets: Option<Secrets>,
}

/// Shows a job until it is over, needs an order that nobody here gives, or whoever follows leaves.
pub(crate) async fn follow(mut job: FollowedJob, screen: &Screen, signals: &mut StopSignals) -> Result<Exit, CliError> {
    let steered = (job.client.clone(), job.job, job.on_interrupt);
    let left = until_left(signals, (&steered.0, steered.1), screen, steered.2);
    let number = job.job.number();
    tokio::select! {
        ended = job.to_end(screen) => ended,
        () = left => {
            screen.say(&format!("the job goes on: `pogo attach {number}` shows it, `pogo stop {number}` stops it"));
            Ok(Exit::Left)
        }
    }
}

impl FollowedJob {
    async fn to_end(&mut self, screen: &Screen) -> Result<Exit, CliError> {
        loop {
            match self.by_this_dispatcher(screen).await {
                Ok(exit) => return Ok(exit),
                Err(ClientError::ContactLost { message, .. }) => {
                    screen.say(&format!(
                        "contact with the dispatcher was lost ({message}); it is started again"
                    ));
                }
                Err(ClientError::Unreachable { .. }) => {}
                Err(error) => return Err(client_error(error)),
            }
            let lost = |error: CliError| {
                let number = self.job.number();
                CliError::ContactLost(format!(
                    "{error}\nthe job was submitted: `pogo wait {number}` waits for its end"
                ))
            };
            self.client = connect(&self.place).await.map_err(lost)?;
            if let Some(secrets) = &self.secrets {
                // Contact that is lost again is found out by whoever follows.
                let _ = self.client.give_secrets(secrets).await;
            }
        }
    }

    async fn by_this_dispatcher(&mut self, screen: &Screen) -> Result<Exit, ClientError> {
        let mut output = OutputFollower::new(self.client.clone());
        let request = StreamRequest::new().job(self.job).resume(self.after);
        let mut items = self.client.follow(request);
        while let Some(item) = items.next().await {
            match item? {
                FollowItem::Output(piece) => output.piece(&piece, screen).await?,
                FollowItem::Update(update) => {
                    let ended = self.update(&update, &mut output, screen).await?;
                    self.after = update.id().or(self.after);
                    if let Some(exit) = ended {
                        return Ok(exit);
                    }
                }
                _ => {}
            }
        }
        // The stream ends with an error, or goes on for ever.
        Ok(Exit::Broken)
    }

    async fn update(
        &mut self,
        update: &Update,
        output: &mut OutputFollower,
        screen: &Screen,
    ) -> Result<Option<Exit>, ClientError> {
        match update {
            Update::Records { records, .. } => {
                for StreamRecord { record, .. } in records {
                    if let Some(exit) = self.record(record, output, screen).await? {
                        return Ok(Some(exit));
                    }
                }
                Ok(None)
            }
            Update::Resync { reason } => {
                screen.say(&format!("some of what happened is not shown: {reason}"));
                Ok(None)
            }
            Update::Job { job, .. } => {
                let summary = &job.summary;
                let is_over = summary.status.is_over() || (summary.status == JobStatus::Blocked && !is_watched());
                Ok(is_over.then(|| Exit::of(summary.status, summary.tally)))
            }
            _ => Ok(None),
        }
    }

    /// Shows a record; the exit code if it is the last that matters.
    async fn record(
        &self,
        record: &Record,
        output: &mut OutputFollower,
        screen: &Screen,
    ) -> Result<Option<Exit>, ClientError> {
        if let (Some(attempt), Event::Task(task)) = (record.event.ended(), &record.event) {
            let length = task.kind.output().map(|summary| summary.length);
            output.end((self.job, &task.host, attempt), length, screen).await?;
        }
        screen.event(record);
        Ok(match record.event.job_kind() {
            Some(JobEventKind::Finished { tally }) => Some(Exit::of(JobStatus::Finished, *tally)),
            Some(JobEventKind::Halted) => Some(Exit::Blocked),
            Some(JobEventKind::Blocked { .. }) if !is_watched() => Some(Exit::Blocked),
            _ => None,
        })
    }
}

/// Whether somebody is there who can give an order to a job that needs one.
fn is_watched() -> bool {
    std::io::stderr().is_terminal()
}
