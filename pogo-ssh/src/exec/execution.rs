//! A session while it runs: its channel, its input and what the host reported so far.

use std::ops::ControlFlow;
use std::sync::Arc;

use pogo_core::dispatcher::Stream;
use russh::client::Msg;
use russh::{ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Sig};
use tokio::time::Instant;

use super::context::ExecContext;
use super::exit_report::{ExitReport, ExitStatus};
use super::feed::InputFeed;
use super::mark::{Mark, MarkParser};
use super::permission::PermissionRequest;
use super::privilege::Privilege;
use super::progress::SessionProgress;
use super::session::Session;
use crate::input::CommandInput;
use crate::output::Output;

/// Why a session's channel has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ChannelEnd {
    /// The host refused a channel request, such as `exec`.
    Refused,
    /// The channel or the connection is closed.
    Closed,
}

/// How often a password is given: a second prompt means that it was wrong.
const MOST_PASSWORDS: usize = 1;

/// A running session.
pub(super) struct Execution<'a> {
    pub(super) context: ExecContext<'a>,
    pub(super) session: &'a Session,
    pub(super) output: &'a mut Output,
    pub(super) read: ChannelReadHalf,
    pub(super) write: Arc<ChannelWriteHalf<Msg>>,
    pub(super) feed: InputFeed,
    pub(super) progress: SessionProgress,
    pub(super) permission: PermissionRequest,
    pub(super) status: Option<ExitStatus>,
    /// When the command was seen to have ended, where other steps may follow.
    pub(super) command_ended: Option<Instant>,
    /// The command's standard input; `None` once it is being sent.
    input: Option<&'a CommandInput>,
    passwords_given: usize,
    /// Whether to drop the line break that sudo prints after a password on a terminal.
    ends_line: bool,
    marks: MarkParser,
}

impl<'a> Execution<'a> {
    pub(super) fn new(
        context: ExecContext<'a>,
        (session, input): (&'a Session, &'a CommandInput),
        channel: russh::Channel<Msg>,
        output: &'a mut Output,
    ) -> Self {
        let (read, write) = channel.split();
        let write = Arc::new(write);
        Self {
            context,
            session,
            output,
            read,
            feed: InputFeed::new(Arc::clone(&write), session.pty),
            write,
            progress: SessionProgress::new(session),
            permission: PermissionRequest::default(),
            status: None,
            command_ended: None,
            input: Some(input),
            passwords_given: 0,
            ends_line: false,
            marks: MarkParser::new(&session.marker.prefix()),
        }
    }

    /// Processes one message of the channel.
    pub(super) fn take(&mut self, message: Option<ChannelMsg>) -> ControlFlow<ChannelEnd> {
        match message {
            // A terminal merges both streams into one.
            Some(ChannelMsg::Data { data }) if self.session.pty => self.take_marked(Stream::Stdout, &data),
            Some(ChannelMsg::Data { data }) => {
                if !self.progress.has_begun() {
                    self.progress.note_output(&data);
                }
                self.output.take(Stream::Stdout, &data);
            }
            Some(ChannelMsg::ExtendedData { data, .. }) => self.take_marked(Stream::Stderr, &data),
            // Not the end of the channel: output may still follow.
            Some(ChannelMsg::ExitStatus { exit_status }) => self.status = Some(ExitStatus::Code(exit_status)),
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                self.status = Some(ExitStatus::Signal(name_of(&signal_name)))
            }
            Some(ChannelMsg::Failure) => return ControlFlow::Break(ChannelEnd::Refused),
            Some(ChannelMsg::Close) | None => return ControlFlow::Break(ChannelEnd::Closed),
            Some(_) => {}
        }
        ControlFlow::Continue(())
    }

    fn take_marked(&mut self, stream: Stream, bytes: &[u8]) {
        let (mut rest, marks) = self.marks.take(bytes);
        if self.ends_line && !rest.is_empty() {
            self.ends_line = false;
            if rest.starts_with(b"\n") {
                rest.remove(0);
            }
        }
        self.progress.note_output(&rest);
        for mark in marks {
            match mark {
                // A command that has begun gets no password, even if it prints such a mark.
                Mark::Password(word) if self.progress.may_ask() => self.answer(&word),
                mark => self.take_mark(mark),
            }
        }
        self.output.take(stream, &rest);
    }

    fn take_mark(&mut self, mark: Mark) {
        self.permission.take(mark, &mut self.progress, self.context.report);
        if self.progress.command_has_ended() && self.command_ended.is_none() {
            self.command_ended = Some(Instant::now());
        }
        self.feed_command();
    }

    /// Sends the command its input once it has begun; without input, EOF follows the word to go at once.
    pub(super) fn feed_command(&mut self) {
        let is_time = self.progress.reads_input()
            || !self.progress.is_shut() && (!self.session.runs_command() || self.needs_only_eof());
        if let Some(input) = self.input.take_if(|_| is_time) {
            self.feed.secrets(input.secrets.clone());
            self.feed.content(input.stdin.clone());
        }
    }

    /// Whether nothing is sent after the word to go: neither input nor a password, nor a character of a terminal.
    fn needs_only_eof(&self) -> bool {
        let is_empty = self.input.is_some_and(CommandInput::is_empty);
        is_empty && self.session.has_gate() && !self.session.pty && self.session.privilege == Privilege::Login
    }

    fn answer(&mut self, word: &str) {
        let Some(user) = self.session.privilege.password_wanted(word) else {
            return;
        };
        if self.passwords_given == MOST_PASSWORDS {
            self.feed.end();
            return;
        }
        self.passwords_given += 1;
        self.ends_line = self.session.pty;
        // Asked in the feed and not here: the host's output is read on while somebody types.
        let known = self.context.passwords.for_sudo(self.context.target, user);
        self.feed.password(known);
    }

    /// Passes on the bytes that were held back as a possible mark.
    pub(super) fn finish(&mut self) {
        let rest = self.marks.finish();
        let stream = if self.session.pty {
            Stream::Stdout
        } else {
            Stream::Stderr
        };
        self.output.take(stream, &rest);
    }

    /// How it ended, as far as the host has reported.
    pub(super) fn exit_report(&self) -> ExitReport {
        self.progress.exit_report(self.status.as_ref(), || {
            self.context
                .link
                .disconnect_reason_or("the host closed the session without telling how it ended")
        })
    }
}

fn name_of(signal: &Sig) -> String {
    let name = match signal {
        // OpenSSH's server sends such a name for signals that the protocol does not name, such as real-time signals.
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
    // The text is the host's: restrict its characters and length.
    let may_stand = |c: &char| c.is_ascii_alphanumeric() || "+-".contains(*c);
    name.chars().filter(may_stand).take(16).collect()
}
