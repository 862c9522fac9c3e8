//! The stored form of a fleet: hosts and tags as folded ranges, so that ten thousand hosts stay a short text.

use std::collections::BTreeMap;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Connection, Fleet, FleetBuilder, FleetError, HostId, HostName, HostRange, TagPath};

/// The stored form.
#[derive(Debug, Clone, Serialize, Deserialize)]
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
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct StoredExternal {
    resolver: String,
    args: String,
    hosts: Vec<String>,
}

impl From<&Fleet> for StoredFleet {
    fn from(fleet: &Fleet) -> Self {
        let names = |hosts: &[HostId]| runs(hosts.iter().map(|&host| fleet.name(host)));
        Self {
            hosts: runs(fleet.names.iter()),
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
        }
    }
}

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
            builder = builder.declare_tag(tag.as_str());
            builder = ranges
                .iter()
                .fold(builder, |builder, range| builder.tagged(tag.as_str(), range));
        }
        for StoredExternal { resolver, args, hosts } in &data.externals {
            let names: Vec<HostName> = hosts
                .iter()
                .filter_map(|range| range.parse::<super::HostRange>().ok())
                .flat_map(|range| range.expand().collect::<Vec<_>>())
                .filter_map(|name| HostName::new(&name).ok())
                .collect();
            builder = builder.external(resolver, args, &names);
        }
        builder
    }
}

/// Names in their order, with runs of consecutive numbers (`web1`, `web2`, `web3`) as ranges.
pub(crate) fn runs<'a>(names: impl Iterator<Item = &'a HostName>) -> Vec<String> {
    let mut runs: Vec<NumberRun<'a>> = Vec::new();
    for name in names {
        let fresh = NumberRun::of(name.as_str());
        match runs.last_mut() {
            Some(run) if run.continues_with(&fresh) => run.to = fresh.to,
            _ => runs.push(fresh),
        }
    }
    runs.into_iter().map(|run| run.write()).collect()
}

/// The names that such ranges stand for, in their order.
pub(crate) fn unfold(ranges: &[String]) -> Result<Vec<HostName>, FleetError> {
    let mut names = Vec::new();
    for text in ranges {
        let range: HostRange = text.parse().map_err(|error| FleetError::Range {
            text: text.clone(),
            error,
        })?;
        if range.has_wildcards() {
            return Err(FleetError::Wildcards { text: text.clone() });
        }
        for name in range.expand() {
            names.push(HostName::new(&name)?);
        }
    }
    Ok(names)
}

/// Consecutive numbers between equal texts.
struct NumberRun<'a> {
    before: &'a str,
    after: &'a str,
    /// Digits of each number as written, when there is one.
    width: usize,
    from: u64,
    to: u64,
}

impl<'a> NumberRun<'a> {
    fn of(name: &'a str) -> Self {
        let host = name.find('.').unwrap_or(name.len());
        let end = name[..host].rfind(|c: char| c.is_ascii_digit()).map_or(0, |at| at + 1);
        let start = name[..end].rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
        match name[start..end].parse() {
            Ok(number) => Self {
                before: &name[..start],
                after: &name[end..],
                width: end - start,
                from: number,
                to: number,
            },
            Err(_) => Self {
                before: name,
                after: "",
                width: 0,
                from: 0,
                to: 0,
            },
        }
    }

    fn continues_with(&self, next: &Self) -> bool {
        // Of equal width, so that padding is the same for all of the run.
        self.width == next.width
            && self.before == next.before
            && self.after == next.after
            && self.to.checked_add(1) == Some(next.from)
    }

    fn write(&self) -> String {
        let Self {
            before,
            after,
            width,
            from,
            to,
        } = self;
        match width {
            0 => (*before).to_owned(),
            _ if from == to => format!("{before}{from:0width$}{after}"),
            _ => format!("{before}[{from:0width$}-{to:0width$}]{after}"),
        }
    }
}
