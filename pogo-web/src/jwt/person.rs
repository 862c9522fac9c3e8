//! What claims are of a person.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Which claims are the name and the groups of whoever comes, and which have to say what.
#[derive(Debug, Clone)]
pub(crate) struct PersonClaims {
    /// What records say of how somebody was known.
    pub(crate) label: Arc<str>,
    pub(crate) name: String,
    pub(crate) name_prefix: String,
    pub(crate) groups: Option<String>,
    pub(crate) groups_prefix: String,
    pub(crate) required: BTreeMap<String, String>,
}

impl PersonClaims {
    /// `sub` is the name, and nobody is in a group.
    pub(crate) fn new(label: impl Into<Arc<str>>) -> Self {
        Self {
            label: label.into(),
            name: "sub".to_owned(),
            name_prefix: String::new(),
            groups: None,
            groups_prefix: String::new(),
            required: BTreeMap::new(),
        }
    }
}
