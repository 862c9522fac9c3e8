//! Commands beside an attempt's steps, such as file transfers: their output is for the transport, not for the observer.

use std::sync::Arc;

use russh::ChannelMsg;

use super::context::ExecContext;
use super::feed::InputFeed;
use super::line::CommandLine;
use super::mark::{Mark, MarkParser};
use super::privilege::Privilege;
use crate::input::Content;

/// What a side command reported.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct SideCommandOutput {
    /// Exit status, if the host told it.
    pub(crate) status: Option<u32>,
    pub(crate) marks: Vec<Mark>,
    /// The end of what else it wrote.
    pub(crate) text: String,
}

/// Why the host could not be asked to run a side command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SideCommandError {
    /// It opens no further session.
    NoSession,
    /// The link is gone.
    NoLink,
}

/// No more text is kept.
const MOST_TEXT: usize = 300;

/// Runs a line of the attempt whose marks start with `mark`, to its end.
pub(crate) async fn run_side_command(
    site: ExecContext<'_>,
    (privilege, mark): (&Privilege, &str),
    line: CommandLine,
    stdin: Option<Arc<Content>>,
) -> Result<SideCommandOutput, SideCommandError> {
    let channel = match site.link.handle.channel_open_session().await {
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
    if privilege.program_name().is_none() {
        feed.content(stdin);
    }
    let mut marks = MarkParser::new(mark);
    let (mut output, mut text, mut passwords) = (SideCommandOutput::default(), Vec::new(), 0);
    loop {
        let message = tokio::select! {
            () = feed.write_pending() => continue,
            message = read.wait() => message,
        };
        let data = match message {
            Some(ChannelMsg::ExitStatus { exit_status }) => {
                output.status = Some(exit_status);
                continue;
            }
            Some(ChannelMsg::Failure | ChannelMsg::Close) | None => break,
            Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. }) => data,
            Some(_) => continue,
        };
        let (rest, found) = marks.take(&data);
        text.extend_from_slice(&rest);
        let too_many = text.len().saturating_sub(MOST_TEXT);
        text.drain(..too_many);
        for mark in found {
            match mark {
                Mark::Password(word) => match privilege.password_wanted(&word).filter(|_| passwords == 0) {
                    Some(user) => {
                        passwords += 1;
                        feed.password(site.passwords.for_sudo(site.target, user));
                    }
                    None => feed.end(),
                },
                other => output.marks.push(other),
            }
        }
    }
    output.text = String::from_utf8_lossy(&text).trim().to_owned();
    Ok(output)
}
