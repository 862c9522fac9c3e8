//! Support for the loopback server, which imitates commands: reads and edits the command lines of sessions.

use super::line::{CommandLine, decoded};
use crate::quote::quote;

/// How the shell line that reports the command phase continues after the marker.
const ENTERS_COMMAND: &str = " phase command\\n'";

/// The session's line with its command replaced by this text; `None` if the line cannot be parsed.
pub(crate) fn instead_of_command(line: &str, text: &str) -> Option<String> {
    let script = decoded(line)?;
    let at = script.find(ENTERS_COMMAND)?;
    let (before, after) = script.split_at(at + script.get(at..)?.find('\n')?);
    Some(CommandLine::new(&format!("{before}\npogo_r={}{after}", quote(text)), &[]).text)
}

/// What a session of a command alone writes on standard error before it waits for the word to go, and once it has it;
/// `None` if the line is of another kind.
pub(crate) fn marks_of_beginning(line: &str) -> Option<(String, String)> {
    let script = decoded(line)?;
    if script.contains("pogo_hooks()") {
        return None;
    }
    let (before, _) = script.split_once(ENTERS_COMMAND)?;
    let (_, marker) = before.rsplit_once("'\\036")?;
    // No process has this number.
    let begun = format!("\x1e{marker} begun {} alone\n\x1e{marker} ready none -\n", i32::MAX);
    Some((begun, format!("\x1e{marker} phase command\n")))
}
