//! `pogo note`: what people say of a job.

use pogo_core::Timestamp;
use pogo_core::scheduler::{JobNote, Order};

use super::answered::say;
use super::session::with_session;
use crate::cli::NoteArgs;
use crate::exit::{CliError, Exit};
use crate::report::{moment, visible};

pub(crate) fn note(args: &NoteArgs) -> Result<Exit, CliError> {
    let text = args.text.join(" ");
    if text.trim().is_empty() {
        return Err(CliError::usage("say something: `pogo note JOB TEXT`"));
    }
    with_session(&args.question.place, async |session| {
        let job = session.job(args.job).await?;
        let answer = session.order(Order::Note { job }, Some(text.trim())).await?;
        let number = job.number();
        let said = format!("noted; `pogo status {number}` shows it to whoever looks at job {number}");
        say(args.question.format, answer, said)
    })
}

/// What was said of a job, the last notes.
pub(super) fn lines(notes: &[JobNote], now: Timestamp) -> String {
    if notes.is_empty() {
        return String::new();
    }
    let line = |note: &JobNote| format!("  {}  {}\n", moment(note.at, now), visible(&note.to_string()));
    let lines: String = notes.iter().map(line).collect();
    format!("\nnotes:\n{lines}")
}
