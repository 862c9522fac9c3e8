//! CHECK: whether a finished or running job kept every rule, computed from its log alone.
//!
//! [`audit`] follows the events and computes limits, gates and budgets by itself. It shares no code with the scheduler
//! that wrote them, so a defect there does not hide itself here; the property tests hold each against the other.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod attempts;
mod auditor;
mod budgets;
mod fences;
mod finding;
mod freezes;
mod groups;
mod hold_events;
mod holds;
mod idle;
mod job;
mod job_events;
mod namespace;
mod permission;
mod restores;
mod stages;
mod state;
mod task;
mod tasks;
mod time_limits;
mod waves;

pub use auditor::{AuditSummary, Auditor, audit};
pub use finding::{BrokenRule, Finding};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
