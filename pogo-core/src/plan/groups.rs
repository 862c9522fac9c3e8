//! The groups that a path of nested selectors names, value by value.

use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

use crate::fleet::{Fleet, HostId, ResolveError, Selector};

/// Groups and who is in them. A host may be in several groups of one path when it carries several values of a tag.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// What each group is called, in the order of the policy and of the tag's values.
    pub(super) labels: Vec<String>,
    /// Host and group, sorted by host.
    pub(super) rows: Vec<(HostId, u32)>,
}

impl Groups {
    /// One group for each combination of values along the path. With `whole`, the last selector is taken as one
    /// group instead of value by value.
    pub(super) fn along(fleet: &Fleet, path: &[Selector], whole: bool) -> Result<Self, ResolveError> {
        let mut groups: Option<Self> = None;
        for (depth, selector) in path.iter().enumerate() {
            let level = Self::level(fleet, selector, whole && depth + 1 == path.len())?;
            groups = Some(match groups {
                Some(outer) => outer.intersect(&level),
                None => level,
            });
        }
        Ok(groups.unwrap_or_default())
    }

    /// The values of one selector: of a bare tag its direct values and its bare carriers; else the selected hosts.
    pub(super) fn level(fleet: &Fleet, selector: &Selector, whole: bool) -> Result<Self, ResolveError> {
        let mut groups = Self::default();
        match selector {
            Selector::Tag(path) if !whole => {
                // Resolving first gives unknown tags the same message everywhere.
                fleet.resolve(selector)?;
                let Some(tag) = fleet.tag(path) else { return Ok(groups) };
                groups.add(format!("${path}"), fleet.carriers(tag));
                for &value in fleet.children(tag) {
                    groups.add(format!("${}", fleet.tag_path(value)), fleet.members(value));
                }
            }
            other => groups.add(other.to_string(), &fleet.resolve(other)?),
        }
        groups.rows.sort_unstable();
        Ok(groups)
    }

    fn add(&mut self, label: String, hosts: &[HostId]) {
        if hosts.is_empty() {
            return;
        }
        let group = u32::try_from(self.labels.len()).unwrap_or(u32::MAX);
        self.labels.push(label);
        self.rows.extend(hosts.iter().map(|&host| (host, group)));
    }

    /// One group for each pair of an outer and an inner group that share a host.
    fn intersect(self, inner: &Self) -> Self {
        // A join on sorted rows: pairs that share no host, most of a large product, are never looked at.
        let mut pairs: IndexMap<(u32, u32), u32, BuildHasherDefault<FxHasher>> = IndexMap::default();
        let mut rows = Vec::new();
        let (mut left, mut right) = (self.rows.as_slice(), inner.rows.as_slice());
        while let (Some(&(a, _)), Some(&(b, _))) = (left.first(), right.first()) {
            let (a_len, b_len) = (run(left, a), run(right, b));
            if a == b {
                for &(_, outer) in &left[..a_len] {
                    for &(_, value) in &right[..b_len] {
                        let fresh = u32::try_from(pairs.len()).unwrap_or(u32::MAX);
                        rows.push((a, *pairs.entry((outer, value)).or_insert(fresh)));
                    }
                }
            }
            if a <= b {
                left = &left[a_len..];
            }
            if b <= a {
                right = &right[b_len..];
            }
        }
        Self::in_policy_order(&self.labels, &inner.labels, pairs.into_keys().collect(), rows)
    }

    fn in_policy_order(
        outer: &[String],
        inner: &[String],
        pairs: Vec<(u32, u32)>,
        mut rows: Vec<(HostId, u32)>,
    ) -> Self {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_unstable_by_key(|&at| pairs[at]);
        let mut place = vec![0; pairs.len()];
        let mut labels = Vec::with_capacity(pairs.len());
        for (to, &from) in order.iter().enumerate() {
            place[from] = u32::try_from(to).unwrap_or(u32::MAX);
            let (a, b) = pairs[from];
            labels.push(format!("{} & {}", outer[a as usize], inner[b as usize]));
        }
        for (_, group) in &mut rows {
            *group = place[*group as usize];
        }
        rows.sort_unstable();
        Self { labels, rows }
    }
}

/// How many rows at the front belong to this host.
fn run(rows: &[(HostId, u32)], host: HostId) -> usize {
    rows.iter().take_while(|(other, _)| *other == host).count()
}
