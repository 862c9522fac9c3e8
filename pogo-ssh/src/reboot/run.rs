//! Running an attempt around the restart of its host.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::scheduler::{FailureKind, Outcome, Phase};

use super::boot_id::boot_id;
use super::wait::NotBack;
use crate::classify::{Verdict, classify};
use crate::exec::{Ended, Sent, Session, StopReason, execute, send_all};
use crate::input::Given;
use crate::link::Link;
use crate::output::Output;
use crate::runner::Runner;
use crate::target::Target;
use crate::work::Work;

/// How the command came to its end, as far as was seen.
enum Gone {
    /// With status 0: the restart is to come, or has begun.
    Succeeded,
    /// By a signal, as when the host ends all that runs.
    Killed(String),
    /// Nobody saw it: the link was lost.
    Unseen(String),
}

impl Runner {
    /// Runs an attempt whose command restarts its host, which may take this long. Runs post-hooks in the new boot.
    pub(crate) async fn run_with_reboot(&self, work: &Work, target: &Arc<Target>, within: Duration) -> Outcome {
        let link = match self.connect(target, &work.stop).await {
            Ok(link) => link,
            Err(outcome) => return outcome,
        };
        let mut output = Output::new(work.report.clone(), self.config.output_limit);
        let mut sent = Sent::default();
        let begun = self.until_gone(&link, (work, target), (&mut output, &mut sent)).await;
        let (before, gone) = match begun {
            Ok(gone) => gone,
            Err(outcome) => {
                self.tidy(&link, (work, target), (&output, &sent)).await;
                link.close().await;
                return outcome;
            }
        };
        link.close().await;
        output.note("[waiting for the host to restart]");
        match self.back_from_restart((work, target), &before, within).await {
            Ok(link) => {
                output.note("[the host has restarted]");
                let outcome = self.run_post_hooks(&link, (work, target), &mut output).await;
                self.tidy(&link, (work, target), (&output, &sent)).await;
                link.close().await;
                outcome
            }
            Err(not_back) => {
                if sent != Sent::default() {
                    output.note("[the files that were sent are still on the host]");
                }
                meaning(gone, not_back, within)
            }
        }
    }

    /// Runs the pre-hooks and the command. Gives the boot that the host was in, or the outcome where it does not restart.
    async fn until_gone(
        &self,
        link: &Link,
        (work, target): (&Work, &Arc<Target>),
        (output, sent): (&mut Output, &mut Sent),
    ) -> Result<(String, Gone), Outcome> {
        let site = self.site(link, work, target);
        let over = |phase, ended| match classify(phase, ended) {
            Verdict::End(outcome) => outcome,
            // Cannot be: these ends are no successes.
            Verdict::GoOn => Outcome::in_doubt("the end of the attempt makes no sense; this is a defect"),
        };
        let before = boot_id(site, &work.attempt)
            .await
            .map_err(|ended| over(Phase::Connect, ended))?;
        Box::pin(send_all(site, work, sent))
            .await
            .map_err(|ended| over(Phase::Connect, ended))?;
        let steps: &[&[Phase]] = match work.attempt.invocation.pty {
            true => &[&[Phase::PreHook], &[Phase::Command]],
            false => &[&[Phase::PreHook, Phase::Command]],
        };
        for phases in steps {
            let Some(session) = Session::of(&work.attempt, sent.directory(), phases) else {
                continue;
            };
            let given = work.inputs.given(session.runs_command());
            let (phase, ended) = execute(site, &session, &given, output).await;
            match ended {
                Ended::Exited { status: 0, .. } if session.runs_command() => return Ok((before, Gone::Succeeded)),
                Ended::Exited { status: 0, .. } => {}
                Ended::Killed { signal } if phase == Phase::Command => return Ok((before, Gone::Killed(signal))),
                Ended::Lost(reason) if phase == Phase::Command => return Ok((before, Gone::Unseen(reason))),
                ended => return Err(over(phase, ended)),
            }
        }
        Err(Outcome::failed(
            FailureKind::Refused,
            "there is no command to restart the host",
        ))
    }

    /// The restart was the command's success.
    async fn run_post_hooks(&self, link: &Link, (work, target): (&Work, &Arc<Target>), output: &mut Output) -> Outcome {
        // What was sent into a directory for temporary files may be gone.
        let Some(session) = Session::of(&work.attempt, None, &[Phase::PostHook]) else {
            return Outcome::Succeeded;
        };
        let (_, ended) = execute(self.site(link, work, target), &session, &Given::default(), output).await;
        match classify(Phase::PostHook, ended) {
            Verdict::GoOn => Outcome::Succeeded,
            Verdict::End(outcome) => outcome,
        }
    }

    async fn tidy(&self, link: &Link, (work, target): (&Work, &Arc<Target>), (output, sent): (&Output, &Sent)) {
        if !Box::pin(sent.remove(self.site(link, work, target), &work.attempt)).await {
            output.note("[the files that were sent could not be removed from the host]");
        }
    }
}

/// What it means that the host did not come back.
fn meaning(gone: Gone, not_back: NotBack, within: Duration) -> Outcome {
    let within = format!("{} s", within.as_secs());
    match (not_back, gone) {
        (NotBack::NotRestarted, Gone::Succeeded) => Outcome::failed(
            FailureKind::Timeout,
            format!("the host was not restarted within {within}: it answers, in the boot that it was in before"),
        ),
        (NotBack::NotRestarted, Gone::Killed(signal)) => Outcome::failed(
            FailureKind::Signal { signal },
            format!(
                "during the command, and the host was not restarted within {within}: it answers, in the boot that it was in before"
            ),
        ),
        (NotBack::NotRestarted, Gone::Unseen(reason)) => Outcome::in_doubt(format!(
            "the host was not restarted within {within}: it answers, in the boot that it was in before, and the command \
             may still run there ({reason})"
        )),
        (NotBack::NoAnswer(last), _) => Outcome::in_doubt(format!(
            "the command ran, and the host did not come back within {within}: {last}"
        )),
        (NotBack::Refused(message), _) => Outcome::in_doubt(format!(
            "the command ran, and what answers for the host since is not trusted: {message}"
        )),
        (NotBack::Stopped(reason), _) => Outcome::in_doubt(format!(
            "the command ran, and {} while the host was restarting",
            match reason {
                StopReason::TimeLimit => "the time limit of the attempt ran out",
                StopReason::Cancelled => "the attempt was cancelled",
            }
        )),
    }
}
