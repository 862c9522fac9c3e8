//! Settings of hosts, one by one.

use std::collections::BTreeMap;

use pogo_core::fleet::Connection;

/// A setting's name. A further setting may have the name of one of the three common ones.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Setting {
    /// The address that is connected to.
    Address,
    /// The port of the SSH server.
    Port,
    /// The user who logs in.
    User,
    /// A further setting, by its name.
    Var(String),
}

impl Setting {
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Address => "address",
            Self::Port => "port",
            Self::User => "user",
            Self::Var(name) => name,
        }
    }
}

/// The settings of a connection that have a value.
pub(super) fn of(connection: &Connection) -> impl Iterator<Item = (Setting, String)> {
    let port = connection.port.map(|port| port.to_string());
    let plain = [
        (Setting::Address, connection.address.clone()),
        (Setting::Port, port),
        (Setting::User, connection.user.clone()),
    ];
    let vars = connection.vars.iter();
    let vars = vars.map(|(name, value)| (Setting::Var(name.clone()), value.clone()));
    let plain = plain.into_iter().filter_map(|(name, value)| Some((name, value?)));
    plain.chain(vars).collect::<Vec<_>>().into_iter()
}

/// Builds a connection from settings.
pub(super) fn connection(settings: BTreeMap<Setting, String>) -> Connection {
    let mut connection = Connection::default();
    for (setting, value) in settings {
        match setting {
            Setting::Address => connection.address = Some(value),
            Setting::Port => connection.port = value.parse().ok(),
            Setting::User => connection.user = Some(value),
            Setting::Var(name) => _ = connection.vars.insert(name, value),
        }
    }
    connection
}
