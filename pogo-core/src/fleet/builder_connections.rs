//! Connection settings of hosts in a builder, and builders that start with a fleet.

use super::{Connection, Fleet, FleetBuilder, HostId};
use crate::saturating::saturating_u32;

impl FleetBuilder {
    /// Sets how a host that was found with [`insert`](Self::insert) is reached. Of two values for one setting,
    /// [`build`](Self::build) reports the conflict.
    ///
    /// ```
    /// use pogo_core::fleet::{Connection, FleetBuilder};
    ///
    /// let at = |port| Connection::new().port(port);
    /// let mut builder = FleetBuilder::default();
    /// let web1 = builder.insert("web1".parse()?).unwrap();
    /// builder.connect(web1, at(22));
    /// builder.connect(web1, at(22));
    /// assert!(builder.clone().build().is_ok());
    /// builder.connect(web1, at(23));
    /// assert!(builder.build().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn connect(&mut self, host: HostId, connection: Connection) {
        if connection.is_default() || host.index() >= self.hosts.len() {
            return;
        }
        let Some(connection) = self.connections.fill(host, connection) else {
            return;
        };
        // By way of the current host, which finds the settings that differ. Rare: most hosts are given settings once.
        let current = std::mem::replace(&mut self.current, u32::try_from(host.index()).ok());
        *self = std::mem::take(self).connection(&connection);
        self.current = current;
    }

    /// The connection settings of a host so far.
    pub fn known_connection(&self, host: HostId) -> Option<&Connection> {
        self.connections.get(host)
    }

    /// The connection settings of a host, to be overwritten: for what an operator types over an inventory. `None` for a
    /// host that was not mentioned.
    ///
    /// ```
    /// use pogo_core::fleet::FleetBuilder;
    ///
    /// let mut builder = FleetBuilder::default().host("web1").user("deploy");
    /// let web1 = builder.find("web1").unwrap();
    /// builder.connection_mut(web1).unwrap().user = Some("root".to_owned());
    /// assert_eq!(builder.known_connection(web1).unwrap().user.as_deref(), Some("root"));
    /// assert!(builder.build().is_ok());
    /// ```
    pub fn connection_mut(&mut self, host: HostId) -> Option<&mut Connection> {
        (host.index() < self.hosts.len()).then(|| self.connections.entry(host))
    }
}

impl From<&Fleet> for FleetBuilder {
    fn from(fleet: &Fleet) -> Self {
        let index = |hosts: &[HostId]| hosts.iter().map(|host| saturating_u32(host.index())).collect();
        Self {
            hosts: fleet.names.clone(),
            connections: fleet.connections.clone(),
            tags: fleet
                .tags
                .iter()
                .map(|tag| (tag.path.clone(), index(&tag.carriers)))
                .collect(),
            externals: fleet
                .externals
                .iter()
                .map(|(query, hosts)| (query.clone(), index(hosts)))
                .collect(),
            origins: fleet.origins.clone(),
            current: None,
            errors: vec![],
        }
    }
}
