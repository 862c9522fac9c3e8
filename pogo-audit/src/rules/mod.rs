//! The rules, each judged by the state before its event or at the end of a moment.

mod attempts;
mod fences;
mod hold_events;
pub(crate) mod idle;
mod job_events;
pub(crate) mod permission;
mod restores;
mod tasks;
