//! The output of a job that is followed.

use pogo_api::ClientError;
use pogo_core::journal::Seq;
use pogo_core::scheduler::{Event, Record, TaskEventKind};

use super::OutputFollower;
use super::follower::FollowedJob;
use super::output::EndingAttempt;
use crate::report::Screen;

impl FollowedJob {
    /// Reads ahead what the attempt wrote that ends with the first of these records, which stands there, and what those
    /// wrote that end with the others.
    pub(super) async fn read_ahead<'a>(
        &self,
        (at, upcoming): (Seq, impl Iterator<Item = &'a Record>),
        output: &mut OutputFollower,
        screen: &Screen,
    ) -> Result<(), ClientError> {
        let mut upcoming = upcoming.map(|record| ending(&record.event, screen));
        match upcoming.next().flatten() {
            // It may have been shown before it came by the stream.
            Some(first) if Some(at) > self.shown => output.read_ahead(self.job, first, upcoming.flatten()).await,
            _ => Ok(()),
        }
    }

    /// Shows what is left of the output of an attempt that ends by this.
    pub(super) async fn output_of(
        &mut self,
        event: &Event,
        output: &mut OutputFollower,
        screen: &Screen,
    ) -> Result<(), ClientError> {
        let Event::Task(task) = event else { return Ok(()) };
        if let Some(attempt) = event.started() {
            self.running.insert(attempt, task.host.clone());
        }
        if let Some(attempt) = event.ended() {
            let length = shown_length(event, screen);
            let is_in_doubt = matches!(task.kind, TaskEventKind::InDoubt { .. });
            let source = (self.job, &task.host, attempt);
            output.end(source, (length, is_in_doubt), screen).await?;
            self.running.remove(&attempt);
        }
        Ok(())
    }
}

/// The attempt that ends by this, if what it wrote is shown.
fn ending(event: &Event, screen: &Screen) -> Option<EndingAttempt> {
    let (attempt, length) = (event.ended()?, shown_length(event, screen)?);
    Some(EndingAttempt { attempt, length })
}

/// How many bytes of output are shown of an attempt that ends by this, if that is known.
fn shown_length(event: &Event, screen: &Screen) -> Option<u64> {
    let Event::Task(task) = event else { return None };
    let length = task.kind.output()?.length;
    screen.shows_output_of(&task.kind).then_some(length)
}
