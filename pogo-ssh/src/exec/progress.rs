//! The progress of a session as its marks report it, and how it ended.

use pogo_core::scheduler::{NeverBegan, Phase};

use super::exit_report::{ExitReport, ExitStatus, NotStarted, StopReason};
use super::last_line::LastLine;
use super::mark::{Mark, ProcessGroup, Ready};
use super::session::Session;
use crate::host_lock::{busy_host, never_message};

/// The progress of one session.
#[derive(Debug)]
pub(crate) struct SessionProgress {
    expected: Expected,
    gate: Gate,
    /// The phase that was entered last.
    phase: Option<Phase>,
    groups: Groups,
    /// How the command ended, where other steps may follow.
    command: Option<ExitStatus>,
    /// The hook that runs, or ran last.
    hook: Option<String>,
    /// Why the host ran nothing of it.
    refused: Option<String>,
    last_line: LastLine,
}

/// What a session consists of, as far as is known before its command begins.
#[derive(Debug)]
struct Expected {
    phases: Vec<Phase>,
    is_forced: bool,
    /// Whether the command may go on when what started it has ended.
    outlives_command: bool,
    /// The program that starts the command, such as sudo.
    launcher: Option<String>,
}

/// The gate, at which a session waits until its attempt may begin.
#[derive(Debug)]
struct Gate {
    /// Whether `go` was not sent.
    is_shut: bool,
    /// How the session waits there.
    ready: Option<Ready>,
    /// Why it ended there.
    never: Option<NotStarted>,
}

/// The process groups to end.
#[derive(Debug, Default)]
struct Groups {
    session: Option<ProcessGroup>,
    /// Of a command that runs as another user.
    command: Option<ProcessGroup>,
}

impl SessionProgress {
    pub(crate) fn new(session: &Session) -> Self {
        Self {
            expected: Expected {
                phases: session.phases.clone(),
                is_forced: session.is_forced(),
                outlives_command: session.outlives_command(),
                launcher: session.privilege.program_name().map(str::to_owned),
            },
            gate: Gate {
                is_shut: session.has_gate(),
                ready: None,
                never: None,
            },
            phase: None,
            groups: Groups::default(),
            command: session.follows_command().then_some(ExitStatus::Code(0)),
            hook: None,
            refused: None,
            last_line: LastLine::default(),
        }
    }

    /// Applies a mark; returns the phase that it enters.
    pub(crate) fn apply(&mut self, mark: Mark) -> Option<Phase> {
        match mark {
            // Only the first mark counts: a command could print another to have a group of its choice ended.
            Mark::Begun(group) if self.groups.session.is_none() => self.groups.session = Some(group),
            Mark::Begun(group) if self.runs_command() => self.groups.command = Some(group),
            // Forward only: a command could print the mark of an earlier phase.
            Mark::Phase(phase) if self.expected.phases.contains(&phase) && self.phase < Some(phase) => {
                self.phase = Some(phase);
                return Some(phase);
            }
            // Only while the command runs: what it left in the background may go on printing.
            Mark::Ended(status) if self.runs_command() => self.command = Some(ExitStatus::Code(status)),
            Mark::Killed(signal) if self.runs_command() => self.command = Some(ExitStatus::Signal(signal)),
            Mark::Ready(ready) if self.gate.is_shut && self.gate.ready.is_none() => {
                self.gate.ready = Some(ready);
                self.expected.outlives_command |= ready.reports_end && self.expected.phases.contains(&Phase::Command);
            }
            // Ignored once a step was entered: the command could print these marks.
            Mark::Busy(who) if self.phase.is_none() => self.gate.never = Some(NotStarted::Busy(busy_host(&who))),
            Mark::Never(why) if self.phase.is_none() => self.shut_by_host(&why),
            Mark::Hook(name) => self.hook = Some(name),
            Mark::Refused(reason) => self.refused = Some(reason),
            _ => {}
        }
        None
    }

    /// Records why the host ended it at the gate.
    fn shut_by_host(&mut self, why: &str) {
        let message = never_message(why);
        match why {
            // Only this is the host's own clock; any other reason is one that the next try would meet again.
            "late" => self.gate.never = Some(NotStarted::NeverBegan(NeverBegan::Expired, message)),
            _ => self.refused = Some(message),
        }
    }

    /// How it waits at the gate, if it does.
    pub(crate) fn waits(&self) -> Option<Ready> {
        self.gate.ready.filter(|_| self.gate.is_shut)
    }

    /// Whether it waits at its gate and `go` was not sent.
    pub(crate) fn is_shut(&self) -> bool {
        self.gate.is_shut
    }

    /// Records that `go` was sent.
    pub(crate) fn open(&mut self) {
        self.gate.is_shut = false;
    }

    /// Keeps output that may explain why nothing begins.
    pub(crate) fn note_output(&mut self, bytes: &[u8]) {
        if !self.has_begun() || self.may_ask() {
            self.last_line.push(bytes);
        }
    }

    /// Whether the host has begun to run the script.
    pub(crate) fn has_begun(&self) -> bool {
        self.groups.session.is_some()
    }

    /// Whether the command, or the launcher before it, may be running.
    fn runs_command(&self) -> bool {
        self.phase == Some(Phase::Command) && self.command.is_none()
    }

    /// Whether the launcher may still ask for a password.
    pub(crate) fn may_ask(&self) -> bool {
        self.runs_command() && self.expected.launcher.is_some() && self.groups.command.is_none()
    }

    /// Whether the command has begun to read its input.
    pub(crate) fn reads_input(&self) -> bool {
        self.expected.is_forced || (self.runs_command() && !self.may_ask())
    }

    /// Whether the command has ended, so that only background processes can keep the output open.
    pub(crate) fn command_has_ended(&self) -> bool {
        self.command.is_some()
    }

    /// Whether post-hooks were reported to run.
    pub(crate) fn runs_post_hooks(&self) -> bool {
        self.phase == Some(Phase::PostHook)
    }

    /// The groups to end: the session's, and that of a command that runs as another user.
    pub(crate) fn groups(&self) -> Option<(ProcessGroup, Option<ProcessGroup>)> {
        Some((
            self.groups.session?,
            self.groups.command.filter(|_| self.command.is_none()),
        ))
    }

    /// The phase that an end is attributed to.
    pub(crate) fn phase(&self) -> Phase {
        if self.never_began() {
            return Phase::Command;
        }
        if self.command == Some(ExitStatus::Code(0)) {
            return Phase::PostHook;
        }
        let first = self.expected.phases.first().copied().unwrap_or(Phase::Command);
        self.phase.unwrap_or(first)
    }

    /// How it ended, as the host reported it; unknown for this reason if it did not.
    pub(crate) fn exit_report(&self, status: Option<&ExitStatus>, lost: impl FnOnce() -> String) -> ExitReport {
        if let Some(never) = &self.gate.never {
            return never.clone().into();
        }
        // Without a status the link broke, and what is known decides: a refusal, a shut gate, or the end of the
        // command.
        let Some(status) = status else {
            return match (self.gate.is_shut, &self.refused, &self.command) {
                (_, Some(reason), _) => ExitReport::refused(reason.clone()),
                // Whatever broke: nothing runs before the word to go.
                (true, ..) => (NeverBegan::NotSent, lost()).into(),
                // Nothing follows it.
                (_, _, Some(end)) if self.expected.phases.last() == Some(&Phase::Command) => self.ended(end),
                _ => ExitReport::Unknown(lost()),
            };
        };
        if let Some(reason) = &self.refused {
            return ExitReport::refused(reason.clone());
        }
        if !self.has_begun() && !self.expected.is_forced {
            return ExitReport::refused(self.last_line.explain(ran_something_else(status)));
        }
        if self.gate.is_shut {
            let reason = format!("what waited there for the word to go ended with {status}");
            return (NeverBegan::NotSent, reason).into();
        }
        if self.never_began() {
            let status = self.command.as_ref().unwrap_or(status);
            return ExitReport::refused(self.last_line.explain(self.why_not_begun(status)));
        }
        match (&self.command, status) {
            (Some(ExitStatus::Signal(signal)), _) => ExitReport::Killed { signal: signal.clone() },
            (Some(ExitStatus::Code(status @ 1..)), _) => self.exited(*status),
            // The status is that of the wrapper: the command may go on without it.
            (None, status) if self.phase == Some(Phase::Command) && self.expected.outlives_command => {
                ExitReport::Unknown(format!(
                    "what ran the command on the host ended with {status}, and did not tell how the command ended"
                ))
            }
            (_, ExitStatus::Code(status)) => self.exited(*status),
            (_, ExitStatus::Signal(signal)) => ExitReport::Killed { signal: signal.clone() },
        }
    }

    /// Whether the command has succeeded and no post-hook was reported to run.
    pub(crate) fn looks_for_post_hooks(&self) -> bool {
        self.command == Some(ExitStatus::Code(0)) && !self.runs_post_hooks()
    }

    /// The report of a session that was ended while it looked for post-hooks.
    pub(crate) fn ended_while_looking(&self, status: Option<u32>, reason: StopReason) -> ExitReport {
        match status {
            // There was none to run.
            Some(0) if self.looks_for_post_hooks() => self.exited(0),
            status => self
                .hooks_not_run(status, reason)
                .unwrap_or(ExitReport::Stopped(reason)),
        }
    }

    /// The report of a session that found post-hooks and ran none of them because it was ended.
    pub(crate) fn hooks_not_run(&self, status: Option<u32>, reason: StopReason) -> Option<ExitReport> {
        (status == Some(143) && self.looks_for_post_hooks()).then(|| NotStarted::Stopped(reason).into())
    }

    /// Whether the command's phase was entered without the command beginning.
    fn never_began(&self) -> bool {
        self.expected.phases.contains(&Phase::Command)
            && self.expected.launcher.is_some()
            && self.groups.command.is_none()
            && self.phase >= Some(Phase::Command)
    }

    fn ended(&self, end: &ExitStatus) -> ExitReport {
        match end {
            ExitStatus::Code(status) => self.exited(*status),
            ExitStatus::Signal(signal) => ExitReport::Killed { signal: signal.clone() },
        }
    }

    fn exited(&self, status: u32) -> ExitReport {
        ExitReport::Exited {
            status,
            hook: self.hook.clone(),
        }
    }

    fn why_not_begun(&self, status: &ExitStatus) -> String {
        let name = self.expected.launcher.as_deref().unwrap_or_default();
        match status {
            ExitStatus::Code(127) => format!("there is no {name} on the host"),
            status => format!("{name} ended with {status} before the command began"),
        }
    }
}

/// The message for a host that ended the session without running the script.
pub(crate) fn ran_something_else(status: &ExitStatus) -> String {
    format!(
        "the host ran something of its own in place of the command, which ended with {status} (a forced command, a \
         restricted shell or nologin; where it is meant, set `forced_command` for the host or the job)"
    )
}

#[cfg(test)]
mod tests {
    use pogo_core::plan::RemoteCommand;
    use pogo_core::testing::TestAttempt;

    use super::*;

    #[test]
    fn a_command_that_succeeded_has_when_time_runs_out_while_hooks_are_looked_for() {
        let mut attempt = TestAttempt::at("web1", RemoteCommand::shell("true")).0;
        attempt.pre_hooks = Some("/pre".into());
        attempt.post_hooks = Some("/post".into());
        let sessions = Session::all_of(&attempt, None, None);
        let mut seen = SessionProgress::new(&sessions[0]);
        assert!(!seen.looks_for_post_hooks());
        seen.apply(Mark::Phase(Phase::Command));
        seen.apply(Mark::Ended(0));
        assert!(seen.looks_for_post_hooks());

        let reason = StopReason::TimeLimit;
        let ended = |seen: &SessionProgress, status| seen.ended_while_looking(Some(status), reason);
        assert_eq!(ended(&seen, 0), ExitReport::Exited { status: 0, hook: None });
        assert_eq!(ended(&seen, 143), NotStarted::Stopped(reason).into());
        assert_eq!(seen.ended_while_looking(None, reason), ExitReport::Stopped(reason));

        seen.apply(Mark::Phase(Phase::PostHook));
        assert!(!seen.looks_for_post_hooks());
        assert_eq!(ended(&seen, 0), ExitReport::Stopped(reason));
    }
}
