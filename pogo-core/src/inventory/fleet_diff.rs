//! The differences between two fleets.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;

use crate::fleet::{Connection, Fleet, HostName, TagPath, fold};
use crate::policy::Limit;
use crate::saturating::saturating_u32;

/// What changes when one fleet takes the place of another.
///
/// ```
/// use pogo_core::fleet::Fleet;
/// use pogo_core::inventory::FleetDiff;
///
/// let old = Fleet::builder().tagged("east", "web[1-9]").tagged("west", "db1").build()?;
/// let new = Fleet::builder().tagged("east", "web[3-9],web[20-21]").tagged("west", "db1,web9").build()?;
/// let diff = FleetDiff::between(&old, &new);
/// assert_eq!(
///     diff.to_string(),
///     "+ 2 hosts: web[20-21]\n- 2 hosts: web[1-2]\n~ 1 host: web9: +$west\n"
/// );
/// // Three of ten hosts would be gone or be in other groups.
/// assert!(diff.exceeds("20%".parse()?) && !diff.exceeds("30%".parse()?));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FleetDiff {
    /// How many hosts there were.
    pub before: usize,
    /// How many hosts there are.
    pub after: usize,
    /// Hosts that are new, in listed order.
    pub added: Vec<HostName>,
    /// Hosts that are gone, in listed order.
    pub removed: Vec<HostName>,
    /// Hosts that carry other tags or are reached otherwise, sorted by name.
    pub changed: BTreeMap<HostName, HostChange>,
}

/// What changes about one host.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[non_exhaustive]
pub struct HostChange {
    /// Tags that it carries and did not.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags_added: BTreeSet<TagPath>,
    /// Tags that it carried and does not any more.
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub tags_removed: BTreeSet<TagPath>,
    /// Settings with their values before and after.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, (Option<String>, Option<String>)>,
}

impl FleetDiff {
    /// What changes from the old fleet to the new one.
    pub fn between(old: &Fleet, new: &Fleet) -> Self {
        let lacks = |fleet: &Fleet, name: &HostName| fleet.id(name.as_str()).is_none();
        let only = |of: &Fleet, not_of: &Fleet| {
            let names = of.ids().map(|host| of.name(host).clone());
            names.filter(|name| lacks(not_of, name)).collect::<Vec<_>>()
        };
        let mut diff = Self {
            before: old.len(),
            after: new.len(),
            added: only(new, old),
            removed: only(old, new),
            changed: BTreeMap::new(),
        };
        diff.tags(old, new, |change, tag| _ = change.tags_removed.insert(tag));
        diff.tags(new, old, |change, tag| _ = change.tags_added.insert(tag));
        diff.settings(old, new);
        diff
    }

    /// Whether nothing changes.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    /// How many hosts that were there are gone, or carry other tags than before: no longer under the same rules.
    pub fn moved(&self) -> usize {
        let moves = |change: &&HostChange| !change.tags_added.is_empty() || !change.tags_removed.is_empty();
        self.removed.len() + self.changed.values().filter(moves).count()
    }

    /// Whether more hosts than this number, or this share of those before, are gone or moved.
    pub fn exceeds(&self, limit: Limit) -> bool {
        let before = saturating_u32(self.before);
        self.moved() > limit.tolerated(before) as usize
    }

    /// Tags that hosts of both fleets carry in the one and not in the other.
    fn tags(&mut self, one: &Fleet, other: &Fleet, note: impl Fn(&mut HostChange, TagPath)) {
        for tag in one.tags() {
            let path = one.tag_path(tag);
            // Of those who carry a tag themselves: with its members each tag above would be said as
            // well.
            let carriers = other.tag(path).map(|tag| other.carriers(tag)).unwrap_or_default();
            for &host in one.carriers(tag) {
                let name = one.name(host);
                let Some(there) = other.id(name.as_str()) else { continue };
                if carriers.binary_search(&there).is_err() {
                    note(self.changed.entry(name.clone()).or_default(), path.clone());
                }
            }
        }
    }

    fn settings(&mut self, old: &Fleet, new: &Fleet) {
        for host in new.ids() {
            let name = new.name(host);
            let Some(before) = old.id(name.as_str()) else { continue };
            let (before, after) = (old.connection(before), new.connection(host));
            if before == after {
                continue;
            }
            let (before, after) = (settings_of(before), settings_of(after));
            let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
            let change = self.changed.entry(name.clone()).or_default();
            for setting in names {
                let (from, to) = (before.get(setting).cloned(), after.get(setting).cloned());
                if from != to {
                    change.settings.insert(setting.clone(), (from, to));
                }
            }
        }
    }
}

fn settings_of(connection: Option<&Connection>) -> BTreeMap<String, String> {
    let settings = connection.into_iter().flat_map(Connection::settings);
    settings
        .map(|(name, value)| (name.to_owned(), value.into_owned()))
        .collect()
}

impl fmt::Display for FleetDiff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (sign, hosts) in [('+', &self.added), ('-', &self.removed)] {
            if !hosts.is_empty() {
                writeln!(f, "{sign} {}: {}", count(hosts.len()), fold(hosts))?;
            }
        }
        // Hosts of which the same is said, stand together.
        let mut alike: BTreeMap<&HostChange, Vec<&HostName>> = BTreeMap::new();
        for (host, change) in &self.changed {
            alike.entry(change).or_default().push(host);
        }
        for (change, hosts) in alike {
            writeln!(f, "~ {}: {}: {change}", count(hosts.len()), fold(hosts))?;
        }
        Ok(())
    }
}

impl fmt::Display for HostChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tags =
            |sign: char, tags: &BTreeSet<TagPath>| tags.iter().map(|tag| format!("{sign}${tag}")).collect::<Vec<_>>();
        let mut parts = tags('+', &self.tags_added);
        parts.extend(tags('-', &self.tags_removed));
        for (setting, (from, to)) in &self.settings {
            let shown = |value: &Option<String>| match value {
                Some(value) => value.escape_debug().to_string(),
                None => "none".to_owned(),
            };
            parts.push(format!("{setting} {} -> {}", shown(from), shown(to)));
        }
        f.write_str(&parts.join(", "))
    }
}

fn count(hosts: usize) -> String {
    match hosts {
        1 => "1 host".to_owned(),
        many => format!("{many} hosts"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_and_tags_that_change_alike_stand_together() {
        let fleet = |port| {
            let fleet = (1..=3).fold(Fleet::builder(), |fleet, n| fleet.host(&format!("web{n}")).port(port));
            fleet.host("web4").address("10.0.0.4").build().unwrap()
        };
        let diff = FleetDiff::between(&fleet(22), &fleet(2222));
        assert_eq!(diff.to_string(), "~ 3 hosts: web[1-3]: port 22 -> 2222\n");
        // Who is reached otherwise stays under the same rules.
        assert_eq!(diff.moved(), 0);
    }

    #[test]
    fn equal_fleets_have_no_difference_and_no_limit_is_exceeded() {
        let fleet = Fleet::builder().tagged("web", "web[1-3]").build().unwrap();
        let diff = FleetDiff::between(&fleet, &fleet);
        assert!(diff.is_empty() && !diff.exceeds(Limit::Count(0)));
        assert_eq!(diff.to_string(), "");
    }

    #[test]
    fn a_fleet_that_is_gone_exceeds_every_limit_below_all() {
        let fleet = Fleet::builder().tagged("web", "web[1-3]").build().unwrap();
        let diff = FleetDiff::between(&fleet, &Fleet::default());
        assert!(diff.exceeds("99%".parse().unwrap()) && !diff.exceeds("100%".parse().unwrap()));
    }
}
