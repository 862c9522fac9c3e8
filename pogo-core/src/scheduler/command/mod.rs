//! What goes in, as plain data: facts, and orders with who gives them and why.

mod answer;
#[allow(
    clippy::module_inception,
    reason = "the module is named for what it is about, its file for what it holds"
)]
mod command;
mod hold_mode;
mod input;
mod kind;
mod note;
mod order;
mod order_class;
mod request;
mod sentence;
mod steered;

pub use answer::Answer;
pub use command::Command;
pub use hold_mode::HoldMode;
pub use input::Input;
pub use kind::OrderKind;
pub use note::JobNote;
pub use order::Order;
pub(crate) use order_class::OrderClass;
pub use request::{RequestId, RequestIdError};
pub use steered::Steered;
