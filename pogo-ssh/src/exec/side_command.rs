//! Commands beside an attempt's steps, such as uploads: their output is for the transport, not for observers.

use std::sync::Arc;

use russh::ChannelMsg;

use super::context::SideContext;
use super::feed::InputFeed;
use super::line::CommandLine;
use super::mark::{Mark, MarkParser};
use super::privilege::Privilege;
use crate::input::Content;

/// The result of a side command.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SideCommandOutput {
    /// Exit status, if the host reported it.
    pub(crate) status: Option<u32>,
    pub(crate) marks: Vec<Mark>,
    /// The end of its other output.
    pub(crate) text: String,
}

/// Why a side command could not be started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SideCommandError {
    /// The host refuses another session.
    NoSession,
    /// The connection is closed.
    NoLink,
}

/// How many bytes of output are kept.
const MOST_TEXT: usize = 300;

/// Runs a command line to its end; `mark` is the prefix of the attempt's marks.
pub(crate) async fn run_side_command(
    context: impl Into<SideContext<'_>>,
    (privilege, mark): (&Privilege, &str),
    line: CommandLine,
    stdin: Option<Arc<Content>>,
) -> Result<SideCommandOutput, SideCommandError> {
    let context = context.into();
    let channel = match context.link.handle.channel_open_session().await {
        Ok(channel) => channel,
        Err(russh::Error::ChannelOpenFailure(_)) => return Err(SideCommandError::NoSession),
        Err(_) => return Err(SideCommandError::NoLink),
    };
    channel
        .exec(true, line.text)
        .await
        .map_err(|_| SideCommandError::NoLink)?;
    let (mut read, write) = channel.split();
    let mut feed = InputFeed::new(Arc::new(write), false);
    feed.first(line.input);
    // Behind sudo the input stays open: its password may have to follow.
    if privilege.program_name().is_none() {
        feed.content(stdin);
    }
    let mut running = SideCommand {
        context,
        privilege,
        feed,
        marks: MarkParser::new(mark),
        passwords_given: 0,
        text: Vec::new(),
        output: SideCommandOutput::default(),
    };
    loop {
        let message = tokio::select! {
            // Both at once: a host that refuses a file while it is sent says so, and reads no more.
            () = running.feed.write_pending() => continue,
            message = read.wait() => message,
        };
        match message {
            Some(ChannelMsg::ExitStatus { exit_status }) => running.output.status = Some(exit_status),
            // Not at the end of its output: the exit status may come after that.
            Some(ChannelMsg::Failure | ChannelMsg::Close) | None => break,
            Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. }) => running.take(&data),
            Some(_) => {}
        }
    }
    running.output.text = String::from_utf8_lossy(&running.text).trim().to_owned();
    Ok(running.output)
}

/// A running side command.
struct SideCommand<'a> {
    context: SideContext<'a>,
    privilege: &'a Privilege,
    feed: InputFeed,
    marks: MarkParser,
    passwords_given: usize,
    text: Vec<u8>,
    output: SideCommandOutput,
}

impl SideCommand<'_> {
    fn take(&mut self, data: &[u8]) {
        let (rest, found) = self.marks.take(data);
        self.text.extend_from_slice(&rest);
        let too_many = self.text.len().saturating_sub(MOST_TEXT);
        // The end of it, where programs say what went wrong.
        self.text.drain(..too_many);
        for mark in found {
            match mark {
                Mark::Password(word) => self.answer(&word),
                other => self.output.marks.push(other),
            }
        }
    }

    /// Sends the password once: a second prompt means that it was wrong.
    fn answer(&mut self, word: &str) {
        let wanted = self.privilege.password_wanted(word);
        match wanted.filter(|_| self.passwords_given == 0) {
            Some(user) => {
                self.passwords_given += 1;
                let password = self.context.passwords.for_sudo(self.context.target, user);
                self.feed.password(password);
            }
            None => self.feed.end(),
        }
    }
}
