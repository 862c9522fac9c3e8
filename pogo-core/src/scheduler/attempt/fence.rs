//! Fencing: the state of an attempt, as its host reports it, and that nothing of it begins there any more.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::fleet::HostName;
use crate::scheduler::{AttemptId, JobId, NeverBegan, Outcome};

/// A host's answer about an attempt whose end is unknown. Being asked, the host lets nothing of the attempt begin any
/// more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "answer", rename_all = "snake_case")]
#[non_exhaustive]
pub enum FenceAnswer {
    /// It has ended this way; in doubt where nothing of it runs any more and its end was not recorded.
    Ended(Outcome),
    /// It never began, and never will.
    NeverBegan,
    /// It still runs, so its end is not known yet.
    StillRunning,
    /// The host could not be asked, or does not know.
    Unreachable {
        /// Why, in one sentence for a person.
        message: String,
    },
}

impl FenceAnswer {
    /// That the host could not be asked, with what was seen.
    pub fn unreachable(message: impl Into<String>) -> Self {
        Self::Unreachable {
            message: message.into(),
        }
    }

    /// Whether nothing of the attempt runs, nor ever will.
    pub fn is_final(&self) -> bool {
        matches!(self, Self::Ended(_) | Self::NeverBegan)
    }

    /// What the transport would have reported, had it known; `None` while the end is unknown.
    pub fn outcome(&self) -> Option<Outcome> {
        match self {
            Self::Ended(outcome) => Some(outcome.clone()),
            Self::NeverBegan => {
                let message = "the host says that it never began, and lets it begin no more";
                // As when its word had not been sent: its task waits again, and no retry is used
                // up.
                Some(Outcome::never_began(NeverBegan::NotSent, message))
            }
            Self::StillRunning | Self::Unreachable { .. } => None,
        }
    }
}

impl fmt::Display for FenceAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ended(Outcome::Succeeded) => f.write_str("it has succeeded"),
            Self::Ended(Outcome::Failed(failure)) => write!(f, "it has failed: {failure}"),
            Self::Ended(Outcome::InDoubt { message }) => {
                write!(f, "nothing of it runs any more, and how it ended is unknown: {message}")
            }
            Self::Ended(Outcome::NeverBegan { .. }) | Self::NeverBegan => f.write_str("it never began"),
            Self::StillRunning => f.write_str("it still runs"),
            Self::Unreachable { message } => write!(f, "the host could not be asked: {message}"),
        }
    }
}

/// How much a host has said of an attempt whose end is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FenceState {
    /// It was not asked.
    #[default]
    NotAsked,
    /// It said that the attempt still ran.
    StillRunning,
    /// It could not be asked, or did not know.
    Unreachable,
    /// Nothing of the attempt runs there, nor ever will.
    Fenced,
    /// An operator answers for that, by force.
    Forced,
}

impl FenceState {
    pub(crate) fn of(answer: &FenceAnswer) -> Self {
        match answer {
            FenceAnswer::Ended(_) | FenceAnswer::NeverBegan => Self::Fenced,
            FenceAnswer::StillRunning => Self::StillRunning,
            FenceAnswer::Unreachable { .. } => Self::Unreachable,
        }
    }

    /// Whether the host may be freed or tried again.
    pub fn is_fenced(self) -> bool {
        matches!(self, Self::Fenced | Self::Forced)
    }

    #[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
    pub(in crate::scheduler) fn is_not_asked(&self) -> bool {
        *self == Self::NotAsked
    }

    /// What to do about a host that is not fenced, behind "the attempt may still run there".
    pub(in crate::scheduler) fn cure(self) -> &'static str {
        match self {
            Self::StillRunning => {
                "the host says that it still runs: give the order again when it has ended; by force, with a reason, \
                 you answer for its end yourself"
            }
            Self::Unreachable => {
                "the host could not be asked: give the order again when it can be reached, or, if nothing of it runs \
                 there, by force and with a reason"
            }
            Self::NotAsked | Self::Fenced | Self::Forced => {
                "the host has not been asked yet, which a dispatcher whose transport can does by itself: give the \
                 order again, or, if nothing of it runs there, by force and with a reason"
            }
        }
    }
}

/// An attempt in doubt that was permitted to begin by a transport that can ask its host: the host is freed or tried
/// again only on the host's word, or by force.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DoubtView {
    /// The attempt.
    pub attempt: AttemptId,
    /// Its job.
    pub job: JobId,
    /// Its host.
    pub host: HostName,
    /// Whether a lock of the host keeps other attempts from running there while it runs.
    pub host_lock: bool,
    /// What the host has said of it.
    pub fence: FenceState,
}
