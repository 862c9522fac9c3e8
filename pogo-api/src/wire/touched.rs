//! What touched hosts in a stretch of time.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::fleet::Selector;
use pogo_core::scheduler::{Actor, JobId, JobStatus};
use serde::{Deserialize, Serialize};

use super::document::document;

/// Which hosts, and when.
///
/// ```
/// use pogo_api::wire::{TouchedQuery, touched_path};
/// use pogo_core::Timestamp;
///
/// let (from, to) = (Timestamp::from_millis(1_000), Timestamp::from_millis(9_000));
/// let query = TouchedQuery::between(from, to).on("$web".parse()?);
/// let path = touched_path(&"default".parse()?, &query);
/// assert_eq!(path, "/v1/namespaces/default/touched?hosts=%24web&from=1000&to=9000");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TouchedQuery {
    /// The hosts; all if `None`.
    pub hosts: Option<Selector>,
    /// From this moment on.
    pub from: Timestamp,
    /// Up to this moment; to now if `None`.
    pub to: Option<Timestamp>,
    /// Where to go on: the `next` of the page before.
    pub after: Option<String>,
    /// How many entries to give at once; 100 if `None`, and 1,000 at most.
    pub limit: Option<u32>,
}

impl TouchedQuery {
    /// What touched any host since this moment.
    pub fn since(from: Timestamp) -> Self {
        Self {
            hosts: None,
            from,
            to: None,
            after: None,
            limit: None,
        }
    }

    /// What touched any host between these moments.
    pub fn between(from: Timestamp, to: Timestamp) -> Self {
        Self {
            to: Some(to),
            ..Self::since(from)
        }
    }

    /// Only what touched some of these hosts.
    #[must_use]
    pub fn on(mut self, hosts: Selector) -> Self {
        self.hosts = Some(hosts);
        self
    }

    /// Goes on after this cursor.
    #[must_use]
    pub fn after(mut self, cursor: impl Into<String>) -> Self {
        self.after = Some(cursor.into());
        self
    }

    /// So many entries at once.
    #[must_use]
    pub fn limit(mut self, entries: u32) -> Self {
        self.limit = Some(entries);
        self
    }
}

document! {
    /// What touched hosts in a stretch of time: jobs that ran there, and orders, in the order in which they began.
    Touched {
        /// The jobs and orders.
        entries: Vec<Touch>,
        /// Where the list goes on: the `after` of the next request. `None` at its end.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
        /// Orders that were given to no job are known since this moment only, which is later than was asked for: the
        /// journal no longer has what came before. `None` where all are known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        orders_since: Option<Timestamp>,
    }
}

/// A job that ran on hosts, or an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Touch {
    /// Which of them it is.
    pub kind: TouchKind,
    /// When it was ordered; of a job, when its first attempt began that reaches into the time that was asked for.
    pub at: Timestamp,
    /// When the last of these attempts ended. `None` for orders, and while one of them runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The job, or the one that the order was given to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Who submitted or ordered it, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<Arc<Actor>>,
    /// Its hosts among those that were asked for, as ranges; for a freeze the selector. Empty for an order about a job
    /// as a whole, or about the namespace.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub hosts: String,
    /// What happened, without who and where: `was marked down: the disk is full`.
    pub text: String,
    /// Why, where the text does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
    /// What a job runs: the first kilobyte.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// The status of a job as it is now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<JobStatus>,
}

/// What touched hosts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TouchKind {
    /// A job ran.
    Job,
    /// Something was ordered, or changed in the namespace.
    Order,
}

impl Touch {
    /// Something that happened at this moment.
    pub fn new(kind: TouchKind, at: Timestamp, text: impl Into<String>) -> Self {
        Self {
            kind,
            at,
            until: None,
            job: None,
            by: None,
            hosts: String::new(),
            text: text.into(),
            reason: None,
            command: None,
            status: None,
        }
    }
}
