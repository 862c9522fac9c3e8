//! What is known of a detached attempt, over all connections to its host.

use pogo_core::dispatcher::{Reporter, Stream};
use pogo_core::scheduler::Phase;

use super::commands::{DetachedCommands, PHASES};
use super::frames::HostFrame;
use crate::exec::{ExitReport, Mark, MarkParser, NotStarted, StopReason, phase_name, signal_of};
use crate::fencing::GONE;
use crate::host_lock::{BusyHost, never_message};
use crate::output::Output;
use crate::prepared::PreparedAttempt;

/// What was seen of the attempt so far.
pub(super) struct AttemptWatch {
    report: Reporter,
    output: Output,
    /// Phases that are not reported yet.
    ahead: Vec<Phase>,
    /// The step that the host says it is in, whether a hook runs in it or not.
    pub(super) phase: Phase,
    /// Bytes of each stream that have come.
    pub(super) seen: (u64, u64),
    marks: MarkParser,
    hook: Option<String>,
    refused: Option<String>,
    /// How many steps are still to say that they begin before the command has done so.
    until_command: usize,
    state: String,
    output_limit: u64,
    /// Streams of which the host has dropped a part.
    cut: Vec<Stream>,
    /// Whether the host did not know of it, and has recorded that it never begins.
    is_unfound: bool,
}

impl AttemptWatch {
    pub(super) fn new(prepared: &PreparedAttempt, commands: &DetachedCommands, output_limit: u64) -> Self {
        let phases = commands.phases();
        Self {
            report: prepared.report.clone(),
            output: Output::new(prepared.report.clone(), output_limit),
            phase: Phase::Connect,
            seen: (0, 0),
            marks: MarkParser::new(&commands.marker().prefix()),
            hook: None,
            refused: None,
            until_command: phases.iter().take_while(|phase| **phase != Phase::PostHook).count(),
            ahead: phases,
            state: String::new(),
            output_limit,
            cut: Vec::new(),
            is_unfound: false,
        }
    }

    /// Takes what the host says; gives the end once that is all. `stop`: why we are ending it ourselves.
    pub(super) fn take(&mut self, frame: HostFrame, stop: Option<StopReason>) -> Option<ExitReport> {
        match frame {
            HostFrame::Output(Stream::Stderr, bytes) => {
                self.seen.1 += bytes.len() as u64;
                self.take_marked(&bytes);
            }
            HostFrame::Output(stream, bytes) => {
                self.seen.0 += bytes.len() as u64;
                self.output.take(stream, &bytes);
            }
            // After a reconnect the host reports it again.
            HostFrame::Cut(stream, _) if self.cut.contains(&stream) => {}
            HostFrame::Cut(stream, missing) => {
                self.cut.push(stream);
                self.output.skip(stream, missing);
            }
            HostFrame::State(state) => self.enter(state),
            HostFrame::End => return Some(self.ended(stop)),
            HostFrame::Dead => return Some(ExitReport::Unknown(GONE.to_owned())),
            HostFrame::Refused(reason) => return Some(ExitReport::refused(reason)),
            // The gate of the launch has taken these.
            HostFrame::Ready(_) | HostFrame::Busy(_) | HostFrame::Never(_) => {}
        }
        None
    }

    /// Whether the host has said anything of it.
    pub(super) fn is_known_to_host(&self) -> bool {
        !self.state.is_empty()
    }

    /// Whether nothing was found of it, and nothing will begin: its record may say more.
    pub(super) fn is_unfound(&self) -> bool {
        self.is_unfound
    }

    /// Takes note that its end in this phase is known from its record.
    pub(super) fn end_in(&mut self, phase: Phase) {
        self.phase = phase;
        self.reach(phase);
    }

    /// A remark of ours.
    pub(super) fn note(&mut self, remark: &str) {
        self.output.note(remark);
    }

    /// Where its output goes.
    pub(super) fn output(&mut self) -> &mut Output {
        &mut self.output
    }

    fn take_marked(&mut self, bytes: &[u8]) {
        let (rest, marks) = self.marks.take(bytes);
        for mark in marks {
            match mark {
                Mark::Begun(_) => {
                    self.until_command = self.until_command.saturating_sub(1);
                    if self.until_command == 0 {
                        self.reach(Phase::Command);
                    }
                }
                // A step of hooks says so once there is one to run.
                Mark::Phase(phase) => self.reach(phase),
                Mark::Hook(name) => self.hook = Some(name),
                // The command itself has no say in it.
                Mark::Refused(reason) if self.until_command > 0 => self.refused = Some(reason),
                _ => {}
            }
        }
        self.output.take(Stream::Stderr, &rest);
    }

    /// Takes note of the step that the state refers to. It is reported by the marks between the output: only they say
    /// whether a hook runs in it, and the state does not come in order with them.
    fn enter(&mut self, state: String) {
        let mut words = state.split(' ');
        if matches!(words.next(), Some("begun" | "ended"))
            && let Some(phase) = words.next().and_then(phase_named)
        {
            self.phase = phase;
        }
        self.state = state;
    }

    /// Reports a phase. Those before it are over, and had no hook to run.
    fn reach(&mut self, phase: Phase) {
        if let Some(at) = self.ahead.iter().position(|ahead| *ahead == phase) {
            self.ahead.drain(..=at);
            self.report.phase(phase);
        }
    }

    fn ended(&mut self, stop: Option<StopReason>) -> ExitReport {
        let rest = self.marks.finish();
        self.output.take(Stream::Stderr, &rest);
        // Its mark may be in a part of the output that the host dropped.
        if self.phase >= Phase::Command {
            self.reach(Phase::Command);
        }
        let words: Vec<&str> = self.state.split(' ').collect();
        let limit = words.last() == Some(&"limit");
        let stop = stop.or(limit.then_some(StopReason::TimeLimit));
        if let ["ended", _, _, "cut", ..] = words.as_slice()
            && self.seen.0.max(self.seen.1) < self.output_limit
        {
            self.output
                .note("[output is missing: the host had no space to keep it]");
        }
        match words.as_slice() {
            ["never", "busy", holder @ ..] => {
                let message = format!("another attempt runs on the host: {}", holder.join(" "));
                NotStarted::Busy(BusyHost { message, holder: None }).into()
            }
            ["never", "unwritten", ..] => ExitReport::refused(never_message("unwritten")),
            ["never", "stopped", name, ..] => {
                self.is_unfound = *name == phase_name(Phase::Connect);
                self.phase = phase_named(name).unwrap_or(self.phase);
                stop.map_or_else(
                    || ExitReport::refused("cancelled"),
                    |reason| NotStarted::Stopped(reason).into(),
                )
            }
            ["ended", ..] if limit => ExitReport::Stopped(StopReason::TimeLimit),
            ["ended", _, status, ..] => match (status.parse(), &self.refused) {
                // Only together with our own mark: a command may end with 126 by itself.
                (Ok(126), Some(reason)) => ExitReport::refused(reason.clone()),
                (Ok(status), _) => match signal_of(status) {
                    Some(signal) => ExitReport::Killed {
                        signal: signal.to_owned(),
                    },
                    None => ExitReport::Exited {
                        status,
                        hook: self.hook.clone(),
                    },
                },
                (Err(_), _) => unknown(),
            },
            _ => unknown(),
        }
    }
}

fn unknown() -> ExitReport {
    ExitReport::Unknown("the host's record of the attempt is malformed".to_owned())
}

fn phase_named(name: &str) -> Option<Phase> {
    PHASES.into_iter().find(|phase| phase_name(*phase) == name)
}
