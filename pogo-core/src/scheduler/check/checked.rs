//! Inputs that are valid.

use std::sync::Arc;

use super::{CheckedOrder, OrderContext};
use crate::scheduler::{
    Actor, Answer, AttemptId, Epoch, FenceAnswer, Outcome, OutputSummary, OwnerId, Phase, RequestId, Restoration,
};

/// A valid input, with the results of checking it.
pub(in crate::scheduler) enum Checked {
    /// An attempt may begin.
    Begin { attempt: AttemptId, host_lock: bool },
    /// An attempt has come to a phase that is later than its last.
    PhaseEntered { attempt: AttemptId, phase: Phase },
    /// An attempt that is under way has met a new host.
    HostKeyRecorded { attempt: AttemptId },
    /// An attempt that is under way has ended.
    Reported {
        attempt: AttemptId,
        outcome: Outcome,
        output: Option<OutputSummary>,
    },
    /// A host has answered for an attempt whose end is unknown.
    Fenced { attempt: AttemptId, answer: FenceAnswer },
    /// A report of an attempt whose end was decided before.
    Late { attempt: AttemptId, outcome: Outcome },
    /// Nothing is decided for the input itself; what is due at its time is.
    Nothing,
    /// A valid order, with what is recorded of it.
    Command {
        order: Box<CheckedOrder>,
        context: Box<OrderContext>,
    },
    /// A command that was given before.
    Repeated { answer: Answer },
    /// Another dispatcher owns the namespace: that is recorded, and nothing else is decided.
    OwnerChanged {
        owner: OwnerId,
        epoch: Epoch,
        from: Option<OwnerId>,
    },
    /// A new incarnation begins.
    Restored {
        restoration: Restoration,
        request: Option<RequestId>,
        actor: Option<Arc<Actor>>,
    },
    /// All attempts but these have lost their dispatcher.
    Recover { resumed: Vec<AttemptId> },
    /// Nothing more starts, and these attempts are cancelled.
    Drain { cancel: Vec<AttemptId> },
}

impl Checked {
    /// Who gives the order, if it is one.
    pub(in crate::scheduler) fn actor(&self) -> Option<&Arc<Actor>> {
        match self {
            Self::Command { context, .. } => context.actor.as_ref(),
            Self::Begin { .. }
            | Self::PhaseEntered { .. }
            | Self::HostKeyRecorded { .. }
            | Self::Reported { .. }
            | Self::Fenced { .. }
            | Self::Late { .. }
            | Self::Nothing
            | Self::Repeated { .. }
            | Self::OwnerChanged { .. }
            // Its records name who accepted it themselves.
            | Self::Restored { .. }
            | Self::Recover { .. }
            | Self::Drain { .. } => None,
        }
    }
}
