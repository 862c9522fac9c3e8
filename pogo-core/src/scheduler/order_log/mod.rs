//! From a log to the orders in it: who ordered what, when and why, and what followed.

mod entry;
mod log;
mod order_of;

pub use entry::{FollowedEvent, OrderEntry};
pub use log::OrderLog;
