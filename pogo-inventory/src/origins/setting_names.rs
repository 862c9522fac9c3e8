//! Sets of settings that share an origin.

use std::borrow::Cow;

use pogo_core::fleet::Connection;

/// Settings that share a position.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum SettingNames {
    /// One of them, which stands somewhere else than the others.
    One(Cow<'static, str>),
    /// All that a connection has, as where a line of a table gives them.
    Of(GivenSettings),
}

/// The settings that a connection has.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct GivenSettings {
    pub(super) address: bool,
    pub(super) port: bool,
    pub(super) user: bool,
    pub(super) vars: Vec<String>,
}

impl SettingNames {
    /// Whether they are exactly the connection's.
    pub(super) fn are(&self, connection: &Connection) -> bool {
        let Self::Of(given) = self else { return false };
        let Connection {
            address,
            port,
            user,
            vars,
            ..
        } = connection;
        given.address == address.is_some()
            && given.port == port.is_some()
            && given.user == user.is_some()
            && given.vars.iter().eq(vars.keys())
    }

    /// Whether this setting is included.
    pub(super) fn have(&self, setting: &str) -> bool {
        match (self, setting) {
            (Self::One(name), _) => name == setting,
            (Self::Of(given), "address") => given.address,
            (Self::Of(given), "port") => given.port,
            (Self::Of(given), "user") => given.user,
            (Self::Of(given), _) => given.vars.iter().any(|var| var == setting),
        }
    }
}
