//! Hosts by name: ranges, or groups where ranges would be many.

use pogo_core::fleet::{Fleet, HostId, HostName, fold};

use super::visible::visible;
use super::width::width;

/// Ranges up to this width are used without groups.
const SHORT: usize = 100;

/// The hosts as targets that can be copied to run on exactly them again.
pub(super) fn names(fleet: &Fleet, hosts: &[&HostName]) -> String {
    let ranges = visible(&fold(hosts).to_string()).into_owned();
    if width(&ranges) <= SHORT {
        return ranges;
    }
    let groups = groups(fleet, hosts);
    match width(&groups) < width(&ranges) {
        true => groups,
        false => ranges,
    }
}

/// The largest groups all of whose hosts are among these, and ranges for the others.
fn groups(fleet: &Fleet, hosts: &[&HostName]) -> String {
    let mut among = vec![false; fleet.len()];
    let mut covered = among.clone();
    let ids = hosts.iter().filter_map(|host| fleet.id(host.as_str()));
    ids.for_each(|id| set(&mut among, id));
    let mut tags: Vec<_> = fleet.tags().filter(|&tag| fleet.members(tag).len() > 1).collect();
    tags.sort_by_key(|&tag| {
        (
            std::cmp::Reverse(fleet.members(tag).len()),
            fleet.tag_path(tag).to_string(),
        )
    });
    let mut parts: Vec<String> = vec![];
    for tag in tags {
        let members = fleet.members(tag);
        let is = |of: &[bool], host: &HostId| of.get(host.index()).copied().unwrap_or(false);
        if members.iter().all(|host| is(&among, host)) && !members.iter().all(|host| is(&covered, host)) {
            members.iter().for_each(|&host| set(&mut covered, host));
            parts.push(format!("${}", fleet.tag_path(tag)));
        }
    }
    let is_left = |host: &&&HostName| {
        let id = fleet.id(host.as_str());
        id.is_none_or(|id| covered.get(id.index()) != Some(&true))
    };
    let rest: Vec<&HostName> = hosts.iter().filter(is_left).copied().collect();
    if !rest.is_empty() {
        parts.push(fold(&rest).to_string());
    }
    visible(&parts.join(",")).into_owned()
}

fn set(of: &mut [bool], host: HostId) {
    if let Some(entry) = of.get_mut(host.index()) {
        *entry = true;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use pogo_core::fleet::Selector;
    use proptest::prelude::*;

    use super::*;

    /// Thirty sites with hosts that no range folds over.
    fn fleet() -> Fleet {
        let mut fleet = Fleet::builder();
        for site in 0..30 {
            for role in ["web", "db"] {
                let tag = format!("{role}.dc{site:02}");
                fleet = fleet.tagged(
                    &tag,
                    &format!("{role}[{}-{}].dc{site:02}.example.com", site * 3, site * 3 + 2),
                );
            }
        }
        fleet.build().unwrap()
    }

    #[test]
    fn few_hosts_are_ranges_and_many_are_groups() {
        let fleet = fleet();
        let all: Vec<&HostName> = fleet.ids().map(|host| fleet.name(host)).collect();
        let but = |left: &str| {
            all.iter()
                .filter(|host| host.as_str() != left)
                .copied()
                .collect::<Vec<_>>()
        };
        assert_eq!(names(&fleet, &all[..3]), "web[0-2].dc00.example.com");
        assert_eq!(names(&fleet, &all), "$db,$web");
        let groups: Vec<String> = (1..30).map(|site| format!("$web.dc{site:02}")).collect();
        let wanted = format!("$db,{},web[1-2].dc00.example.com", groups.join(","));
        assert_eq!(names(&fleet, &but("web0.dc00.example.com")), wanted);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn names_are_targets_that_select_exactly_these_hosts(
            chosen in prop::collection::vec(prop::bool::weighted(0.9), 180)
        ) {
            let fleet = fleet();
            let all = fleet.ids().map(|host| fleet.name(host)).zip(chosen);
            let hosts: Vec<&HostName> = all.filter(|(_, chosen)| *chosen).map(|(host, _)| host).collect();
            let targets: Selector = names(&fleet, &hosts).parse().unwrap();
            let selected: BTreeSet<HostId> = fleet.resolve(&targets).unwrap().into_iter().collect();
            let wanted: BTreeSet<HostId> = hosts.iter().map(|host| fleet.id(host.as_str()).unwrap()).collect();
            prop_assert_eq!(selected, wanted);
        }
    }
}
