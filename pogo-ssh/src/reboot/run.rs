//! Runs an attempt before and after the restart of its host.

use std::ops::ControlFlow;
use std::time::Duration;

use pogo_core::scheduler::{FailureKind, Outcome, Phase};

use super::boot_id::boot_id;
use super::wait::{RestartFailure, back_from_restart};
use crate::classify::{classify, in_later_session, not_started};
use crate::context::TransportContext;
use crate::exec::{ExitReport, Session, UploadedFiles, execute, upload_all};
use crate::input::CommandInput;
use crate::link::Link;
use crate::output::Output;
use crate::prepared::PreparedAttempt;

/// How a command that may restart its host ended.
enum CommandEnd {
    /// With status 0: the host is about to restart.
    Succeeded,
    /// By a signal, as when the host ends all processes.
    Killed(String),
    /// Not known: the connection was lost.
    Unknown(String),
}

/// Runs an attempt whose command restarts the host within this time. Runs post-hooks in the new boot.
pub(crate) async fn run(context: &TransportContext, prepared: &PreparedAttempt, within: Duration) -> Outcome {
    let link = match context.connect(prepared).await {
        Ok(link) => link,
        Err(outcome) => return outcome,
    };
    let mut rebooting = Rebooting {
        context,
        prepared,
        output: Output::new(prepared.report.clone(), context.config.output_limit),
        sent: UploadedFiles::default(),
    };
    let before_restart = rebooting.run_command(&link).await;
    let (before, command) = match before_restart {
        ControlFlow::Continue(before_restart) => before_restart,
        ControlFlow::Break(outcome) => {
            rebooting.remove_files(&link).await;
            link.close().await;
            rebooting.output.finish(prepared.stop.wait()).await;
            return outcome;
        }
    };
    link.close().await;
    let outcome = rebooting.wait_and_finish(&before, command, within).await;
    rebooting.output.finish(prepared.stop.wait()).await;
    outcome
}

/// An attempt that restarts its host.
struct Rebooting<'a> {
    context: &'a TransportContext,
    prepared: &'a PreparedAttempt,
    output: Output,
    /// Files uploaded for the attempt.
    sent: UploadedFiles,
}

impl Rebooting<'_> {
    /// Runs pre-hooks and command. Continues with the boot id before them, or breaks with an outcome.
    async fn run_command(&mut self, link: &Link) -> ControlFlow<Outcome, (String, CommandEnd)> {
        let prepared = self.prepared;
        let exec = self.context.exec_context(link, prepared);
        // Read before anything runs: after the command there may be no more time, and without it
        // a restart looks like a lost connection.
        let before = match boot_id(exec, &prepared.attempt).await {
            Ok(before) => before,
            Err(reason) => return ControlFlow::Break(not_started(Phase::Connect, reason)),
        };
        if let Err(reason) = Box::pin(upload_all(exec, &prepared.attempt, &prepared.inputs, &mut self.sent)).await {
            return ControlFlow::Break(not_started(Phase::Connect, reason));
        }
        // A terminal is allocated per session, and hooks get none.
        let steps: &[&[Phase]] = match prepared.attempt.exec_options.pty {
            true => &[&[Phase::PreHook], &[Phase::Command]],
            false => &[&[Phase::PreHook, Phase::Command]],
        };
        let gate = &self.context.config.gate;
        let sessions = steps
            .iter()
            .filter_map(|phases| Session::of(&prepared.attempt, self.sent.directory(), Some(gate), phases));
        for (at, session) in sessions.enumerate() {
            let input = prepared.inputs.for_command(session.runs_command());
            let (phase, report) = execute(exec, &session, &input, &mut self.output).await;
            let report = if at == 0 { report } else { in_later_session(report) };
            let end = match report {
                ExitReport::Killed { signal } if phase == Phase::Command => CommandEnd::Killed(signal),
                // `reboot` often takes the connection with it before its status arrives. The new
                // boot id decides, not this.
                ExitReport::Unknown(reason) if phase == Phase::Command => CommandEnd::Unknown(reason),
                report => {
                    classify(phase, report)?;
                    continue;
                }
            };
            return ControlFlow::Continue((before, end));
        }
        ControlFlow::Continue((before, CommandEnd::Succeeded))
    }

    /// Waits for the restarted host and runs the post-hooks: the restart is the command's success.
    async fn wait_and_finish(&mut self, before: &str, command: CommandEnd, within: Duration) -> Outcome {
        self.output.note("[waiting for the host to restart]");
        let link = match back_from_restart(self.context, self.prepared, before, within).await {
            Ok(link) => link,
            Err(not_back) => {
                if self.sent != UploadedFiles::default() {
                    self.output.note("[the files that were sent are still on the host]");
                }
                return outcome_without_restart(command, not_back, within);
            }
        };
        self.output.note("[the host has restarted]");
        let outcome = self.run_post_hooks(&link).await;
        self.remove_files(&link).await;
        link.close().await;
        outcome
    }

    async fn run_post_hooks(&mut self, link: &Link) -> Outcome {
        let gate = &self.context.config.gate;
        // Uploaded files in a temporary directory may be gone.
        let Some(session) = Session::of(&self.prepared.attempt, None, Some(gate), &[Phase::PostHook]) else {
            return Outcome::Succeeded;
        };
        let exec = self.context.exec_context(link, self.prepared);
        let (_, report) = execute(exec, &session, &CommandInput::default(), &mut self.output).await;
        match classify(Phase::PostHook, in_later_session(report)) {
            ControlFlow::Continue(()) => Outcome::Succeeded,
            ControlFlow::Break(outcome) => outcome,
        }
    }

    async fn remove_files(&mut self, link: &Link) {
        let exec = self.context.exec_context(link, self.prepared);
        if !Box::pin(self.sent.remove(exec, &self.prepared.attempt)).await {
            self.output
                .note("[the files that were sent could not be removed from the host]");
        }
    }
}

/// The outcome of an attempt whose host did not come back restarted.
fn outcome_without_restart(command: CommandEnd, not_back: RestartFailure, within: Duration) -> Outcome {
    let within = format!("{} s", within.as_secs());
    match (not_back, command) {
        (RestartFailure::NotRestarted, CommandEnd::Succeeded) => Outcome::failed(
            FailureKind::Timeout,
            format!("the host was not restarted within {within}: it answers, in the boot that it was in before"),
        ),
        (RestartFailure::NotRestarted, CommandEnd::Killed(signal)) => Outcome::failed(
            FailureKind::Signal { signal },
            format!(
                "during the command, and the host was not restarted within {within}: it answers, in the boot that it \
                 was in before"
            ),
        ),
        // In doubt rather than failed: the lost connection may have been the network's, with the
        // command still running.
        (RestartFailure::NotRestarted, CommandEnd::Unknown(reason)) => Outcome::in_doubt(format!(
            "the host was not restarted within {within}: it answers, in the boot that it was in before, and the \
             command may still run there ({reason})"
        )),
        (RestartFailure::NoAnswer(last), _) => Outcome::in_doubt(format!(
            "the command ran, and the host did not come back within {within}: {last}"
        )),
        // Not a host key failure: these mean that nothing ran, and a retry would run the command
        // a second time.
        (RestartFailure::Refused(message), _) => Outcome::in_doubt(format!(
            "the command ran, and what answers for the host since is not trusted: {message}"
        )),
        (RestartFailure::Stopped(reason), _) => {
            Outcome::in_doubt(format!("the command ran, and {reason} while the host was restarting"))
        }
    }
}
