//! The script of a session: its steps, one after the other.

use std::sync::LazyLock;

use pogo_core::scheduler::Phase;

use super::gate::GateText;
use super::hooks::{gated_hooks_function, hooks_function};
use super::privilege::Privilege;
use super::script::{FORGET_THE_GROUP, KNOW_THE_GROUP, LEAD_A_GROUP, Scripts, phase_name, tell_the_group};
use super::words::{ConstantText, ScriptPart};
use crate::quote::quote;

/// A signal to the whole group ends the current step; the session reports its end and starts no step
/// after that.
pub(super) const HEED_SIGNALS: &str = "pogo_t=\ntrap 'pogo_t=yes' HUP INT QUIT TERM";

/// The state after a signal.
pub(super) const SIGNALLED: &str = "pogo_t=yes\ntrap '' HUP INT QUIT TERM";

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

/// The script of a session: what comes before its gate, and after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StepsScript {
    pub(super) before: String,
    pub(super) gate: Option<GateText>,
    // In parts: behind a gate most of it is the same in each session, and is encoded once.
    pub(super) after: Vec<ScriptPart<'static>>,
}

/// Composes the script of a session.
pub(super) fn composed(
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
    if phases.len() > 1 || first == Phase::PostHook || gate.is_some() {
        before.push_str(HEED_SIGNALS);
        before.push('\n');
    }
    let mut after = StepsText::default();
    after.line(&[FORGET_THE_GROUP, "\n", &scripts.environment(first)]);
    if phases.iter().any(|phase| *phase != Phase::Command) {
        match gate {
            Some(_) => after.constant(gated_hooks_function()),
            None => after.line(&[&hooks_function(scripts.marker())]),
        }
    }
    let end = |phase, status: &str| match gate {
        Some(_) => format!("pogo_end {} {status}", phase_name(phase)),
        None => format!("exit {status}"),
    };
    for (at, phase) in phases.iter().enumerate() {
        if at > 0 && *phase == Phase::Command {
            after.line(&[&UNLESS_ENDED.replace("END", &end(Phase::PreHook, "143"))]);
        }
        let is_last = at + 1 == phases.len();
        match scripts.hooks(*phase) {
            Some(hooks) => after.line(&[&hooks, " || ", &end(*phase, "$?")]),
            None => command(&mut after, scripts, privilege, (pty, is_last, gate.is_some())),
        }
        if is_last && gate.is_some() && *phase != Phase::Command {
            after.line(&[&end(*phase, "0")]);
        }
    }
    StepsScript {
        before,
        gate,
        after: after.finish(),
    }
}

/// Adds the part that runs the command. As the last step it replaces the shell, unless that holds the lock and must
/// wait.
fn command(
    after: &mut StepsText,
    scripts: &Scripts,
    privilege: &Privilege,
    (pty, is_last, has_gate): (bool, bool, bool),
) {
    let becomes = match privilege.command_prefix() {
        None => scripts.command(),
        Some(words) => {
            let lead = if pty { KNOW_THE_GROUP } else { LEAD_A_GROUP };
            let step = scripts.step(Phase::Command).unwrap_or_default();
            format!("exec {words} /bin/sh -c {} sh {} \"$@\"", quote(lead), quote(&step))
        }
    };
    let phase = phase_name(Phase::Command);
    after.line(&["POGO_PHASE=", phase, " pogo_r=", &quote(&becomes)]);
    if has_gate {
        after.constant(gated_run(is_last));
        return;
    }
    let marker = scripts.marker();
    after.line(&[&marker.print(&format!("phase {phase}"), "")]);
    match is_last {
        true => after.line(&[r#"eval "$pogo_r""#]),
        false => after.line(&[&run_and_tell("", ":", &marker.print("%s", r#""$pogo_m""#))]),
    }
}

/// Reports the command's phase, runs it, and records how it ended, in a session with a gate.
fn gated_run(is_last: bool) -> &'static ConstantText {
    static LAST: LazyLock<ConstantText> = LazyLock::new(|| {
        let run = gated_run_and_tell(r#"pogo_put "ended command $pogo_m""#);
        ConstantText::new(&format!(
            "pogo_say phase command\n[ \"$pogo_L\" ] || {{ exec 9>&-; eval \"$pogo_r\"; }}\n{run}\n"
        ))
    });
    static FOLLOWED: LazyLock<ConstantText> = LazyLock::new(|| {
        // After a success the post-hooks follow.
        let run = gated_run_and_tell(r#"[ "$pogo_s" = 0 ] || pogo_put "ended command $pogo_m""#);
        ConstantText::new(&format!("pogo_say phase command\n{run}\n"))
    });
    if is_last { &LAST } else { &FOLLOWED }
}

fn gated_run_and_tell(record: &str) -> String {
    // A background process of the command must not keep the lock.
    run_and_tell("9>&-", record, r#"pogo_say "$pogo_m""#)
}

/// Runs the command as a child and reports how it ended.
fn run_and_tell(lock: &str, record: &str, tell: &str) -> String {
    let wait = AWAIT.replace("LOCK", lock);
    let run = RUN_AND_TELL.replace("TELL", tell).replace("RECORD", record);
    format!("pogo_w={}\n{run}", quote(&wait))
}

/// Collects the lines of a script.
#[derive(Default)]
struct StepsText {
    parts: Vec<ScriptPart<'static>>,
    /// Lines that are not yet a part.
    lines: String,
}

impl StepsText {
    /// Adds these texts as one line.
    fn line(&mut self, texts: &[&str]) {
        texts.iter().for_each(|text| self.lines.push_str(text));
        self.lines.push('\n');
    }

    /// Adds whole lines that are the same in every session.
    fn constant(&mut self, text: &'static ConstantText) {
        self.parts.push(std::mem::take(&mut self.lines).into());
        self.parts.push(text.into());
    }

    fn finish(mut self) -> Vec<ScriptPart<'static>> {
        self.parts.push(self.lines.into());
        self.parts
    }
}
