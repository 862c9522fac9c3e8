//! Updates that are made into something once for all who follow.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::journal::Seq;
use crate::stream::{StreamId, Update};

/// Makes something of updates with records, such as the bytes that are sent, once for all who
/// [share](super::Handle::subscribe_shared) it: a thousand followers must not cost a thousand times as much as one.
///
/// For that, records are cut into updates at the same positions for all of them: where whoever is ahead cut them.
pub struct UpdateCache<T> {
    make: Box<dyn Fn(&Update) -> T + Send + Sync>,
    made: Mutex<VecDeque<Made<T>>>,
}

/// What was made of the records between two positions.
struct Made<T> {
    after: StreamId,
    id: StreamId,
    value: T,
}

/// What is known of the records behind a position.
pub(super) enum Cut {
    /// An update up to here was made.
    Made(StreamId),
    /// None was, and one begins here.
    At(Seq),
    /// Nothing.
    Nowhere,
}

/// Where records were cut.
pub(super) trait Cuts: Send + Sync {
    /// What is known of the records after this position.
    fn behind(&self, at: StreamId) -> Cut;
}

impl<T: Clone> UpdateCache<T> {
    /// The most updates that are kept; whoever is further behind has them made for itself.
    const MOST: usize = 64;

    /// What is made of an update.
    pub fn new(make: impl Fn(&Update) -> T + Send + Sync + 'static) -> Self {
        Self {
            make: Box::new(make),
            made: Mutex::default(),
        }
    }

    fn made(&self) -> MutexGuard<'_, VecDeque<Made<T>>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was made of the records between these positions.
    pub(super) fn get(&self, after: StreamId, id: StreamId) -> Option<T> {
        let made = self.made();
        let found = made.iter().rev().find(|made| made.after == after && made.id == id);
        found.map(|made| made.value.clone())
    }

    /// What is to be sent of an update with records; it is kept if it is the latest.
    pub(super) fn make(&self, after: StreamId, id: StreamId, update: &Update) -> T {
        // Under the lock: whoever wakes beside waits for it rather than making it too.
        let mut made = self.made();
        if let Some(known) = made.iter().rev().find(|made| made.after == after && made.id == id) {
            return known.value.clone();
        }
        let value = (self.make)(update);
        // Of another incarnation, or behind a gap, what is here is of use to nobody who comes.
        let last = made.back().map(|made| made.id);
        if last.is_some_and(|last| last.incarnation() != id.incarnation() || last.seq() < after.seq()) {
            made.clear();
        }
        if made.back().is_none_or(|last| last.id == after) {
            if made.len() == Self::MOST {
                made.pop_front();
            }
            let kept = value.clone();
            made.push_back(Made { after, id, value: kept });
        }
        value
    }
}

impl<T: Clone + Send> Cuts for UpdateCache<T> {
    fn behind(&self, at: StreamId) -> Cut {
        let made = self.made();
        // From the end, where nearly everybody is.
        let behind = made
            .iter()
            .rev()
            .take_while(|made| made.after.incarnation() == at.incarnation() && made.after.seq() >= at.seq());
        match behind.last() {
            Some(made) if made.after == at => Cut::Made(made.id),
            Some(made) => Cut::At(made.after.seq()),
            None => Cut::Nowhere,
        }
    }
}

impl<T> fmt::Debug for UpdateCache<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UpdateCache").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(seq: u64) -> StreamId {
        StreamId::new(0, Seq(seq))
    }

    /// An update between these positions, and how often one was made.
    fn made(cache: &UpdateCache<String>, from: u64, to: u64) -> String {
        let (after, id) = (id(from), id(to));
        let records = vec![];
        cache.make(after, id, &Update::Records { after, id, records })
    }

    fn cache() -> UpdateCache<String> {
        let calls = std::sync::atomic::AtomicU32::new(0);
        UpdateCache::new(move |update| {
            let call = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            format!("{} by call {call}", update.id().unwrap_or_default())
        })
    }

    fn behind(cache: &UpdateCache<String>, at: u64) -> String {
        match cache.behind(id(at)) {
            Cut::Made(id) => format!("made up to {id}"),
            Cut::At(seq) => format!("cut at {seq}"),
            Cut::Nowhere => "nowhere".to_owned(),
        }
    }

    #[test]
    fn an_update_is_made_once_and_found_by_where_it_begins() {
        let cache = cache();
        assert_eq!(made(&cache, 10, 20), "0-20 by call 0");
        assert_eq!(made(&cache, 10, 20), "0-20 by call 0");
        assert_eq!(made(&cache, 20, 30), "0-30 by call 1");
        assert_eq!(cache.get(id(10), id(20)).as_deref(), Some("0-20 by call 0"));
        let found = [5, 10, 15, 20, 30].map(|at| behind(&cache, at));
        assert_eq!(
            found,
            [
                "cut at #10",
                "made up to 0-20",
                "cut at #20",
                "made up to 0-30",
                "nowhere"
            ]
        );
    }

    #[test]
    fn what_does_not_go_on_where_the_last_ended_is_made_for_whoever_asks() {
        let cache = cache();
        made(&cache, 10, 20);
        assert_eq!(made(&cache, 12, 18), "0-18 by call 1");
        assert_eq!(behind(&cache, 12), "nowhere");
        // Behind a gap all begins anew, and in another incarnation too.
        made(&cache, 25, 30);
        assert_eq!(
            (behind(&cache, 10), behind(&cache, 25)),
            ("cut at #25".into(), "made up to 0-30".into())
        );
        let (after, to) = (StreamId::new(1, Seq(3)), StreamId::new(1, Seq(4)));
        cache.make(
            after,
            to,
            &Update::Records {
                after,
                id: to,
                records: vec![],
            },
        );
        assert_eq!(behind(&cache, 25), "nowhere");
        assert!(matches!(cache.behind(after), Cut::Made(id) if id == to));
    }

    #[test]
    fn no_more_is_kept_than_is_worth_its_memory() {
        let cache = cache();
        (0..200).for_each(|at| drop(made(&cache, at, at + 1)));
        assert_eq!(cache.made().len(), UpdateCache::<String>::MOST);
        assert_eq!(
            (behind(&cache, 0), behind(&cache, 199)),
            ("cut at #136".into(), "made up to 0-200".into())
        );
    }
}
