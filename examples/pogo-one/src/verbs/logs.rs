//! `pogo logs`: what hosts wrote in their last attempts.

use pogo_api::wire::OutputRange;
use pogo_api::{ClientError, NamespaceClient};
use pogo_core::dispatcher::OutputChunk;
use pogo_core::fleet::HostName;
use pogo_core::output::{OutputFrame, Stream};
use pogo_core::scheduler::{AttemptId, HostResult, JobId};

use super::hosts::together;
use super::live_logs;
use super::printer::printer;
use super::raw::raw;
use super::session::following;
use crate::cli::{LogsArgs, Verbosity};
use crate::command::folding;
use crate::exit::{CliError, Exit};
use crate::report::{self, OutputPrinter};
use crate::service::{KeptOutput, ReadAhead, client_error};

pub(crate) fn logs(args: &LogsArgs) -> Result<Exit, CliError> {
    following(&args.place, args.follow, async |session| {
        let job = session.job(args.of.job).await?;
        if args.follow {
            return live_logs::follow(session, job, args).await;
        }
        let states = args.of.states.states();
        let hosts = session.results(job, &states, together(&args.of.hosts).as_ref()).await?;
        if hosts.is_empty() {
            report::remark(&format!("job {} has no such host", job.number()));
            return Ok(Exit::Succeeded);
        }
        let mut printer = match folding(args.fold, args.format)? {
            Some(style) => OutputPrinter::folding(style),
            None => printer(args.format),
        };
        let kept = ReadAhead::new(session.client.clone());
        let reader = OutputReader { kept, job, args };
        for (index, result) in hosts.iter().enumerate() {
            let upcoming = hosts.iter().skip(index).filter_map(last_attempt);
            reader.kept.ahead_of(job, upcoming).await.map_err(client_error)?;
            reader.host(result, &mut printer).await?;
        }
        printer.finish()?;
        Ok(Exit::Succeeded)
    })
}

fn last_attempt(result: &HostResult) -> Option<AttemptId> {
    result.last_attempt.as_ref()?.id
}

/// Reads the output of hosts, and passes it on.
struct OutputReader<'a> {
    kept: ReadAhead<NamespaceClient>,
    job: JobId,
    args: &'a LogsArgs,
}

impl OutputReader<'_> {
    async fn host(&self, result: &HostResult, printer: &mut OutputPrinter) -> Result<(), CliError> {
        let Some(attempt) = last_attempt(result) else {
            return Ok(());
        };
        if !self.args.raw {
            printer.begin(&result.host, attempt);
        }
        if Verbosity::chosen().verbose {
            report::remark(&format!("{}: {attempt}, {}", result.host, result.state));
        }
        let streams = match self.args.stderr {
            true => &[Stream::Stderr][..],
            false if Verbosity::chosen().quiet => &[Stream::Stdout, Stream::Stderr],
            false => &[Stream::Stdout, Stream::Note, Stream::Stderr],
        };
        for stream in streams {
            self.stream(result, (attempt, *stream), printer).await?;
        }
        if !self.args.raw {
            printer.end(&result.host, attempt)?;
        }
        Ok(())
    }

    async fn stream(
        &self,
        result: &HostResult,
        (attempt, stream): (AttemptId, Stream),
        printer: &mut OutputPrinter,
    ) -> Result<(), CliError> {
        if self.args.raw && stream == Stream::Note {
            return Ok(());
        }
        let mut range = OutputRange::of(self.job, attempt, stream);
        let mut shown = 0;
        loop {
            let page = match self.kept.page(&range).await {
                Ok(page) => page,
                Err(ClientError::Refused(problem)) => {
                    report::remark(&format!("{}: {problem}", result.host));
                    return Ok(());
                }
                Err(error) => return Err(client_error(error)),
            };
            for frame in &page.frames {
                let missing = frame.offset.saturating_sub(shown);
                self.frame((&result.host, attempt), frame, missing, printer)?;
                shown = frame.end();
            }
            if page.next <= range.from || page.next >= page.length {
                return Ok(());
            }
            range = range.from(page.next);
        }
    }

    /// Passes on a piece before which so many bytes are missing.
    fn frame(
        &self,
        (host, attempt): (&HostName, AttemptId),
        frame: &OutputFrame,
        missing: u64,
        printer: &mut OutputPrinter,
    ) -> Result<(), CliError> {
        if self.args.raw {
            if missing > 0 {
                report::remark(&format!("{host}: {missing} bytes cut"));
            }
            return Ok(raw(frame.stream, &frame.bytes)?);
        }
        if missing > 0 {
            let remark = format!("[{missing} bytes cut]\n");
            let remark = OutputChunk::new(self.job, attempt, host, Stream::Note, remark.as_bytes());
            printer.push(frame.at, &remark)?;
        }
        let chunk = OutputChunk::new(self.job, attempt, host, frame.stream, &frame.bytes);
        Ok(printer.push(frame.at, &chunk)?)
    }
}
