//! The hosts of each tag, stored by tag: there are few tags and very many hosts.

use std::collections::HashMap;

use pogo_core::fleet::{FleetBuilder, HostId, TagPath};

use crate::origins::OriginTable;

/// A tag of one roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TagNumber(u32);

/// A set of tags that very many hosts share.
#[derive(Debug, Clone)]
pub(crate) struct TagSet {
    tags: Vec<TagNumber>,
    /// Its index in the origins.
    origin_set: u32,
}

#[derive(Debug)]
struct Carriers {
    path: TagPath,
    hosts: Vec<HostId>,
    /// Its index in the origins.
    origin_set: u32,
}

#[derive(Debug, Default)]
pub(super) struct TagHosts {
    numbers: HashMap<TagPath, TagNumber>,
    tags: Vec<Carriers>,
    last: Option<TagNumber>,
}

impl TagHosts {
    /// The tag's number.
    pub(super) fn number(&mut self, path: &TagPath, origins: &mut OriginTable) -> TagNumber {
        // Fast path: consecutive hosts mostly have the same tag.
        if let Some(last) = self.last
            && self.tags.get(last.0 as usize).is_some_and(|known| known.path == *path)
        {
            return last;
        }
        let number = match self.numbers.get(path) {
            Some(number) => *number,
            None => {
                let number = TagNumber(u32::try_from(self.tags.len()).unwrap_or(u32::MAX));
                self.tags.push(Carriers {
                    path: path.clone(),
                    hosts: Vec::new(),
                    origin_set: origins.number(path),
                });
                self.numbers.insert(path.clone(), number);
                number
            }
        };
        self.last = Some(number);
        number
    }

    /// Creates a set of tags.
    pub(super) fn tag_set(&mut self, paths: Vec<TagPath>, origins: &mut OriginTable) -> TagSet {
        let tags = paths.iter().map(|path| self.number(path, origins)).collect();
        let origin_set = origins.tag_set(paths);
        TagSet { tags, origin_set }
    }

    pub(super) fn push(&mut self, host: HostId, tag: TagNumber, origins: &mut OriginTable) {
        if let Some(carriers) = self.tags.get_mut(tag.0 as usize) {
            carriers.hosts.push(host);
            origins.add_tag_set(carriers.origin_set, host);
        }
    }

    pub(super) fn push_all(&mut self, host: HostId, set: &TagSet, origins: &mut OriginTable) {
        for tag in &set.tags {
            if let Some(carriers) = self.tags.get_mut(tag.0 as usize) {
                carriers.hosts.push(host);
            }
        }
        if !set.tags.is_empty() {
            origins.add_tag_set(set.origin_set, host);
        }
    }

    pub(super) fn add_to(self, fleet: &mut FleetBuilder) {
        for Carriers { path, hosts, .. } in self.tags {
            fleet.add_tag(&path, hosts);
        }
    }
}
