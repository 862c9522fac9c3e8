//! The groups that a path of nested selectors names, value by value.

use rustc_hash::FxHashMap;

use super::counting_sort::SortedByKey;
use crate::fleet::{Fleet, HostId, ResolveError, Selector};
use crate::saturating::saturating_u32;

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
        groups.rows = by_host(groups.rows, fleet.len());
        Ok(groups)
    }

    fn add(&mut self, label: String, hosts: &[HostId]) {
        if hosts.is_empty() {
            return;
        }
        let group = saturating_u32(self.labels.len());
        self.labels.push(label);
        self.rows.extend(hosts.iter().map(|&host| (host, group)));
    }

    /// One group for each pair of an outer and an inner group that share a host.
    fn intersect(self, inner: &Self) -> Self {
        // A join on sorted rows: pairs that share no host, most of a large product, are never looked at.
        let mut pairs = PairNumbers::new(self.labels.len(), inner.labels.len());
        let mut rows = Vec::with_capacity(self.rows.len().min(inner.rows.len()));
        let (mut left, mut right) = (self.rows.as_slice(), inner.rows.as_slice());
        while let (Some(&(a, _)), Some(&(b, _))) = (left.first(), right.first()) {
            let (a_len, b_len) = (run(left, a), run(right, b));
            if a == b {
                for &(_, outer) in &left[..a_len] {
                    for &(_, value) in &right[..b_len] {
                        rows.push((a, pairs.number(outer, value)));
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
        Self::in_policy_order(&self.labels, &inner.labels, pairs.found, rows)
    }

    fn in_policy_order(
        outer: &[String],
        inner: &[String],
        pairs: Vec<(u32, u32)>,
        mut rows: Vec<(HostId, u32)>,
    ) -> Self {
        let mut order: Vec<usize> = (0..pairs.len()).collect();
        order.sort_unstable_by_key(|&at| pairs[at]);
        let mut position = vec![0; pairs.len()];
        let mut labels = Vec::with_capacity(pairs.len());
        for (to, &from) in order.iter().enumerate() {
            position[from] = saturating_u32(to);
            let (a, b) = pairs[from];
            // As long as it is: there may be more of these than hosts, and `format!` leaves room at their ends.
            labels.push([&outer[a as usize], " & ", &inner[b as usize]].concat());
        }
        for (_, group) in &mut rows {
            *group = position[*group as usize];
        }
        // Those of a host came in the order of its pairs, and so they stay.
        Self { labels, rows }
    }
}

/// Rows in the order of their hosts.
fn by_host(mut rows: Vec<(HostId, u32)>, hosts: usize) -> Vec<(HostId, u32)> {
    // Groups of one value, or of values whose hosts are listed one behind the other.
    if rows.is_sorted() {
        return rows;
    }
    // A counting sort visits each host of the fleet, which a few rows are not worth.
    if rows.len() < hosts / 8 {
        rows.sort_unstable();
        return rows;
    }
    let pairs = rows.iter().map(|&(host, group)| (host.number(), group));
    let gathered = SortedByKey::new(hosts, pairs);
    let of_host = |host: u32| {
        gathered
            .of(host as usize)
            .iter()
            .map(move |&group| (HostId::new(host), group))
    };
    (0..saturating_u32(hosts)).flat_map(of_host).collect()
}

/// Numbers for pairs of groups, in the order in which the pairs are found.
struct PairNumbers {
    inner: usize,
    found: Vec<(u32, u32)>,
    /// By position in the product, where that is small.
    dense: Vec<u32>,
    sparse: FxHashMap<(u32, u32), u32>,
}

impl PairNumbers {
    // 16 MiB at most, for the time of one compilation. Larger products are sparse: few of their pairs share a host.
    const DENSE: usize = 1 << 22;
    const NONE: u32 = u32::MAX;

    fn new(outer: usize, inner: usize) -> Self {
        let product = outer.saturating_mul(inner);
        let dense = if product <= Self::DENSE { product } else { 0 };
        Self {
            inner,
            found: vec![],
            dense: vec![Self::NONE; dense],
            sparse: FxHashMap::default(),
        }
    }

    fn number(&mut self, outer: u32, inner: u32) -> u32 {
        let fresh = saturating_u32(self.found.len());
        let number = match self.dense.get_mut(outer as usize * self.inner + inner as usize) {
            Some(number) => number,
            None => self.sparse.entry((outer, inner)).or_insert(Self::NONE),
        };
        if *number == Self::NONE {
            *number = fresh;
            self.found.push((outer, inner));
        }
        *number
    }
}

/// How many rows at the front belong to this host.
fn run(rows: &[(HostId, u32)], host: HostId) -> usize {
    rows.iter().take_while(|(other, _)| *other == host).count()
}
