//! Inputs of the scheduler that wait for the append in flight.

use super::Report;
use super::attempt_end::AttemptEnd;
use super::message::Message;
use crate::scheduler::{AttemptId, FenceAnswer};

/// An input for the scheduler.
pub(super) enum Pending {
    /// An attempt entered a phase, or asks whether it may begin.
    Report(AttemptId, Report),
    /// An attempt ended.
    Ended(AttemptEnd),
    /// A host has answered for the state of an attempt.
    Fenced(AttemptId, FenceAnswer),
    /// A handle sent an order.
    Message(Message),
    /// A deadline of the scheduler has passed.
    Timeout,
}
