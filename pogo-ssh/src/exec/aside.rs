//! Small executions beside an attempt's steps: their output is for the transport, not for the observer.

use std::sync::Arc;

use russh::ChannelMsg;

use super::context::ExecContext;
use super::feed::Feed;
use super::line::Line;
use super::mark::{Mark, Marks};
use super::way::Way;
use crate::input::Content;

/// How it went.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Told {
    /// Exit status, if the host told it.
    pub(crate) status: Option<u32>,
    pub(crate) marks: Vec<Mark>,
    /// What it said besides, the last of it.
    pub(crate) words: String,
}

/// Why the host was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unasked {
    /// It opens no further session.
    NoSession,
    /// The link is gone.
    NoLink,
}

/// The most words that are kept.
const MOST_WORDS: usize = 300;

/// Runs a line of the attempt whose marks start with `mark`, to its end.
pub(crate) async fn aside(
    site: ExecContext<'_>,
    (way, mark): (&Way, &str),
    line: Line,
    stdin: Option<Arc<Content>>,
) -> Result<Told, Unasked> {
    let channel = match site.link.handle.channel_open_session().await {
        Ok(channel) => channel,
        Err(russh::Error::ChannelOpenFailure(_)) => return Err(Unasked::NoSession),
        Err(_) => return Err(Unasked::NoLink),
    };
    channel.exec(true, line.text).await.map_err(|_| Unasked::NoLink)?;
    let (mut read, write) = channel.split();
    let mut feed = Feed::new(Arc::new(write), false);
    feed.first(line.input);
    if way.name().is_none() {
        feed.content(stdin);
    }
    let mut marks = Marks::new(mark);
    let (mut told, mut words, mut passwords) = (Told::default(), Vec::new(), 0);
    loop {
        let message = tokio::select! {
            () = feed.go_on() => continue,
            message = read.wait() => message,
        };
        let data = match message {
            Some(ChannelMsg::ExitStatus { exit_status }) => {
                told.status = Some(exit_status);
                continue;
            }
            Some(ChannelMsg::Failure | ChannelMsg::Close) | None => break,
            Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. }) => data,
            Some(_) => continue,
        };
        let (rest, found) = marks.take(&data);
        words.extend_from_slice(&rest);
        let too_many = words.len().saturating_sub(MOST_WORDS);
        words.drain(..too_many);
        for mark in found {
            match mark {
                Mark::Password(word) => match way.asks_with(&word).filter(|_| passwords == 0) {
                    Some(user) => {
                        passwords += 1;
                        feed.password(site.passwords.for_sudo(site.target, user));
                    }
                    None => feed.end(),
                },
                other => told.marks.push(other),
            }
        }
    }
    told.words = String::from_utf8_lossy(&words).trim().to_owned();
    Ok(told)
}
