//! Who carries which tag, kept by tag: there are few tags and very many hosts.

use std::collections::HashMap;

use pogo_core::fleet::{FleetBuilder, HostId, TagPath};

use crate::origins::Origins;

/// A tag of one roster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TagNumber(pub(super) u32);

#[derive(Debug, Default)]
pub(super) struct Carried {
    numbers: HashMap<TagPath, TagNumber>,
    tags: Vec<(TagPath, Vec<HostId>)>,
    last: Option<TagNumber>,
}

impl Carried {
    /// The tag's number, which is its number among the origins too.
    pub(super) fn number(&mut self, path: &TagPath, origins: &mut Origins) -> TagNumber {
        // Lists of hosts have one tag after the other.
        if let Some(last) = self.last
            && self.tags.get(last.0 as usize).is_some_and(|(known, _)| known == path)
        {
            return last;
        }
        let number = match self.numbers.get(path) {
            Some(number) => *number,
            None => {
                let number = TagNumber(origins.number(path));
                self.tags.push((path.clone(), Vec::new()));
                self.numbers.insert(path.clone(), number);
                number
            }
        };
        self.last = Some(number);
        number
    }

    pub(super) fn push(&mut self, host: HostId, tag: TagNumber) {
        if let Some((_, hosts)) = self.tags.get_mut(tag.0 as usize) {
            hosts.push(host);
        }
    }

    pub(super) fn hand_over(self, fleet: &mut FleetBuilder) {
        for (path, hosts) in self.tags {
            fleet.carry(&path, hosts);
        }
    }
}
