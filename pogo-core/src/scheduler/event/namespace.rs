//! Events of the namespace.

use std::sync::Arc;

use crate::fleet::{Fleet, Selector};
use crate::policy::Policy;
use crate::scheduler::{
    Actor, Answer, AttemptId, Content, Epoch, Incarnation, JobId, OrderKind, Outcome, OwnerId, RequestId, RestoreCause,
    RestoreId,
};

/// An event of the namespace as a whole.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct NamespaceEvent {
    /// What happened.
    pub kind: NamespaceEventKind,
    /// Who ordered what led to it, if an order did whose actor is known.
    pub actor: Option<Arc<Actor>>,
}

/// What happened to the namespace.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum NamespaceEventKind {
    /// Another dispatcher took over: the first record of its epoch. The first owner of a journal takes over from
    /// nobody, and is not recorded.
    OwnerChanged {
        /// Who owns the namespace from now on.
        owner: OwnerId,
        /// The epoch that begins.
        epoch: Epoch,
        /// Who owned it before, where that is known.
        from: Option<OwnerId>,
    },
    /// The journal is a copy, or has lost its last records, and somebody accepts that it goes on from there: a new
    /// incarnation.
    ///
    /// The numbers of jobs and attempts grow by 2^31 for each incarnation. Every job that may start something is
    /// paused, and every attempt that had not ended is in doubt, by events of their own that follow: it may have begun
    /// since, permitted or not.
    Restored {
        /// The incarnation that begins.
        incarnation: Incarnation,
        /// What happened to the store.
        cause: RestoreCause,
        /// Why it was accepted.
        reason: String,
        /// Which restore it is, where the store says so.
        id: Option<RestoreId>,
        /// The request by which it was accepted: the same request again does nothing.
        request: Option<RequestId>,
        /// Hosts can be asked for the state of attempts that had not been permitted to begin.
        fences: bool,
    },
    /// A fleet and policy were applied: at the start, as the first event of every log, and at each change.
    Configured {
        /// All hosts and tags.
        fleet: Content<Fleet>,
        /// All sequences and constraints.
        policy: Content<Policy>,
    },
    /// An operator froze these hosts: nothing more is started there, in any job, until they are thawed.
    HostsFrozen {
        /// The hosts, now and later.
        hosts: Selector,
        /// Who ordered it.
        by: String,
        /// Why.
        reason: String,
    },
    /// An operator ended a freeze.
    HostsThawed {
        /// The selector of the freeze.
        hosts: Selector,
        /// Who ordered it.
        by: String,
        /// Why.
        reason: String,
    },
    /// Somebody gave an order, and got this answer. Recorded before the records of the order, if these do not say all
    /// there is to record of it.
    Ordered {
        /// Which order.
        order: OrderKind,
        /// The job that it was given to, or that it made.
        job: Option<JobId>,
        /// Its id: the same request again gets the same answer, and nothing else happens.
        request: Option<RequestId>,
        /// Why.
        reason: Option<Arc<str>>,
        /// The answer.
        answer: Answer,
    },
    /// An abandoned attempt was reported after all. It changes nothing; the namespace no longer has its task.
    LateReported {
        /// The attempt.
        attempt: AttemptId,
        /// What it reported.
        outcome: Outcome,
    },
}

impl NamespaceEventKind {
    pub(super) fn reason(&self) -> Option<&str> {
        match self {
            Self::Restored { reason, .. } | Self::HostsFrozen { reason, .. } | Self::HostsThawed { reason, .. } => {
                Some(reason)
            }
            Self::Ordered { reason, .. } => reason.as_deref(),
            Self::OwnerChanged { .. } | Self::Configured { .. } | Self::LateReported { .. } => None,
        }
    }
}

impl NamespaceEvent {
    /// The job, for an order that was given to one, or that one came of.
    pub fn job(&self) -> Option<JobId> {
        match &self.kind {
            NamespaceEventKind::Ordered { job, .. } => *job,
            NamespaceEventKind::OwnerChanged { .. }
            | NamespaceEventKind::Restored { .. }
            | NamespaceEventKind::Configured { .. }
            | NamespaceEventKind::HostsFrozen { .. }
            | NamespaceEventKind::HostsThawed { .. }
            | NamespaceEventKind::LateReported { .. } => None,
        }
    }

    /// The attempt, for what happens to one.
    pub fn attempt(&self) -> Option<AttemptId> {
        match &self.kind {
            NamespaceEventKind::LateReported { attempt, .. } => Some(*attempt),
            NamespaceEventKind::OwnerChanged { .. }
            | NamespaceEventKind::Restored { .. }
            | NamespaceEventKind::Ordered { .. }
            | NamespaceEventKind::Configured { .. }
            | NamespaceEventKind::HostsFrozen { .. }
            | NamespaceEventKind::HostsThawed { .. } => None,
        }
    }
}
