//! Runs one session on a connection.

use std::ops::ControlFlow;
use std::time::Duration;

use pogo_core::scheduler::Phase;
use russh::client::Msg;
use russh::{Channel, Pty, Sig};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::context::ExecContext;
use super::execution::{ChannelEnd, Execution};
use super::exit_report::{ExitReport, ExitStatus, NotStarted, StopReason};
use super::kill::{KillOutcome, kill};
use super::linger::{LINGER, LINGERS, until};
use super::mark::ProcessGroup;
use super::permission::ask_first;
use super::session::Session;
use crate::input::CommandInput;
use crate::link::Link;
use crate::output::Output;

/// Runs a session until it has ended or is given up; passes on its output and reports its phases. Returns the phase it
/// was in.
pub(crate) async fn execute(
    context: ExecContext<'_>,
    session: &Session,
    input: &CommandInput,
    output: &mut Output,
) -> (Phase, ExitReport) {
    let first = session.phases.first().copied().unwrap_or(Phase::Command);
    let (only_looking, opened) = match session_to_open(context, session).await {
        Ok(opened) => opened,
        Err(reason) => return (first, NotStarted::Stopped(reason).into()),
    };
    let session = only_looking.as_ref().unwrap_or(session);
    let channel = match opened {
        Ok(channel) => channel,
        Err(russh::Error::ChannelOpenFailure(reason)) => {
            return (
                first,
                ExitReport::refused(format!("the host opens no session: {reason:?}")),
            );
        }
        Err(error) => {
            let reason = context.link.disconnect_reason_or(&error.to_string());
            return (first, NotStarted::ConnectionLost(reason).into());
        }
    };
    let mut execution = Execution::new(context, (session, input), channel, output);
    let ended = execution.run().await;
    execution.finish();
    (execution.progress.phase(), ended)
}

type OpenedChannel = Result<Channel<Msg>, russh::Error>;

/// Opens a channel for a session, unless the attempt is to be stopped. Even then it opens one to look for post-hooks,
/// with the session that does: a command that succeeded needs nothing more where there are none.
async fn session_to_open(
    context: ExecContext<'_>,
    session: &Session,
) -> Result<(Option<Session>, OpenedChannel), StopReason> {
    let reason = tokio::select! {
        biased;
        reason = context.stop.wait() => reason,
        opened = open(context.link) => return Ok((None, opened)),
    };
    let only_looking = session.only_looking().ok_or(reason)?;
    let (_, give_up) = context.stop.schedule(reason);
    let opened = timeout_at(give_up, open(context.link)).await.map_err(|_| reason)?;
    Ok((Some(only_looking), opened))
}

/// Opens a session. A server with few of them may not have done with the last one when it is asked for the next.
pub(crate) async fn open(link: &Link) -> Result<Channel<Msg>, russh::Error> {
    let mut pause = Duration::from_millis(10);
    loop {
        match link.open_session().await {
            Err(russh::Error::ChannelOpenFailure(_)) if pause < Duration::from_millis(500) => {
                sleep(pause).await;
                pause *= 2;
            }
            opened => return opened,
        }
    }
}

impl Execution<'_> {
    async fn run(&mut self) -> ExitReport {
        // A forced command has no gate: it may run as soon as the line is sent, so permission comes
        // before that.
        if self.session.is_forced()
            && let Err(reason) = ask_first(self.context.report, self.context.stop).await
        {
            return reason.into();
        }
        if let Err(error) = self.ask().await {
            return NotStarted::ConnectionLost(self.context.link.disconnect_reason_or(&error.to_string())).into();
        }
        let reason = match self.until_end_or_stop().await {
            Ok(ended) => return ended,
            Err(reason) => reason,
        };
        let (grace, give_up) = self.context.stop.schedule(reason);
        // Boxed: ending is rare, and its future is large.
        match timeout_at(give_up, Box::pin(self.end(reason, grace))).await {
            Ok(ended) => ended,
            Err(_) => ExitReport::NotStopped(reason),
        }
    }

    /// Sends the channel requests that start the session.
    async fn ask(&mut self) -> Result<(), russh::Error> {
        if self.session.pty {
            // Without echo, and with line ends unchanged.
            let modes = [(Pty::ECHO, 0), (Pty::ONLCR, 0)];
            // On a dumb terminal programs print no colours and move no cursor, which would stand in
            // the stored output.
            self.write.request_pty(true, "dumb", 80, 24, 0, 0, &modes).await?;
        }
        let line = self.session.line();
        self.write.exec(true, line.text).await?;
        self.feed.first(line.input);
        if self.session.is_forced() {
            self.context.report.phase(Phase::Command);
        }
        self.feed_command();
        Ok(())
    }

    /// Waits for its end, or for a reason to end it.
    async fn until_end_or_stop(&mut self) -> Result<ExitReport, StopReason> {
        let stop = self.context.stop;
        let stopped = stop.wait();
        tokio::pin!(stopped);
        let mut linger_until = None;
        loop {
            let behind = self.output.is_behind();
            // Messages come last, or a flood of output would starve the other branches.
            let progress = tokio::select! {
                biased;
                reason = &mut stopped => match self.status {
                    // It has ended: only what it left in the background was waited for.
                    Some(_) => break,
                    None if self.progress.is_shut() => {
                        return Ok(self.keep_shut(NotStarted::Stopped(reason).into()).await);
                    }
                    None => return Err(reason),
                },
                // Not while output waits for its observer: what the host wrote in time must not be
                // cut off because of us.
                () = until(linger_until), if !behind => {
                    self.output.note(LINGERS);
                    break;
                }
                answer = self.permission.answered() => match answer {
                    Ok(()) => {
                        self.progress.open();
                        self.feed.go();
                        self.feed_command();
                        ControlFlow::Continue(())
                    }
                    Err(reason) => return Ok(self.keep_shut(reason.into()).await),
                },
                // Beside the reading: a host that writes before it reads would fill both windows,
                // and neither side would go on.
                () = self.feed.write_pending() => ControlFlow::Continue(()),
                () = self.output.flush(), if behind => {
                    // The host could not end its output while we waited.
                    linger_until = linger_until.map(|_| Instant::now() + LINGER);
                    ControlFlow::Continue(())
                }
                message = self.read.wait(), if !behind => self.take(message),
            };
            match progress {
                ControlFlow::Continue(()) => {}
                ControlFlow::Break(ChannelEnd::Refused) => return Ok(ExitReport::refused(self.refusal())),
                ControlFlow::Break(ChannelEnd::Closed) => break,
            }
            if self.status.is_some() && linger_until.is_none() {
                linger_until = Some(self.output_holds_from() + LINGER);
            }
        }
        Ok(self.exit_report())
    }

    /// Closes the input of a session at its gate: without `go` it ends.
    async fn keep_shut(&mut self, why: ExitReport) -> ExitReport {
        let _ = self.write.eof().await;
        why
    }

    fn refusal(&self) -> &'static str {
        match self.session.pty {
            true => "the host runs no commands for this user, or gives no terminals",
            false => "the host runs no commands for this user",
        }
    }

    /// When to start the linger time: the end of the command.
    fn output_holds_from(&self) -> Instant {
        let now = Instant::now();
        match self.command_ended {
            // From the command's own end: the session ends a little later, once it has looked for post-hooks.
            Some(ended) if !self.progress.runs_post_hooks() => ended,
            _ => now,
        }
    }

    /// Ends the execution: TERM, and KILL after the grace.
    async fn end(&mut self, reason: StopReason, grace: Duration) -> ExitReport {
        // A channel that nobody reads stalls the whole connection, and ending needs it.
        self.output.hurry();
        if self.progress.may_ask() {
            // It may be waiting for a password.
            let _ = self.write.eof().await;
        }
        // The group is in a mark that may not have arrived yet.
        let groups = loop {
            if let Some(groups) = self.progress.groups().filter(|_| !self.progress.may_ask()) {
                break groups;
            }
            let message = self.read.wait().await;
            if self.take(message).is_break() {
                return self.exit_report();
            }
        };
        // A success from here on may come from a session that gave up because of the signal.
        let looks_for_hooks = self.progress.looks_for_post_hooks();
        match self.kill(groups, grace).await {
            KillOutcome::Done if looks_for_hooks => {
                // The status follows the end of the group, unless the link is lost.
                let _ = timeout(LINGER, self.until_status()).await;
                self.progress.ended_while_looking(self.code(), reason)
            }
            KillOutcome::Done => ExitReport::Stopped(reason),
            KillOutcome::AlreadyGone => {
                self.drain().await;
                let not_run = self.progress.hooks_not_run(self.code(), reason);
                not_run.unwrap_or_else(|| self.exit_report())
            }
            KillOutcome::Unknown => {
                // A fallback: servers may refuse the signal, and it reaches the first process only.
                let _ = self.write.signal(Sig::TERM).await;
                ExitReport::NotStopped(reason)
            }
        }
    }

    /// Kills the groups, reading output meanwhile.
    async fn kill(&mut self, groups: (ProcessGroup, Option<ProcessGroup>), grace: Duration) -> KillOutcome {
        let mark = self.session.marker.prefix();
        let killing = kill(self.context, (&self.session.privilege, &mark), groups, grace);
        tokio::pin!(killing);
        let mut open = true;
        loop {
            let message = tokio::select! {
                biased;
                killed = &mut killing => return killed,
                message = self.read.wait(), if open => message,
            };
            // A closed channel gives no more messages, and would be polled in a loop while the
            // group is being ended.
            open = self.take(message) != ControlFlow::Break(ChannelEnd::Closed);
        }
    }

    fn code(&self) -> Option<u32> {
        match self.status {
            Some(ExitStatus::Code(code)) => Some(code),
            _ => None,
        }
    }

    async fn until_status(&mut self) {
        while self.status.is_none() {
            let message = self.read.wait().await;
            if self.take(message) == ControlFlow::Break(ChannelEnd::Closed) {
                return;
            }
        }
    }

    async fn drain(&mut self) {
        loop {
            let message = self.read.wait().await;
            if self.take(message) == ControlFlow::Break(ChannelEnd::Closed) {
                return;
            }
        }
    }
}
