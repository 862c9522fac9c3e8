//! A question to a host over a master connection.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use pogo_core::dispatcher::Attempt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::arguments;
use super::master::{Master, command};
use crate::config::GateOptions;
use crate::exec::MarkParser;
use crate::fencing::{HostAnswer, RecordQuery};

/// Asks for the state of an attempt.
pub(super) async fn ask(
    (program, master, secret): (&Path, &Master, &[String]),
    options: &GateOptions,
    attempt: &Attempt,
) -> Result<HostAnswer, String> {
    let RecordQuery { line, marker } = RecordQuery::about(attempt, options, Duration::ZERO);
    let words = arguments::session(&master.socket, false, &line.text);
    let mut ssh = command(program, words, secret);
    let child = ssh.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
    let mut child = child.map_err(|error| format!("the ssh program does not start: {error}"))?;
    let (stdin, stderr) = (child.stdin.take(), child.stderr.take());
    let writing = async {
        if let Some(mut pipe) = stdin {
            // The host may end its session before it has read everything.
            let _ = pipe.write_all(line.input.unwrap_or_default().as_bytes()).await;
        }
    };
    let reading = async {
        let (mut marks, mut parser, mut piece) = (Vec::new(), MarkParser::new(&marker.prefix()), [0; 4096]);
        if let Some(mut pipe) = stderr {
            while let Ok(count @ 1..) = pipe.read(&mut piece).await {
                marks.extend(parser.take(piece.get(..count).unwrap_or_default()).1);
            }
        }
        marks
    };
    // At once: a host that answers before it has read everything would fill its pipe and wait for
    // us.
    let ((), marks) = tokio::join!(writing, reading);
    let status = child.wait().await.ok().and_then(|status| status.code());
    match (marks.is_empty(), status) {
        // The program's own status of a link that is lost.
        (true, None | Some(255)) => Err("the link was lost".to_owned()),
        _ => RecordQuery::answer(&marks),
    }
}
