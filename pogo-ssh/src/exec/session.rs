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
use super::gate::GateText;
use super::hooks::hooks_function;
use super::line::{CommandLine, Script};
use super::marker::Marker;
use super::privilege::Privilege;
use super::script::{FORGET_THE_GROUP, KNOW_THE_GROUP, LEAD_A_GROUP, Scripts, phase_name, tell_the_group};
use crate::config::GateOptions;
use crate::host_lock::LockKey;
use crate::quote::quote;

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

/// A signal to the whole group ends the current step; the session reports its end and starts no step
/// after that.
const HEED_SIGNALS: &str = "pogo_t=\ntrap 'pogo_t=yes' HUP INT QUIT TERM";

/// The state after a signal.
const SIGNALLED: &str = "pogo_t=yes\ntrap '' HUP INT QUIT TERM";

/// Runs `pogo_r` and prints how it ended, on the outer standard output. Shells print a message when a signal ended
/// a command, whose status alone could be its own exit code; the message goes to the outer standard error.
const AWAIT: &str = r#"trap : HUP INT QUIT TERM; ( exec >&3 2>&4 3>&- 4>&- LOCK; eval "$pogo_r" ); echo $?"#;

/// Runs the command as a child. Bash prints no such message in a subshell nor as `sh`, so there another shell waits.
/// The Korn shell adds 256.
/// No shell prints one for an interrupt or a broken pipe: those statuses count as the signals.
const RUN_AND_TELL: &str = r#"{ pogo_m=$(exec 2>&1
if [ "${BASH_VERSION-}" ]; then exec /bin/sh -c "set +o posix; pogo_r=\$1; shift; $pogo_w" "$0" "$pogo_r" "$@"
else eval "$pogo_w"; fi); } 3>&1 4>&2
pogo_s=${pogo_m##*[!0-9]}
[ "$pogo_s" ] || exit 255
if [ "$pogo_s" -gt 128 ] && case $pogo_s in 130 | 141) ;; *) [ "$pogo_m" != "$pogo_s" ] || [ "$pogo_s" -gt 256 ] ;; esac; then
  pogo_n=$(kill -l "$pogo_s" 2>/dev/null)
  pogo_m="killed ${pogo_n:-$pogo_s}"
else pogo_m="ended $pogo_s"; fi
RECORD
TELL || { sleep 1; TELL; }
[ "$pogo_s" -le 255 ] || pogo_s=$((pogo_s - 128))
[ "$pogo_s" = 0 ] || exit "$pogo_s""#;

/// Ends the session before the command when a signal came. Hooks check this themselves: without hooks, a command
/// that succeeded is complete.
const UNLESS_ENDED: &str = r#"[ -z "$pogo_t" ] || END"#;

/// Replaces the gate's function in sessions without a gate.
const NO_GATE: &str = "pogo_end() { exit \"$2\"; }\n";

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

/// The script of a session: what comes before its gate, and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct StepsScript {
    before: String,
    gate: Option<GateText>,
    after: String,
}

/// Why an attempt cannot run on any host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidAttempt {
    #[error("the command is empty; give a program to run")]
    EmptyCommand,
    #[error("{0}")]
    Forced(&'static str),
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
        let (opens, begins) = match &script.gate {
            Some(gate) => (gate.before.as_str(), gate.after.as_str()),
            None => ("", ""),
        };
        let script = Script {
            before: &[first, &script.before, opens].concat(),
            constant: script.gate.as_ref().map(|_| GateText::functions()),
            after: &[begins, &script.after, last].concat(),
        };
        CommandLine::of_session(self.runs_command(), (lead, script), &parameters)
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
        let no_gate = match script.gate {
            Some(_) => format!("{}\n{NO_GATE}", tell_the_group(&self.marker)),
            None => String::new(),
        };
        let request = SessionRequest::Steps {
            script: StepsScript {
                before: script.before.replacen(HEED_SIGNALS, SIGNALLED, 1),
                gate: None,
                after: format!("{no_gate}{}", script.after),
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

/// Composes the script of a session.
fn composed(
    scripts: &Scripts,
    phases: &[Phase],
    privilege: &Privilege,
    (pty, gate): (bool, Option<GateText>),
) -> StepsScript {
    let first = phases.first().copied().unwrap_or(Phase::Command);
    // A gate reports the group with what it says first.
    let mut before = match gate {
        Some(_) => String::new(),
        None => tell_the_group(scripts.marker()) + "\n",
    };
    // Where the command alone is run, it replaces the shell and gets signals as it would without
    // us.
    if phases.len() > 1 || first == Phase::PostHook || gate.is_some() {
        before.push_str(HEED_SIGNALS);
        before.push('\n');
    }
    let mut parts = vec![FORGET_THE_GROUP.to_owned(), scripts.environment(first)];
    if phases.iter().any(|phase| *phase != Phase::Command) {
        parts.push(hooks_function(scripts.marker(), gate.is_some()));
    }
    let end = |phase, status: &str| match gate {
        Some(_) => format!("pogo_end {} {status}", phase_name(phase)),
        None => format!("exit {status}"),
    };
    for (at, phase) in phases.iter().enumerate() {
        if at > 0 && *phase == Phase::Command {
            parts.push(UNLESS_ENDED.replace("END", &end(Phase::PreHook, "143")));
        }
        let is_last = at + 1 == phases.len();
        match scripts.hooks(*phase) {
            Some(hooks) => parts.push(format!("{hooks} || {}", end(*phase, "$?"))),
            None => parts.push(command(scripts, privilege, (pty, is_last, gate.is_some()))),
        }
        if is_last && gate.is_some() && *phase != Phase::Command {
            parts.push(end(*phase, "0"));
        }
    }
    let after = parts.join("\n");
    StepsScript { before, gate, after }
}

/// The part that runs the command. As the last step it replaces the shell, unless that holds the lock and must wait.
fn command(scripts: &Scripts, privilege: &Privilege, (pty, is_last, has_gate): (bool, bool, bool)) -> String {
    let becomes = match privilege.command_prefix() {
        None => scripts.command(),
        Some(words) => {
            let lead = if pty { KNOW_THE_GROUP } else { LEAD_A_GROUP };
            let step = scripts.step(Phase::Command).unwrap_or_default();
            format!("exec {words} /bin/sh -c {} sh {} \"$@\"", quote(lead), quote(&step))
        }
    };
    let phase = phase_name(Phase::Command);
    let entered = scripts.marker().print(&format!("phase {phase}"), "");
    let waits = || run_and_tell(scripts.marker(), (is_last, has_gate));
    let run = match (is_last, has_gate) {
        (true, false) => r#"eval "$pogo_r""#.to_owned(),
        (true, true) => format!("[ \"$pogo_L\" ] || {{ exec 9>&-; eval \"$pogo_r\"; }}\n{}", waits()),
        (false, _) => waits(),
    };
    format!("POGO_PHASE={phase} pogo_r={}\n{entered}\n{run}", quote(&becomes))
}

/// Runs the command as a child and reports how it ended.
fn run_and_tell(marker: &Marker, (is_last, has_gate): (bool, bool)) -> String {
    // A background process of the command must not keep the lock.
    let wait = AWAIT.replace("LOCK", if has_gate { "9>&-" } else { "" });
    let record = match (has_gate, is_last) {
        (false, _) => ":",
        (true, true) => r#"pogo_put "ended command $pogo_m""#,
        // After a success the post-hooks follow.
        (true, false) => r#"[ "$pogo_s" = 0 ] || pogo_put "ended command $pogo_m""#,
    };
    let run = RUN_AND_TELL.replace("TELL", &marker.print("%s", r#""$pogo_m""#));
    format!("pogo_w={}\n{}", quote(&wait), run.replace("RECORD", record))
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
