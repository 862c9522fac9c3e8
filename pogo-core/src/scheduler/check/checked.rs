//! Inputs that are valid.

use std::sync::Arc;

use super::{CheckedOrder, OrderContext};
use crate::scheduler::{
    Actor, Answer, AttemptId, Epoch, FenceAnswer, Outcome, OutputSummary, OwnerId, Phase, RequestId, Restoration,
};

/// A valid input, with the results of checking it.
pub(in crate::scheduler) enum Checked {
    Begin {
        attempt: AttemptId,
        host_lock: bool,
    },
    PhaseEntered {
        attempt: AttemptId,
        phase: Phase,
    },
    HostKeyRecorded {
        attempt: AttemptId,
    },
    Reported {
        attempt: AttemptId,
        outcome: Outcome,
        output: Option<OutputSummary>,
    },
    Fenced {
        attempt: AttemptId,
        answer: FenceAnswer,
    },
    Late {
        attempt: AttemptId,
        outcome: Outcome,
    },
    Nothing,
    Command {
        order: Box<CheckedOrder>,
        context: Box<OrderContext>,
    },
    /// A command that was given before.
    Repeated {
        answer: Answer,
    },
    OwnerChanged {
        owner: OwnerId,
        epoch: Epoch,
        from: Option<OwnerId>,
    },
    Restored {
        restoration: Restoration,
        request: Option<RequestId>,
        actor: Option<Arc<Actor>>,
    },
    Recover {
        resumed: Vec<AttemptId>,
    },
    Drain {
        cancel: Vec<AttemptId>,
    },
}
