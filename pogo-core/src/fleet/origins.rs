//! Where a fleet's hosts and tags are written.

use serde::{Deserialize, Serialize};

use super::host_list::{fold_in_order, unfold};
use super::names::Names;
use super::{FleetBuilder, FleetError, HostId, HostName, Origin, TagPath};
use crate::saturating::saturating_u32;

/// Where hosts are named and given their tags, as far as sources have lines.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct FleetOrigins(Vec<OriginRun>);

/// One origin for consecutive hosts: the same position, or a line for each.
#[derive(Debug, Clone, PartialEq)]
struct OriginRun {
    /// Without one the hosts themselves are named there.
    tag: Option<TagPath>,
    /// That of the first host.
    origin: Origin,
    first: u32,
    count: u32,
    a_line_each: bool,
}

/// The stored form of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct StoredOrigin {
    /// The tag that they are given there; without one they are named there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tag: Option<TagPath>,
    #[serde(flatten)]
    origin: Origin,
    /// Hosts that follow each other in the fleet, as ranges.
    hosts: Vec<String>,
    /// Whether each further host has the next line.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    a_line_each: bool,
}

impl OriginRun {
    fn of(&self, host: u32) -> Option<Origin> {
        let further = host.checked_sub(self.first).filter(|further| *further < self.count)?;
        let mut origin = self.origin.clone();
        if self.a_line_each {
            origin.line = origin.line.saturating_add(further);
        }
        Some(origin)
    }

    /// Takes the next host, if its tag is the same, and its line too or the next one.
    fn take(&mut self, tag: Option<&TagPath>, host: u32, origin: &Origin) -> bool {
        if self.tag.as_ref() != tag || self.first.checked_add(self.count) != Some(host) {
            return false;
        }
        let is_next = self.origin.line.checked_add(self.count) == Some(origin.line);
        let a_line_each = if self.count == 1 { is_next } else { self.a_line_each };
        let same_line = origin.line == self.origin.line;
        let fits = if a_line_each { is_next } else { same_line };
        if !fits || origin.column != self.origin.column || origin.source != self.origin.source {
            return false;
        }
        (self.count, self.a_line_each) = (self.count + 1, a_line_each);
        true
    }
}

impl FleetOrigins {
    /// The most runs. A source that names very many hosts in no order has more, and a fleet is stored whole with each
    /// change: what is beyond is not kept.
    const MOST: usize = 20_000;

    pub(super) fn add(&mut self, tag: Option<&TagPath>, host: HostId, origin: Origin) {
        let host = saturating_u32(host.index());
        // A line may give several tags, and the next line the same ones to the next host.
        let mut last = self.0.iter_mut().rev().take(8);
        if last.any(|run| run.take(tag, host, &origin)) || self.0.len() >= Self::MOST {
            return;
        }
        self.0.push(OriginRun {
            tag: tag.cloned(),
            origin,
            first: host,
            count: 1,
            a_line_each: false,
        });
    }

    pub(super) fn of(&self, host: HostId) -> impl Iterator<Item = (Option<&TagPath>, Origin)> {
        let host = saturating_u32(host.index());
        self.0
            .iter()
            .filter_map(move |run| Some((run.tag.as_ref(), run.of(host)?)))
    }

    pub(super) fn stored(&self, names: &Names) -> Vec<StoredOrigin> {
        let runs = self.0.iter().map(|run| {
            let hosts = (run.first..run.first.saturating_add(run.count)).filter_map(|host| names.get(host as usize));
            StoredOrigin {
                tag: run.tag.clone(),
                origin: run.origin.clone(),
                hosts: fold_in_order(hosts),
                a_line_each: run.a_line_each,
            }
        });
        runs.collect()
    }

    /// Adds what was stored, as far as its hosts are known.
    pub(super) fn restore(&mut self, stored: &StoredOrigin, names: &Names) -> Result<(), FleetError> {
        let hosts = unfold(&stored.hosts)?;
        let position = |name: &HostName| names.position(name.as_str());
        let Some(first) = hosts.first().and_then(position) else {
            return Ok(());
        };
        let follow = (first..).zip(&hosts).all(|(at, host)| position(host) == Some(at));
        if follow && self.0.len() < Self::MOST {
            self.0.push(OriginRun {
                tag: stored.tag.clone(),
                origin: stored.origin.clone(),
                first,
                count: saturating_u32(hosts.len()),
                a_line_each: stored.a_line_each,
            });
        }
        Ok(())
    }
}

impl FleetBuilder {
    /// Records where a host that was found with [`insert`](Self::insert) is given a tag, or without a tag where it is
    /// named. Of a fleet whose sources name very many hosts in no order, not all is kept. Fleets that differ in nothing
    /// else are equal.
    ///
    /// ```
    /// use pogo_core::fleet::{Fleet, Origin};
    ///
    /// let mut builder = Fleet::builder().tagged("web", "web[1-2]");
    /// let web2 = builder.find("web2").unwrap();
    /// builder.add_origin(Some(&"web".parse()?), web2, Origin::new("hosts.ini", 7, 1));
    /// let fleet = builder.build()?;
    /// let origins: Vec<_> = fleet.origins_of(web2).map(|(_, origin)| origin.to_string()).collect();
    /// assert_eq!(origins, ["hosts.ini:7:1"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn add_origin(&mut self, tag: Option<&TagPath>, host: HostId, origin: Origin) {
        if host.index() < self.hosts.len() {
            self.origins.add(tag, host, origin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Fleet;
    use super::*;

    /// The origins of a host, a line each.
    fn origins(fleet: &Fleet, host: &str) -> Vec<String> {
        let id = fleet.id(host).unwrap();
        let texts = fleet.origins_of(id).map(|(tag, origin)| match tag {
            Some(tag) => format!("${tag} {origin}"),
            None => origin.to_string(),
        });
        texts.collect()
    }

    fn ini(hosts: u32) -> FleetBuilder {
        let mut builder = FleetBuilder::default();
        let web: TagPath = "web".parse().unwrap();
        for at in 0..hosts {
            let host = builder.insert(format!("web{at}").parse().unwrap()).unwrap();
            builder.add_tag(&web, [host]);
            builder.add_origin(None, host, Origin::new("hosts.ini", at + 2, 1));
            builder.add_origin(Some(&web), host, Origin::new("hosts.ini", at + 2, 1));
        }
        builder
    }

    #[test]
    fn each_host_has_its_line_and_a_list_of_lines_is_one_entry() {
        let fleet = ini(1_000).build().unwrap();
        assert_eq!(origins(&fleet, "web0"), ["hosts.ini:2:1", "$web hosts.ini:2:1"]);
        assert_eq!(origins(&fleet, "web999"), ["hosts.ini:1001:1", "$web hosts.ini:1001:1"]);
        assert_eq!(fleet.origins.0.len(), 2);
    }

    #[test]
    fn a_range_has_one_line_for_all_of_it() {
        let mut builder = Fleet::builder().tagged("db", "db[1-3]");
        let db: TagPath = "db".parse().unwrap();
        for host in ["db1", "db2", "db3"] {
            let host = builder.find(host).unwrap();
            builder.add_origin(Some(&db), host, Origin::new("policy.yaml", 7, 3));
        }
        let fleet = builder.build().unwrap();
        assert_eq!(origins(&fleet, "db3"), ["$db policy.yaml:7:3"]);
        assert_eq!(fleet.origins.0.len(), 1);
    }

    #[test]
    fn origins_are_stored_and_two_fleets_are_equal_without_them() {
        let fleet = ini(3).build().unwrap();
        let stored = serde_json::to_string(&fleet).unwrap();
        let read: Fleet = serde_json::from_str(&stored).unwrap();
        assert_eq!(read.origins, fleet.origins);
        assert_eq!(origins(&read, "web2"), origins(&fleet, "web2"));
        let plain = Fleet::builder().tagged("web", "web[0-2]").build().unwrap();
        assert_eq!(read, plain);
        assert_eq!(plain.origins_of(HostId::new(0)).count(), 0);
    }

    #[test]
    fn hosts_that_are_added_behind_them_leave_origins_as_they_are() {
        let fleet = ini(2).build().unwrap();
        let more = FleetBuilder::from(&fleet).host("db1").build().unwrap();
        assert_eq!(origins(&more, "web1"), origins(&fleet, "web1"));
        assert!(origins(&more, "db1").is_empty());
    }
}
