//! Orders, with who gives them and why, as plain data.

mod actor;
mod answer;
#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod command;
mod kind;
mod order;
mod request;
mod sentence;
mod steered;

pub use actor::Actor;
pub use answer::Answer;
pub use command::Command;
pub use kind::OrderKind;
pub use order::Order;
pub use request::{RequestId, RequestIdError};
pub use steered::Steered;
