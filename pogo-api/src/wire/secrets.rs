//! Secrets that are given for a job.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::document::Version;

/// Secrets for a job that names them by an id in the settings of its transport. A server keeps them in memory alone:
/// they are in no record, answer or log, and its `Debug` text has no values.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Secrets {
    /// What the job names them by.
    pub id: String,
    /// To log in with.
    pub password: Option<SecretString>,
    /// For sudo on the hosts.
    pub sudo_password: Option<SecretString>,
    /// Of encrypted key files.
    pub passphrase: Option<SecretString>,
    /// Values of the job's secret variables.
    pub environment: BTreeMap<String, SecretString>,
    /// The socket of an ssh-agent that is asked where the job's own no longer answers. The id is then the socket that
    /// the job names in the setting `agent`.
    pub agent: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
// Unknown fields are refused, unlike elsewhere: a misspelt `sudo_pasword` that is silently dropped
// fails on every host.
struct WrittenSecrets<T> {
    #[cfg_attr(feature = "openapi", schema(value_type = u32))]
    version: Version,
    id: String,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    password: Option<T>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    sudo_password: Option<T>,
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<String>))]
    passphrase: Option<T>,
    #[serde(default = "BTreeMap::new", skip_serializing_if = "BTreeMap::is_empty")]
    #[cfg_attr(feature = "openapi", schema(value_type = BTreeMap<String, String>))]
    environment: BTreeMap<String, T>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    agent: Option<String>,
}

// As a function, since serde would ask for a default of what is secret.
fn none<T>() -> Option<T> {
    None
}

impl Secrets {
    /// The setting by which the transport of a job names its secrets.
    pub const SETTING: &'static str = "secrets";

    /// No secrets yet, under this id.
    pub fn new(id: impl Into<String>) -> Self {
        Self {
            id: id.into(),
            password: None,
            sudo_password: None,
            passphrase: None,
            environment: BTreeMap::new(),
            agent: None,
        }
    }

    /// The agent behind this socket, for jobs that name another.
    pub fn agent(named: impl Into<String>, socket: impl Into<String>) -> Self {
        Self {
            agent: Some(socket.into()),
            ..Self::new(named)
        }
    }
}

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(Secrets as WrittenSecrets<String>, "Secrets");

impl Serialize for Secrets {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        fn open(secret: &Option<SecretString>) -> Option<&str> {
            secret.as_ref().map(ExposeSecret::expose_secret)
        }
        let environment = self.environment.iter();
        WrittenSecrets {
            version: Version,
            id: self.id.clone(),
            password: open(&self.password),
            sudo_password: open(&self.sudo_password),
            passphrase: open(&self.passphrase),
            environment: environment
                .map(|(name, value)| (name.clone(), value.expose_secret()))
                .collect(),
            agent: self.agent.clone(),
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Secrets {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = WrittenSecrets::<String>::deserialize(deserializer)?;
        let closed = |secret: Option<String>| secret.map(SecretString::from);
        Ok(Self {
            id: written.id,
            password: closed(written.password),
            sudo_password: closed(written.sudo_password),
            passphrase: closed(written.passphrase),
            environment: written
                .environment
                .into_iter()
                .map(|(name, value)| (name, value.into()))
                .collect(),
            agent: written.agent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_travel_and_are_never_shown() {
        let mut secrets = Secrets::new("7c1e");
        secrets.password = Some("hush".to_owned().into());
        secrets.environment.insert("TOKEN".to_owned(), "hush".to_owned().into());
        let written = serde_json::to_string(&secrets).unwrap();
        assert_eq!(
            written,
            r#"{"version":1,"id":"7c1e","password":"hush","environment":{"TOKEN":"hush"}}"#
        );
        let read: Secrets = serde_json::from_str(&written).unwrap();
        assert_eq!(read.environment["TOKEN"].expose_secret(), "hush");
        assert!(!format!("{read:?}").contains("hush"));
        let agent = serde_json::to_string(&Secrets::agent("/tmp/a", "/tmp/b")).unwrap();
        assert_eq!(agent, r#"{"version":1,"id":"/tmp/a","agent":"/tmp/b"}"#);
    }
}
