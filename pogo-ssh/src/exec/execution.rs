//! What is known of a step that runs.

use std::sync::Arc;

use pogo_core::dispatcher::Stream;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};

use super::ended::Ended;
use super::feed::Feed;
use super::mark::{Group, Mark, Marks};
use super::site::Site;
use super::step::Step;
use crate::link::Link;
use crate::output::Output;

/// How the host told that it ended.
#[derive(Debug, Clone)]
pub(super) enum Told {
    Status(u32),
    Signal(String),
}

/// What a message from the host means for the execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Progress {
    GoesOn,
    /// It has begun, in this group.
    Begun,
    /// Somebody asks for a password, with this word.
    AsksPassword(String),
    Refused,
    Closed,
}

/// A step under way.
pub(super) struct Execution<'a> {
    pub(super) site: Site<'a>,
    pub(super) step: &'a Step,
    pub(super) output: &'a mut Output,
    pub(super) read: ChannelReadHalf,
    pub(super) write: Arc<ChannelWriteHalf<Msg>>,
    pub(super) feed: Feed,
    pub(super) group: Option<Group>,
    pub(super) told: Option<Told>,
    pub(super) passwords_given: usize,
    /// Whether a line is to end where a password was typed: sudo ends it on a terminal.
    pub(super) ends_line: bool,
    marks: Marks,
    hook: Option<String>,
    refused: Option<String>,
    /// The last line on standard error before it began.
    last_line: Vec<u8>,
}

impl<'a> Execution<'a> {
    pub(super) fn new(site: Site<'a>, step: &'a Step, channel: russh::Channel<Msg>, output: &'a mut Output) -> Self {
        let (read, write) = channel.split();
        let write = Arc::new(write);
        Self {
            site,
            step,
            output,
            read,
            feed: Feed::new(Arc::clone(&write), step.pty),
            write,
            group: None,
            told: None,
            passwords_given: 0,
            ends_line: false,
            marks: step.marks(),
            hook: None,
            refused: None,
            last_line: Vec::new(),
        }
    }

    /// Takes what the host says.
    pub(super) fn take(&mut self, message: Option<ChannelMsg>) -> Progress {
        match message {
            // A terminal has one stream only.
            Some(ChannelMsg::Data { data }) if self.step.pty => return self.take_marked(Stream::Stdout, &data),
            Some(ChannelMsg::Data { data }) => self.output.take(Stream::Stdout, &data),
            Some(ChannelMsg::ExtendedData { data, .. }) => return self.take_marked(Stream::Stderr, &data),
            Some(ChannelMsg::ExitStatus { exit_status }) => self.told = Some(Told::Status(exit_status)),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => self.told = Some(Told::Signal(name_of(&signal_name))),
            Some(ChannelMsg::Failure) => return Progress::Refused,
            Some(ChannelMsg::Close) | None => return Progress::Closed,
            Some(_) => {}
        }
        Progress::GoesOn
    }

    fn take_marked(&mut self, stream: Stream, bytes: &[u8]) -> Progress {
        let (mut rest, marks) = self.marks.take(bytes);
        let mut progress = Progress::GoesOn;
        if self.ends_line && !rest.is_empty() {
            self.ends_line = false;
            if rest.starts_with(b"\n") {
                rest.remove(0);
            }
        }
        if self.group.is_none() && self.step.way.name().is_some() {
            self.keep_last_line(&rest);
        }
        for mark in marks {
            match mark {
                Mark::Begun(group) if self.group.is_none() => {
                    self.group = Some(group);
                    progress = Progress::Begun;
                }
                // What already runs gets no passwords.
                Mark::Password(word) if self.group.is_none() => progress = Progress::AsksPassword(word),
                Mark::Begun(_) | Mark::Ended(_) | Mark::Password(_) | Mark::Sent(_) => {}
                Mark::Hook(name) => self.hook = Some(name),
                Mark::Refused(reason) => self.refused = Some(reason),
            }
        }
        self.output.take(stream, &rest);
        progress
    }

    fn keep_last_line(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            if self.last_line.ends_with(b"\n") {
                self.last_line.clear();
            }
            if self.last_line.len() < 200 {
                self.last_line.push(byte);
            }
        }
    }

    /// What was held back in case it was a mark.
    pub(super) fn finish(&mut self) {
        let rest = self.marks.finish();
        let stream = if self.step.pty { Stream::Stdout } else { Stream::Stderr };
        self.output.take(stream, &rest);
    }

    /// The end, as far as the host has told.
    pub(super) fn ended(&self) -> Ended {
        match &self.told {
            Some(_) if self.refused.is_some() => Ended::Refused(self.refused.clone().unwrap_or_default()),
            Some(told) => self.not_begun(told).unwrap_or_else(|| match told {
                Told::Status(status) => Ended::Exited {
                    status: *status,
                    hook: self.hook.clone(),
                },
                Told::Signal(signal) => Ended::Killed { signal: signal.clone() },
            }),
            None => Ended::Lost(last_words(
                self.site.link,
                "the host closed the session without telling how it ended",
            )),
        }
    }

    /// Whether what stands between the login and the command has ended before the command began.
    fn not_begun(&self, told: &Told) -> Option<Ended> {
        let name = self.step.way.name().filter(|_| self.group.is_none())?;
        let how = match told {
            Told::Status(127) => format!("there is no {name} on the host"),
            Told::Status(status) => format!("{name} ended with status {status} before the command began"),
            Told::Signal(signal) => format!("{name} was ended by signal {signal} before the command began"),
        };
        let words = String::from_utf8_lossy(&self.last_line);
        let words = words.trim();
        Some(Ended::Refused(match words {
            "" => how,
            words => format!("{how}: {words}"),
        }))
    }
}

/// What the link says, or else the text at hand.
pub(crate) fn last_words(link: &Link, otherwise: &str) -> String {
    link.last_words
        .get()
        .map_or_else(|| otherwise.to_owned(), |goodbye| goodbye.to_string())
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
