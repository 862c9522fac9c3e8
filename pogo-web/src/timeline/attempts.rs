//! One host of a job, and its attempts.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::scheduler::{AttemptId, HostResult, Phase, TaskState};

/// A host of a job: how far it is, and its attempts in order.
#[derive(Debug, Clone)]
pub(super) struct HostCourse {
    pub(super) state: TaskState,
    pub(super) attempts: Vec<AttemptCourse>,
    /// How the last attempt failed, or why it is in doubt.
    pub(super) why: Option<Arc<str>>,
}

/// An attempt, from its start to its end.
#[derive(Debug, Clone)]
pub(super) struct AttemptCourse {
    pub(super) id: AttemptId,
    pub(super) began: Timestamp,
    /// Phases as they were reported, each with its beginning.
    pub(super) phases: Vec<(Timestamp, Phase)>,
    pub(super) ended: Option<(Timestamp, AttemptEnd)>,
    pub(super) is_slow: bool,
    /// Whether anything of it may have run on its host.
    pub(super) may_have_begun: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptEnd {
    /// Command and hooks ended with status 0.
    Succeeded,
    /// It is known to have failed.
    Failed,
    /// Nobody knows whether the command ran to its end.
    InDoubt,
    /// The command did not run: the host counts as untouched.
    NeverBegan,
}

impl AttemptEnd {
    /// As the page writes it.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::NeverBegan => "never_began",
        }
    }
}

impl HostCourse {
    pub(super) fn new() -> Self {
        Self {
            state: TaskState::Waiting,
            attempts: vec![],
            why: None,
        }
    }

    /// What a snapshot still knows of a host: its last attempt.
    pub(super) fn restored(result: &HostResult) -> Self {
        let mut course = Self {
            state: result.state,
            ..Self::new()
        };
        let Some(last) = &result.last_attempt else {
            return course;
        };
        course.why = last.failure.as_ref().map(|failure| failure.to_string().into());
        let end = match result.state {
            TaskState::Succeeded => Some(AttemptEnd::Succeeded),
            TaskState::Failed => Some(AttemptEnd::Failed),
            TaskState::InDoubt => Some(AttemptEnd::InDoubt),
            TaskState::Running => None,
            // A host that was skipped or cancelled, or waits again, after an attempt: that it came
            // to nothing is all that is kept.
            _ => Some(AttemptEnd::Failed),
        };
        if let (Some(id), Some(began)) = (last.id, last.started) {
            course.attempts.push(AttemptCourse {
                id,
                began,
                phases: last.phase.map(|phase| (began, phase)).into_iter().collect(),
                ended: end.map(|end| (last.ended.unwrap_or(began), end)),
                is_slow: false,
                // Whether it was permitted to begin is not kept of it; in a later phase it was.
                may_have_begun: last.phase.is_some_and(|phase| phase != Phase::Connect),
            });
        }
        course
    }

    pub(super) fn start(&mut self, at: Timestamp, id: AttemptId, may_have_begun: bool) {
        (self.state, self.why) = (TaskState::Running, None);
        self.attempts.push(AttemptCourse {
            id,
            began: at,
            phases: vec![],
            ended: None,
            is_slow: false,
            may_have_begun,
        });
    }

    pub(super) fn attempt(&mut self, id: AttemptId) -> Option<&mut AttemptCourse> {
        // From the end: reports are nearly always of the last attempt, and a host rarely has more
        // than a few.
        self.attempts.iter_mut().rev().find(|attempt| attempt.id == id)
    }

    pub(super) fn end(&mut self, at: Timestamp, id: AttemptId, end: AttemptEnd, why: Option<Arc<str>>) {
        self.state = match end {
            AttemptEnd::Succeeded => TaskState::Succeeded,
            AttemptEnd::Failed => TaskState::Failed,
            AttemptEnd::InDoubt => TaskState::InDoubt,
            AttemptEnd::NeverBegan => TaskState::Waiting,
        };
        self.why = why;
        if let Some(attempt) = self.attempt(id) {
            attempt.ended = Some((at, end));
        }
    }

    /// When it first started.
    pub(super) fn first_start(&self) -> Option<Timestamp> {
        self.attempts.first().map(|attempt| attempt.began)
    }

    /// When its last attempt ended, if it is over.
    pub(super) fn last_end(&self) -> Option<Timestamp> {
        Some(self.attempts.last()?.ended?.0)
    }

    /// When its last attempt began and ended, if that succeeded.
    pub(super) fn success(&self) -> Option<(Timestamp, Timestamp)> {
        let attempt = self.attempts.last()?;
        match attempt.ended? {
            (ended, AttemptEnd::Succeeded) => Some((attempt.began, ended)),
            _ => None,
        }
    }

    /// Whether it waits after an attempt that came to nothing.
    pub(super) fn is_tried_again(&self) -> bool {
        self.state == TaskState::Waiting && self.why.is_some()
    }

    /// Whether a command may run there now.
    pub(super) fn may_run(&self) -> bool {
        let last = self.attempts.last();
        last.is_some_and(|attempt| attempt.ended.is_none() && attempt.may_have_begun)
    }

    /// Whether it holds its slots until somebody acts.
    pub(super) fn is_bad(&self) -> bool {
        matches!(self.state, TaskState::Failed | TaskState::InDoubt)
    }
}
