//! Several sources as one fleet.

mod conflict;
mod gather;
mod rules;
mod settings;

pub use conflict::{Claim, Conflict};
pub use gather::{Gathered, Part, Sources, Survey};
pub use rules::{MergeRules, OnConflict, RuleError};

use std::collections::BTreeMap;

use pogo_core::fleet::Connection;

/// The settings of a connection by their names.
pub(crate) fn settings_of(connection: Option<&Connection>) -> impl Iterator<Item = (String, String)> {
    let settings = connection.into_iter().flat_map(settings::of);
    let named: BTreeMap<String, String> = settings
        .map(|(setting, value)| (setting.name().to_owned(), value))
        .collect();
    named.into_iter()
}
