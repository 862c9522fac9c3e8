//! Names of refusals, by which programs tell them apart.

use crate::scheduler::{InputError, QueryError};

impl InputError {
    /// Its name, which stays the same in later versions: `wrong-job-status`. For whoever has it from afar, as text.
    ///
    /// ```
    /// use pogo_core::scheduler::{InputError, JobId};
    ///
    /// assert_eq!(InputError::UnknownJob { job: JobId::new(3) }.code(), "unknown-job");
    /// ```
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TimeWentBack { .. } => "time-went-back",
            Self::Draining => "draining",
            Self::TooLarge { .. } => "order-too-large",
            Self::RequestReused { .. } => "request-reused",
            Self::TooLong { .. } => "too-long",
            Self::TooManyRestores => "too-many-restores",
            Self::UnknownJob { .. } => "unknown-job",
            Self::RetiredJob { .. } => "retired-job",
            Self::NotHeldByJob { .. } => "not-held-by-job",
            Self::DuplicateJob { .. } => "duplicate-job",
            Self::UnknownAttempt { .. } => "unknown-attempt",
            Self::MayNotBegin { .. } => "may-not-begin",
            Self::UnknownHost { .. } => "unknown-host",
            Self::NotInJob { .. } => "not-in-job",
            Self::WrongTaskState { .. } => "wrong-task-state",
            Self::NotFenced { .. } => "not-fenced",
            Self::WrongJobStatus { .. } => "wrong-job-status",
            Self::NoWaveWaits { .. } => "no-wave-waits",
            Self::Hosts(_) => "unknown-hosts",
            Self::AlreadyFrozen { .. } => "already-frozen",
            Self::NotFrozen { .. } => "not-frozen",
            Self::HoldRefused { .. } => "hold-refused",
            Self::TooManyHeld { .. } => "too-many-held",
            Self::HeldByAnother { .. } => "held-by-another",
            Self::NoReason => "no-reason",
            Self::EmptyNote => "empty-note",
            Self::Plan(_) => "invalid-job",
            Self::Configure(_) => "invalid-configuration",
        }
    }
}

impl QueryError {
    /// Its name, as [`InputError::code`]; what both have has the same name in both.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::UnknownJob { .. } => "unknown-job",
            Self::RetiredJob { .. } => "retired-job",
            Self::NotInJob { .. } => "not-in-job",
            Self::Hosts(_) => "unknown-hosts",
            Self::NoSnapshot => "no-snapshot",
            Self::Stopped => "stopped",
        }
    }
}
