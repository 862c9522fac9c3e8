//! `pogo logs -f`: what hosts write, as they write it.

use std::collections::{BTreeSet, HashSet};
use std::io;
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures::StreamExt;
use pogo_api::wire::ProblemKind;
use pogo_api::{ClientError, FollowItem};
use pogo_core::Timestamp;
use pogo_core::dispatcher::OutputChunk;
use pogo_core::fleet::HostName;
use pogo_core::output::Stream;
use pogo_core::scheduler::{AttemptId, Event, JobEventKind, JobId, Query, Record, TaskState};
use pogo_core::stream::{StreamId, StreamRecord, StreamRequest, Update};

use super::hosts::together;
use super::printer::printer;
use super::raw::raw;
use super::session::Session;
use crate::cli::{LogsArgs, Verbosity};
use crate::command::StopSignals;
use crate::exit::{CliError, Exit};
use crate::report::{OutputAt, OutputPrinter};
use crate::service::{OutputFollower, client_error, connect_again};

/// Shows what the last attempts have written, and then what comes, until the job is over or whoever watches leaves.
pub(super) async fn follow(session: &Session, job: JobId, args: &LogsArgs) -> Result<Exit, CliError> {
    let mut signals = StopSignals::listen().map_err(CliError::broken)?;
    let mut tail = Tail {
        session,
        job,
        args,
        output: OutputFollower::new(session.client.clone()),
        ended: HashSet::new(),
        printed: Printed::of(session, job, args).await?,
    };
    tokio::select! {
        over = tail.until_over() => over.map(|()| Exit::Succeeded),
        _ = signals.next() => Ok(Exit::Left),
    }
}

/// The output of a job as far as it was shown.
struct Tail<'a> {
    session: &'a Session,
    job: JobId,
    args: &'a LogsArgs,
    output: OutputFollower,
    /// Attempts of which there is nothing more to show.
    ended: HashSet<AttemptId>,
    printed: Printed,
}

/// How a stream ended.
enum Streamed {
    /// The job is over.
    Over,
    /// Something was left out, or contact was lost: what is kept has to be read again.
    Gap,
}

impl Tail<'_> {
    async fn until_over(&mut self) -> Result<(), CliError> {
        loop {
            match self.once().await {
                Ok(Streamed::Over) => return Ok(()),
                Ok(Streamed::Gap) => {}
                Err(TailError::Client(lost @ (ClientError::ContactLost { .. } | ClientError::Unreachable { .. }))) => {
                    connect_again(&self.session.place, lost).await?;
                }
                Err(TailError::Client(error)) => return Err(client_error(error)),
                Err(TailError::Printed(error)) => return Err(error.into()),
            }
        }
    }

    async fn once(&mut self) -> Result<Streamed, TailError> {
        let client = &self.session.client;
        // The stream goes on from before what is read now, so that nothing is missing between them.
        let before = client.view(&Query::Namespace).await?.as_of;
        let is_over = client.job(self.job).await?.summary.finished.is_some();
        self.catch_up().await?;
        match is_over {
            true => Ok(Streamed::Over),
            false => self.stream(before).await,
        }
    }

    /// Shows what is kept of the last attempts.
    async fn catch_up(&mut self) -> Result<(), TailError> {
        let among = together(&self.args.of.hosts);
        let results = self.session.try_results(self.job, &[], among.as_ref()).await?;
        let of_attempts = results
            .iter()
            .filter_map(|result| Some((result.last_attempt.as_ref()?.id?, result)));
        let unseen: Vec<_> = of_attempts
            .filter(|(attempt, _)| !self.ended.contains(attempt))
            .collect();
        self.output.begin_again();
        for (index, (attempt, result)) in unseen.iter().enumerate() {
            let (attempt, upcoming) = (*attempt, unseen.iter().skip(index).map(|(attempt, _)| *attempt));
            self.output.read_ahead_of(self.job, upcoming).await?;
            self.output
                .catch_up((self.job, &result.host, attempt), &self.printed)
                .await?;
            if result.state != TaskState::Running {
                self.end(&result.host, attempt)?;
            }
            self.printed.result()?;
        }
        Ok(())
    }

    async fn stream(&mut self, after: StreamId) -> Result<Streamed, TailError> {
        let request = StreamRequest::new().job(self.job).after(after);
        let mut items = self.session.client.follow(request);
        while let Some(item) = items.next().await {
            let item = match item {
                // It has retired since: what is kept of it is all that there is.
                Err(ClientError::Refused(problem)) if problem.kind == ProblemKind::RetiredJob => break,
                item => item?,
            };
            match item {
                FollowItem::Output(piece) if self.printed.wants(&piece.host) => {
                    self.output.piece(&piece, &self.printed).await?;
                }
                FollowItem::Update(update) => match *update {
                    Update::Records { records, .. } => {
                        for StreamRecord { record, .. } in &records {
                            if self.record(record).await? {
                                return Ok(Streamed::Over);
                            }
                        }
                    }
                    Update::Resync { .. } | Update::Job { .. } => return Ok(Streamed::Gap),
                    _ => {}
                },
                _ => {}
            }
            self.printed.result()?;
        }
        Ok(Streamed::Gap)
    }

    /// Whether the job is over with this record.
    async fn record(&mut self, record: &Record) -> Result<bool, TailError> {
        if let (Some(attempt), Event::Task(task)) = (record.event.ended(), &record.event)
            && self.printed.wants(&task.host)
            && !self.ended.contains(&attempt)
        {
            let length = task.kind.output().map(|summary| summary.length);
            self.output
                .end((self.job, &task.host, attempt), (length, false), &self.printed)
                .await?;
            self.end(&task.host, attempt)?;
        }
        Ok(matches!(record.event.job_kind(), Some(JobEventKind::Finished { .. })))
    }

    fn end(&mut self, host: &HostName, attempt: AttemptId) -> Result<(), TailError> {
        self.ended.insert(attempt);
        Ok(self.printed.end(host, attempt)?)
    }
}

/// What was asked for could not be read, or not be printed.
enum TailError {
    /// The server gave no answer, or refused.
    Client(ClientError),
    /// Standard output takes nothing more.
    Printed(io::Error),
}

impl From<ClientError> for TailError {
    fn from(error: ClientError) -> Self {
        Self::Client(error)
    }
}

impl From<io::Error> for TailError {
    fn from(error: io::Error) -> Self {
        Self::Printed(error)
    }
}

/// Prints what is wanted of what hosts write.
struct Printed {
    /// These hosts; all if none are named.
    hosts: Option<BTreeSet<HostName>>,
    stderr: bool,
    raw: bool,
    state: Mutex<(OutputPrinter, io::Result<()>)>,
}

impl Printed {
    async fn of(session: &Session, job: JobId, args: &LogsArgs) -> Result<Self, CliError> {
        let hosts = match together(&args.of.hosts) {
            None => None,
            Some(among) => {
                let results = session.results(job, &[], Some(&among)).await?;
                Some(results.into_iter().map(|result| result.host).collect())
            }
        };
        Ok(Self {
            hosts,
            stderr: args.stderr,
            raw: args.raw,
            state: Mutex::new((printer(args.format), Ok(()))),
        })
    }

    fn state(&self) -> MutexGuard<'_, (OutputPrinter, io::Result<()>)> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wants(&self, host: &HostName) -> bool {
        self.hosts.as_ref().is_none_or(|hosts| hosts.contains(host))
    }

    /// A last line without an end is printed.
    fn end(&self, host: &HostName, attempt: AttemptId) -> io::Result<()> {
        match self.raw {
            true => Ok(()),
            false => self.state().0.end(host, attempt),
        }
    }

    /// Whether everything could be printed.
    fn result(&self) -> io::Result<()> {
        std::mem::replace(&mut self.state().1, Ok(()))
    }
}

impl OutputAt for Printed {
    fn output_at(&self, at: Timestamp, chunk: &OutputChunk<'_>) {
        let is_wanted = match chunk.stream {
            Stream::Stderr => true,
            Stream::Stdout => !self.stderr,
            Stream::Note => !self.stderr && !self.raw && !Verbosity::chosen().quiet,
        };
        if !is_wanted {
            return;
        }
        let (printer, result) = &mut *self.state();
        let printed = match self.raw {
            true => raw(chunk.stream, chunk.bytes),
            false => printer.push(at, chunk),
        };
        if printed.is_err() {
            *result = printed;
        }
    }
}
