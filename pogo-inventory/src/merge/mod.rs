//! Several sources as one fleet.

mod conflict;
mod gather;
mod rules;
mod settings;

pub use conflict::{Claim, Conflict};
pub use gather::{Gathered, Part, Sources, Survey};
pub use rules::{MergeRules, OnConflict, RuleError};
