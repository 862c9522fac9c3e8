//! Sequences: which groups come before which.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Limit, Origin};
use crate::fleet::{Selector, TagPath};

/// Groups in order: a host of a later stage starts only when the earlier stages are complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Sequence {
    /// What messages call it.
    pub name: String,
    /// The hosts it applies to; `None` is all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scope: Option<Selector>,
    /// Repeated on its own for each direct value of this tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<TagPath>,
    /// The groups, first to last. A host in several belongs to the first.
    pub stages: Vec<Stage>,
    /// How many hosts of a stage may fail without holding back the next, as a count or a share of the job's hosts
    /// in that stage. By default none.
    #[serde(default)]
    pub allow_failures: Limit,
    /// Where it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

/// As in `caches first: $cache, then $web`.
impl fmt::Display for Sequence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.name)?;
        for (at, stage) in self.stages.iter().enumerate() {
            write!(f, "{}{}", if at == 0 { "" } else { ", then " }, stage.selector)?;
        }
        Ok(())
    }
}

/// One entry of a sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Stage {
    /// The hosts of the stage.
    pub selector: Selector,
    /// Where it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
}

impl Sequence {
    /// A sequence of these groups, for all hosts.
    pub fn new(name: impl Into<String>, stages: impl IntoIterator<Item = Selector>) -> Self {
        Self {
            name: name.into(),
            scope: None,
            each: None,
            stages: stages.into_iter().map(Stage::new).collect(),
            allow_failures: Limit::Count(0),
            origin: None,
        }
    }

    /// Adds a stage behind the others.
    pub fn stage(mut self, stage: Stage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Restricts the sequence to the hosts of `scope`.
    pub fn scoped(mut self, scope: Selector) -> Self {
        self.scope = Some(scope);
        self
    }

    /// Repeats the sequence for each direct value of `tag`, each on its own.
    pub fn each(mut self, tag: TagPath) -> Self {
        self.each = Some(tag);
        self
    }

    /// Lets this many hosts of each stage fail without holding back the next.
    pub fn allow_failures(mut self, limit: Limit) -> Self {
        self.allow_failures = limit;
        self
    }

    /// Says where the sequence was written.
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }
}

impl Stage {
    /// A stage of these hosts.
    pub fn new(selector: Selector) -> Self {
        Self { selector, origin: None }
    }

    /// Says where the stage was written.
    pub fn at(mut self, origin: Origin) -> Self {
        self.origin = Some(origin);
        self
    }
}
