//! The execution of one step on a connection.

use std::sync::Arc;
use std::time::Duration;

use russh::client::Msg;
use russh::{Channel, Pty, Sig};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::ended::{Ended, StopReason};
use super::execution::{Execution, Progress, last_words};
use super::kill::{Kill, kill};
use super::mark::Group;
use super::site::Site;
use super::step::Step;
use crate::input::Content;
use crate::link::Link;
use crate::output::Output;

/// How long output is still taken after the exit status, in case something in the background holds it open.
const LINGER: Duration = Duration::from_secs(2);

/// How often a password is given: whoever asks again has refused it.
const MOST_PASSWORDS: usize = 1;

/// Runs a step, passing on its output, until it has ended or is given up.
pub(crate) async fn execute(site: Site<'_>, step: &Step, stdin: &Option<Arc<Content>>, output: &mut Output) -> Ended {
    let channel = tokio::select! {
        biased;
        reason = site.stop.wait() => return Ended::StoppedBefore(reason),
        opened = open(site.link) => opened,
    };
    let channel = match channel {
        Ok(channel) => channel,
        Err(russh::Error::ChannelOpenFailure(reason)) => {
            return Ended::Refused(format!("the host opens no session: {reason:?}"));
        }
        Err(error) => return Ended::CutBefore(last_words(site.link, &error.to_string())),
    };
    let mut execution = Execution::new(site, step, channel, output);
    let ended = execution.run(stdin).await;
    execution.finish();
    ended
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
    async fn run(&mut self, stdin: &Option<Arc<Content>>) -> Ended {
        if let Err(error) = self.ask().await {
            return Ended::CutBefore(last_words(self.site.link, &error.to_string()));
        }
        if self.step.way.name().is_none() {
            self.feed.content(stdin.clone());
        }
        let reason = match self.until_end_or_stop(stdin).await {
            Ok(ended) => return ended,
            Err(reason) => reason,
        };
        let (grace, give_up) = self.site.stop.schedule(reason);
        // Few are ended, and their end takes much room.
        match timeout_at(give_up, Box::pin(self.end(reason, grace))).await {
            Ok(ended) => ended,
            Err(_) => Ended::NotStopped(reason),
        }
    }

    /// Asks the host to run it.
    async fn ask(&mut self) -> Result<(), russh::Error> {
        if self.step.pty {
            // What is typed is not to be seen, and lines end as they were written.
            let modes = [(Pty::ECHO, 0), (Pty::ONLCR, 0)];
            self.write.request_pty(true, "dumb", 80, 24, 0, 0, &modes).await?;
        }
        self.write.exec(true, self.step.script.text.as_str()).await
    }

    /// The execution's end, or why it is to be ended.
    async fn until_end_or_stop(&mut self, stdin: &Option<Arc<Content>>) -> Result<Ended, StopReason> {
        let stop = self.site.stop;
        let stopped = stop.wait();
        tokio::pin!(stopped);
        let mut linger_until = None;
        loop {
            // Messages come last, or a flood of output would keep the others from their turn.
            let progress = tokio::select! {
                biased;
                reason = &mut stopped => match self.told {
                    Some(_) => break,
                    None => return Err(reason),
                },
                () = until(linger_until) => {
                    self.output.note("[something in the background holds the output open; not waiting for it]");
                    break;
                }
                () = self.feed.go_on() => Progress::GoesOn,
                message = self.read.wait() => self.take(message),
            };
            match progress {
                Progress::GoesOn => {}
                Progress::Begun if self.step.way.name().is_some() => self.feed.content(stdin.clone()),
                Progress::Begun => {}
                Progress::AsksPassword(word) => self.answer(&word),
                Progress::Refused => return Ok(Ended::Refused(self.refusal().to_owned())),
                Progress::Closed => break,
            }
            if self.told.is_some() && linger_until.is_none() {
                linger_until = Some(Instant::now() + LINGER);
            }
        }
        Ok(self.ended())
    }

    fn refusal(&self) -> &'static str {
        match self.step.pty {
            true => "the host runs no commands for this user, or gives no terminals",
            false => "the host runs no commands for this user",
        }
    }

    fn answer(&mut self, word: &str) {
        let Some(user) = self.step.way.asks_with(word) else {
            return;
        };
        if self.passwords_given == MOST_PASSWORDS {
            self.feed.end();
            return;
        }
        self.passwords_given += 1;
        self.ends_line = self.step.pty;
        let known = self.site.passwords.for_sudo(self.site.target, user);
        self.feed.password(known);
    }

    /// Ends the execution: TERM, and KILL after the grace.
    async fn end(&mut self, reason: StopReason, grace: Duration) -> Ended {
        if self.group.is_none() && self.step.way.name().is_some() {
            // It may be waiting for a password, and gets none.
            let _ = self.write.eof().await;
        }
        // What to end is in the first mark, which may still be on its way.
        let group = loop {
            if let Some(group) = self.group {
                break group;
            }
            let message = self.read.wait().await;
            if matches!(self.take(message), Progress::Refused | Progress::Closed) {
                return self.ended();
            }
        };
        match self.kill(group, grace).await {
            Kill::Done => Ended::Stopped(reason),
            Kill::AlreadyGone => {
                self.drain().await;
                self.ended()
            }
            Kill::Unknown => {
                // Servers may refuse it, and it reaches the first process only; better than nothing.
                let _ = self.write.signal(Sig::TERM).await;
                Ended::NotStopped(reason)
            }
        }
    }

    /// Kills the group, taking output meanwhile: a channel that nobody reads stalls the whole connection.
    async fn kill(&mut self, group: Group, grace: Duration) -> Kill {
        let killing = kill(self.site, (&self.step.way, &self.step.script.mark), group, grace);
        tokio::pin!(killing);
        let mut open = true;
        loop {
            let message = tokio::select! {
                biased;
                killed = &mut killing => return killed,
                message = self.read.wait(), if open => message,
            };
            open = self.take(message) != Progress::Closed;
        }
    }

    async fn drain(&mut self) {
        loop {
            let message = self.read.wait().await;
            if self.take(message) == Progress::Closed {
                return;
            }
        }
    }
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}
