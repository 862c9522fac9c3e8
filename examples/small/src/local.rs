//! A custom transport: commands run as processes on this machine, with the host's name in their environment.

use std::process::Stdio;

use async_trait::async_trait;
use pogo_core::dispatcher::{Attempt, Capabilities, Reporter, Stream, Transport};
use pogo_core::plan;
use pogo_core::scheduler::{FailureKind, NeverBegan, Outcome, Phase};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::Command;
use tokio::time::timeout;

/// Runs every command on this machine.
#[derive(Debug, Clone, Copy)]
pub struct Local;

#[async_trait]
impl Transport for Local {
    fn capabilities(&self) -> Capabilities {
        Capabilities::default().with_output().with_permission()
    }

    async fn run(&self, attempt: Attempt, report: Reporter) -> Outcome {
        // What this transport does not support is refused, and not run in another way.
        if !attempt.exec_options.is_plain() {
            return Outcome::failed(FailureKind::Refused, "only plain commands run here");
        }
        match timeout(attempt.time_limit, run(&attempt, &report)).await {
            Ok(outcome) => outcome,
            // The shell was killed, and what it started may go on.
            Err(_) => Outcome::in_doubt("the time limit ran out"),
        }
    }
}

async fn run(attempt: &Attempt, report: &Reporter) -> Outcome {
    let words = match &*attempt.command {
        plan::RemoteCommand::Shell(line) => vec!["/bin/sh", "-c", line],
        plan::RemoteCommand::Argv(argv) => argv.iter().map(String::as_str).collect(),
        _ => return Outcome::failed(FailureKind::Refused, "such a command is not known here"),
    };
    let [program, arguments @ ..] = words.as_slice() else {
        return Outcome::failed(FailureKind::Refused, "there is no command");
    };
    // There is no lock here that would keep other attempts away.
    if let Err(refused) = report.begin(false).await {
        return Outcome::never_began(NeverBegan::Refused, refused.to_string());
    }
    report.phase(Phase::Command);
    let mut command = Command::new(program);
    command.args(arguments).env("POGO_HOST", attempt.host.name.as_str());
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    // An attempt is cancelled by dropping it.
    let mut child = match command.kill_on_drop(true).spawn() {
        Ok(child) => child,
        Err(error) => return Outcome::failed(FailureKind::Refused, error.to_string()),
    };
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let pass_on = async {
        tokio::join!(
            pass_on(stdout, Stream::Stdout, report),
            pass_on(stderr, Stream::Stderr, report)
        )
    };
    match tokio::join!(child.wait(), pass_on).0.map(|status| status.code()) {
        Ok(Some(0)) => Outcome::Succeeded,
        Ok(Some(status)) => {
            let status = status.unsigned_abs();
            Outcome::failed(FailureKind::Command { status }, "")
        }
        Ok(None) => Outcome::in_doubt("it was ended by a signal"),
        Err(error) => Outcome::in_doubt(error.to_string()),
    }
}

async fn pass_on(from: Option<impl AsyncRead + Unpin>, stream: Stream, report: &Reporter) {
    let Some(mut from) = from else { return };
    let mut piece = [0; 8192];
    while let Ok(read @ 1..) = from.read(&mut piece).await {
        report.output(stream, &piece[..read]).await;
    }
}
