//! What is known of a session that runs.

use std::sync::Arc;

use pogo_core::dispatcher::Stream;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::time::Instant;

use super::ended::Ended;
use super::feed::Feed;
use super::mark::{Mark, Marks};
use super::seen::{Seen, Told};
use super::session::Session;
use super::site::Site;
use crate::input::Given;
use crate::link::Link;
use crate::output::Output;

/// What a message from the host means for the execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    GoesOn,
    Refused,
    Closed,
}

/// How often a password is given: whoever asks again has refused it.
const MOST_PASSWORDS: usize = 1;

/// A session under way.
pub(super) struct Execution<'a> {
    pub(super) site: Site<'a>,
    pub(super) session: &'a Session,
    pub(super) output: &'a mut Output,
    pub(super) read: ChannelReadHalf,
    pub(super) write: Arc<ChannelWriteHalf<Msg>>,
    pub(super) feed: Feed,
    pub(super) seen: Seen,
    pub(super) told: Option<Told>,
    /// When the command was seen to have ended, where other steps may follow.
    pub(super) command_ended: Option<Instant>,
    /// What the command is to read; `None` once it is on its way.
    given: Option<&'a Given>,
    passwords_given: usize,
    /// Whether a line is to end where a password was typed: sudo ends it on a terminal.
    ends_line: bool,
    marks: Marks,
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        site: Site<'a>,
        (session, given): (&'a Session, &'a Given),
        channel: russh::Channel<Msg>,
        output: &'a mut Output,
    ) -> Self {
        let (read, write) = channel.split();
        let write = Arc::new(write);
        Self {
            site,
            session,
            output,
            read,
            feed: Feed::new(Arc::clone(&write), session.pty),
            write,
            seen: Seen::new(session),
            told: None,
            command_ended: None,
            given: Some(given),
            passwords_given: 0,
            ends_line: false,
            marks: Marks::new(&session.marker.prefix()),
        }
    }

    /// Takes what the host says.
    pub(super) fn take(&mut self, message: Option<ChannelMsg>) -> Progress {
        match message {
            // A terminal has one stream only.
            Some(ChannelMsg::Data { data }) if self.session.pty => self.take_marked(Stream::Stdout, &data),
            Some(ChannelMsg::Data { data }) => {
                if !self.seen.has_begun() {
                    self.seen.hear(&data);
                }
                self.output.take(Stream::Stdout, &data);
            }
            Some(ChannelMsg::ExtendedData { data, .. }) => self.take_marked(Stream::Stderr, &data),
            Some(ChannelMsg::ExitStatus { exit_status }) => self.told = Some(Told::Status(exit_status)),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => self.told = Some(Told::Signal(name_of(&signal_name))),
            Some(ChannelMsg::Failure) => return Progress::Refused,
            Some(ChannelMsg::Close) | None => return Progress::Closed,
            Some(_) => {}
        }
        Progress::GoesOn
    }

    fn take_marked(&mut self, stream: Stream, bytes: &[u8]) {
        let (mut rest, marks) = self.marks.take(bytes);
        if self.ends_line && !rest.is_empty() {
            self.ends_line = false;
            if rest.starts_with(b"\n") {
                rest.remove(0);
            }
        }
        self.seen.hear(&rest);
        for mark in marks {
            match mark {
                // What already runs gets no passwords.
                Mark::Password(word) if self.seen.may_ask() => self.answer(&word),
                mark => self.take_mark(mark),
            }
        }
        self.output.take(stream, &rest);
    }

    fn take_mark(&mut self, mark: Mark) {
        if let Some(phase) = self.seen.take(mark) {
            self.site.report.phase(phase);
        }
        if self.seen.command_has_ended() && self.command_ended.is_none() {
            self.command_ended = Some(Instant::now());
        }
        self.feed_command();
    }

    /// Gives the command its input once it is there.
    pub(super) fn feed_command(&mut self) {
        let is_time = self.seen.reads_input() || !self.session.runs_command();
        if let Some(given) = self.given.take_if(|_| is_time) {
            self.feed.secrets(given.secrets.clone());
            self.feed.content(given.stdin.clone());
        }
    }

    fn answer(&mut self, word: &str) {
        let Some(user) = self.session.way.asks_with(word) else {
            return;
        };
        if self.passwords_given == MOST_PASSWORDS {
            self.feed.end();
            return;
        }
        self.passwords_given += 1;
        self.ends_line = self.session.pty;
        let known = self.site.passwords.for_sudo(self.site.target, user);
        self.feed.password(known);
    }

    /// What was held back in case it was a mark.
    pub(super) fn finish(&mut self) {
        let rest = self.marks.finish();
        let stream = if self.session.pty {
            Stream::Stdout
        } else {
            Stream::Stderr
        };
        self.output.take(stream, &rest);
    }

    /// The end, as far as the host has told.
    pub(super) fn ended(&self) -> Ended {
        self.seen.ended(self.told.as_ref(), || {
            last_words(
                self.site.link,
                "the host closed the session without telling how it ended",
            )
        })
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
        // OpenSSH's server says no more of those that the protocol has no name for, such as real-time signals.
        Sig::Custom(name) if name.contains('@') => "unknown",
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
    let may_stand = |c: &char| c.is_ascii_alphanumeric() || "+-".contains(*c);
    name.chars().filter(may_stand).take(16).collect()
}
