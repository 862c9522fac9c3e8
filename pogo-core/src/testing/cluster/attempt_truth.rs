//! What really happened to an attempt, for the judge.

use std::collections::{BTreeMap, BTreeSet};

use super::executor::Millis;
use super::process::ProcessId;
use crate::fleet::HostName;
use crate::scheduler::{FailureKind, FenceAnswer, JobId, Outcome};

/// What really happened to an attempt, and the journal's view of it.
#[derive(Debug, Clone, Default)]
pub(super) struct AttemptTruth {
    pub(super) about: Option<(JobId, HostName)>,
    /// The dispatchers that made a permission durable.
    pub(super) permitted_by: BTreeSet<ProcessId>,
    /// Whether the journal was taken over, or restored, since it was permitted.
    pub(super) outlived: bool,
    /// The journal was restored, and has no record of it any more.
    pub(super) lost: bool,
    pub(super) begun: Option<Millis>,
    pub(super) status: Option<u32>,
    /// Its host said that nothing of it runs, nor will.
    pub(super) fenced: bool,
    /// What each dispatcher heard when it asked the host.
    asked: BTreeMap<ProcessId, Asked>,
    /// The faults that affected it.
    pub(super) faults: BTreeSet<&'static str>,
}

impl AttemptTruth {
    /// A dispatcher asked its host.
    pub(super) fn note_answer(&mut self, process: ProcessId, answer: &FenceAnswer) {
        let asked = self.asked.entry(process).or_default();
        asked.runs = *answer == FenceAnswer::StillRunning;
        asked.is_gone = matches!(answer, FenceAnswer::Ended(Outcome::InDoubt { .. }));
        match answer {
            FenceAnswer::Unreachable { .. } => asked.in_vain += 1,
            // That answer is no proof of an end, so it does not excuse the questions that went
            // unanswered before it.
            _ if asked.is_gone => {}
            _ => asked.in_vain = 0,
        }
    }

    /// What a dispatcher heard of its host, and whether that could not be asked. A host that knows no more how it ended
    /// was asked in vain, by whichever dispatcher, before another attempt took its place there.
    pub(super) fn asked_by(&self, process: ProcessId) -> (Asked, bool) {
        let asked = self.asked.get(&process).copied().unwrap_or_default();
        let in_vain = |asked: &Asked| asked.in_vain >= IN_VAIN;
        let before = asked.is_gone && self.asked.values().any(in_vain);
        (asked, in_vain(&asked) || before)
    }

    /// Whether its host has seen this failure, or nothing of it at all.
    pub(super) fn has_ended_with(&self, kind: &FailureKind) -> bool {
        match kind {
            FailureKind::Command { status } => self.status == Some(*status),
            // What is stopped ends with that status in the model.
            FailureKind::Signal { .. } => self.status == Some(143),
            FailureKind::Unreachable
            | FailureKind::Authentication
            | FailureKind::HostKey
            | FailureKind::PreHook { .. }
            | FailureKind::PostHook { .. }
            | FailureKind::Timeout
            | FailureKind::Refused => self.begun.is_none() || self.status.is_some(),
        }
    }
}

/// A host counts as unreachable when so many questions in a row had no answer.
const IN_VAIN: u32 = 3;

/// How a dispatcher's questions about an attempt went.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Asked {
    /// How many in a row had no answer.
    in_vain: u32,
    /// The host said that it ran.
    pub(super) runs: bool,
    /// The host knew only that nothing of it runs.
    is_gone: bool,
}

/// A fault: nobody is left who writes down how the command ends.
pub(super) const SUPERVISOR_KILLED: &str = "its supervisor was killed";
