//! The shell text of an attempt's steps, for the host's `/bin/sh`.
//!
//! Text from outside, such as the command, is passed as positional parameters: quoting it once more in
//! each nested shell would let it grow beyond what hosts accept. Pogo's own variables start with `pogo_`.

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::RemoteCommand;
use pogo_core::scheduler::Phase;

use super::hooks::hooks_function;
use super::marker::Marker;
use crate::input::READ_SECRETS;

/// Gives a script a process group of its own, so that all of it can be ended. `$1` is the script, and
/// the rest are its parameters. It finds its group in `pogo_g`, and `group` or `alone` in `pogo_k`.
pub(super) const LEAD_A_GROUP: &str = r#"if kill -0 -$$ 2>/dev/null; then pogo_k=group
elif command -v setsid >/dev/null 2>&1; then
  exec setsid /bin/sh -c 'pogo_b=$1 pogo_g=$$ pogo_k=group; shift; eval "$pogo_b"' sh "$@"
else pogo_k=alone; fi
pogo_b=$1 pogo_g=$$; shift; eval "$pogo_b""#;

/// Finds the process group on a terminal, which a new group could not read: the rest of the group, such
/// as sudo, belongs to the command as well.
pub(super) const KNOW_THE_GROUP: &str = r#"pogo_k=group pogo_g=$(ps -o pgid= -p $$ 2>/dev/null | tr -d ' ')
[ -n "$pogo_g" ] || pogo_k=alone pogo_g=$$
pogo_b=$1; shift; eval "$pogo_b""#;

/// The command's environment must not contain them.
pub(super) const FORGET_THE_GROUP: &str = "unset pogo_b pogo_g pogo_k";

/// The steps of an attempt as shell text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scripts {
    marker: Marker,
    /// Positional parameters of every step.
    pub(crate) parameters: Vec<String>,
    /// Assignments of the attempt's environment.
    environment: String,
    /// Shell text that enters the command's directory.
    enter: String,
    /// Shell text that replaces the shell with the command.
    command: String,
    /// Shell words for the hook directories.
    pre_hooks: Option<String>,
    post_hooks: Option<String>,
}

impl Scripts {
    /// The steps of this attempt. `files` is the directory of uploaded files.
    pub(crate) fn of(attempt: &Attempt, files: Option<&str>, marker: Marker) -> Self {
        let mut parameters = Parameters(Vec::new());
        let hooks = |parameters: &mut Parameters, directory: &Option<_>| {
            let directory = directory.as_deref().filter(|directory: &&str| !directory.is_empty());
            directory.map(|directory| parameters.add(directory))
        };
        Self {
            environment: environment(attempt, files, &mut parameters),
            enter: enter(attempt, &marker, &mut parameters),
            command: match attempt.exec_options.secret_environment.is_empty() {
                true => command(attempt, &mut parameters),
                false => format!("{READ_SECRETS}{}", command(attempt, &mut parameters)),
            },
            pre_hooks: hooks(&mut parameters, &attempt.pre_hooks),
            post_hooks: hooks(&mut parameters, &attempt.post_hooks),
            parameters: parameters.0,
            marker,
        }
    }

    /// The prefix of their marks.
    pub(crate) fn marker(&self) -> &Marker {
        &self.marker
    }

    /// Whether the attempt has this step.
    pub(crate) fn has(&self, phase: Phase) -> bool {
        match phase {
            Phase::PreHook => self.pre_hooks.is_some(),
            Phase::PostHook => self.post_hooks.is_some(),
            phase => phase == Phase::Command,
        }
    }

    /// The text of one step alone, which finds its process group in `pogo_g` and its kind in `pogo_k`. `None` if there
    /// is no such step.
    pub(crate) fn step(&self, phase: Phase) -> Option<String> {
        let (begun, environment) = (self.begun(), self.environment(phase));
        Some(match phase {
            Phase::Command => format!("{environment}\n{}{begun}\n{}", self.enter, self.command),
            phase => {
                let function = hooks_function(&self.marker);
                format!("{environment}\n{begun}\n{function}\n{}", self.hooks(phase)?)
            }
        })
    }

    /// Reports that the step begins, and its process group.
    fn begun(&self) -> String {
        format!("{}\n{FORGET_THE_GROUP}", tell_the_group(&self.marker))
    }

    /// Sets the environment of hooks and command.
    pub(super) fn environment(&self, phase: Phase) -> String {
        format!("export{} POGO_PHASE={}", self.environment, phase_name(phase))
    }

    /// Calls the function that runs hooks.
    pub(super) fn hooks(&self, phase: Phase) -> Option<String> {
        let directory = match phase {
            Phase::PreHook => self.pre_hooks.as_ref()?,
            Phase::PostHook => self.post_hooks.as_ref()?,
            _ => return None,
        };
        Some(format!("pogo_hooks {directory} {}", phase_name(phase)))
    }

    /// Enters the command's directory and becomes the command.
    pub(super) fn command(&self) -> String {
        format!("{}{}", self.enter, self.command)
    }
}

// Quoted once more in each shell on the way, a script with many quotes grew thirteenfold.
/// Collects the positional parameters of a shell text.
struct Parameters(Vec<String>);

impl Parameters {
    /// Adds a text; returns the shell word that expands to it.
    fn add(&mut self, text: impl Into<String>) -> String {
        self.0.push(text.into());
        format!("\"${{{}}}\"", self.0.len())
    }
}

/// Assignments of the environment of hooks and command.
fn environment(attempt: &Attempt, files: Option<&str>, parameters: &mut Parameters) -> String {
    let own = attempt.exec_options.environment.iter();
    let own = own.map(|(name, value)| (name.as_str(), value.clone()));
    let ours = [
        ("POGO_JOB", attempt.job.to_string()),
        ("POGO_HOST", attempt.host.name.to_string()),
        ("POGO_ATTEMPT", attempt.id.to_string()),
    ];
    let files = files.map(|directory| ("POGO_FILES", directory.to_owned()));
    own.chain(ours)
        // Ours last: a job cannot make its command believe that it runs in another one.
        .chain(files)
        .map(|(name, value)| format!(" {name}={}", parameters.add(value)))
        .collect()
}

/// Reports the process group.
pub(super) fn tell_the_group(marker: &Marker) -> String {
    marker.print("begun %s %s", r#""$pogo_g" "$pogo_k""#)
}

/// The phase names that hooks and commands see in `POGO_PHASE`.
pub(crate) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Connect => "connect",
        Phase::PreHook => "pre_hook",
        Phase::Command => "command",
        Phase::PostHook => "post_hook",
        Phase::Settle => "settle",
        _ => "unknown",
    }
}

/// The attempt's command as shell text that replaces the shell.
fn command(attempt: &Attempt, parameters: &mut Parameters) -> String {
    match attempt.command.as_ref() {
        // The login shell runs the line, as with any SSH client. Without SHLVL, bash would read its start-up
        // file a second time.
        RemoteCommand::Shell(line) if attempt.exec_options.run_as.is_none() => {
            let line = parameters.add(line);
            format!("SHLVL=1; export SHLVL\nexec \"${{SHELL:-/bin/sh}}\" -c {line}")
        }
        // Service accounts often have no login shell.
        RemoteCommand::Shell(line) => format!("exec /bin/sh -c {}", parameters.add(line)),
        RemoteCommand::Argv(words) => {
            let words: String = words.iter().map(|word| format!(" {}", parameters.add(word))).collect();
            format!("exec{words}")
        }
        // Unknown kinds are refused earlier; if one got here, nothing may run in its place.
        _ => "exit 126".to_owned(),
    }
}

/// Shell text that enters the command's directory, or ends the shell with a mark.
fn enter(attempt: &Attempt, marker: &Marker, parameters: &mut Parameters) -> String {
    let Some(directory) = &attempt.exec_options.directory else {
        return String::new();
    };
    let directory = parameters.add(directory);
    // With a `CDPATH` of the host, `cd` could enter another directory of that name, and would print which.
    let refused = marker.print("refused %s", r#""it cannot enter the directory $pogo_d""#);
    format!("pogo_d={directory}\nCDPATH= cd -- \"$pogo_d\" >/dev/null || {{ {refused}; exit 126; }}\nunset pogo_d\n")
}
