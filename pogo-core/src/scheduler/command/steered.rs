//! The last order that was given to a job.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::OrderKind;
use crate::Timestamp;
use crate::fleet::Escaped;
use crate::scheduler::Actor;

/// An order that was given to a job, with what is known of who gave it. Displays as
/// `paused by alice@laptop: deploy is broken`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Steered {
    /// What was ordered.
    pub order: OrderKind,
    /// When.
    pub at: Timestamp,
    /// By whom, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor: Option<Arc<Actor>>,
    /// Why, where that was said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
}

impl Steered {
    /// As a sentence, with the moment as it is given here: `paused by alice at 14:02: deploy is broken`.
    pub(in crate::scheduler) fn describe(&self, moment: &str) -> String {
        let mut said = self.order.participle().to_owned();
        if let Some(actor) = &self.actor {
            said.push_str(&format!(" by {actor}"));
        }
        said.push_str(moment);
        if let Some(reason) = &self.reason {
            said.push_str(&format!(": {}", Escaped(reason)));
        }
        said
    }
}

impl fmt::Display for Steered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe(""))
    }
}
