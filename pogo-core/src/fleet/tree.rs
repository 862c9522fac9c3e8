//! The tree of tags, from what each host carries.

use std::collections::BTreeMap;

use super::fleet::{Tag, TagId};
use super::{HostId, TagPath};
use crate::saturating::saturating_u32;

/// Tags with all that follows from their paths: ancestors, children, members.
pub(super) fn tag_tree(mut carried: BTreeMap<TagPath, Vec<u32>>) -> Vec<Tag> {
    let paths: Vec<TagPath> = carried.keys().cloned().collect();
    for path in paths {
        let mut ancestor = path.parent();
        while let Some(path) = ancestor {
            ancestor = path.parent();
            carried.entry(path).or_default();
        }
    }
    let fresh = |(path, hosts)| Tag {
        path,
        children: vec![],
        carriers: sorted(hosts),
        below: vec![],
    };
    let mut tags: Vec<Tag> = carried.into_iter().map(fresh).collect();
    // From the last path to the first: whatever is below a tag is complete before the tag is.
    for at in (0..tags.len()).rev() {
        if !tags[at].children.is_empty() {
            tags[at].children.reverse();
            let mut below = std::mem::take(&mut tags[at].below);
            below.extend_from_slice(&tags[at].carriers);
            // A stable sort merges the sorted runs that it finds, and this list is made of them.
            below.sort();
            below.dedup();
            tags[at].below = below;
        }
        let Some(parent) = tags[at].path.parent() else { continue };
        if let Ok(above) = tags[..at].binary_search_by(|tag| tag.path.cmp(&parent)) {
            let members = if tags[at].children.is_empty() {
                tags[at].carriers.clone()
            } else {
                tags[at].below.clone()
            };
            tags[above].children.push(TagId(saturating_u32(at)));
            tags[above].below.extend(members);
        }
    }
    tags
}

/// Hosts in listed order, each once.
pub(super) fn sorted(mut hosts: Vec<u32>) -> Vec<HostId> {
    hosts.sort_unstable();
    hosts.dedup();
    hosts.into_iter().map(HostId::new).collect()
}
