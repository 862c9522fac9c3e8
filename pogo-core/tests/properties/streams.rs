//! Whoever follows a namespace sees what its owner sees, from wherever it begins and whatever is lost on the way.

use pogo_core::journal::Seq;
use pogo_core::scheduler::{Record, Scheduler};
use pogo_core::stream::{Follower, ResyncReason, StreamId, StreamRecord, Update};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;

use crate::every_query::queries;
use crate::scenario::{config, scenarios};

/// What happens to the next records on their way to a follower.
#[derive(Debug, Clone, Copy)]
enum Link {
    Works,
    /// They are lost, and what comes next shows it.
    Loses,
    /// They are left out, and a snapshot comes in their place.
    Resyncs,
}

fn links() -> impl Strategy<Value = Link> {
    prop_oneof![4 => Just(Link::Works), 1 => Just(Link::Loses), 1 => Just(Link::Resyncs)]
}

fn id(seq: usize) -> StreamId {
    StreamId::new(0, Seq(seq as u64))
}

/// As it is read where it was sent to.
fn sent(update: &Update) -> Update {
    let read = serde_json::from_str(&serde_json::to_string(update).unwrap()).unwrap();
    assert_eq!(&read, update);
    read
}

struct Followed {
    follower: Follower,
    /// Where the server's side of the connection stands.
    delivered: usize,
}

impl Followed {
    fn begin(scheduler: &Scheduler, at: usize) -> Self {
        let mut follower = Follower::new();
        follower.apply(&sent(&Update::snapshot(id(at), scheduler))).unwrap();
        Self {
            follower,
            delivered: at,
        }
    }

    /// Brings what has been recorded since, and goes on as a client does where it does not follow.
    fn tell(&mut self, records: &[Record], scheduler: &Scheduler, link: Link) {
        let end = records.len();
        match link {
            Link::Works => {}
            Link::Loses => return self.delivered = end,
            Link::Resyncs => {
                let reason = ResyncReason::TooSlow;
                self.follower.apply(&Update::Resync { reason }).unwrap();
                assert_eq!(self.follower.position(), None);
                self.delivered = end;
                let update = sent(&Update::snapshot(id(end), scheduler));
                return self.follower.apply(&update).unwrap();
            }
        }
        let batch = |from: usize| {
            let since = (from as u64..).map(Seq).zip(&records[from..]);
            let records = since.map(|(seq, record)| StreamRecord::new(seq, record.clone()));
            let (after, id, records) = (id(from), id(end), records.collect());
            sent(&Update::Records { after, id, records })
        };
        if self.follower.apply(&batch(self.delivered)).is_err() {
            // The next connection goes on where the follower stands.
            let position = self.follower.position().unwrap();
            let from = usize::try_from(position.seq().0).unwrap();
            self.follower.apply(&batch(from)).unwrap();
        }
        self.delivered = end;
    }
}

fn assert_same_views(follower: &Follower, live: &Scheduler, end: usize) -> Result<(), TestCaseError> {
    prop_assert_eq!(follower.position(), Some(id(end)));
    let now = live.now();
    for query in queries(live) {
        let answer = follower.view(now, &query).unwrap();
        prop_assert_eq!(answer.as_of, id(end));
        prop_assert_eq!(&answer.view, &live.view(now, &query).unwrap(), "{:?}", query);
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(100))]

    #[test]
    fn a_follower_has_the_views_of_its_owner(
        scenario in scenarios(40),
        begins in 0..40_usize,
        links in vec(links(), 42),
    ) {
        let mut drill = scenario.drill();
        let mut followed = None;
        for (at, step) in scenario.steps.iter().enumerate() {
            drill.play(step);
            let (live, records) = (drill.scheduler(), drill.records());
            match &mut followed {
                None if at >= begins => followed = Some(Followed::begin(live, records.len())),
                None => {}
                Some(followed) => {
                    followed.tell(records, live, links[at]);
                    if !matches!(links[at], Link::Loses) {
                        assert_same_views(&followed.follower, live, records.len())?;
                    }
                }
            }
        }
        if let Some(mut followed) = followed {
            followed.tell(drill.records(), drill.scheduler(), Link::Works);
            assert_same_views(&followed.follower, drill.scheduler(), drill.records().len())?;
        }
    }
}
