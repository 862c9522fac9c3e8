//! Records the origin of each host, tag and setting.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use pogo_core::fleet::{Connection, HostId, TagPath};
use pogo_core::inventory::Origins;
use pogo_core::policy::Origin;

#[cfg(feature = "ansible")]
use super::SourceNumber;
use super::SourcePosition;
use super::host_run::HostRun;
use super::setting_names::{GivenSettings, SettingNames};

/// The origin of each host, tag and setting, compressed for very many hosts.
#[derive(Debug, Clone, Default)]
pub(crate) struct OriginTable {
    sources: Vec<Arc<str>>,
    here: SourcePosition,
    /// Sets of tags that share an origin; hosts refer to them by index.
    tags: Vec<Vec<TagPath>>,
    /// Index of the set with this tag alone.
    tag_numbers: HashMap<TagPath, u32>,
    /// Sets of settings that share an origin.
    names: Vec<SettingNames>,
    name_numbers: HashMap<SettingNames, u32>,
    listed: Vec<HostRun>,
    carried: Vec<(u32, HostRun)>,
    settings: Vec<(u32, HostRun)>,
}

impl OriginTable {
    /// Registers a source.
    #[cfg(feature = "ansible")]
    pub(crate) fn open(&mut self, source: &Arc<str>) -> SourceNumber {
        self.sources.push(Arc::clone(source));
        SourceNumber(u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX))
    }

    /// Sets the position of everything that is recorded from now on.
    pub(crate) fn at(&mut self, source: &Arc<str>, line: u32, column: u32) {
        let same = |known: &Arc<str>| Arc::ptr_eq(known, source) || known == source;
        // From the end: what is recorded is nearly always of the file that was opened last.
        let number = match self.sources.iter().rposition(same) {
            Some(number) => number,
            None => {
                self.sources.push(Arc::clone(source));
                self.sources.len() - 1
            }
        };
        self.here = SourcePosition {
            source: u32::try_from(number).unwrap_or(u32::MAX),
            line,
            column,
        };
    }

    /// Sets the origin of everything that is recorded from now on.
    pub(crate) fn at_origin(&mut self, origin: &Origin) {
        self.at(&origin.source, origin.line, origin.column);
    }

    /// Sets a position saved earlier for everything that is recorded from now on.
    pub(crate) fn back_to(&mut self, position: SourcePosition) {
        self.here = position;
    }

    /// The current position.
    pub(crate) fn here(&self) -> SourcePosition {
        self.here
    }

    /// Records the first occurrence of a host.
    pub(crate) fn list(&mut self, host: HostId) {
        let claim = HostRun::new(host, self.here);
        if !self.listed.last_mut().is_some_and(|last| last.take(&claim)) {
            self.listed.push(claim);
        }
    }

    /// Records that a host has the tags of this set.
    pub(crate) fn add_tag_set(&mut self, tags: u32, host: HostId) {
        let claim = HostRun::new(host, self.here);
        let last = self.carried.last_mut();
        if !last.is_some_and(|(last_tags, last)| *last_tags == tags && last.take(&claim)) {
            self.carried.push((tags, claim));
        }
    }

    /// Records a setting of a host.
    pub(crate) fn set(&mut self, host: HostId, setting: impl Into<Cow<'static, str>>) {
        let number = self.named(setting);
        self.set_numbered(host, number);
    }

    /// Records the settings of this set for a host.
    pub(crate) fn set_numbered(&mut self, host: HostId, setting: u32) {
        let claim = HostRun::new(host, self.here);
        // A line may have several settings of a host, and the next line the same ones of the next host.
        for (number, last) in self.settings.iter_mut().rev().take(4) {
            if *number == setting {
                if last.take(&claim) {
                    return;
                }
                break;
            }
        }
        self.settings.push((setting, claim));
    }

    /// The index of a setting.
    pub(crate) fn named(&mut self, setting: impl Into<Cow<'static, str>>) -> u32 {
        self.together_named(SettingNames::One(setting.into()))
    }

    /// Records all settings of a connection.
    pub(crate) fn set_all(&mut self, host: HostId, connection: &Connection) {
        let last = self.settings.last().map(|(number, _)| *number);
        // Consecutive hosts mostly have the same settings.
        let same = last.filter(|number| {
            let names = self.names.get(*number as usize);
            names.is_some_and(|names| names.are(connection))
        });
        let number = same.unwrap_or_else(|| {
            self.together_named(SettingNames::Of(GivenSettings {
                address: connection.address.is_some(),
                port: connection.port.is_some(),
                user: connection.user.is_some(),
                vars: connection.vars.keys().cloned().collect(),
            }))
        });
        self.set_numbered(host, number);
    }

    fn together_named(&mut self, names: SettingNames) -> u32 {
        if let Some(number) = self.name_numbers.get(&names) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(names.clone());
        self.name_numbers.insert(names, number);
        number
    }

    /// The index of a tag.
    pub(crate) fn number(&mut self, tag: &TagPath) -> u32 {
        if let Some(number) = self.tag_numbers.get(tag) {
            return *number;
        }
        let number = self.tag_set(vec![tag.clone()]);
        self.tag_numbers.insert(tag.clone(), number);
        number
    }

    /// The index of a set of tags that many hosts share.
    pub(crate) fn tag_set(&mut self, tags: Vec<TagPath>) -> u32 {
        let number = u32::try_from(self.tags.len()).unwrap_or(u32::MAX);
        self.tags.push(tags);
        number
    }

    /// Reserves capacity for this many hosts.
    pub(crate) fn reserve(&mut self, hosts: usize) {
        self.carried.reserve(hosts);
    }

    /// Resolves a position to an origin with its source's name.
    pub(crate) fn origin(&self, position: SourcePosition) -> Option<Origin> {
        let source = self.sources.get(position.source as usize)?;
        Some(Origin::new(Arc::clone(source), position.line, position.column))
    }
}

impl Origins for OriginTable {
    fn listed(&self, host: HostId) -> Option<Origin> {
        // A search through all runs: origins are asked for by people and in errors, and hosts are
        // many.
        let claim = self.listed.iter().find(|claim| claim.covers(host))?;
        self.origin(claim.position_of(host))
    }

    fn tags(&self, host: HostId) -> Vec<(TagPath, Origin)> {
        let of_host = self.carried.iter().filter(|(_, claim)| claim.covers(host));
        let origins = of_host.flat_map(|(number, claim)| {
            let tags = self.tags.get(*number as usize).into_iter().flatten();
            tags.filter_map(move |tag| Some((tag.clone(), self.origin(claim.position_of(host))?)))
        });
        origins.collect()
    }

    fn setting(&self, host: HostId, setting: &str) -> Option<Origin> {
        let names = |number: u32| self.names.get(number as usize);
        let found = |(number, claim): &&(u32, HostRun)| {
            claim.covers(host) && names(*number).is_some_and(|names| names.have(setting))
        };
        let (_, claim) = self.settings.iter().find(found)?;
        self.origin(claim.position_of(host))
    }

    fn each(&self, take: &mut dyn FnMut(Option<&TagPath>, HostId, Origin)) {
        let mut pass = |tag: Option<&TagPath>, claim: &HostRun| {
            for host in claim.hosts() {
                if let Some(origin) = self.origin(claim.position_of(host)) {
                    take(tag, host, origin);
                }
            }
        };
        self.listed.iter().for_each(|claim| pass(None, claim));
        for (number, claim) in &self.carried {
            let tags = self.tags.get(*number as usize).into_iter().flatten();
            tags.for_each(|tag| pass(Some(tag), claim));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn host(at: u32) -> HostId {
        HostId::new(at)
    }

    #[test]
    fn each_host_knows_the_lines_that_name_it() {
        let (mut origins, name): (_, Arc<str>) = (OriginTable::default(), "a".into());
        let (web, db) = ("web".parse().unwrap(), "db".parse().unwrap());
        origins.at(&name, 2, 1);
        for at in 0..3 {
            origins.list(host(at));
            let web = origins.number(&web);
            origins.add_tag_set(web, host(at));
        }
        origins.at(&"b".into(), 7, 3);
        origins.list(host(3));
        let db = origins.number(&db);
        origins.add_tag_set(db, host(1));
        assert_eq!(origins.listed(host(2)).unwrap().to_string(), "a:2:1");
        assert_eq!(origins.listed(host(3)).unwrap().to_string(), "b:7:3");
        assert_eq!(origins.listed(host(4)), None);
        let tags: Vec<String> = origins
            .tags(host(1))
            .into_iter()
            .map(|(tag, origin)| format!("{tag} {origin}"))
            .collect();
        assert_eq!(tags, ["web a:2:1", "db b:7:3"]);
        assert_eq!(origins.tags(host(0)).len(), 1);
        let mut all = vec![];
        origins.each(&mut |tag, host, origin| {
            let tag = tag.map(TagPath::as_str).unwrap_or_default().to_owned();
            all.push((tag, host.index(), origin.to_string()));
        });
        assert_eq!(all.len(), 8);
        assert!(all.contains(&("db".to_owned(), 1, "b:7:3".to_owned())));
        assert!(all.contains(&(String::new(), 3, "b:7:3".to_owned())));
    }

    #[test]
    fn a_list_with_a_host_in_each_line_takes_no_more_room_than_a_host() {
        let (mut origins, name): (_, Arc<str>) = (OriginTable::default(), "a".into());
        let (address, port) = (origins.named("address"), origins.named("port"));
        // An empty line stands behind the fifth host.
        let line = |at: u32| at + 10 + u32::from(at > 4);
        for at in 0..100 {
            origins.at(&name, line(at), 3);
            origins.list(host(at));
            origins.set_numbered(host(at), address);
            origins.at(&name, line(at), 20);
            origins.set_numbered(host(at), port);
        }
        for at in 0..100 {
            let text = |origin: Option<Origin>| origin.unwrap().to_string();
            assert_eq!(text(origins.listed(host(at))), format!("a:{}:3", line(at)));
            assert_eq!(text(origins.setting(host(at), "address")), format!("a:{}:3", line(at)));
            assert_eq!(text(origins.setting(host(at), "port")), format!("a:{}:20", line(at)));
        }
        assert_eq!((origins.listed.len(), origins.settings.len()), (2, 4));
    }

    #[test]
    fn what_is_said_first_is_told_first() {
        let (mut origins, name): (_, Arc<str>) = (OriginTable::default(), "a".into());
        let address = origins.named("address");
        for (line, at) in [(1, 0), (7, 1), (2, 1)] {
            origins.at(&name, line, 1);
            origins.set_numbered(host(at), address);
        }
        assert_eq!(origins.setting(host(1), "address").unwrap().line, 7);
    }

    #[test]
    fn a_range_takes_no_more_room_than_a_host() {
        let (mut origins, web) = (OriginTable::default(), "web".parse().unwrap());
        origins.at(&"a".into(), 1, 1);
        for at in 0..1_000 {
            origins.list(host(at));
        }
        for at in 0..1_000 {
            let web = origins.number(&web);
            origins.add_tag_set(web, host(at));
        }
        assert_eq!((origins.listed.len(), origins.carried.len()), (1, 1));
    }
}
