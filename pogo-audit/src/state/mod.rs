//! What the records so far say, worked out from them alone.

mod audit_state;
pub(crate) mod budgets;
pub(crate) mod freezes;
pub(crate) mod groups;
pub(crate) mod holds;
pub(crate) mod job;
pub(crate) mod namespace;
mod restores;
pub(crate) mod stages;
pub(crate) mod task;
pub(crate) mod time_limits;
pub(crate) mod waves;

pub(crate) use audit_state::{AuditState, LeftInDoubt};
pub(crate) use restores::Restores;
