//! The same inputs give the same events, and the same events give the same state.

use pogo_core::scheduler::{Input, Scheduler};
use proptest::prelude::*;

use crate::scenario::{Scenario, config, scenarios, scenarios_of};

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn the_same_inputs_give_the_same_events(scenario in scenarios(40)) {
        let (mut first, mut second) = (scenario.drill(), scenario.drill());
        for step in &scenario.steps {
            prop_assert_eq!(first.play(step), second.play(step));
        }
    }

    #[test]
    fn replay_equals_live_after_every_input(scenario in scenarios(60)) {
        let mut drill = scenario.drill();
        let mut replayed = Scheduler::new();
        let mut seen = 0;
        for step in &scenario.steps {
            drill.play(step);
            for record in &drill.records()[seen..] {
                prop_assert_eq!(replayed.apply(record), Ok(()));
            }
            seen = drill.records().len();
            prop_assert!(replayed.same_state(drill.scheduler()), "after {:?}", step);
        }
    }

    #[test]
    fn going_on_after_a_replay_is_the_same_as_never_having_stopped(scenario in scenarios(60), stop in 0..60_usize) {
        stops_and_goes_on(&scenario, stop)?;
    }

    #[test]
    fn stored_records_read_back_as_they_were(scenario in scenarios(30)) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        for record in drill.records() {
            let line = serde_json::to_string(record).unwrap();
            prop_assert_eq!(&serde_json::from_str::<pogo_core::scheduler::Record>(&line).unwrap(), record, "{}", line);
        }
    }
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn going_on_after_a_replay_of_many_hosts_is_the_same(scenario in scenarios_of(20..=40, 200), stop in 0..100_usize) {
        stops_and_goes_on(&scenario, stop)?;
    }
}

fn stops_and_goes_on(scenario: &Scenario, stop: usize) -> Result<(), TestCaseError> {
    let mut live = scenario.drill();
    let (before, after) = scenario.steps.split_at(stop.min(scenario.steps.len()));
    before.iter().for_each(|step| _ = live.play(step));
    let mut restarted = live.replayed();
    // Deadlines are known again from the first input on.
    prop_assert_eq!(live.handle(Input::Tick), restarted.handle(Input::Tick));
    for step in after {
        prop_assert_eq!(live.play(step), restarted.play(step), "at {:?}", step);
        prop_assert_eq!(live.scheduler().next_timeout(), restarted.scheduler().next_timeout());
    }
    Ok(())
}
