//! Every refusal, before any change: from an input to one that has been checked.
//!
//! Nothing behind this folder can refuse: `decide` takes what is [`Checked`] and makes events of it.

mod begin;
mod checked;
mod checked_order;
mod command;
mod fence;
mod hold;
mod input;
mod order;
mod order_context;
#[cfg(feature = "async")]
mod own_event;
mod restored;
mod retired;

pub(in crate::scheduler) use checked::Checked;
pub(in crate::scheduler) use checked_order::{CheckedOrder, EndedHolds, NewHolds};
pub(in crate::scheduler) use order_context::OrderContext;
