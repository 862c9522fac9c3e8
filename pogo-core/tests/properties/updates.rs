//! Changes of settings: what is asked is in force, and stays so over a restart.

use pogo_core::policy::{JobSettings, Setting};
use pogo_core::scheduler::{JobEventKind, JobId, Order, Scheduler, Snapshot};
use pogo_core::testing::{job_settings, job_specs, job_updates};
use proptest::prelude::*;
use serde_json::{Map, Value};

use crate::scenario::{config, scenarios};

/// The settings that are set, by name, in their stored form.
fn stored(settings: &JobSettings) -> Map<String, Value> {
    match serde_json::to_value(settings).unwrap() {
        Value::Object(map) => map,
        other => panic!("{other}"),
    }
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn an_update_is_read_back_as_it_was_asked_and_stays_so_over_a_restart(
        scenario in scenarios(1),
        spec in job_specs(),
        updates in prop::collection::vec(job_updates(), 1..6),
    ) {
        let mut drill = scenario.drill();
        let before = drill.scheduler().jobs().count();
        let Ok(_) = drill.submit(spec) else { return Ok(()) };
        let id = drill.scheduler().jobs().nth(before).unwrap().id();
        let has_waves = !drill.scheduler().jobs().nth(before).unwrap().spec().waves.is_empty();
        let submitted = drill.records().iter().find_map(|record| match record.event.job_kind() {
            Some(JobEventKind::Submitted { spec, .. }) if record.event.job() == Some(id) => Some(spec.settings.clone()),
            _ => None,
        });
        let mut expected = stored(&submitted.unwrap());
        let defaults = stored(&scenario.policy.defaults);
        let built_in = stored(&JobSettings::built_in());
        for change in updates {
            let asked = stored(change.settings());
            if drill.handle(Order::Alter { job: id, change: change.clone() }).is_err() {
                continue;
            }
            for setting in change.unsets() {
                let key = setting.key();
                let defaults = if key == "bake" && !has_waves { &built_in } else { &defaults };
                match defaults.get(key).or_else(|| built_in.get(key)) {
                    Some(back) => expected.insert(key.to_owned(), back.clone()),
                    None => expected.remove(key),
                };
            }
            expected.extend(asked);
            let wanted: JobSettings = serde_json::from_value(Value::Object(expected.clone())).unwrap();
            in_force(drill.scheduler(), id, &wanted)?;
            in_force(drill.replayed().scheduler(), id, &wanted)?;
            let text = serde_json::to_string(&drill.scheduler().snapshot()).unwrap();
            let restored = Scheduler::restore(&serde_json::from_str::<Snapshot>(&text).unwrap()).unwrap();
            prop_assert!(restored.same_state(drill.scheduler()));
            in_force(&restored, id, &wanted)?;
        }
    }

    #[test]
    fn settings_are_stored_and_merged_one_by_one(first in job_settings(), second in job_settings()) {
        let merged = first.clone().or(&second);
        let mut expected = stored(&second);
        expected.extend(stored(&first));
        prop_assert_eq!(stored(&merged), expected);
        for &setting in Setting::ALL {
            prop_assert_eq!(first.is_set(setting), stored(&first).contains_key(setting.key()));
            prop_assert_eq!(Setting::named(setting.key()), Some(setting));
            let mut without = first.clone();
            without.unset(setting);
            let mut expected = stored(&first);
            expected.remove(setting.key());
            prop_assert_eq!(stored(&without), expected);
        }
        prop_assert_eq!(serde_json::from_value::<JobSettings>(Value::Object(stored(&first))).unwrap(), first);
    }
}

fn in_force(scheduler: &Scheduler, id: JobId, wanted: &JobSettings) -> Result<(), TestCaseError> {
    let job = scheduler.job(id).unwrap();
    let hosts = u32::try_from(job.tasks().count()).unwrap();
    prop_assert_eq!(job.settings(), &wanted.resolve(hosts));
    Ok(())
}
