//! A session: one or more of an attempt's steps, run one after the other.
//!
//! All steps of a session cost the host one login shell, and the network no more than the command alone. The script is
//! composed of parts, in this order: the gate takes the host lock, reports the process group by `begun`, and waits for
//! `go`; then the steps, each of which reports that it is entered. So a host that restarts can run its post-hooks in a
//! later session: `Session::of(…, &[PreHook, Command])`, then `Session::of(…, &[PostHook])`.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::{RemoteCommand, RunAs};
use pogo_core::scheduler::Phase;

use super::forced_command::{forced_line, unsuitable_where_forced};
use super::gate::{GateText, say_function};
use super::line::{CommandLine, Script};
use super::marker::Marker;
use super::privilege::Privilege;
use super::script::{Scripts, tell_the_group};
use super::session_script::{HEED_SIGNALS, SIGNALLED, StepsScript, composed};
use super::words::ScriptPart;
use crate::config::GateOptions;
use crate::host_lock::LockKey;

/// The steps in the order in which they run.
const PHASES: [Phase; 3] = [Phase::PreHook, Phase::Command, Phase::PostHook];

/// Gives the session a process group of its own: OpenSSH starts every command as the leader of one; other servers
/// may not. It comes first, while the shell's parameters still are the words of the line.
const LEAD: &str = r#"if [ "${pogo_k-}" = group ] || kill -0 -$$ 2>/dev/null; then pogo_k=group
elif command -v setsid >/dev/null 2>&1; then
  exec setsid /bin/sh -c 'pogo_k=group; eval "$(printf %b "$@")"' "$0" "$@"
else pogo_k=alone; fi
pogo_g=$$"#;

/// Finds the process group on a terminal, which a new group could not read.
const LEAD_ON_TERMINAL: &str = r#"pogo_k=group pogo_g=$(ps -o pgid= -p $$ 2>/dev/null | tr -d ' ')
[ -n "$pogo_g" ] || pogo_k=alone pogo_g=$$"#;

/// Replaces the gate's function in sessions without a gate.
const NO_GATE: &str = "pogo_c=\npogo_end() { exit \"$2\"; }\n";

/// One session of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session {
    /// Its phases, in order.
    pub(crate) phases: Vec<Phase>,
    /// The user that the command runs as.
    pub(crate) privilege: Privilege,
    /// Whether it runs on a terminal.
    pub(crate) pty: bool,
    /// The prefix of its marks.
    pub(crate) marker: Marker,
    request: SessionRequest,
}

/// The command line for the host.
#[derive(Debug, Clone, PartialEq, Eq)]
enum SessionRequest {
    /// The command's own line, for a host with a forced command.
    Forced(String),
    /// A script with its parameters.
    Steps {
        script: StepsScript,
        parameters: Vec<String>,
    },
}

/// Why an attempt cannot run on any host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidAttempt {
    /// The command has no word, or an empty first one.
    #[error("the command is empty; give a program to run")]
    EmptyCommand,
    /// It asks for something that a forced command of the host would not do.
    #[error("{0}")]
    Forced(&'static str),
    /// It has a command or an option of a later `pogo-core`.
    #[error("this version of pogo-ssh does not know how to run {0}; use versions of pogo-core and pogo-ssh that fit")]
    Unknown(&'static str),
}

impl Session {
    /// The sessions of an attempt, in order: one, or several where the command needs a terminal of its own. `files` is
    /// the directory of uploaded files. The attempt was [checked](check_attempt).
    // One session: with one per step, the login shells made a rollout take three times as long.
    pub(crate) fn all_of(attempt: &Attempt, files: Option<&str>, gate: Option<&GateOptions>) -> Vec<Self> {
        let parts = if attempt.exec_options.pty {
            // The terminal is the command's alone: hooks must neither read from it nor write to it.
            PHASES.chunks(1)
        } else {
            PHASES.chunks(3)
        };
        parts
            .filter_map(|phases| Self::of(attempt, files, gate, phases))
            .collect()
    }

    /// A session for those of these steps that the attempt has; `None` if it has none of them.
    pub(crate) fn of(
        attempt: &Attempt,
        files: Option<&str>,
        gate: Option<&GateOptions>,
        phases: &[Phase],
    ) -> Option<Self> {
        // A secret of its own for each session: what an earlier one left running knows only the old
        // one.
        let marker = Marker::secret(attempt.id);
        let privilege = Privilege::of(attempt, &marker);
        let forced = forced_line(attempt);
        let scripts = Scripts::of(attempt, files, marker.clone());
        let phases = phases.iter().copied();
        // A forced command has no hooks.
        let phases: Vec<Phase> = phases
            .filter(|phase| scripts.has(*phase) && (forced.is_none() || *phase == Phase::Command))
            .collect();
        let pty = attempt.exec_options.pty && phases.contains(&Phase::Command);
        let first = *phases.first()?;
        let request = match forced {
            Some(line) => SessionRequest::Forced(line),
            None => {
                let gate = gate.map(|options| GateText::new(options, &LockKey::of(attempt, first), &marker));
                SessionRequest::Steps {
                    script: composed(&scripts, &phases, &privilege, (pty, gate)),
                    parameters: scripts.parameters,
                }
            }
        };
        Some(Self {
            phases,
            privilege,
            pty,
            marker,
            request,
        })
    }

    /// The command line for the host.
    pub(crate) fn line(&self) -> CommandLine {
        self.line_within("", "")
    }

    /// The command line for the host, with these texts before the script and after it.
    pub(crate) fn line_within(&self, first: &str, last: &str) -> CommandLine {
        let (script, parameters) = match &self.request {
            SessionRequest::Forced(line) => return CommandLine::raw(line),
            SessionRequest::Steps { script, parameters } => (script, parameters),
        };
        let lead = if self.pty { LEAD_ON_TERMINAL } else { LEAD };
        let parameters: Vec<&str> = parameters.iter().map(String::as_str).collect();
        let mut parts: Vec<ScriptPart<'_>> = vec![first.into(), script.before.as_str().into()];
        if let Some(gate) = &script.gate {
            parts.push(gate.before.as_str().into());
            parts.push(GateText::functions().into());
            parts.push(gate.after.as_str().into());
        }
        parts.extend(script.after.iter().map(ScriptPart::borrow));
        parts.push(last.into());
        CommandLine::of_session(self.runs_command(), (lead, Script(parts)), &parameters)
    }

    /// Whether it follows a command that succeeded in its own session.
    pub(crate) fn follows_command(&self) -> bool {
        self.phases == [Phase::PostHook]
    }

    /// A session that looks for post-hooks without running them: it exits with 143 where there are any. `None` if this
    /// session runs more than post-hooks.
    pub(crate) fn only_looking(&self) -> Option<Self> {
        let SessionRequest::Steps { script, parameters } = &self.request else {
            return None;
        };
        // It runs nothing, so it takes no lock and asks for no permission; the time of the attempt is over.
        let no_gate = script.gate.as_ref().map(|_| {
            let (group, say) = (tell_the_group(&self.marker), say_function(&self.marker));
            format!("{group}\n{say}{NO_GATE}")
        });
        let request = SessionRequest::Steps {
            script: StepsScript {
                before: script.before.replacen(HEED_SIGNALS, SIGNALLED, 1),
                gate: None,
                after: no_gate
                    .into_iter()
                    .map(ScriptPart::from)
                    .chain(script.after.clone())
                    .collect(),
            },
            parameters: parameters.clone(),
        };
        self.follows_command().then(|| Self {
            request,
            ..self.clone()
        })
    }

    /// Whether it is for a host with a forced command.
    pub(crate) fn is_forced(&self) -> bool {
        matches!(self.request, SessionRequest::Forced(_))
    }

    /// Whether it waits at a gate for `go`.
    pub(crate) fn has_gate(&self) -> bool {
        matches!(&self.request, SessionRequest::Steps { script, .. } if script.gate.is_some())
    }

    /// Whether the command is among its steps.
    pub(crate) fn runs_command(&self) -> bool {
        self.phases.contains(&Phase::Command)
    }

    /// Whether it reports the command's end itself, because other steps may follow.
    pub(crate) fn outlives_command(&self) -> bool {
        self.runs_command() && self.phases.last() != Some(&Phase::Command)
    }
}

/// Refuses attempts that no host can run.
pub(crate) fn check_attempt(attempt: &Attempt) -> Result<(), InvalidAttempt> {
    let is_empty = match attempt.command.as_ref() {
        RemoteCommand::Shell(line) => line.trim().is_empty(),
        RemoteCommand::Argv(words) => words.first().is_none_or(String::is_empty),
        _ => return Err(InvalidAttempt::Unknown("such a command")),
    };
    if !matches!(
        attempt.exec_options.run_as,
        None | Some(RunAs::User(_) | RunAs::Through(_))
    ) {
        return Err(InvalidAttempt::Unknown("a command as such a user"));
    }
    if is_empty {
        return Err(InvalidAttempt::EmptyCommand);
    }
    unsuitable_where_forced(attempt).map_or(Ok(()), |reason| Err(InvalidAttempt::Forced(reason)))
}
