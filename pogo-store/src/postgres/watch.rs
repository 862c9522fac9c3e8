//! Whether an owner is dead, by what is seen of it.

use std::time::{Duration, Instant};

use pogo_core::journal::{Epoch, Nonce};

use super::holder::NamespaceRow;

/// What changes as long as an owner lives.
type SignOfLife = (Epoch, Option<Nonce>, Option<i64>);

/// Looks at an owner, again and again. It counts as dead once the same was seen through a full timeout in which the
/// store answered.
///
/// Time alone kills nobody: where the store was away, or this process was paused, the timeout begins anew.
#[derive(Debug)]
pub(super) struct Watch {
    timeout: Duration,
    seen: Option<SignOfLife>,
    since: Instant,
    last: Instant,
}

/// What is known of an owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pulse {
    /// It was seen once, or has not counted since.
    Unknown,
    /// It has counted since it was seen last.
    Alive,
    /// It has not counted for so long that it does not live.
    Dead,
}

impl Watch {
    pub(super) fn new(timeout: Duration, now: Instant) -> Self {
        Self {
            timeout,
            seen: None,
            since: now,
            last: now,
        }
    }

    /// Notes what the store says now of an owner.
    pub(super) fn note(&mut self, row: &NamespaceRow, now: Instant) -> Pulse {
        let holder = row.holder.as_ref();
        let seen = (
            row.epoch,
            holder.map(|holder| holder.nonce),
            holder.and_then(|holder| Some(holder.beat?.0)),
        );
        // An owner that counts more seldom is given more time.
        let every = holder.and_then(|holder| Some(holder.beat?.1)).unwrap_or_default();
        let timeout = self.timeout.max(every * 5);
        // This process may have been suspended, or the store away, and the owner had no chance to
        // be seen.
        let is_continuous = now.duration_since(self.last) <= timeout / 2;
        self.last = now;
        let before = self.seen.replace(seen);
        if before != Some(seen) {
            self.since = now;
            return if before.is_some() { Pulse::Alive } else { Pulse::Unknown };
        }
        if !is_continuous {
            self.since = now;
        }
        if now.duration_since(self.since) >= timeout {
            Pulse::Dead
        } else {
            Pulse::Unknown
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::postgres::holder::Holder;
    use pogo_core::Timestamp;
    use pogo_core::journal::OwnerId;

    const TIMEOUT: Duration = Duration::from_secs(5);

    fn row(beat: i64, every: u64) -> NamespaceRow {
        NamespaceRow {
            id: 1,
            epoch: Epoch(3),
            format: 1,
            server: String::new(),
            copied_from: None,
            holder: Some(Holder {
                owner: OwnerId("one".into()),
                nonce: Nonce(1),
                since: Timestamp::EPOCH,
                beat: Some((beat, Duration::from_secs(every))),
            }),
            last: None,
            previous: None,
        }
    }

    /// What is said of an owner that is looked at after so many seconds each, with what it has counted to then.
    fn pulses(looks: &[(u64, i64)], every: u64) -> Vec<Pulse> {
        let begin = Instant::now();
        let mut watch = Watch::new(TIMEOUT, begin);
        let look = |(second, beat): &(u64, i64)| watch.note(&row(*beat, every), begin + Duration::from_secs(*second));
        looks.iter().map(look).collect()
    }

    #[test]
    fn an_owner_that_counts_no_more_is_dead_after_a_full_timeout() {
        use Pulse::{Alive, Dead, Unknown};
        let looks = [(0, 7), (1, 8), (3, 8), (5, 8), (6, 8)];
        assert_eq!(pulses(&looks, 1), [Unknown, Alive, Unknown, Unknown, Dead]);
    }

    #[test]
    fn an_owner_that_counts_seldom_is_given_more_time() {
        let looks: Vec<_> = (0..=20).map(|second| (second, 7)).collect();
        let dead = pulses(&looks, 4).iter().position(|pulse| *pulse == Pulse::Dead);
        assert_eq!(dead, Some(20));
    }

    #[test]
    fn a_pause_of_whoever_looks_kills_nobody() {
        assert!(!pulses(&[(0, 7), (60, 7), (62, 7), (64, 7)], 1).contains(&Pulse::Dead));
        assert_eq!(
            pulses(&[(0, 7), (60, 7), (62, 7), (64, 7), (65, 7)], 1).last(),
            Some(&Pulse::Dead)
        );
    }
}
