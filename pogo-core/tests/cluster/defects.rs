//! Defects that are planted in the models: each is found.

use pogo_core::testing::cluster::{Cluster, ClusterRule, Defect};

use super::seeds::{cluster, with_restores};

/// The first of some seeds in which this rule is seen broken.
fn first(cluster: &Cluster, rule: ClusterRule, seeds: u64) -> Option<u64> {
    let broken = |seed: &u64| cluster.run(*seed).finding.is_some_and(|finding| finding.rule == rule);
    (0..seeds).find(broken)
}

fn assert_found(defect: Defect, rule: ClusterRule) {
    assert!(
        first(&cluster().plant(defect), rule, 1_000).is_some(),
        "{defect:?} is not found"
    );
}

#[test]
fn a_permission_that_is_skipped_is_found() {
    assert_found(Defect::PermissionSkipped, ClusterRule::Permission);
}

#[test]
fn an_append_that_is_acted_on_too_early_is_found() {
    assert_found(Defect::AnsweredTooEarly, ClusterRule::Permission);
}

#[test]
fn an_append_without_a_fence_is_found() {
    assert_found(Defect::Unfenced, ClusterRule::Fence);
}

#[test]
fn a_slot_of_a_doubtful_host_that_is_freed_is_found() {
    assert_found(Defect::DoubtfulSlotFreed, ClusterRule::Proof);
}

#[test]
fn an_end_that_is_assumed_is_found() {
    assert_found(Defect::EndAssumed, ClusterRule::Proof);
}

#[test]
fn a_host_that_is_not_asked_before_it_is_freed_is_found() {
    assert_found(Defect::FenceIgnored, ClusterRule::Proof);
}

#[test]
fn a_lock_that_does_not_check_its_group_is_found() {
    assert_found(Defect::GroupNotChecked, ClusterRule::OneAtATime);
}

#[test]
fn a_host_that_waits_for_ever_is_found() {
    assert_found(Defect::GoHasNoLimit, ClusterRule::Patience);
}

/// Two owners of one epoch: the journal was restored from a copy in between.
#[test]
fn a_nonce_that_is_not_compared_is_found() {
    let restores = cluster().restores();
    let defect = restores.clone().plant(Defect::NonceNotCompared);
    let seed = first(&defect, ClusterRule::Fence, 200).unwrap();
    assert_eq!(
        first(&restores, ClusterRule::Fence, seed + 1),
        None,
        "and only with the defect"
    );
}

#[test]
fn a_restore_that_nobody_is_told_of_is_found() {
    let defect = with_restores().plant(Defect::RestoreForgotten);
    assert!(first(&defect, ClusterRule::Restore, 50).is_some());
}

#[test]
fn a_clock_that_nobody_compares_is_found() {
    let defect = with_restores().plant(Defect::SkewHidden);
    assert!(first(&defect, ClusterRule::Clock, 50).is_some());
}
