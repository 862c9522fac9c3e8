//! How the hosts of a fleet are reached, as far as that is not plain from their names.

use super::names::Names;
use super::visible::first_unseen;
use super::{Connection, FleetError, HostId};
use crate::saturating::saturating_u32;

/// Settings by host. A vector by position and not a map, as sources set a hundred thousand of them in any order.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections {
    /// Of each host, the position of its settings in `settings` plus 1; 0 for none. Ends with the last host that has
    /// any.
    numbers: Vec<u32>,
    settings: Vec<Connection>,
}

impl Connections {
    pub(super) fn reserve(&mut self, hosts: usize) {
        self.numbers.reserve(hosts);
        self.settings.reserve(hosts);
    }

    pub(super) fn get(&self, host: HostId) -> Option<&Connection> {
        let number = self.numbers.get(host.index()).copied()?;
        self.settings.get(number.checked_sub(1)? as usize)
    }

    /// The host's settings, which are empty at first.
    pub(super) fn entry(&mut self, host: HostId) -> &mut Connection {
        self.fill(host, Connection::default());
        let number = self.numbers[host.index()];
        // Filled just now, so the number is not 0.
        &mut self.settings[number as usize - 1]
    }

    /// Sets a host's settings if it has none; returns them otherwise.
    pub(super) fn fill(&mut self, host: HostId, connection: Connection) -> Option<Connection> {
        if self.numbers.len() <= host.index() {
            self.numbers.resize(host.index() + 1, 0);
        }
        let number = &mut self.numbers[host.index()];
        if *number != 0 {
            return Some(connection);
        }
        self.settings.push(connection);
        *number = saturating_u32(self.settings.len());
        None
    }

    /// Refuses addresses and users with characters in them that cannot be seen.
    pub(super) fn check(&self, names: &Names) -> Result<(), FleetError> {
        for (host, connection) in self.iter() {
            let settings = [("address", &connection.address), ("user", &connection.user)];
            let mut settings = settings
                .into_iter()
                .filter_map(|(name, value)| Some((name, value.as_ref()?)));
            let unseen = settings.find(|(_, value)| first_unseen(value).is_some());
            if let (Some((setting, value)), Some(host)) = (unseen, names.get(host.index())) {
                return Err(FleetError::Unseen {
                    host: host.clone(),
                    setting: setting.to_owned(),
                    value: value.clone(),
                });
            }
        }
        Ok(())
    }

    /// In the order of the hosts.
    pub(super) fn iter(&self) -> impl Iterator<Item = (HostId, &Connection)> {
        let hosts = (0..).map(HostId::new).zip(&self.numbers);
        hosts.filter_map(|(host, _)| Some((host, self.get(host)?)))
    }

    /// In the order of the hosts.
    pub(super) fn into_iter(mut self) -> impl Iterator<Item = (HostId, Connection)> {
        let hosts = (0..).map(HostId::new).zip(self.numbers);
        hosts.filter_map(move |(host, number)| {
            // Taken out and not removed: settings stand in the order in which they were set, not in
            // that of hosts.
            let settings = self.settings.get_mut(number.checked_sub(1)? as usize)?;
            Some((host, std::mem::take(settings)))
        })
    }
}

/// Equal if every host has the same settings, in whatever order they were set.
impl PartialEq for Connections {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}
