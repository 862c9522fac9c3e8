//! Whatever input the scheduler gets, it answers with events or an error, and an error changes nothing.

use std::sync::Arc;

use pogo_core::Timestamp;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{AttemptId, Input, InputError, JobId, Order, Outcome, Phase};
use pogo_core::testing::Drill;
use proptest::prelude::*;

use crate::scenario::{config, scenarios};

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn a_refused_input_changes_nothing(scenario in scenarios(40)) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            let before = drill.replayed();
            if let Some((_, Err(_))) = drill.play(step) {
                prop_assert!(before.scheduler().same_state(drill.scheduler()), "after {:?}", step);
                prop_assert_eq!(before.records().len(), drill.records().len());
            }
        }
    }

    #[test]
    fn nonsense_is_refused_at_any_moment(scenario in scenarios(20), nonsense in 0..NONSENSE) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        let before = drill.replayed();
        let input = nonsensical(&drill, nonsense);
        prop_assert!(drill.handle(input.clone()).is_err(), "{:?}", input);
        prop_assert!(before.scheduler().same_state(drill.scheduler()));
        prop_assert_eq!(drill.scheduler().verify(), Ok(()));
    }
}

const NONSENSE: usize = 13;

fn nonsensical(drill: &Drill, which: usize) -> Input {
    let (job, nobody) = (JobId::new(1), JobId::new(77));
    let (host, stranger) = ("h1".parse().unwrap(), vec!["stranger".parse().unwrap()]);
    let attempt = AttemptId::new(u64::MAX);
    let taken = drill.scheduler().jobs().next().map_or(nobody, |job| job.id());
    let targets = if taken == nobody { "$nowhere" } else { "*" };
    let spec = Arc::new(JobSpec::new(targets.parse().unwrap(), RemoteCommand::shell("true")));
    let order = match which {
        3 => {
            return Input::PhaseEntered {
                attempt,
                phase: Phase::Command,
            };
        }
        4 => {
            return Input::Reported {
                attempt,
                outcome: Outcome::Succeeded,
                output: None,
            };
        }
        0 => Order::Submit { job: Some(taken), spec },
        1 => Order::Submit {
            job: Some(nobody),
            spec: Arc::new(JobSpec::new("$nowhere".parse().unwrap(), RemoteCommand::shell("true"))),
        },
        2 => Order::Submit {
            job: Some(nobody),
            spec: Arc::new(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell(" "))),
        },
        5 => Order::Pause { job: nobody },
        6 => Order::Resume { job: nobody },
        7 => Order::Halt { job: nobody },
        8 => Order::Abort { job: nobody },
        9 => Order::Retry {
            job: nobody,
            hosts: vec![host],
            force: false,
        },
        10 => Order::Skip {
            job,
            hosts: stranger,
            force: false,
        },
        11 => Order::MarkDown {
            host: "stranger".parse().unwrap(),
        },
        _ => Order::Alter {
            job: nobody,
            change: Default::default(),
        },
    };
    order.into()
}

#[test]
fn time_that_goes_back_is_refused() {
    let mut scheduler = pogo_core::scheduler::Scheduler::new();
    let [later, now] = [Timestamp::from_millis(2), Timestamp::from_millis(1)];
    scheduler.handle(later, Input::Tick).unwrap();
    let result = scheduler.handle(now, Input::Tick);
    assert_eq!(result, Err(InputError::TimeWentBack { now, last: later }));
}
