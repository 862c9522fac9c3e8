//! The builder of a fleet, which validates everything at once.

use std::collections::BTreeMap;

use super::connections::Connections;
use super::names::Names;
use super::origins::FleetOrigins;
use super::tree::{sorted, tag_tree};
use super::{Connection, Fleet, FleetError, HostId, HostName, HostRange, Selector, SelectorError, TagPath};

/// Collects hosts and tags; [`build`](Self::build) validates them.
///
/// Hosts are added when they are first mentioned, and that is their listed order. Settings and tags that follow
/// [`host`](Self::host) belong to that host, the current one.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetBuilder {
    pub(super) hosts: Names,
    pub(super) connections: Connections,
    pub(super) tags: BTreeMap<TagPath, Vec<u32>>,
    pub(super) externals: BTreeMap<(String, String), Vec<u32>>,
    pub(super) origins: FleetOrigins,
    pub(super) current: Option<u32>,
    pub(super) errors: Vec<FleetError>,
}

impl Fleet {
    /// An empty builder.
    pub fn builder() -> FleetBuilder {
        FleetBuilder::default()
    }
}

impl FleetBuilder {
    /// The most hosts of a fleet.
    pub const MAX_HOSTS: usize = Names::MAX;

    /// Makes a host the current one, and adds it if it is new.
    pub fn host(mut self, name: &str) -> Self {
        self.current = match HostName::new(name) {
            Ok(name) => self.add(name),
            Err(error) => self.refuse(error),
        };
        self
    }

    /// Adds a tag to the current host.
    pub fn tag(mut self, path: &str) -> Self {
        match (TagPath::new(path), self.current) {
            (Ok(path), Some(host)) => self.tags.entry(path).or_default().push(host),
            (Err(error), _) => _ = self.refuse::<u32>(error),
            (_, None) => self.needs_host(),
        }
        self
    }

    /// Adds a tag to every host of a comma-separated list of ranges. Adds the hosts that are new.
    pub fn tagged(mut self, path: &str, hosts: &str) -> Self {
        let hosts = self.add_ranges(hosts);
        match TagPath::new(path) {
            Ok(path) => self.tags.entry(path).or_default().extend(hosts),
            Err(error) => _ = self.refuse::<u32>(error),
        }
        self
    }

    /// Adds the hosts of a comma-separated list of ranges, without tags.
    pub fn hosts(mut self, hosts: &str) -> Self {
        self.add_ranges(hosts);
        self
    }

    /// Declares a tag, so that it is known without any host.
    pub fn declare_tag(mut self, path: &str) -> Self {
        match TagPath::new(path) {
            Ok(path) => _ = self.tags.entry(path).or_default(),
            Err(error) => _ = self.refuse::<u32>(error),
        }
        self
    }

    /// Sets the name or address at which the current host is reached.
    pub fn address(self, address: &str) -> Self {
        self.set(
            "address",
            address,
            |connection| &mut connection.address,
            address.to_owned(),
        )
    }

    /// Sets the port at which the current host is reached.
    pub fn port(self, port: u16) -> Self {
        self.set("port", &port.to_string(), |connection| &mut connection.port, port)
    }

    /// Sets the user to log in to the current host as.
    pub fn user(self, user: &str) -> Self {
        self.set("user", user, |connection| &mut connection.user, user.to_owned())
    }

    /// Sets a variable of the current host, for transports that know it.
    pub fn var(mut self, name: &str, value: &str) -> Self {
        let Some((host, connection)) = self.current_mut() else {
            return self;
        };
        match connection.vars.insert(name.to_owned(), value.to_owned()) {
            Some(first) if first != value => self.conflict(host, name, first, value.to_owned()),
            _ => {}
        }
        self
    }

    /// Sets all that is set in `connection` for the current host.
    pub fn connection(mut self, connection: &Connection) -> Self {
        if let Some(address) = &connection.address {
            self = self.address(address);
        }
        if let Some(port) = connection.port {
            self = self.port(port);
        }
        if let Some(user) = &connection.user {
            self = self.user(user);
        }
        connection
            .vars
            .iter()
            .fold(self, |this, (name, value)| this.var(name, value))
    }

    /// Records an answer of an external resolver: `$resolver(args)` names these hosts. Adds those that are new.
    pub fn external<'a>(mut self, resolver: &str, args: &str, hosts: impl IntoIterator<Item = &'a HostName>) -> Self {
        let hosts: Vec<u32> = hosts.into_iter().filter_map(|host| self.add(host.clone())).collect();
        self.externals
            .entry((resolver.to_owned(), args.to_owned()))
            .or_default()
            .extend(hosts);
        self
    }

    /// Adds every host that a selector lists by name and does not exclude (`!web3`), for callers that allow hosts
    /// unknown to any inventory.
    pub fn unlisted(mut self, targets: &Selector) -> Self {
        for range in targets.literals() {
            self.add_range(range);
        }
        self
    }

    /// Adds a host, and returns its id. `None` when the fleet is full, which
    /// [`build`](Self::build) reports. For sources of many hosts; [`host`](Self::host) is handier.
    pub fn insert(&mut self, name: HostName) -> Option<HostId> {
        self.add(name).map(HostId::new)
    }

    /// Adds a tag to hosts that were found with [`insert`](Self::insert). Without hosts, declares the tag.
    ///
    /// ```
    /// use pogo_core::fleet::{FleetBuilder, HostId};
    ///
    /// let mut builder = FleetBuilder::default();
    /// let web1 = builder.insert("web1".parse()?);
    /// builder.add_tag(&"frontend".parse()?, web1);
    /// // Ids of hosts that were never added are ignored.
    /// builder.add_tag(&"frontend".parse()?, [HostId::new(7)]);
    /// assert_eq!(builder.build()?, FleetBuilder::default().tagged("frontend", "web1").build()?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_tag(&mut self, tag: &TagPath, hosts: impl IntoIterator<Item = HostId>) {
        let known = self.hosts.len();
        let hosts = hosts.into_iter().filter(|host| host.index() < known);
        let hosts = hosts.filter_map(|host| u32::try_from(host.index()).ok());
        // Not `entry`, which takes a path of its own: tags are known nearly always, and this is
        // called for each host.
        match self.tags.get_mut(tag) {
            Some(carriers) => carriers.extend(hosts),
            None => _ = self.tags.insert(tag.clone(), hosts.collect()),
        }
    }

    /// The name of a host that was found with [`insert`](Self::insert).
    pub fn name(&self, host: HostId) -> Option<&HostName> {
        self.hosts.get(host.index())
    }

    /// The host of this name, if it was mentioned.
    pub fn find(&self, name: &str) -> Option<HostId> {
        self.hosts.position(name).map(HostId::new)
    }

    /// Makes room for so many more hosts, for sources that know how many will come.
    pub fn reserve(&mut self, hosts: usize) {
        // Whoever reads a file guesses from its length, which may be that of anything.
        let hosts = hosts.min(Self::MAX_HOSTS);
        self.hosts.reserve(hosts);
        self.connections.reserve(hosts);
    }

    /// Adds everything that another builder collected, but origins. Its hosts come last in listed order.
    pub fn merge(mut self, other: Self) -> Self {
        let mut position = Vec::with_capacity(other.hosts.len());
        for name in other.hosts.into_iter() {
            // A fleet that is full is an error already: where the rest ends up does not matter.
            position.push(self.add(name).unwrap_or_default());
        }
        for (host, connection) in other.connections.into_iter() {
            if let Some(host) = position.get(host.index()) {
                self.connect(HostId::new(*host), connection);
            }
        }
        let moved = |hosts: Vec<u32>| {
            hosts
                .into_iter()
                .filter_map(|host| position.get(host as usize).copied())
                .collect()
        };
        for (path, hosts) in other.tags {
            let hosts: Vec<u32> = moved(hosts);
            self.tags.entry(path).or_default().extend(hosts);
        }
        for (query, hosts) in other.externals {
            let hosts: Vec<u32> = moved(hosts);
            self.externals.entry(query).or_default().extend(hosts);
        }
        self.current = None;
        self.errors.extend(other.errors);
        self
    }

    /// How many hosts there are so far.
    pub fn len(&self) -> usize {
        self.hosts.len()
    }

    /// Whether there are no hosts so far.
    pub fn is_empty(&self) -> bool {
        self.hosts.is_empty()
    }

    /// Whether a host of this name was mentioned.
    pub fn contains(&self, name: &str) -> bool {
        self.hosts.position(name).is_some()
    }

    /// The fleet of everything that was collected.
    ///
    /// # Errors
    /// The first thing that was wrong.
    pub fn build(self) -> Result<Fleet, FleetError> {
        // Errors are kept until here, so that calls can be chained without one to check after each.
        if let Some(error) = self.errors.into_iter().next() {
            return Err(error);
        }
        self.connections.check(&self.hosts)?;
        let sorted = |(query, hosts)| (query, sorted(hosts));
        Ok(Fleet {
            names: self.hosts,
            connections: self.connections,
            tags: tag_tree(self.tags),
            externals: self.externals.into_iter().map(sorted).collect(),
            origins: self.origins,
        })
    }

    fn add(&mut self, name: HostName) -> Option<u32> {
        if self.hosts.len() == Self::MAX_HOSTS {
            return self.refuse(FleetError::TooLarge);
        }
        Some(self.hosts.insert(name))
    }

    fn add_ranges(&mut self, text: &str) -> Vec<u32> {
        let mut hosts = Vec::new();
        match text.parse::<Selector>() {
            Ok(Selector::Hosts(range)) => hosts = self.add_range(&range),
            Ok(Selector::Or(parts)) if parts.iter().all(|part| matches!(part, Selector::Hosts(_))) => {
                for part in parts {
                    if let Selector::Hosts(range) = part {
                        hosts.extend(self.add_range(&range));
                    }
                }
            }
            Ok(_) => {
                let error = SelectorError::new(0, "only host names and ranges can be listed here");
                self.refuse::<u32>(FleetError::Range {
                    text: text.to_owned(),
                    error,
                });
            }
            Err(error) => {
                _ = self.refuse::<u32>(FleetError::Range {
                    text: text.to_owned(),
                    error,
                })
            }
        }
        hosts
    }

    /// Adds every host of a range, and returns their positions.
    fn add_range(&mut self, range: &HostRange) -> Vec<u32> {
        if range.has_wildcards() {
            self.refuse::<u32>(FleetError::Wildcards {
                text: range.to_string(),
            });
            return vec![];
        }
        let mut hosts = Vec::new();
        for name in range.expand() {
            match HostName::new(&name) {
                Ok(name) => hosts.extend(self.add(name)),
                Err(error) => _ = self.refuse::<u32>(error),
            }
        }
        hosts
    }

    fn set<T: Clone + PartialEq + ToString>(
        mut self,
        setting: &str,
        text: &str,
        field: impl Fn(&mut Connection) -> &mut Option<T>,
        value: T,
    ) -> Self {
        let Some((host, connection)) = self.current_mut() else {
            return self;
        };
        match field(connection).replace(value.clone()) {
            Some(first) if first != value => self.conflict(host, setting, first.to_string(), text.to_owned()),
            _ => {}
        }
        self
    }

    fn current_mut(&mut self) -> Option<(HostName, &mut Connection)> {
        let current = self.current;
        if current.is_none() {
            self.needs_host();
        }
        let name = self.hosts.get(current? as usize)?.clone();
        Some((name, self.connections.entry(HostId::new(current?))))
    }

    fn conflict(&mut self, host: HostName, setting: &str, first: String, second: String) {
        self.refuse::<u32>(FleetError::Conflict {
            host,
            setting: setting.to_owned(),
            first,
            second,
        });
    }

    fn needs_host(&mut self) {
        // A host with an invalid name is reported already; what follows it is not a second mistake.
        if self.errors.is_empty() {
            self.errors.push(FleetError::NoHost);
        }
    }

    fn refuse<T>(&mut self, error: impl Into<FleetError>) -> Option<T> {
        self.errors.push(error.into());
        None
    }
}
