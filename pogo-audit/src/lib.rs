//! CHECK: whether a finished or running job kept every rule, computed from its log alone.
//!
//! [`audit`] follows the events and computes limits, gates and budgets by itself. It shares no code with the scheduler
//! that wrote them, so a defect there does not hide itself here; the property tests hold each against the other.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod auditor;
mod finding;
mod rules;
mod state;

pub use auditor::{AuditSummary, Auditor, audit};
pub use finding::{BrokenRule, Finding};

/// The examples of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
