//! Damaged journals give errors: never a panic, and never a state that does not agree with itself.

use pogo_core::Timestamp;
use pogo_core::scheduler::{Input, Record, Scheduler};
use proptest::prelude::*;
use serde_json::Value;

use crate::scenario::{config, scenarios};

/// What befell one record on disk.
#[derive(Debug, Clone)]
enum Damage {
    Dropped,
    Doubled,
    Swapped,
    /// A value inside is another number, by position.
    Number(u16, u64),
    /// A text inside is another, by position.
    Text(u16, &'static str),
    /// It is another kind of event.
    Event(&'static str),
}

const EVENTS: &[&str] = &[
    "task_started",
    "task_succeeded",
    "task_failed",
    "task_in_doubt",
    "task_retried",
    "task_skipped",
    "task_cancelled",
    "task_phase_entered",
    "cancel_requested",
    "wave_opened",
    "job_paused",
    "job_resumed",
    "job_waiting",
    "job_halted",
    "job_finished",
    "job_submitted",
    "job_unblocked",
    "host_marked_down",
];

fn damages() -> impl Strategy<Value = Damage> {
    let number = prop_oneof![0..12_u64, Just(u64::MAX), Just(u64::from(u32::MAX))];
    let texts = &["h1", "h2", "h9", "settle", "$colo.east", "*", "0", "100%", "h[1-4]"][..];
    prop_oneof![
        1 => Just(Damage::Dropped),
        1 => Just(Damage::Doubled),
        1 => Just(Damage::Swapped),
        2 => (any::<u16>(), number).prop_map(|(nth, number)| Damage::Number(nth, number)),
        2 => (any::<u16>(), prop::sample::select(texts)).prop_map(|(nth, text)| Damage::Text(nth, text)),
        2 => prop::sample::select(EVENTS).prop_map(Damage::Event),
    ]
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn a_damaged_journal_is_refused_where_it_makes_no_sense(
        scenario in scenarios(30),
        damages in prop::collection::vec((any::<prop::sample::Index>(), damages()), 1..6),
    ) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        let lines = drill.records().iter().map(|record| serde_json::to_value(record).unwrap());
        let mut lines: Vec<Value> = lines.collect();
        for (at, damage) in damages {
            let at = at.index(lines.len());
            befall(&mut lines, at, &damage);
        }
        let records: Vec<Record> = lines.into_iter().filter_map(|line| serde_json::from_value(line).ok()).collect();
        let mut scheduler = Scheduler::new();
        let mut accepted = Vec::new();
        for record in &records {
            if scheduler.apply(record).is_ok() {
                accepted.push(record);
            }
        }
        // What was refused has left no trace.
        let mut again = Scheduler::new();
        accepted.iter().for_each(|record| again.apply(record).unwrap());
        prop_assert!(again.same_state(&scheduler));
        // And what was accepted can be gone on with.
        let now = accepted.last().map_or(Timestamp::EPOCH, |record| record.at);
        scheduler.handle(now, Input::Recover { resumed: vec![] }).unwrap();
        prop_assert_eq!(scheduler.verify(), Ok(()));
        for _ in 0..20 {
            let Some(next) = scheduler.next_timeout() else { break };
            scheduler.handle(next.max(now), Input::Tick).ok();
        }
    }
}

fn befall(lines: &mut Vec<Value>, at: usize, damage: &Damage) {
    match damage {
        Damage::Dropped if lines.len() > 1 => _ = lines.remove(at),
        Damage::Dropped => {}
        Damage::Doubled => lines.insert(at, lines[at].clone()),
        Damage::Swapped => {
            let other = (at + 1) % lines.len();
            lines.swap(at, other);
        }
        Damage::Number(nth, number) => replace(&mut lines[at], *nth, Value::is_number, &Value::from(*number)),
        Damage::Text(nth, text) => replace(&mut lines[at], *nth, Value::is_string, &Value::from(*text)),
        Damage::Event(event) => lines[at]["event"] = Value::from(*event),
    }
}

/// Replaces the nth leaf of a kind.
fn replace(value: &mut Value, nth: u16, is: fn(&Value) -> bool, with: &Value) {
    let mut leaves = Vec::new();
    collect(value, is, &mut leaves);
    let len = leaves.len().max(1);
    if let Some(leaf) = leaves.into_iter().nth(usize::from(nth) % len) {
        *leaf = with.clone();
    }
}

fn collect<'a>(value: &'a mut Value, is: fn(&Value) -> bool, leaves: &mut Vec<&'a mut Value>) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| collect(item, is, leaves)),
        Value::Object(fields) => fields.values_mut().for_each(|field| collect(field, is, leaves)),
        leaf if is(leaf) => leaves.push(leaf),
        _ => {}
    }
}
