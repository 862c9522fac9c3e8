//! A client that follows a dispatcher, loses updates, and comes back.

use super::every_query::queries;
use super::yields::{Yields, yields};
use futures::StreamExt;
use pogo_core::dispatcher::{Handle, SubscriptionOptions};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{Query, Scheduler, View};
use pogo_core::stream::{FollowError, Follower, StreamId, StreamRequest, Update};
use proptest::collection::vec;
use proptest::prelude::*;
use std::sync::{Arc, Mutex};

/// Somebody who follows.
#[derive(Debug, Clone)]
pub(super) struct Client {
    /// It comes after so many turns.
    comes: u8,
    /// Where it begins, if not with a snapshot.
    after: Option<(u32, u64)>,
    /// Which of its first updates are lost on the way.
    loses: Vec<bool>,
    /// After how many updates its connection ends, again and again.
    connected: usize,
    max_lag: u64,
}

pub(super) fn clients() -> impl Strategy<Value = Client> {
    let after = prop::option::of((prop_oneof![4 => Just(0), 1 => Just(7)], 0..40_u64));
    let rest = (vec(prop::bool::weighted(0.3), 0..8), 1..9_usize, 0..12_u64);
    (0..60_u8, after, rest).prop_map(|(comes, after, (loses, connected, max_lag))| Client {
        comes,
        after,
        loses,
        connected,
        max_lag,
    })
}

/// What a client knows, and what it saw: its views each time that it had followed further.
#[derive(Default)]
pub(super) struct Known {
    pub(super) follower: Follower,
    pub(super) seen: Vec<(StreamId, Vec<(Query, View)>)>,
}

impl Known {
    fn apply(&mut self, update: &Update) -> Result<(), FollowError> {
        let sent = serde_json::to_string(update).unwrap();
        self.follower.apply(&serde_json::from_str(&sent).unwrap())?;
        if let Some(at) = self.follower.position()
            && self.seen.last().is_none_or(|(last, _)| *last != at)
        {
            let views = views(self.follower.scheduler().unwrap());
            self.seen.push((at, views));
        }
        Ok(())
    }
}

impl Client {
    /// Follows until the dispatcher ends.
    pub(super) async fn follow(self, handle: Handle, pace: Yields, known: Arc<Mutex<Known>>) {
        yields(self.comes).await;
        let subscribe = {
            let options = SubscriptionOptions::new().max_lag(self.max_lag);
            move |request| handle.subscribe(request, options)
        };
        let after = self
            .after
            .map(|(incarnation, seq)| StreamId::new(incarnation, Seq(seq)));
        let mut request = StreamRequest::new().resume(after);
        let mut loses = self.loses.into_iter();
        loop {
            let mut updates = subscribe(request);
            let mut connected = self.connected;
            while connected > 0 {
                let Some(update) = updates.next().await else {
                    return;
                };
                let update = update.unwrap();
                pace.here().await;
                // With each heartbeat there would be no rest: whoever goes on gets one at once.
                connected -= usize::from(!matches!(update, Update::Heartbeat { .. }));
                if loses.next() == Some(true) {
                    continue;
                }
                let applied = known.lock().unwrap().apply(&update);
                match applied {
                    Ok(()) => {}
                    Err(FollowError::Gap { .. }) => break,
                    Err(error) => panic!("{error}"),
                }
            }
            request = StreamRequest::new().resume(known.lock().unwrap().follower.position());
        }
    }
}

pub(super) fn views(scheduler: &Scheduler) -> Vec<(Query, View)> {
    let views = queries(scheduler).into_iter().map(|query| {
        let view = scheduler.view(scheduler.now(), &query).unwrap();
        (query, view)
    });
    views.collect()
}
