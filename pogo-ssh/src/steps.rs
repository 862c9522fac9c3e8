//! Runs the steps of one attempt on one connection: files, hooks, command.

use std::ops::ControlFlow;

use pogo_core::scheduler::{Outcome, Phase};

use crate::classify::{classify, in_later_session, not_started};
use crate::config::GateOptions;
use crate::context::TransportContext;
use crate::exec::{ExecContext, ExitReport, NotStarted, Session, UploadedFiles, execute, upload_all};
use crate::link::Link;
use crate::output::Output;
use crate::prepared::PreparedAttempt;

/// The connection was lost before the host was asked for anything, so that the steps can run on another one.
pub(crate) struct NeverAsked(String);

impl From<NeverAsked> for Outcome {
    fn from(NeverAsked(reason): NeverAsked) -> Self {
        not_started(Phase::Connect, NotStarted::ConnectionLost(reason))
    }
}

/// Uploads files, runs all sessions, and removes the files.
pub(crate) async fn run_steps(
    context: &TransportContext,
    link: &Link,
    prepared: &PreparedAttempt,
) -> Result<Outcome, NeverAsked> {
    let exec = context.exec_context(link, prepared);
    let mut output = Output::new(prepared.report.clone(), context.config.output_limit);
    let mut sent = UploadedFiles::default();
    let ran = match Box::pin(upload_all(exec, &prepared.attempt, &prepared.inputs, &mut sent)).await {
        Ok(()) => run_each(exec, prepared, (sent.directory(), &context.config.gate), &mut output).await,
        // No step has run, even if files were uploaded.
        Err(NotStarted::ConnectionLost(reason)) => Err(NeverAsked(reason)),
        Err(reason) => Ok(not_started(Phase::Connect, reason)),
    };
    if !Box::pin(sent.remove(exec, &prepared.attempt)).await {
        output.note("[the files that were sent could not be removed from the host]");
    }
    output.finish(prepared.stop.wait()).await;
    ran
}

async fn run_each(
    exec: ExecContext<'_>,
    prepared: &PreparedAttempt,
    (files, gate): (Option<&str>, &GateOptions),
    output: &mut Output,
) -> Result<Outcome, NeverAsked> {
    // Sessions are prepared before connecting where possible; only those that name the upload
    // directory must wait for it.
    let with_files = files.map(|_| Session::all_of(&prepared.attempt, files, Some(gate)));
    let sessions = with_files.as_ref().unwrap_or(&prepared.sessions);
    // The upload ran in a session of its own, which proved that the connection works.
    let mut host_was_asked = files.is_some();
    for (at, session) in sessions.iter().enumerate() {
        let input = prepared.inputs.for_command(session.runs_command());
        let (phase, report) = execute(exec, session, &input, output).await;
        let report = if at == 0 { report } else { in_later_session(report) };
        match report {
            ExitReport::NotStarted(NotStarted::ConnectionLost(reason)) if !host_was_asked => {
                return Err(NeverAsked(reason));
            }
            report => {
                if let ControlFlow::Break(outcome) = classify(phase, report) {
                    return Ok(outcome);
                }
            }
        }
        host_was_asked = true;
    }
    Ok(Outcome::Succeeded)
}
