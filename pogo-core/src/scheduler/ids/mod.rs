//! Which and who: numbers of jobs, attempts and incarnations, their reading, and the actors of orders.

mod actor;
mod numbers;
mod parse;

pub use actor::Actor;
pub(crate) use numbers::JobIndex;
pub use numbers::{AttemptId, Epoch, Incarnation, JobId, OwnerId};
pub use parse::ParseIdError;
