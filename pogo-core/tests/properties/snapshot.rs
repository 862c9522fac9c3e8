//! A scheduler restored from a snapshot is the one it was taken of.

use pogo_core::Timestamp;
use pogo_core::journal::Snapshot;
use pogo_core::scheduler::{Input, Scheduler};
use proptest::prelude::*;
use serde_json::Value;

use crate::scenario::{Scenario, config, scenarios, scenarios_of};

/// As a store would have it.
fn stored(scheduler: &Scheduler) -> Snapshot {
    let text = serde_json::to_string(&scheduler.snapshot()).unwrap();
    serde_json::from_str(&text).unwrap()
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn restoring_gives_the_same_state_after_every_input(scenario in scenarios(60)) {
        let mut drill = scenario.drill();
        let mut seen = (0, Timestamp::EPOCH);
        for step in &scenario.steps {
            drill.play(step);
            // What was refused or changed nothing leaves the scheduler as it was restored before.
            let now = (drill.records().len(), drill.scheduler().now());
            if std::mem::replace(&mut seen, now) == now {
                continue;
            }
            let restored = Scheduler::restore(&stored(drill.scheduler()));
            prop_assert!(
                restored.as_ref().is_ok_and(|restored| restored.same_state(drill.scheduler())),
                "after {:?}: {:?}",
                step,
                restored
            );
        }
    }

    #[test]
    fn snapshot_and_tail_are_the_same_as_never_having_stopped(
        scenario in scenarios(60),
        taken in 0..60_usize,
        tail in 0..20_usize,
    ) {
        stops_and_goes_on(&scenario, taken, tail)?;
    }
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn snapshot_and_tail_of_many_hosts_are_the_same(
        scenario in scenarios_of(20..=40, 200),
        taken in 0..100_usize,
        tail in 0..20_usize
    ) {
        stops_and_goes_on(&scenario, taken, tail)?;
    }
}

/// One dispatcher takes a snapshot, goes on for a while and dies; the next starts from the snapshot and what came
/// after.
fn stops_and_goes_on(scenario: &Scenario, taken: usize, tail: usize) -> Result<(), TestCaseError> {
    let mut live = scenario.drill();
    let taken = taken.min(scenario.steps.len());
    let stop = (taken + tail).min(scenario.steps.len());
    scenario.steps[..taken].iter().for_each(|step| _ = live.play(step));
    let (snapshot, seen) = (stored(live.scheduler()), live.records().len());
    scenario.steps[taken..stop].iter().for_each(|step| _ = live.play(step));
    let mut scheduler = Scheduler::restore(&snapshot).unwrap();
    for record in &live.records()[seen..] {
        scheduler.apply(record).unwrap();
    }
    let mut restarted = live.with_scheduler(scheduler);
    // Running tasks become in doubt, by an event, and that is all that recovery does.
    prop_assert_eq!(
        live.handle(Input::Recover { resumed: vec![] }),
        restarted.handle(Input::Recover { resumed: vec![] })
    );
    for step in &scenario.steps[stop..] {
        prop_assert_eq!(live.play(step), restarted.play(step), "at {:?}", step);
        prop_assert_eq!(live.scheduler().next_timeout(), restarted.scheduler().next_timeout());
    }
    Ok(())
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_damaged_snapshot_is_refused_or_agrees_with_itself(
        scenario in scenarios(30),
        damages in prop::collection::vec((any::<u16>(), any::<u16>()), 1..4),
    ) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        let mut snapshot = serde_json::to_value(drill.scheduler().snapshot()).unwrap();
        for (at, with) in damages {
            damage(&mut snapshot, usize::from(at), with);
        }
        let Ok(snapshot) = serde_json::from_value::<Snapshot>(snapshot) else { return Ok(()) };
        let Ok(mut scheduler) = Scheduler::restore(&snapshot) else { return Ok(()) };
        prop_assert_eq!(scheduler.verify(), Ok(()));
        let _ = scheduler.handle(scheduler.now(), Input::Recover { resumed: vec![] });
        let _ = scheduler.handle(Timestamp::from_millis(1_000_000_000), Input::Tick);
        prop_assert_eq!(scheduler.verify(), Ok(()));
    }
}

/// One leaf of the snapshot becomes another value of its kind, or a member goes.
fn damage(value: &mut Value, at: usize, with: u16) {
    let numbers = [0, 1, 2, 3, 7, u64::from(u32::MAX), u64::MAX];
    let texts = [
        "h1",
        "h2",
        "h9",
        "running",
        "finished",
        "waiting",
        "halted",
        "succeeded",
        "settle",
        "h[1-4]",
        "$colo.east",
    ];
    let mut leaves = Vec::new();
    collect(value, &mut leaves);
    let len = leaves.len().max(1);
    let Some(leaf) = leaves.into_iter().nth(at % len) else {
        return;
    };
    let with = usize::from(with);
    match leaf {
        Value::Number(_) => *leaf = Value::from(numbers[with % numbers.len()]),
        Value::String(_) => *leaf = Value::from(texts[with % texts.len()]),
        Value::Bool(flag) => *flag = !*flag,
        Value::Array(items) => _ = items.pop(),
        _ => {}
    }
}

fn collect<'a>(value: &'a mut Value, leaves: &mut Vec<&'a mut Value>) {
    let nested = |item: &Value| item.is_array() || item.is_object();
    if value.as_array().is_some_and(|items| !items.iter().any(nested)) {
        return leaves.push(value);
    }
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| collect(item, leaves)),
        Value::Object(fields) => fields.values_mut().for_each(|field| collect(field, leaves)),
        leaf => leaves.push(leaf),
    }
}
