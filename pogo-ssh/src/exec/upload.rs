//! Uploads files to a host for the duration of an attempt.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use pogo_core::plan::SentFile;
use tokio::time::timeout;

use super::context::ExecContext;
use super::exit_report::NotStarted;
use super::line::CommandLine;
use super::mark::Mark;
use super::marker::Marker;
use super::privilege::Privilege;
use super::side_command::{SideCommandError, SideCommandOutput, run_side_command};
use crate::input::{Content, JobInputs};
use crate::quote::quote_all;

/// `$1`: directory for files without a destination, or empty. `$2`: destination, or empty. `$3`: name. `$4`: mode.
/// `$5`: SHA-256. `$6`: mode of the directory. Standard input is the file. Marks: `sent DIRECTORY`, `sent` and `placed`
/// or `kept`, or `refused`.
// A directory is tried before it is used, because `/tmp` is often mounted `noexec`. A file gets its name by `ln`, which
// fails where there is one, so that nothing of the host is overwritten; `mv` stands in where links are unknown.
const RECEIVE: &str = r#"umask 077
dir=$1 to=$2 name=$3 mode=$4 sum=$5 open=$6 made= part=
digest() { sha256sum || shasum -a 256 || openssl dgst -sha256 -r; } 2>/dev/null
fail() {
  [ -z "$part" ] || rm -f -- "$part"
  [ -z "$made" ] || rm -rf -- "$dir"
  REFUSED
  exit 1
}
make() {
  for base in "${TMPDIR:-/tmp}" /var/tmp "$HOME"; do
    dir=$(mktemp -d "$base/pogo.XXXXXXXX") || continue
    printf '#!/bin/sh\nexit 0\n' >"$dir/try" && chmod 700 "$dir/try" && "$dir/try" &&
      rm -f "$dir/try" && chmod "$open" "$dir" && made=yes && return 0
    rm -rf -- "$dir"
  done 2>/dev/null
  fail "it has no directory to write to and to execute from"
}
if [ -z "$to" ]; then
  [ -n "$dir" ] || make
  to=$dir/$name own=yes
else own=; fi
case $to in -*) to=./$to ;; esac
[ ! -d "$to" ] || fail "$to is a directory there"
part=$to.pogo-part
why=$( (cat >"$part") 2>&1) || fail "it cannot write $to: $why"
got=$(digest <"$part")
[ -n "$got" ] || fail "it has no sha256sum, shasum or openssl to check files with"
[ "${got%% *}" = "$sum" ] || fail "$to did not arrive whole"
why=$(chmod "$mode" "$part" 2>&1) || fail "it cannot set the mode of $to: $why"
if [ "$own" ]; then
  mv -f -- "$part" "$to" || fail "it cannot write $to"
  SENT "$dir"
elif ln "$part" "$to" 2>/dev/null; then rm -f -- "$part"; SENT placed
elif [ -e "$to" ]; then
  there=$(digest <"$to")
  [ "${there%% *}" = "$sum" ] || fail "$to is there already, and is another file"
  rm -f -- "$part"; SENT kept
else mv -- "$part" "$to" || fail "it cannot write $to"; SENT placed; fi"#;

/// How long removing files may take. A loaded host needs seconds, and files that it does not remove stay there.
const PATIENCE: Duration = Duration::from_secs(30);

/// Files on a host that are removed at the end of the attempt.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct UploadedFiles {
    directory: Option<String>,
    files: Vec<String>,
}

impl UploadedFiles {
    /// The directory of files without a destination.
    pub(crate) fn directory(&self) -> Option<&str> {
        self.directory.as_deref()
    }

    /// Records where the host placed a file.
    pub(super) fn note(&mut self, what: &str, file: &SentFile) {
        match (&file.destination, what) {
            (None, directory) => self.directory = Some(directory.to_owned()),
            (Some(path), "placed") => self.files.push(path.clone()),
            // The file was there before and is kept.
            (Some(_), _) => {}
        }
    }

    /// Shell text that removes the files; empty if there are none.
    pub(super) fn removal(&self) -> String {
        let mut text = String::new();
        if !self.files.is_empty() {
            text.push_str(&format!(
                "rm -f -- {}\n",
                quote_all(self.files.iter().map(String::as_str))
            ));
        }
        if let Some(directory) = &self.directory {
            text.push_str(&format!("rm -rf -- {}\n", quote_all([directory.as_str()])));
        }
        text
    }

    /// Removes the files; false if the host did not confirm it.
    pub(crate) async fn remove(&self, context: ExecContext<'_>, attempt: &Attempt) -> bool {
        let text = self.removal();
        if text.is_empty() {
            return true;
        }
        let (line, mark) = (CommandLine::new(&text, &[]), Marker::of(attempt.id).prefix());
        let removing = run_side_command(context, (&Privilege::Login, &mark), line, None);
        matches!(timeout(PATIENCE, removing).await, Ok(Ok(answer)) if answer.status == Some(0))
    }
}

/// Uploads all files of the attempt. After an error nothing else may run, and the files in `sent` have to be removed.
pub(crate) async fn upload_all(
    context: ExecContext<'_>,
    attempt: &Attempt,
    inputs: &JobInputs,
    sent: &mut UploadedFiles,
) -> Result<(), NotStarted> {
    for (file, content) in attempt.exec_options.files.iter().zip(&inputs.files) {
        tokio::select! {
            biased;
            reason = context.stop.wait() => return Err(NotStarted::Stopped(reason)),
            done = upload(context, attempt, (file, content), sent) => done?,
        }
    }
    Ok(())
}

async fn upload(
    context: ExecContext<'_>,
    attempt: &Attempt,
    (file, content): (&SentFile, &Arc<Content>),
    sent: &mut UploadedFiles,
) -> Result<(), NotStarted> {
    let line = receiving_line(attempt, (file, content), sent.directory());
    let mark = Marker::of(attempt.id).prefix();
    let answer = run_side_command(context, (&Privilege::Login, &mark), line, Some(Arc::clone(content))).await;
    let lost = || {
        NotStarted::ConnectionLost(
            context
                .link
                .disconnect_reason_or("the host closed the session while a file was sent"),
        )
    };
    let answer = answer.map_err(|unasked| match unasked {
        SideCommandError::NoSession => NotStarted::Refused("the host opens no session".to_owned()),
        SideCommandError::NoLink => lost(),
    })?;
    match answer.marks.first() {
        Some(Mark::Sent(what)) => sent.note(what, file),
        Some(Mark::Refused(reason)) => return Err(NotStarted::Refused(reason.clone())),
        _ => return Err(answer.status.map_or_else(lost, |status| unexpected(status, &answer))),
    }
    Ok(())
}

fn unexpected(status: u32, answer: &SideCommandOutput) -> NotStarted {
    NotStarted::Refused(format!("a file could not be sent (status {status}): {}", answer.text))
}

/// The command line that receives a file.
pub(super) fn receiving_line(
    attempt: &Attempt,
    (file, content): (&SentFile, &Arc<Content>),
    directory: Option<&str>,
) -> CommandLine {
    let marker = Marker::of(attempt.id);
    let refused = marker.print("refused %s", r#""$1""#);
    let script = RECEIVE.replace("REFUSED", &refused);
    let script = script.replace("SENT \"$dir\"", &marker.print("sent %s", r#""$dir""#));
    let script = script.replace("SENT placed", &marker.print("sent %s", "placed"));
    let script = script.replace("SENT kept", &marker.print("sent %s", "kept"));
    let name = file.source.rsplit('/').next().unwrap_or_default();
    let mode = format!("{:o}", file.mode.unwrap_or(content.mode));
    // The user that the command runs as has to reach its files.
    let open = if attempt.exec_options.run_as.is_some() {
        "711"
    } else {
        "700"
    };
    let destination = file.destination.as_deref().unwrap_or_default();
    let arguments = [
        directory.unwrap_or_default(),
        destination,
        name,
        &mode,
        content.sum(),
        open,
    ];
    CommandLine::new(&script, &arguments)
}
