//! After every input the scheduler's own recount agrees, and so does the oracle: nothing started that may not, and
//! nothing waits that may start.

use pogo_core::testing::assert_once;
use proptest::prelude::*;

use crate::oracle::Oracle;
use crate::scenario::{Scenario, config, scenarios, scenarios_of};

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn every_rule_is_kept_and_no_host_waits_that_could_start(scenario in scenarios(60)) {
        agrees_with_the_oracle(&scenario)?;
    }
}

proptest! {
    #![proptest_config(config(20))]

    #[test]
    fn every_rule_is_kept_with_many_hosts_in_long_histories(scenario in scenarios_of(20..=40, 200)) {
        agrees_with_the_oracle(&scenario)?;
    }
}

fn agrees_with_the_oracle(scenario: &Scenario) -> Result<(), TestCaseError> {
    let mut drill = scenario.drill();
    let mut oracle = Oracle::default();
    let mut seen = 0;
    for step in &scenario.steps {
        drill.play(step);
        // Debug builds have recounted already, within each input.
        prop_assert!(
            cfg!(debug_assertions) || drill.scheduler().verify() == Ok(()),
            "{:?}",
            drill.scheduler().verify()
        );
        for record in &drill.records()[seen..] {
            let broken = oracle.take(record).err();
            prop_assert!(broken.is_none(), "{broken:?} at {record:?}");
        }
        seen = drill.records().len();
        oracle.rest(drill.now()).map_err(TestCaseError::fail)?;
    }
    assert_once(drill.records());
    Ok(())
}
