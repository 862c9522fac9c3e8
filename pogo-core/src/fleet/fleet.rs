//! The fleet: all hosts and tags, immutable.

use std::collections::BTreeMap;

use super::connections::Connections;
use super::names::Names;
use super::origins::FleetOrigins;
use super::{Connection, Host, HostId, HostName, Origin, TagPath};
use crate::saturating::saturating_u32;

/// A tag's position in its fleet. Means nothing in another fleet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TagId(pub(super) u32);

/// All hosts and tags of one namespace: validated and immutable.
///
/// ```
/// use pogo_core::fleet::Fleet;
///
/// let fleet = Fleet::builder()
///     .host("db1").tag("role.db").address("10.0.0.5")
///     .tagged("colo.east", "web[1-3],db1")
///     .build()?;
/// assert_eq!(fleet.len(), 4);
/// assert_eq!(fleet.resolve(&"$colo & !$role".parse()?)?.len(), 3);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    pub(super) names: Names,
    pub(super) connections: Connections,
    /// In order of their paths, so that a tag stands before those below it.
    pub(super) tags: Vec<Tag>,
    /// What external resolvers answered.
    pub(super) externals: BTreeMap<(String, String), Vec<HostId>>,
    pub(super) origins: FleetOrigins,
}

/// Fleets are equal by their hosts, tags and settings, wherever those are written.
impl PartialEq for Fleet {
    fn eq(&self, other: &Self) -> bool {
        self.names == other.names
            && self.connections == other.connections
            && self.tags == other.tags
            && self.externals == other.externals
    }
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tag {
    pub(super) path: TagPath,
    pub(super) children: Vec<TagId>,
    /// Who carries the tag itself.
    pub(super) carriers: Vec<HostId>,
    /// Who carries it or a tag below it; empty where the tag has no children.
    pub(super) below: Vec<HostId>,
}

impl Fleet {
    /// How many hosts there are.
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// Whether there are no hosts.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty()
    }

    /// All hosts, in listed order.
    pub fn ids(&self) -> impl ExactSizeIterator<Item = HostId> + use<> {
        // The builder refuses more hosts than an id can count.
        (0..saturating_u32(self.names.len())).map(HostId::new)
    }

    /// A host's name.
    ///
    /// # Panics
    /// The id is of another, larger fleet.
    pub fn name(&self, host: HostId) -> &HostName {
        &self.names[host.index()]
    }

    /// The host of this name.
    pub fn id(&self, name: &str) -> Option<HostId> {
        self.names.position(name).map(HostId::new)
    }

    /// How to reach a host, where its name alone is not enough.
    pub fn connection(&self, host: HostId) -> Option<&Connection> {
        self.connections.get(host)
    }

    /// A host as a transport sees it.
    ///
    /// # Panics
    /// The id is of another, larger fleet.
    pub fn host(&self, host: HostId) -> Host {
        let connection = self.connection(host).cloned().unwrap_or_default();
        Host {
            name: self.name(host).clone(),
            connection,
        }
    }

    /// The tag with this path.
    pub fn tag(&self, path: &TagPath) -> Option<TagId> {
        let at = self.tags.binary_search_by(|tag| tag.path.cmp(path)).ok()?;
        u32::try_from(at).ok().map(TagId)
    }

    /// All tags, in the order of their paths.
    pub fn tags(&self) -> impl Iterator<Item = TagId> + use<> {
        (0..saturating_u32(self.tags.len())).map(TagId)
    }

    /// A tag's path.
    ///
    /// # Panics
    /// The id is of another fleet; so for the functions below.
    pub fn tag_path(&self, tag: TagId) -> &TagPath {
        &self.at(tag).path
    }

    /// The direct values of a tag, in the order of their paths.
    pub fn children(&self, tag: TagId) -> &[TagId] {
        &self.at(tag).children
    }

    /// Hosts that carry the tag itself, in listed order.
    pub fn carriers(&self, tag: TagId) -> &[HostId] {
        &self.at(tag).carriers
    }

    /// Hosts that carry the tag or one below it, in listed order.
    pub fn members(&self, tag: TagId) -> &[HostId] {
        let tag = self.at(tag);
        if tag.children.is_empty() {
            &tag.carriers
        } else {
            &tag.below
        }
    }

    /// The tags that a host carries itself, in the order of their paths. Looks at every tag.
    pub fn tags_of(&self, host: HostId) -> impl Iterator<Item = TagId> + '_ {
        self.tags()
            .filter(move |&tag| self.carriers(tag).binary_search(&host).is_ok())
    }

    /// Where a host is named, and given each of its tags, as far as that is known: `None` stands for the host itself.
    /// See [`FleetBuilder::add_origin`](super::FleetBuilder::add_origin).
    pub fn origins_of(&self, host: HostId) -> impl Iterator<Item = (Option<&TagPath>, Origin)> {
        self.origins.of(host)
    }

    /// Whether hosts and tags have the same origins as those of another fleet.
    pub fn has_origins_of(&self, other: &Self) -> bool {
        self.origins == other.origins
    }

    fn at(&self, tag: TagId) -> &Tag {
        &self.tags[tag.0 as usize]
    }
}
