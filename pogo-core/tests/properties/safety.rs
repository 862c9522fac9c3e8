//! After every input the scheduler's own recount agrees, and so does the oracle: nothing started that may not, and nothing waits
//! that may start.

use pogo_core::scheduler::Record;
use pogo_core::testing::assert_once;
use proptest::prelude::*;

use crate::oracle::Oracle;
use crate::scenario::{config, scenarios};

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn every_rule_is_kept_and_no_host_waits_that_could_start(scenario in scenarios(60)) {
        let mut drill = scenario.drill();
        let mut oracle = Oracle::default();
        let mut seen = 0;
        for step in &scenario.steps {
            drill.play(step);
            prop_assert_eq!(drill.scheduler().verify(), Ok(()));
            let fresh: &[Record] = &drill.records()[seen..];
            for record in fresh {
                oracle.take(record).map_err(|broken| TestCaseError::fail(format!("{broken} at {record:?}")))?;
            }
            seen = drill.records().len();
            oracle.rest(drill.now()).map_err(TestCaseError::fail)?;
        }
        assert_once(drill.records());
    }
}
