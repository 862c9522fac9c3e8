//! What one attempt has to do, and doing it on one connection.

use std::sync::Arc;

use pogo_core::dispatcher::{Attempt, Reporter};
use pogo_core::scheduler::{Outcome, Phase};

use crate::classify::{Verdict, classify};
use crate::exec::{Ended, Sent, Session, Site, Stop, Unsuitable, execute, send_all};
use crate::input::JobInputs;
use crate::link::Link;
use crate::output::Output;
use crate::runner::Runner;
use crate::target::Target;

/// What one attempt has to do.
pub(crate) struct Work {
    pub(crate) attempt: Attempt,
    /// What it runs where no files are sent along.
    sessions: Vec<Session>,
    pub(crate) inputs: Arc<JobInputs>,
    pub(crate) report: Reporter,
    pub(crate) stop: Stop,
}

/// How far the steps of an attempt came.
pub(crate) enum Ran {
    /// To this end.
    To(Outcome),
    /// Nowhere: the link was gone before the host was asked for anything.
    NeverAsked(Outcome),
}

impl Work {
    /// Refuses what cannot be done, before anything is begun.
    pub(crate) fn prepare(
        attempt: Attempt,
        report: Reporter,
        stop: Stop,
        inputs: Arc<JobInputs>,
    ) -> Result<Self, Unsuitable> {
        Ok(Self {
            sessions: Session::all_of(&attempt, None)?,
            attempt,
            inputs,
            report,
            stop,
        })
    }
}

impl Runner {
    pub(crate) fn site<'a>(&'a self, link: &'a Link, work: &'a Work, target: &'a Arc<Target>) -> Site<'a> {
        Site {
            link,
            connector: &self.connector,
            target,
            passwords: &self.passwords,
            stop: &work.stop,
            report: &work.report,
        }
    }

    /// Puts files in place, runs all sessions, and removes the files.
    pub(crate) async fn run_steps(&self, link: &Link, work: &Work, target: &Arc<Target>) -> Ran {
        let site = self.site(link, work, target);
        let mut output = Output::new(work.report.clone(), self.config.output_limit);
        let mut sent = Sent::default();
        let ran = match Box::pin(send_all(site, work, &mut sent)).await {
            Ok(()) => run_each(site, work, sent.directory(), &mut output).await,
            // Nothing has run, whatever became of the files.
            Err(ended) => match classify(Phase::Connect, ended) {
                Verdict::End(outcome) if outcome_is_of_link(&outcome) => Ran::NeverAsked(outcome),
                Verdict::End(outcome) => Ran::To(outcome),
                Verdict::GoOn => Ran::To(Outcome::in_doubt(
                    "files that were not sent count as sent; this is a defect",
                )),
            },
        };
        if !Box::pin(sent.remove(site, &work.attempt)).await {
            output.note("[the files that were sent could not be removed from the host]");
        }
        ran
    }
}

fn outcome_is_of_link(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Failed(failure) if failure.kind.is_connect())
}

async fn run_each(site: Site<'_>, work: &Work, files: Option<&str>, output: &mut Output) -> Ran {
    let with_files = files.map(|_| Session::all_of(&work.attempt, files)).transpose();
    let with_files = match with_files {
        Ok(with_files) => with_files,
        Err(error) => return Ran::To(Outcome::in_doubt(error.to_string())),
    };
    let sessions = with_files.as_ref().unwrap_or(&work.sessions);
    let mut asked = files.is_some();
    for session in sessions {
        let given = work.inputs.given(session.runs_command());
        let (phase, ended) = execute(site, session, &given, output).await;
        asked = asked || !matches!(ended, Ended::CutBefore(_));
        match classify(phase, ended) {
            Verdict::GoOn => {}
            Verdict::End(outcome) if asked => return Ran::To(outcome),
            Verdict::End(outcome) => return Ran::NeverAsked(outcome),
        }
    }
    Ran::To(Outcome::Succeeded)
}
