//! What people have said of a job.

use std::collections::VecDeque;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::Timestamp;
use crate::fleet::Escaped;
use crate::scheduler::Actor;

/// What somebody has said of a job, for whoever looks at it next. Displays as `alice@laptop: the switch of rack 7 is
/// replaced at noon`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobNote {
    /// When.
    pub at: Timestamp,
    /// Who, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Arc<Actor>>,
    /// What.
    pub text: Arc<str>,
}

impl JobNote {
    /// How many notes of a job are at hand: the last ones. The records of the job have all of them.
    pub const MOST: usize = 20;

    /// Adds a note behind the others, and drops the first of too many.
    pub(crate) fn add(
        notes: &mut VecDeque<Self>,
        (at, actor): (Timestamp, Option<Arc<Actor>>),
        text: Option<Arc<str>>,
    ) {
        let text = text.unwrap_or_default();
        notes.push_back(Self { at, actor, text });
        // One at a time is added, so one too many is all there can be.
        if notes.len() > Self::MOST {
            notes.pop_front();
        }
    }
}

impl fmt::Display for JobNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(actor) = &self.actor {
            write!(f, "{actor}: ")?;
        }
        write!(f, "{}", Escaped(&self.text))
    }
}
