//! Refuses fleets that lose many hosts, at once or gradually: usually the source is at fault.

use std::collections::BTreeMap;

use pogo_core::fleet::{Fleet, fold};
use serde::{Deserialize, Serialize};

/// How many hosts a message names.
const SHOWN: usize = 10;

/// Sizes of a fleet and its groups: the largest since they were confirmed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Sizes {
    hosts: usize,
    groups: BTreeMap<String, usize>,
}

impl Sizes {
    pub(super) fn of(fleet: &Fleet) -> Self {
        let group = |tag| (fleet.tag_path(tag).as_str().to_owned(), fleet.members(tag).len());
        Self {
            hosts: fleet.len(),
            groups: fleet.tags().map(group).collect(),
        }
    }

    /// The problem, if a fleet of the sizes `now` or one of its groups is smaller than these by more than `most`
    /// percent.
    pub(super) fn refusal(&self, now: &Self, most: u8) -> Option<String> {
        if goes_too_far(self.hosts, now.hosts, most) {
            let (left, all) = (now.hosts, self.hosts);
            return Some(format!(
                "{left} of {all} hosts are left since they were confirmed, but at most {most} % may go"
            ));
        }
        let mut groups = self.groups.iter().map(|(group, before)| {
            let left = now.groups.get(group).copied().unwrap_or(0);
            (group, *before, left)
        });
        // In a small group one host is a large share; only losing the last one is refused.
        let lost = |&(_, before, left): &(&String, usize, usize)| {
            (left == 0 || before.saturating_sub(left) > 1) && goes_too_far(before, left, most)
        };
        let (group, before, left) = groups.find(lost)?;
        Some(format!(
            "the group ${group} has {left} of {before} hosts left since it was confirmed, but at most {most} % may go"
        ))
    }

    /// The sizes that the next response is compared with, after one of the sizes `now` was accepted: the larger ones.
    pub(super) fn and(mut self, now: Self) -> Self {
        self.hosts = self.hosts.max(now.hosts);
        for (group, size) in now.groups {
            let known = self.groups.entry(group).or_default();
            // The largest since: a group that loses a host each day would otherwise be accepted
            // each day.
            *known = size.max(*known);
        }
        self
    }

    #[cfg(test)]
    pub(super) fn hosts(&self) -> usize {
        self.hosts
    }
}

fn goes_too_far(before: usize, left: usize, most: u8) -> bool {
    // Multiplied and not divided: percentages of few hosts would be rounded.
    before.saturating_sub(left) as u128 * 100 > before as u128 * u128::from(most)
}

/// The problem, if more than `most` percent of the hosts of `before` are missing in `after`.
pub(super) fn refusal(before: &Fleet, after: &Fleet, most: u8) -> Option<String> {
    let gone = || {
        before
            .ids()
            .map(|host| before.name(host))
            .filter(|name| after.id(name.as_str()).is_none())
    };
    let (lost, all) = (gone().count(), before.len());
    if !goes_too_far(all, all - lost, most) {
        return None;
    }
    let shown = fold(gone().take(SHOWN).map(|name| name.as_str())).to_string();
    let more = if lost > SHOWN { " and others" } else { "" };
    Some(format!(
        "{lost} of {all} hosts are missing since it was last read ({shown}{more}), but at most {most} % may go at once"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fleet(hosts: &str) -> Fleet {
        Fleet::builder().hosts(hosts).build().unwrap()
    }

    #[test]
    fn more_than_the_share_is_refused_and_exactly_the_share_is_not() {
        let before = fleet("web[1-10]");
        assert_eq!(refusal(&before, &fleet("web[1-8],new[1-9]"), 20), None);
        assert_eq!(
            refusal(&before, &fleet("web[1-7],new[1-9]"), 20).unwrap(),
            "3 of 10 hosts are missing since it was last read (web[8-10]), but at most 20 % may go at once"
        );
        assert_eq!(refusal(&before, &fleet("other"), 100), None);
        assert_eq!(refusal(&fleet("a"), &fleet("a"), 0), None);
        assert!(
            refusal(&fleet("web[1-1000]"), &fleet("a"), 99)
                .unwrap()
                .contains("(web[1-10] and others)")
        );
    }

    #[test]
    fn who_had_no_hosts_can_lose_none() {
        let nobody = Fleet::builder().build().unwrap();
        assert_eq!(refusal(&nobody, &nobody, 0), None);
        assert_eq!(Sizes::of(&nobody).refusal(&Sizes::of(&nobody), 0), None);
    }

    fn tagged(tag: &str, members: &str) -> Sizes {
        let fleet = Fleet::builder().hosts("web[1-100]");
        match members {
            "" => Sizes::of(&fleet.build().unwrap()),
            members => Sizes::of(&fleet.tagged(tag, members).build().unwrap()),
        }
    }

    #[test]
    fn a_group_may_lose_the_share_or_one_host_but_not_its_last() {
        for (before, after, refused) in [
            ("web[1-10]", "web[1-8]", false),
            ("web[1-10]", "web[1-7]", true),
            ("web[1-3]", "web[1-2]", false),
            ("web[1-3]", "web1", true),
            ("web1", "", true),
            ("web1", "web2", false),
            ("web[1-10]", "", true),
        ] {
            let found = tagged("db", before).refusal(&tagged("db", after), 20);
            assert_eq!(found.is_some(), refused, "{before} to {after}: {found:?}");
        }
        assert_eq!(tagged("db", "web[1-10]").refusal(&tagged("db", ""), 100), None);
    }

    #[test]
    fn sizes_that_grow_count_from_there() {
        let grown = tagged("db", "web[1-2]")
            .and(tagged("db", "web[1-10]"))
            .and(tagged("db", "web[1-9]"));
        assert!(grown.refusal(&tagged("db", "web[1-7]"), 20).is_some());
        let other = tagged("db", "web1").and(tagged("www", "web1"));
        assert!(other.refusal(&tagged("www", "web1"), 20).is_some());
    }
}
