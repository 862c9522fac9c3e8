//! What views say is the same wherever the state is, adds up, and is whole in pages of any size.

use std::fmt::Debug;

use pogo_core::journal::replay;
use pogo_core::scheduler::{
    AttemptsQuery, HoldsQuery, HostsQuery, JobId, JobsQuery, PageLimit, Paged, Query, Scheduler, SlotsQuery, TaskState,
    View,
};
use proptest::prelude::*;

use crate::every_query::queries;
use crate::scenario::{config, scenarios};

/// All answers, each of which is read as it was written.
fn views(scheduler: &Scheduler) -> Vec<View> {
    let now = scheduler.now();
    let views = queries(scheduler).into_iter().map(|query| {
        let asked: Query = serde_json::from_str(&serde_json::to_string(&query).unwrap()).unwrap();
        assert_eq!(asked, query);
        let view = scheduler.view(now, &query).unwrap();
        let written = serde_json::to_string(&view).unwrap();
        assert_eq!(serde_json::from_str::<View>(&written).unwrap(), view, "{written}");
        view
    });
    views.collect()
}

/// All entries of a list, page by page.
fn whole<T, Cursor>(mut page: impl FnMut(Option<Cursor>) -> Paged<T, Cursor>) -> Vec<T> {
    let (mut entries, mut after) = (vec![], None);
    loop {
        let next = page(after);
        entries.extend(next.entries);
        match next.next {
            Some(cursor) => after = Some(cursor),
            None => return entries,
        }
    }
}

/// Asks for a list in pages of so many entries, and for all of it at once.
macro_rules! paged {
    ($scheduler:expr, $limit:expr, $kind:ident, $query:expr) => {{
        let page = |limit, after| {
            let mut query = $query.limit(PageLimit::new(limit));
            if let Some(after) = after {
                query = query.after(after);
            }
            match $scheduler.view($scheduler.now(), &Query::$kind(query)) {
                Ok(View::$kind(page)) => page,
                other => panic!("{other:?}"),
            }
        };
        let (parts, all) = (whole(|after| page($limit, after)), page(PageLimit::MAX, None));
        assert_same(&parts, &all.entries);
        assert!(all.next.is_none());
        parts
    }};
}

fn assert_same<T: PartialEq + Debug>(parts: &[T], all: &[T]) {
    assert_eq!(parts, all, "pages one after the other are the whole list");
}

fn check_lists(scheduler: &Scheduler, limit: u32) -> Result<(), TestCaseError> {
    let jobs = paged!(scheduler, limit, Jobs, JobsQuery::new());
    prop_assert_eq!(jobs.len(), scheduler.jobs().count());
    let View::Namespace(namespace) = scheduler.view(scheduler.now(), &Query::Namespace).unwrap() else {
        panic!()
    };
    prop_assert_eq!(namespace.jobs.iter().map(|count| count.jobs).sum::<usize>(), jobs.len());
    let attempts = paged!(scheduler, limit, Attempts, AttemptsQuery::new());
    prop_assert_eq!(namespace.attempts, attempts.len());
    let running: u32 = jobs.iter().map(|job| job.tally.running).sum();
    prop_assert_eq!(running as usize, attempts.len());
    let holds = paged!(scheduler, limit, Holds, HoldsQuery::new());
    prop_assert_eq!(namespace.held + namespace.holds_waiting, holds.len());
    // Who holds slots depends on the size of the page, and everything else does not.
    let slots = paged!(scheduler, 1_000, Slots, SlotsQuery::new());
    prop_assert_eq!(slots.len(), scheduler.buckets().count());
    for (slots, bucket) in slots.iter().zip(scheduler.buckets()) {
        prop_assert_eq!(
            (slots.usage.running, slots.usage.unavailable),
            (bucket.running(), bucket.unavailable())
        );
        prop_assert_eq!(&slots.holders, &bucket.holders());
    }
    jobs.iter().try_for_each(|job| check_job(scheduler, job.job, limit))
}

fn check_job(scheduler: &Scheduler, job: JobId, limit: u32) -> Result<(), TestCaseError> {
    let rows = paged!(scheduler, limit, Hosts, HostsQuery::of(job));
    let of_view: Vec<_> = scheduler.job(job).unwrap().results().collect();
    prop_assert_eq!(&rows, &of_view);
    let View::Job(details) = scheduler.view(scheduler.now(), &Query::Job { job }).unwrap() else {
        panic!()
    };
    let mut tally = details.summary.tally;
    for state in [
        TaskState::Waiting,
        TaskState::Running,
        TaskState::Succeeded,
        TaskState::Failed,
        TaskState::InDoubt,
        TaskState::Skipped,
        TaskState::Cancelled,
    ] {
        let of_state = paged!(scheduler, limit, Hosts, HostsQuery::of(job).states([state]));
        prop_assert_eq!(of_state.len(), *tally.count_mut(state) as usize);
        prop_assert!(of_state.iter().all(|row| row.state == state));
    }
    for stage in &details.stages {
        let mut tally = stage.tally;
        prop_assert!(*tally.count_mut(TaskState::Failed) <= details.summary.tally.failed);
    }
    prop_assert_eq!(&details.blockers, &scheduler.job(job).unwrap().blockers());
    Ok(())
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn views_of_a_state_that_was_replayed_or_restored_are_those_of_the_live_one(
        scenario in scenarios(50),
        taken in 0..50_usize,
    ) {
        let mut drill = scenario.drill();
        let mut snapshot = (drill.scheduler().snapshot(), drill.records().len());
        for (at, step) in scenario.steps.iter().enumerate() {
            drill.play(step);
            if at == taken {
                snapshot = (drill.scheduler().snapshot(), drill.records().len());
            }
        }
        let live = drill.scheduler();
        let mut restored = Scheduler::restore(&snapshot.0).unwrap();
        for record in &drill.records()[snapshot.1..] {
            restored.apply(record).unwrap();
        }
        let replayed = replay(drill.records()).unwrap();
        let (views, now) = (views(live), live.now());
        for (query, view) in queries(live).iter().zip(views) {
            prop_assert_eq!(&restored.view(now, query).unwrap(), &view, "restored: {:?}", query);
            prop_assert_eq!(&replayed.view(now, query).unwrap(), &view, "replayed: {:?}", query);
        }
    }

    #[test]
    fn counts_add_up_and_pages_are_the_whole(scenario in scenarios(50), limit in 1..4_u32) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            drill.play(step);
        }
        check_lists(drill.scheduler(), limit)?;
    }
}
