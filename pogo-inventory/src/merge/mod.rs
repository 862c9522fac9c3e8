//! Several sources as one fleet.

mod conflict;
mod gather;
mod rules;
mod settings;

pub use conflict::{Conflict, SettingClaim};
pub use gather::{Gathered, SourceListing, Sources, Survey};
pub use rules::{MergeRules, OnConflict, RuleError};
