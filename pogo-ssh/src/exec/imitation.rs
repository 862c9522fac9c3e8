//! For hosts that only seem to run a command: reading and changing the lines of sessions.

use super::line::{CommandLine, decoded};
use crate::quote::quote;

/// What starts the line that says that the command is entered, behind the marker.
const ENTERS_COMMAND: &str = " phase command\\n'";

/// The line of a session, with this text in place of its command; `None` if it cannot be read.
pub(crate) fn instead_of_command(line: &str, text: &str) -> Option<String> {
    let script = decoded(line)?;
    let at = script.find(ENTERS_COMMAND)?;
    let (before, after) = script.split_at(at + script.get(at..)?.find('\n')?);
    Some(CommandLine::new(&format!("{before}\npogo_r={}{after}", quote(text)), &[]).text)
}

/// What a session of a command alone writes on standard error before it waits for the word to go, and once it has it; `None`
/// if the line is of another kind.
pub(crate) fn marks_of_beginning(line: &str) -> Option<(String, String)> {
    let script = decoded(line)?;
    if script.contains("pogo_hooks()") {
        return None;
    }
    let (before, _) = script.split_once(ENTERS_COMMAND)?;
    let (_, marker) = before.rsplit_once("'\\036")?;
    // A process of this number is on no machine.
    let begun = format!("\x1e{marker} begun {} alone\n\x1e{marker} ready none -\n", i32::MAX);
    Some((begun, format!("\x1e{marker} phase command\n")))
}
