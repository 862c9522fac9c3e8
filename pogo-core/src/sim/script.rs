//! Scripts: how attempts go in a rerun.

use std::time::Duration;

use super::fault::AttemptEnd;
use super::indexed::Indexed;
use super::past;
use crate::fleet::HostName;
use crate::scheduler::{JobId, Record};

/// How the attempts of a log went, and where in it they were reported.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Script {
    attempts: Indexed<(JobId, HostName, u32), ScriptedAttempt>,
}

/// How one attempt went.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ScriptedAttempt {
    pub(super) end: AttemptEnd,
    /// Position in the log of its end.
    pub(super) rank: u64,
    /// If it was cancelled: how long it took from then on.
    pub(super) lingers: Option<Duration>,
}

impl Script {
    pub(super) fn of_log(records: &[Record]) -> Self {
        let rank = |at: usize| u64::try_from(at).unwrap_or(u64::MAX);
        let attempts = past::attempts(records).into_iter().map(|attempt| {
            let key = (attempt.job, attempt.host, attempt.number);
            let (takes, outcome) = (attempt.took, attempt.outcome);
            let part = ScriptedAttempt {
                end: AttemptEnd { takes, outcome },
                rank: rank(attempt.reported),
                lingers: attempt.lingered,
            };
            (key, part)
        });
        Self {
            attempts: attempts.collect(),
        }
    }

    /// The script of one job of the log, under another number.
    pub(super) fn renumbered(self, past: JobId, job: JobId) -> Self {
        let attempts = self.attempts.into_iter().filter(|((of, ..), _)| *of == past);
        Self {
            attempts: attempts
                .map(|((_, host, number), part)| ((job, host, number), part))
                .collect(),
        }
    }

    pub(super) fn of(&self, job: JobId, host: &HostName, number: u32) -> Option<&ScriptedAttempt> {
        self.attempts.get(&(job, host.clone(), number))
    }
}
