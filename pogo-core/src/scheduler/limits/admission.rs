//! Admission: a pure function that decides whether limits let a host start, and says why not.

use super::Usage;
use crate::plan::BucketId;

/// A bucket without a slot for the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BucketFull {
    pub(crate) bucket: BucketId,
}

/// Decides whether a host in these buckets may start; with `repair`, one that is unavailable already.
///
/// Starting an available host makes it unavailable, so there must be room among the unavailable, of which the running
/// are a part. Repairing a host that is unavailable already makes nothing worse, so only the number that
/// runs counts, and only if the rule limits it.
pub(crate) fn admit(buckets: impl Iterator<Item = (BucketId, Usage)>, repair: bool) -> Result<(), BucketFull> {
    // Of several full buckets, wait for the one with the fewest slots: it has room least
    // often, so the class is woken least.
    let full = buckets.filter(|&(_, usage)| !has_room(usage, repair));
    match full.min_by_key(|(_, usage)| usage.limit.slots) {
        Some((bucket, _)) => Err(BucketFull { bucket }),
        None => Ok(()),
    }
}

/// Whether one bucket has a slot for the host.
pub(crate) fn has_room(usage: Usage, repair: bool) -> bool {
    if repair {
        // `min_available` does not count what runs: by it, a host that is down already may always
        // be repaired.
        !usage.limit.bounds_running || usage.running < usage.limit.slots
    } else {
        usage.unavailable < usage.limit.slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Capacity;

    fn full(bounds_running: bool, slots: u32, running: u32, unavailable: u32, repair: bool) -> bool {
        let usage = Usage {
            running,
            unavailable,
            limit: Capacity {
                slots,
                bounds_running,
                counts_unavailable: true,
            },
        };
        admit([(BucketId(0), usage)].into_iter(), repair).is_err()
    }

    #[test]
    fn failed_hosts_use_up_slots() {
        assert!(!full(true, 5, 3, 4, false));
        assert!(full(true, 5, 4, 5, false));
        assert!(full(true, 5, 0, 5, false));
    }

    #[test]
    fn repairing_needs_no_second_slot() {
        assert!(!full(true, 5, 0, 5, true));
        assert!(!full(true, 5, 4, 9, true));
        assert!(full(true, 5, 5, 9, true));
    }

    #[test]
    fn a_floor_on_the_available_does_not_bound_repairs() {
        assert!(full(false, 0, 0, 0, false));
        assert!(!full(false, 0, 7, 9, true));
    }

    #[test]
    fn a_frozen_group_is_not_even_repaired() {
        assert!(full(true, 0, 0, 3, true));
    }
}
