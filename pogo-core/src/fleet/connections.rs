//! How the hosts of a fleet are reached, as far as that is not plain from their names.

use super::names::Names;
use super::visible::first_unseen;
use super::{Connection, FleetError, HostId};

/// Settings by host. Sources set them in any order, a hundred thousand at once.
#[derive(Debug, Clone, Default)]
pub(super) struct Connections {
    /// For each host, up to the last with settings, where these stand behind here; 0 for none.
    slots: Vec<u32>,
    settings: Vec<Connection>,
}

impl Connections {
    pub(super) fn reserve(&mut self, hosts: usize) {
        self.slots.reserve(hosts);
        self.settings.reserve(hosts);
    }

    pub(super) fn get(&self, host: HostId) -> Option<&Connection> {
        let slot = self.slots.get(host.index()).copied()?;
        self.settings.get(slot.checked_sub(1)? as usize)
    }

    /// The host's settings, to be added to.
    pub(super) fn entry(&mut self, host: HostId) -> &mut Connection {
        self.fill(host, Connection::default());
        let slot = self.slots[host.index()];
        &mut self.settings[slot as usize - 1]
    }

    /// These are the host's settings, if it has none yet; or else they are given back.
    pub(super) fn fill(&mut self, host: HostId, connection: Connection) -> Option<Connection> {
        if self.slots.len() <= host.index() {
            self.slots.resize(host.index() + 1, 0);
        }
        let slot = &mut self.slots[host.index()];
        if *slot != 0 {
            return Some(connection);
        }
        self.settings.push(connection);
        *slot = u32::try_from(self.settings.len()).unwrap_or(u32::MAX);
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
        let hosts = (0..).map(HostId::new).zip(&self.slots);
        hosts.filter_map(|(host, _)| Some((host, self.get(host)?)))
    }

    /// In the order of the hosts.
    pub(super) fn into_iter(mut self) -> impl Iterator<Item = (HostId, Connection)> {
        let hosts = (0..).map(HostId::new).zip(self.slots);
        hosts.filter_map(move |(host, slot)| {
            let settings = self.settings.get_mut(slot.checked_sub(1)? as usize)?;
            Some((host, std::mem::take(settings)))
        })
    }
}

/// The order in which settings were given means nothing.
impl PartialEq for Connections {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}
