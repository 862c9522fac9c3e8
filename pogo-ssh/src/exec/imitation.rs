//! Support for the loopback server, which imitates commands: reads and edits the command lines of sessions.

use super::line::{CommandLine, decoded};
use crate::quote::quote;

/// The line by which a session with a gate reports the command's phase.
const ENTERS_COMMAND: &str = "\npogo_say phase command\n";

/// The session's line with its command replaced by this text; `None` if the line cannot be parsed.
pub(crate) fn instead_of_command(line: &str, text: &str) -> Option<String> {
    let script = decoded(line)?;
    // The last: a command may have such a line in it, and comes before.
    let (before, after) = script.rsplit_once(ENTERS_COMMAND)?;
    let script = format!("{before}{ENTERS_COMMAND}pogo_r={}\n{after}", quote(text));
    Some(CommandLine::new(&script, &[]).text)
}

/// What a session of a command alone writes on standard error before it waits for the word to go, and once it has it;
/// `None` if the line is of another kind.
pub(crate) fn marks_of_beginning(line: &str) -> Option<(String, String)> {
    let script = decoded(line)?;
    if script.contains("pogo_hooks()") {
        return None;
    }
    script.contains(ENTERS_COMMAND).then_some(())?;
    let (_, said) = script.split_once(r#"pogo_say() { printf "$pogo_c\036"#)?;
    let (marker, _) = said.split_once(" %s")?;
    // No process has this number.
    let begun = format!("\x1e{marker} begun {} alone\n\x1e{marker} ready none -\n", i32::MAX);
    Some((begun, format!("\x1e{marker} phase command\n")))
}
