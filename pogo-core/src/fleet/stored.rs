//! The stored form of a fleet: hosts and tags as folded ranges, so that ten thousand hosts stay a short text.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::host_list::{fold_in_order, unfold};
use super::origins::StoredOrigin;
use super::{Connection, Fleet, FleetBuilder, HostId, HostName, TagPath};

/// The stored form.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct StoredFleet {
    /// Host names in listed order, as ranges.
    hosts: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    connections: BTreeMap<HostName, Connection>,
    /// Who carries each tag, as ranges.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    tags: BTreeMap<TagPath, Vec<String>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    externals: Vec<StoredExternal>,
    /// Where hosts and tags are written, as far as that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    origins: Vec<StoredOrigin>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct StoredExternal {
    resolver: String,
    args: String,
    hosts: Vec<String>,
}

impl From<&Fleet> for StoredFleet {
    fn from(fleet: &Fleet) -> Self {
        let names = |hosts: &[HostId]| fold_in_order(hosts.iter().map(|&host| fleet.name(host)));
        Self {
            hosts: fold_in_order(fleet.names.iter()),
            connections: fleet
                .connections
                .iter()
                .map(|(host, c)| (fleet.name(host).clone(), c.clone()))
                .collect(),
            tags: fleet
                .tags
                .iter()
                .map(|tag| (tag.path.clone(), names(&tag.carriers)))
                .collect(),
            externals: fleet
                .externals
                .iter()
                .map(|((resolver, args), hosts)| StoredExternal {
                    resolver: resolver.clone(),
                    args: args.clone(),
                    hosts: names(hosts),
                })
                .collect(),
            origins: fleet.origins.stored(&fleet.names),
        }
    }
}

#[cfg(feature = "openapi")]
crate::openapi::schema_as!(Fleet as StoredFleet, "Fleet");

impl Serialize for Fleet {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StoredFleet::from(self).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Fleet {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let data = StoredFleet::deserialize(deserializer)?;
        FleetBuilder::from(data).build().map_err(D::Error::custom)
    }
}

impl From<StoredFleet> for FleetBuilder {
    fn from(data: StoredFleet) -> Self {
        let mut builder = data
            .hosts
            .iter()
            .fold(Self::default(), |builder, range| builder.hosts(range));
        for (name, connection) in &data.connections {
            builder = builder.host(name.as_str()).connection(connection);
        }
        for (tag, ranges) in &data.tags {
            // Also a tag that nobody carries: a policy may name it.
            builder = builder.declare_tag(tag.as_str());
            builder = ranges
                .iter()
                .fold(builder, |builder, range| builder.tagged(tag.as_str(), range));
        }
        for StoredExternal { resolver, args, hosts } in &data.externals {
            // A damaged list fails the read: taken for an empty one, `!$resolver(args)` would exclude nobody.
            match unfold(hosts) {
                Ok(hosts) => builder = builder.external(resolver, args, &hosts),
                Err(error) => builder.errors.push(error),
            }
        }
        for origin in &data.origins {
            if let Err(error) = builder.origins.restore(origin, &builder.hosts) {
                builder.errors.push(error);
            }
        }
        builder
    }
}
