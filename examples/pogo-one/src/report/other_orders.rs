//! What others order while somebody watches a job.

use pogo_core::scheduler::{Actor, OrderLog, Record};

/// Orders that are to be remarked on.
#[derive(Debug, Default)]
pub(super) struct OtherOrders {
    log: OrderLog,
    /// Whoever watches; nobody in a replay.
    watcher: Option<Actor>,
}

impl OtherOrders {
    /// Those of all others than this actor.
    pub(super) fn than(watcher: &Actor) -> Self {
        let (log, watcher) = (OrderLog::default(), Some(watcher.clone()));
        Self { log, watcher }
    }

    /// Reads a record; whether it is one of an order.
    pub(super) fn note(&mut self, record: &Record) -> bool {
        self.log.note(record);
        self.log.is_open()
    }

    /// The orders since the last time, where it is known who gave them; in a replay only if it is watched live.
    pub(super) fn take(&mut self, live: bool) -> Vec<String> {
        let orders = self.log.take().into_iter();
        let shown = orders.filter(|order| match (&self.watcher, &order.actor) {
            (_, None) => false,
            (Some(watcher), Some(actor)) => watcher != &**actor,
            (None, Some(_)) => live,
        });
        shown.map(|order| order.to_string()).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pogo_core::Timestamp;
    use pogo_core::scheduler::{Event, JobEventKind, JobId};

    use super::*;

    fn paused(by: Option<&str>) -> Record {
        let event = Event::of_job(JobId::new(1), JobEventKind::Paused);
        Record::new(Timestamp::EPOCH, event.by(by.map(|name| Arc::new(Actor::new(name)))))
    }

    #[test]
    fn what_others_order_is_remarked_on_once() {
        let mut orders = OtherOrders::than(&Actor::new("alice"));
        for by in [Some("alice"), Some("bob\u{1b}[2J"), None] {
            assert!(orders.note(&paused(by)));
        }
        assert_eq!(orders.take(false), ["job-1 paused by bob\\u{1b}[2J"]);
        assert_eq!(orders.take(true), [""; 0]);
    }

    #[test]
    fn a_live_replay_tells_of_all_orders() {
        let mut orders = OtherOrders::default();
        orders.note(&paused(Some("alice")));
        assert_eq!(orders.take(false), [""; 0], "its lines tell of them");
        orders.note(&paused(Some("alice")));
        assert_eq!(orders.take(true), ["job-1 paused by alice"]);
    }
}
