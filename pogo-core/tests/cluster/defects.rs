//! Defects that are planted in the models: each is found.

use pogo_core::testing::cluster::{ClusterRule, Defect};

use super::seeds::cluster;

/// Which rules are seen broken, over some seeds, with this defect.
fn found(defect: Defect, seeds: u64) -> Vec<ClusterRule> {
    let cluster = cluster().plant(defect);
    let found = (0..seeds).filter_map(|seed| cluster.run(seed).finding);
    let mut rules: Vec<ClusterRule> = found.map(|finding| finding.rule).collect();
    rules.sort();
    rules.dedup();
    rules
}

#[test]
fn a_permission_that_is_skipped_is_found() {
    assert!(found(Defect::PermissionSkipped, 3).contains(&ClusterRule::Permission));
}

#[test]
fn an_append_that_is_acted_on_too_early_is_found() {
    assert!(found(Defect::AnsweredTooEarly, 2).contains(&ClusterRule::Permission));
}

#[test]
fn an_append_without_a_fence_is_found() {
    assert!(found(Defect::Unfenced, 40).contains(&ClusterRule::Fence));
}

#[test]
fn a_slot_of_a_doubtful_host_that_is_freed_is_found() {
    let rules = found(Defect::DoubtfulSlotFreed, 60);
    assert!(rules.contains(&ClusterRule::Slots) || rules.contains(&ClusterRule::Proof));
}

#[test]
fn a_lock_that_does_not_check_its_group_is_found() {
    assert!(found(Defect::GroupNotChecked, 100).contains(&ClusterRule::OneAtATime));
}

#[test]
fn a_host_that_waits_for_ever_is_found() {
    assert!(found(Defect::GoHasNoLimit, 100).contains(&ClusterRule::Patience));
}
