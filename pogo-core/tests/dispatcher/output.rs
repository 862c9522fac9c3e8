//! Output on its way to a store: in bounded memory, and never in the way of a rollout.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use pogo_core::dispatcher::{Dispatcher, Handle, Reporter};
use pogo_core::fleet::Fleet;
use pogo_core::journal::MemoryJournal;
use pogo_core::output::{MemoryOutput, Stream};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::Policy;
use pogo_core::scheduler::{AttemptId, JobStatus, Phase, TaskEventKind};
use proptest::collection::vec;
use proptest::prelude::*;

use super::shop::{JOB, Patient};
use super::slow_output::{Endless, Fate, Slow, Writing, kept, nothing, run};
use super::yields::{Manual, Yields, yields};

#[test]
fn the_record_that_ends_an_attempt_says_what_is_kept_of_its_output() {
    block_on(async {
        let store = Slow::new(vec![1, 0, 2], vec![]);
        let pieces = vec![
            (Stream::Stdout, vec![b'x'; 70_000]),
            (Stream::Note, b"remark\n".to_vec()),
        ];
        let ended = run(
            (Writing::new(pieces), &store),
            (3, 1 << 20),
            Arc::new(Manual::default()),
            nothing,
        )
        .await;
        assert_eq!(ended.summaries().len(), 3);
        for (attempt, summary) in ended.summaries() {
            let (digest, length) = kept(&*store, attempt).await;
            assert_eq!((summary.unwrap().digest, summary.unwrap().length), (digest, length));
            assert_eq!(length, 70_007);
        }
        assert!(ended.on_the_way.lost.is_empty());
    });
}

#[test]
fn an_attempt_that_settles_says_it_when_that_begins() {
    block_on(async {
        let store = MemoryOutput::new();
        let journal = MemoryJournal::new();
        let transport = Arc::new(Writing::new(vec![(Stream::Stdout, b"well\n".to_vec())]));
        let builder = Dispatcher::builder(transport).journal(Arc::new(journal.clone()));
        let builder = builder.output(Arc::new(store)).clock(Arc::new(Patient::default()));
        let (dispatcher, handle) = builder.build().await.unwrap();
        let steer = async move {
            let fleet = Fleet::builder().tagged("web", "web1").build().unwrap();
            handle
                .configure(Arc::new(fleet), Arc::new(Policy::default()))
                .await
                .unwrap();
            let mut spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
            spec.settings.settle = Some(Duration::from_secs(30));
            handle.submit(spec).await.unwrap();
        };
        futures::join!(dispatcher.run(), steer).0.unwrap();
        let said = journal.records().into_iter().filter_map(|record| {
            let kind = record.event.task_kind()?;
            let settles = matches!(
                kind,
                TaskEventKind::PhaseEntered {
                    phase: Phase::Settle,
                    ..
                }
            );
            Some((settles, kind.output()?.length))
        });
        assert_eq!(said.collect::<Vec<_>>(), [(true, 5)]);
    });
}

#[test]
fn a_thousand_attempts_that_flood_a_slow_store_wait_in_bounded_memory() {
    const BUFFER: usize = 256 << 10;
    let store = Slow::new(vec![3], vec![]);
    let flood = (0..8).map(|_| (Stream::Stdout, vec![b'x'; 8 << 10])).collect();
    let ended = block_on(run(
        (Writing::new(flood), &store),
        (1_000, BUFFER),
        Arc::new(Manual::default()),
        nothing,
    ));
    assert_eq!(ended.status, JobStatus::Finished);
    assert!(ended.on_the_way.lost.is_empty());
    let most = ended.on_the_way.most;
    assert!(most <= BUFFER && most > BUFFER / 2, "{most} bytes were on their way");
    assert!(
        ended
            .summaries()
            .values()
            .all(|summary| summary.unwrap().length == 64 << 10)
    );
}

#[test]
fn a_store_that_hangs_for_two_seconds_is_said_once_of_each_attempt_and_stops_nothing() {
    block_on(async {
        let store = Slow::new(vec![], vec![Fate::Hangs]);
        let clock = Arc::new(Manual::default());
        let flood = (0..40).map(|_| (Stream::Stdout, vec![b'x'; 8 << 10])).collect();
        let (hanging, time) = (Arc::clone(&store.hanging), Arc::clone(&clock));
        let steer = async move |handle: Handle| {
            hanging.until(|hanging| hanging.hangs).await;
            time.pass(Duration::from_millis(1_999));
            yields(20).await;
            // They wait for the store, which may still answer in time.
            let running = handle.query(|scheduler| scheduler.attempts().len()).await.unwrap();
            assert_eq!(running, 30);
            time.pass(Duration::from_millis(1));
            handle.wait(JOB).await.unwrap();
            hanging.change(|hanging| hanging.let_go = true);
        };
        let ended = run((Writing::new(flood), &store), (30, 256 << 10), clock, steer).await;
        assert_eq!(ended.status, JobStatus::Finished);
        assert_eq!(ended.on_the_way.lost.len(), 30);
        assert!(
            ended.on_the_way.lost.values().all(|times| *times == 1),
            "{:?}",
            ended.on_the_way.lost
        );
        assert!(ended.summaries().values().all(Option::is_none));
    });
}

#[test]
fn a_store_that_answers_after_all_keeps_what_comes_then() {
    block_on(async {
        let store = Slow::new(vec![], vec![Fate::Hangs]);
        let clock = Arc::new(Manual::default());
        let (hanging, time) = (Arc::clone(&store.hanging), Arc::clone(&clock));
        let steer = async move |handle: Handle| {
            hanging.until(|hanging| hanging.hangs).await;
            time.pass(Duration::from_secs(2));
            handle.wait(JOB).await.unwrap();
            hanging.change(|hanging| hanging.let_go = true);
            yields(20).await;
            let spec = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
            let second = handle.submit(spec).await.unwrap();
            handle.wait(second).await.unwrap();
        };
        let pieces = vec![(Stream::Stdout, b"well".to_vec())];
        let ended = run((Writing::new(pieces), &store), (2, 1 << 20), clock, steer).await;
        let known: Vec<bool> = ended.summaries().values().map(Option::is_some).collect();
        assert_eq!(known, [false, false, true, true]);
    });
}

#[test]
fn a_store_that_fails_or_panics_is_said_once_of_each_attempt_and_stops_nothing() {
    for fate in [Fate::Fails, Fate::Panics] {
        let store = Slow::new(vec![1], vec![fate; 1_000]);
        let pieces = (0..5).map(|_| (Stream::Stdout, b"well".to_vec())).collect();
        let mut transport = Writing::new(pieces);
        transport.yields = Yields::new(vec![9]);
        let ended = block_on(run(
            (transport, &store),
            (10, 1 << 20),
            Arc::new(Manual::default()),
            nothing,
        ));
        assert_eq!(ended.status, JobStatus::Finished);
        assert_eq!(ended.on_the_way.lost.len(), 10);
        assert!(
            ended.on_the_way.lost.values().all(|times| *times == 1),
            "{:?}",
            ended.on_the_way.lost
        );
        // It can still seal, and what the attempts wrote is known.
        assert!(ended.summaries().values().all(|summary| summary.unwrap().length == 20));
    }
}

#[test]
fn output_of_attempts_that_are_left_is_stored_before_the_dispatcher_ends() {
    block_on(async {
        let store = Slow::new(vec![2], vec![]);
        let transport = Endless(Writing::new(vec![(Stream::Stdout, b"so far".to_vec())]));
        let builder = Dispatcher::builder(Arc::new(transport)).output(Arc::clone(&store) as _);
        let builder = builder.observer(Arc::clone(&store.watch) as _);
        let (dispatcher, handle) = builder.clock(Arc::new(Manual::default())).build().await.unwrap();
        let steer = async {
            let fleet = Fleet::builder().tagged("web", "web1").build().unwrap();
            handle
                .configure(Arc::new(fleet), Arc::new(Policy::default()))
                .await
                .unwrap();
            handle
                .submit(JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true")))
                .await
                .unwrap();
            while store.watch.0.lock().unwrap().written.is_empty() {
                handle.query(|_| ()).await.unwrap();
            }
            handle.shutdown(Duration::ZERO).await.unwrap();
        };
        futures::join!(dispatcher.run(), steer).0.unwrap();
        assert_eq!(kept(&*store, AttemptId::new(1)).await.1, 6);
    });
}

fn stream() -> impl Strategy<Value = Stream> {
    proptest::sample::select(&Stream::ALL[..])
}

proptest! {
    #[test]
    fn what_is_not_said_to_be_lost_is_kept_and_memory_is_bounded(
        pieces in vec((stream(), vec(any::<u8>(), 0..5_000)), 0..12),
        plans in (vec(0_u8..4, 0..10), vec(0_u8..4, 0..10)),
        fates in vec(prop_oneof![3 => Just(Fate::Lands), 1 => Just(Fate::Fails), 1 => Just(Fate::Panics)], 0..12),
        hosts in 1_u32..6,
        buffer in 0_usize..60_000,
    ) {
        let store = Slow::new(plans.0, fates);
        let length: usize = pieces.iter().map(|(_, piece)| piece.len()).sum();
        let transport = Writing { pieces, yields: Yields::new(plans.1) };
        let ended = block_on(run((transport, &store), (hosts, buffer), Arc::new(Manual::default()), nothing));
        prop_assert_eq!(ended.status, JobStatus::Finished);
        prop_assert_eq!(ended.summaries().len(), hosts as usize);
        for (attempt, summary) in ended.summaries() {
            let summary = summary.unwrap();
            prop_assert_eq!(summary.length, length as u64);
            let (digest, kept) = block_on(kept(&*store, attempt));
            prop_assert_eq!(summary.digest, digest);
            if !ended.on_the_way.lost.contains_key(&attempt) {
                prop_assert_eq!(kept, length as u64);
            }
        }
        if ended.on_the_way.lost.is_empty() {
            prop_assert!(ended.on_the_way.most <= buffer.max(Reporter::WHOLE + 256));
        }
    }
}
