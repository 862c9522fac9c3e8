//! Events of hosts, outside of jobs.

use std::sync::Arc;

use crate::fleet::HostName;
use crate::plan::HoldOwner;
use crate::scheduler::Actor;

/// An event of a host, outside of any job.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct HostEvent {
    /// The host.
    pub host: HostName,
    /// What happened.
    pub kind: HostEventKind,
    /// Who ordered what led to it, if an order did whose actor is known.
    pub actor: Option<Arc<Actor>>,
}

/// What happened to a host.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostEventKind {
    /// It was marked down, by an operator or a health check: it counts as unavailable.
    MarkedDown {
        /// Why.
        reason: String,
    },
    /// It is available again: it gives back every slot that it held outside of running tasks.
    MarkedUp {
        /// Why.
        reason: String,
    },
    /// An operator vouches that nothing of the attempts in doubt runs here any more, nor will: they count as
    /// [fenced](super::TaskEventKind::Fenced) without an answer of the host.
    FenceForced {
        /// Why.
        reason: String,
    },
    /// Somebody waits in line to hold it.
    HoldWaiting {
        /// Who.
        owner: HoldOwner,
        /// Why.
        reason: String,
        /// Beside jobs of the same priority, it waits behind those that were submitted before.
        priority: i32,
    },
    /// Somebody holds it: it counts as unavailable, and starts nothing but jobs under this hold.
    Held {
        /// Who.
        owner: HoldOwner,
        /// Why.
        reason: String,
        /// Whether the hold [waited](Self::HoldWaiting) in line.
        waited: bool,
    },
    /// A hold has ended, or its wait in line.
    Released {
        /// Whose.
        owner: HoldOwner,
        /// Who ended it by force; `None` if the owner did.
        by: Option<HoldOwner>,
        /// Why.
        reason: String,
    },
}

impl HostEventKind {
    pub(super) fn reason(&self) -> &str {
        match self {
            Self::MarkedDown { reason }
            | Self::MarkedUp { reason }
            | Self::FenceForced { reason }
            | Self::HoldWaiting { reason, .. }
            | Self::Held { reason, .. }
            | Self::Released { reason, .. } => reason,
        }
    }

    pub(in crate::scheduler) fn marked(down: bool, reason: String) -> Self {
        match down {
            true => Self::MarkedDown { reason },
            false => Self::MarkedUp { reason },
        }
    }
}
