//! Ending a process group on a host, and checking that it has ended.
//!
//! Signals through the SSH channel are not enough: servers may refuse them (OpenSSH 9.2 does for root), and they reach
//! one process only. So a second session on the same connection signals the whole process group.

use std::time::Duration;

use super::context::ExecContext;
use super::line::CommandLine;
use super::mark::ProcessGroup;
use super::privilege::Privilege;
use super::side_command::{SideCommandError, SideCommandOutput, run_side_command};

/// `$1`: process group. `$2`: tenths of a second between TERM and KILL. Exits with 0 when the group has ended,
/// 3 when there was none any more, 1 when it cannot be ended.
///
/// `kill -0` also finds zombies, so `ps` is asked where there is one.
// The loop stands in parentheses: ksh runs the end of a pipeline in the shell itself, and
// `exit 9` would end the script.
pub(crate) const END_GROUP: &str = r#"g=$1
alive() {
  kill -0 -"$g" 2>/dev/null || return 1
  all=$(ps -A -o pgid= -o stat= 2>/dev/null) || all=$(ps -o pgid,stat 2>/dev/null) || return 0
  [ -n "$all" ] || return 0
  printf '%s\n' "$all" | (
    while read -r group state; do
      if [ "$group" = "$g" ]; then case $state in Z*) ;; *) exit 9 ;; esac; fi
    done
    exit 0
  )
  [ $? -eq 9 ]
}
ended_within() {
  left=$1
  while alive; do
    [ "$left" -gt 0 ] || return 1
    if sleep 0.1 2>/dev/null; then left=$((left - 1)); else sleep 1; left=$((left - 10)); fi
  done
}
alive || exit 3
kill -TERM -"$g"
ended_within "$2" && exit 0
kill -KILL -"$g"
ended_within 30 && exit 0
exit 1"#;

/// `$1`: a process that shares its group with others, so that only the process itself can be signalled.
const END_PROCESS: &str = r#"kill -TERM "$1" 2>/dev/null; exit 1"#;

/// The result of ending a process group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KillOutcome {
    /// The whole group has ended.
    Done,
    /// The group had ended before.
    AlreadyGone,
    /// The host did not confirm it.
    Unknown,
}

/// Ends the process group of a session, or that of its command where it runs as another user, as that user: TERM,
/// then KILL after the grace.
pub(super) async fn kill(
    context: ExecContext<'_>,
    (privilege, mark): (&Privilege, &str),
    groups: (ProcessGroup, Option<ProcessGroup>),
    grace: Duration,
) -> KillOutcome {
    // Until the command has said which group it leads, all that runs belongs to the login user.
    let privilege = if groups.1.is_some() {
        privilege
    } else {
        &Privilege::Login
    };
    ask_to_end(context, (privilege, mark), kill_line(privilege, groups, grace)).await
}

/// Runs a line on the host that exits as [`END_GROUP`] does.
pub(crate) async fn ask_to_end(
    context: ExecContext<'_>,
    (privilege, mark): (&Privilege, &str),
    line: CommandLine,
) -> KillOutcome {
    // In a second session: OpenSSH 9.2 refuses the protocol's own signals for sessions of root,
    // and they reach one process only.
    let output = match run_side_command(context, (privilege, mark), line.clone(), None).await {
        Err(SideCommandError::NoSession) => ask_on_new_connection(context, (privilege, mark), line).await,
        output => output.ok(),
    };
    match output.and_then(|output| output.status) {
        Some(0) => KillOutcome::Done,
        Some(3) => KillOutcome::AlreadyGone,
        _ => KillOutcome::Unknown,
    }
}

/// Runs the line over a new connection: some servers allow one session per connection only.
async fn ask_on_new_connection(
    context: ExecContext<'_>,
    (privilege, mark): (&Privilege, &str),
    line: CommandLine,
) -> Option<SideCommandOutput> {
    let link = context.connector.connect(context.target).await.ok()?;
    let beside = ExecContext { link: &link, ..context };
    let output = run_side_command(beside, (privilege, mark), line, None).await.ok();
    link.close().await;
    output
}

/// The command line that does it. Where the command runs as another user, its session is signalled first, so that
/// no further step starts.
pub(crate) fn kill_line(
    privilege: &Privilege,
    (session, command): (ProcessGroup, Option<ProcessGroup>),
    grace: Duration,
) -> CommandLine {
    let tenths = (grace.as_millis() / 100).to_string();
    let (script, id) = match command.unwrap_or(session) {
        ProcessGroup::Led(id) => (END_GROUP, id.to_string()),
        ProcessGroup::Shared(id) => (END_PROCESS, id.to_string()),
    };
    let (ProcessGroup::Led(first) | ProcessGroup::Shared(first)) = session;
    let (script, parameters) = privilege.script(script, &[&id, &tenths]);
    let script = match command {
        Some(_) => format!("kill -TERM {first} 2>/dev/null\n{script}"),
        None => script,
    };
    CommandLine::new(&script, &parameters)
}
