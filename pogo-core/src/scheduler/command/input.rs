//! Inputs: facts and orders, as plain data.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Command, Order};
use crate::scheduler::{
    Actor, AttemptId, Epoch, FenceAnswer, Incarnation, Outcome, OutputSummary, OwnerId, Phase, RequestId, RestoreCause,
    RestoreId,
};

/// An input of the scheduler: a fact, or an order.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "input", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Input {
    /// An order with its actor and reason. [`Order`] and [`Command`] convert into it.
    Command(Box<Command>),
    /// Fact: whether attempts that start from now on [ask](Input::Begin) before they begin. The first input after a
    /// start or a replay; without it they do not. It is not recorded itself, only in the event of each attempt.
    Transport {
        /// They do.
        asks_permission: bool,
        /// Their hosts can be [asked](Self::Fenced) later for their state.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        fences: bool,
    },
    /// Fact and question: an attempt has reached its host and is ready, and asks whether it may begin.
    ///
    /// It may once [`Permitted`](crate::scheduler::TaskEventKind::Permitted) is durable. It is refused when the attempt
    /// was cancelled or has ended; when its job is paused, halted, aborted or has too many failed hosts; when its host
    /// is frozen or has left the fleet; and when the dispatcher drains. Each launch after a broken link asks anew.
    Begin {
        /// The attempt.
        attempt: AttemptId,
        /// Whether the transport holds a lock on the host, which excludes every other attempt there until this one has
        /// ended.
        host_lock: bool,
    },
    /// Fact: an attempt entered a phase.
    PhaseEntered {
        /// The attempt.
        attempt: AttemptId,
        /// The phase that begins.
        phase: Phase,
    },
    /// Fact: an attempt has met a host of which no key was known, and its transport has recorded the key.
    HostKeyRecorded {
        /// The attempt.
        attempt: AttemptId,
    },
    /// Fact: an attempt ended.
    Reported {
        /// The attempt.
        attempt: AttemptId,
        /// How.
        outcome: Outcome,
        /// What was kept of its output, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        output: Option<OutputSummary>,
    },
    /// Fact: a host was asked for the state of an attempt whose end is unknown, and lets nothing of it begin any more.
    /// An attempt in doubt then ends as the host says, as if that was reported now. If the attempt still counts as
    /// running, its [report](Self::Reported) comes next and says how it ended.
    Fenced {
        /// The attempt.
        attempt: AttemptId,
        /// What the host said.
        #[serde(flatten)]
        answer: FenceAnswer,
    },
    /// Fact: time has passed. Sent when [`next_timeout`](crate::scheduler::Scheduler::next_timeout) says so; harmless
    /// at other times.
    Tick,
    /// Fact: another dispatcher owns the namespace from now on. Sent before [`Recover`](Self::Recover).
    OwnerChanged {
        /// Who owns it.
        owner: OwnerId,
        /// The epoch that begins.
        epoch: Epoch,
        /// Who owned it before, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<OwnerId>,
    },
    /// Fact: the journal is a copy, or has lost its last records, and somebody accepts that the namespace goes on from
    /// there. Sent before [`Recover`](Self::Recover), which then resumes nothing. The same restore, or the same
    /// request, given again does nothing.
    Restored {
        /// What happened to the store.
        cause: RestoreCause,
        /// The new incarnation is at least this one: the store knows of those before it.
        #[serde(default)]
        at_least: Incarnation,
        /// Which restore it is, where the store says so: one that is recorded is not recorded again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<RestoreId>,
        /// The request by which it is accepted.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        request: Option<RequestId>,
        /// Why it is accepted.
        #[serde(default, skip_serializing_if = "str::is_empty")]
        reason: Arc<str>,
        /// Who accepts it, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        actor: Option<Arc<Actor>>,
    },
    /// Fact: the dispatcher that ran the attempts is gone, and their ends are unknown. The first input after a restart.
    Recover {
        /// Attempts that are resumed, and will be reported on.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        resumed: Vec<AttemptId>,
    },
    /// Order: start nothing more, in any job, and cancel these attempts: the dispatcher ends, and leaves the
    /// rest to a scheduler that is restored from the same log. Nothing is recorded of it but the cancelling.
    Drain {
        /// Attempts to cancel; those that have ended, settle or are cancelled already are passed over.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        cancel: Vec<AttemptId>,
    },
}

impl From<Order> for Input {
    fn from(order: Order) -> Self {
        Command::new(order).into()
    }
}

impl From<Command> for Input {
    fn from(command: Command) -> Self {
        Self::Command(Box::new(command))
    }
}
