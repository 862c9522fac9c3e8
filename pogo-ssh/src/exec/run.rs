//! The execution of one step on a connection.

use std::time::Duration;

use pogo_core::dispatcher::Stream;
use russh::client::Msg;
use russh::{Channel, ChannelMsg, Sig};
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use super::ended::{Ended, StopReason};
use super::kill::{Kill, kill};
use super::mark::{Group, Mark, Marks};
use super::script::Script;
use super::step::Step;
use super::stop::Stop;
use crate::link::Link;
use crate::output::Output;

/// How long output is still taken after the exit status, in case something in the background holds it open.
const LINGER: Duration = Duration::from_secs(2);

/// Runs a step, passing on its output, until it has ended or is given up.
pub(crate) async fn execute(link: &Link, step: &Step, output: &mut Output, stop: &Stop) -> Ended {
    let channel = tokio::select! {
        biased;
        reason = stop.wait() => return Ended::StoppedBefore(reason),
        opened = open(link) => opened,
    };
    let channel = match channel {
        Ok(channel) => channel,
        Err(russh::Error::ChannelOpenFailure(reason)) => {
            return Ended::Refused(format!("the host opens no session: {reason:?}"));
        }
        Err(error) => return Ended::CutBefore(last_words(link, &error.to_string())),
    };
    let mut execution = Execution {
        link,
        channel,
        marks: Marks::new(&step.script.mark, step.most_marks()),
        output,
        group: None,
        hook: None,
        told: None,
    };
    let ended = execution.run(&step.script, stop).await;
    execution.finish();
    ended
}

/// Opens a session. A server with few of them may not have done with the last one when it is asked for the next.
async fn open(link: &Link) -> Result<Channel<Msg>, russh::Error> {
    let mut pause = Duration::from_millis(10);
    loop {
        match link.handle.channel_open_session().await {
            Err(russh::Error::ChannelOpenFailure(_)) if pause < Duration::from_millis(500) => {
                sleep(pause).await;
                pause *= 2;
            }
            opened => return opened,
        }
    }
}

/// How the host told that it ended.
#[derive(Debug, Clone)]
enum Told {
    Status(u32),
    Signal(String),
}

/// What a message from the host means for the execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Progress {
    GoesOn,
    Refused,
    Closed,
}

struct Execution<'a> {
    link: &'a Link,
    channel: Channel<Msg>,
    marks: Marks,
    output: &'a mut Output,
    group: Option<Group>,
    hook: Option<String>,
    told: Option<Told>,
}

impl Execution<'_> {
    async fn run(&mut self, script: &Script, stop: &Stop) -> Ended {
        if let Err(error) = self.channel.exec(true, script.text.as_str()).await {
            return Ended::CutBefore(last_words(self.link, &error.to_string()));
        }
        // There is no input. A link that is gone shows below.
        let _ = self.channel.eof().await;
        let reason = match self.until_end_or_stop(stop).await {
            Ok(ended) => return ended,
            Err(reason) => reason,
        };
        let (grace, give_up) = stop.schedule(reason);
        match timeout_at(give_up, self.end(reason, grace)).await {
            Ok(ended) => ended,
            Err(_) => Ended::NotStopped(reason),
        }
    }

    /// The execution's end, or why it is to be ended.
    async fn until_end_or_stop(&mut self, stop: &Stop) -> Result<Ended, StopReason> {
        let stopped = stop.wait();
        tokio::pin!(stopped);
        let mut linger_until = None;
        loop {
            // Messages come last, or a flood of output would keep the others from their turn.
            tokio::select! {
                biased;
                reason = &mut stopped => match self.told {
                    Some(_) => break,
                    None => return Err(reason),
                },
                () = until(linger_until) => {
                    self.output.note("[something in the background holds the output open; not waiting for it]");
                    break;
                }
                message = self.channel.wait() => match self.take(message) {
                    Progress::GoesOn => {}
                    Progress::Refused => return Ok(Ended::Refused("the host runs no commands for this user".to_owned())),
                    Progress::Closed => break,
                },
            }
            if self.told.is_some() && linger_until.is_none() {
                linger_until = Some(Instant::now() + LINGER);
            }
        }
        Ok(self.ended())
    }

    /// Ends the execution: TERM, and KILL after the grace.
    async fn end(&mut self, reason: StopReason, grace: Duration) -> Ended {
        // What to end is in the first mark, which may still be on its way.
        let group = loop {
            if let Some(group) = self.group {
                break group;
            }
            let message = self.channel.wait().await;
            if self.take(message) != Progress::GoesOn {
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
                let _ = self.channel.signal(Sig::TERM).await;
                Ended::NotStopped(reason)
            }
        }
    }

    /// Kills the group, taking output meanwhile: a channel that nobody reads stalls the whole connection.
    async fn kill(&mut self, group: Group, grace: Duration) -> Kill {
        let killing = kill(self.link, group, grace);
        tokio::pin!(killing);
        let mut open = true;
        loop {
            tokio::select! {
                biased;
                killed = &mut killing => return killed,
                message = self.channel.wait(), if open => open = self.take(message) != Progress::Closed,
            }
        }
    }

    async fn drain(&mut self) {
        loop {
            let message = self.channel.wait().await;
            if self.take(message) == Progress::Closed {
                return;
            }
        }
    }

    fn take(&mut self, message: Option<ChannelMsg>) -> Progress {
        match message {
            Some(ChannelMsg::Data { data }) => self.output.take(Stream::Stdout, &data),
            Some(ChannelMsg::ExtendedData { data, .. }) => self.take_stderr(&data),
            Some(ChannelMsg::ExitStatus { exit_status }) => self.told = Some(Told::Status(exit_status)),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => self.told = Some(Told::Signal(name_of(&signal_name))),
            Some(ChannelMsg::Failure) => return Progress::Refused,
            Some(ChannelMsg::Close) | None => return Progress::Closed,
            Some(_) => {}
        }
        Progress::GoesOn
    }

    fn take_stderr(&mut self, bytes: &[u8]) {
        let (rest, marks) = self.marks.take(bytes);
        for mark in marks {
            match mark {
                Mark::Begun(group) => self.group = Some(group),
                Mark::Hook(name) => self.hook = Some(name),
            }
        }
        self.output.take(Stream::Stderr, &rest);
    }

    /// What was held back in case it was a mark.
    fn finish(&mut self) {
        let rest = self.marks.finish();
        self.output.take(Stream::Stderr, &rest);
    }

    fn ended(&self) -> Ended {
        match &self.told {
            Some(Told::Status(status)) => Ended::Exited {
                status: *status,
                hook: self.hook.clone(),
            },
            Some(Told::Signal(signal)) => Ended::Killed { signal: signal.clone() },
            None => Ended::Lost(last_words(
                self.link,
                "the host closed the session without telling how it ended",
            )),
        }
    }
}

/// What the link says, or else the text at hand.
fn last_words(link: &Link, otherwise: &str) -> String {
    link.last_words
        .get()
        .map_or_else(|| otherwise.to_owned(), |goodbye| goodbye.to_string())
}

async fn until(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn name_of(signal: &Sig) -> String {
    let name = match signal {
        Sig::Custom(name) => name.as_str(),
        Sig::ABRT => "ABRT",
        Sig::ALRM => "ALRM",
        Sig::FPE => "FPE",
        Sig::HUP => "HUP",
        Sig::ILL => "ILL",
        Sig::INT => "INT",
        Sig::KILL => "KILL",
        Sig::PIPE => "PIPE",
        Sig::QUIT => "QUIT",
        Sig::SEGV => "SEGV",
        Sig::TERM => "TERM",
        Sig::USR1 => "USR1",
    };
    // The host's own text, within bounds.
    name.chars().filter(char::is_ascii_alphanumeric).take(16).collect()
}
