//! Settings of the transport that belong to one job.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// How the transport connects for one job: as whom, with which keys, through which hosts. Names and values are the
/// transport's; a host's own [`Connection`](crate::fleet::Connection) settings come first.
///
/// Journaled with the job and shown to its followers, so it never holds a secret: it may name the file that has one.
/// Paths are absolute, since another process than the one that submits the job may read them.
///
/// ```
/// use pogo_core::plan::TransportSettings;
///
/// let settings = TransportSettings::new()
///     .set("user", "deploy")
///     .add("identity", "/home/alice/.ssh/id_ed25519")
///     .add("identity", "/home/alice/.ssh/id_rsa");
/// assert_eq!(settings.value("user"), Some("deploy"));
/// assert_eq!(settings.values("identity").len(), 2);
/// ```
// Texts and not any JSON: they are compared to find the transport of a job, and the core without features reads no
// JSON.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct TransportSettings(Arc<BTreeMap<String, Values>>);

/// The values of one setting: one text, or a list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = TransportValues))]
#[serde(untagged)]
enum Values {
    One(String),
    Many(Vec<String>),
}

impl TransportSettings {
    /// Nothing is set: the transport's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a setting to one value, whatever it was before.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).insert(name.into(), Values::One(value.into()));
        self
    }

    /// Adds a value to a setting that takes several, after those that it has.
    #[must_use]
    pub fn add(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let value = value.into();
        match Arc::make_mut(&mut self.0).entry(name.into()) {
            Entry::Vacant(entry) => drop(entry.insert(Values::One(value))),
            Entry::Occupied(mut entry) => match entry.get_mut() {
                Values::Many(values) => values.push(value),
                Values::One(first) => {
                    let values = vec![std::mem::take(first), value];
                    entry.insert(Values::Many(values));
                }
            },
        }
        self
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The names of what is set, sorted.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// All values of a setting, in order; none where it is not set.
    pub fn values(&self, name: &str) -> &[String] {
        match self.0.get(name) {
            Some(Values::One(value)) => std::slice::from_ref(value),
            Some(Values::Many(values)) => values,
            None => &[],
        }
    }

    /// The value of a setting that takes one: the last that was given.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values(name).last().map(String::as_str)
    }
}

impl fmt::Display for TransportSettings {
    /// `identity=/home/alice/.ssh/id_ed25519 user=deploy`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pairs = self
            .0
            .keys()
            .flat_map(|name| self.values(name).iter().map(move |value| (name, value)));
        for (number, (name, value)) in pairs.enumerate() {
            let space = if number == 0 { "" } else { " " };
            write!(f, "{space}{name}={value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::{JobSpec, RemoteCommand};

    #[test]
    fn a_setting_has_one_value_or_a_list_and_is_stored_so() {
        let settings = TransportSettings::new()
            .set("user", "root")
            .set("user", "deploy")
            .add("jump", "a")
            .add("jump", "b")
            .add("jump", "c");
        let stored = r#"{"jump":["a","b","c"],"user":"deploy"}"#;
        assert_eq!(serde_json::to_string(&settings).unwrap(), stored);
        assert_eq!(serde_json::from_str::<TransportSettings>(stored).unwrap(), settings);
        assert_eq!(settings.to_string(), "jump=a jump=b jump=c user=deploy");
        assert_eq!((settings.value("jump"), settings.value("port")), (Some("c"), None));
        assert!(settings.values("port").is_empty());
        let spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")).transport_settings(settings);
        let stored_job = serde_json::to_string(&spec).unwrap();
        assert!(
            stored_job.ends_with(&format!(r#""transport":{stored}}}"#)),
            "{stored_job}"
        );
        assert_eq!(serde_json::from_str::<JobSpec>(&stored_job).unwrap(), spec);
    }
}
