//! What streams bring.

use std::time::Duration;

use pogo_core::stream::Update;

use crate::wire::{HostOutput, Question};

/// What comes to whoever follows.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FollowItem {
    /// Something has happened.
    Update(Box<Update>),
    /// A host has written something.
    Output(Box<HostOutput>),
    /// Somebody is asked for something.
    Question(Box<Question>),
    /// A dispatcher answers again, perhaps another one, and the stream goes on where it broke. Not where the stream was
    /// that of a server that stands by.
    Reconnected {
        /// For how long none had.
        after: Duration,
    },
}
