//! A past run, once more with its own task times, takes as long as it took.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::journal::replay;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, OnDoubt, Policy, Rule};
use pogo_core::scheduler::{Event, HoldMode, JobId, Order, Outcome, Record, TaskEventKind};
use pogo_core::sim::{Fault, History, PastTimes, TaskTimes, World};
use pogo_core::testing::{Drill, Step, assert_once, job_specs};
use proptest::prelude::*;

use crate::scenario::{Scenario, config, scenarios_of};

fn times() -> impl Strategy<Value = TaskTimes> {
    let seconds = Duration::from_secs;
    prop_oneof![
        Just(TaskTimes::Fixed(seconds(5))),
        Just(TaskTimes::Uniform {
            from: seconds(1),
            to: seconds(60)
        }),
        Just(TaskTimes::LogNormal {
            median: seconds(30),
            sigma: 0.8
        }),
    ]
}

/// What goes wrong, and when somebody says what.
#[derive(Debug, Clone)]
struct Trouble {
    seed: u64,
    fail_rate: f64,
    flapping: bool,
    /// Kind and second of each order.
    orders: Vec<(u8, u64)>,
    crash: Option<usize>,
}

fn trouble() -> impl Strategy<Value = Trouble> {
    let orders = prop::collection::vec((0..10_u8, 0..200_u64), 0..4);
    let crash = prop::option::weighted(0.3, 4..60_usize);
    let fail_rate = prop::sample::select(&[0.0, 0.05, 0.4][..]);
    (any::<u64>(), fail_rate, any::<bool>(), orders, crash).prop_map(|(seed, fail_rate, flapping, orders, crash)| {
        Trouble {
            seed,
            fail_rate,
            flapping,
            orders,
            crash,
        }
    })
}

fn order(kind: u8, second: u64) -> Order {
    let job = JobId::new(1);
    let host = || format!("h{}", 1 + second % 20).parse().unwrap();
    match kind {
        0 => Order::Pause { job },
        1 | 2 => Order::Resume { job },
        3 => Order::Retry {
            job,
            hosts: vec![host()],
            force: false,
        },
        4 => Order::Skip {
            job,
            hosts: vec![host()],
            force: false,
        },
        5 => Order::MarkDown { host: host() },
        6 => Order::Halt { job },
        7 => Order::Release {
            hosts: vec![host(), "h1".parse().unwrap()],
            by: "ann".parse().unwrap(),
            force: second.is_multiple_of(2),
        },
        _ => Order::Hold {
            hosts: vec![host(), "h1".parse().unwrap()],
            owner: "ann".parse().unwrap(),
            priority: 1,
            mode: if second.is_multiple_of(2) {
                HoldMode::Immediate
            } else {
                HoldMode::Wait
            },
        },
    }
}

fn ran(scenario: &Scenario, times: &TaskTimes, trouble: &Trouble) -> Option<History> {
    let world = World::new(Arc::clone(&scenario.fleet), Arc::clone(&scenario.policy)).unwrap();
    let flap = Fault::Flap {
        up: Duration::from_secs(90),
        down: Duration::from_secs(10),
    };
    let mut world = world
        .seed(trouble.seed)
        .task_times(times.clone())
        .inject_everywhere(Fault::fails_sometimes(trouble.fail_rate));
    if trouble.flapping {
        world = world.inject_everywhere(flap);
    }
    for &(kind, second) in &trouble.orders {
        world = world.at(Timestamp::from_millis(second * 1_000), order(kind, second));
    }
    if let Some(event) = trouble.crash {
        world = world.crash(event, Duration::from_secs(20));
    }
    for step in &scenario.steps {
        if let Step::Submit(spec) = step {
            world.submit(JobSpec::clone(spec)).ok()?;
        }
    }
    Some(world.run())
}

fn line(record: &Record) -> String {
    serde_json::to_string(record).unwrap()
}

fn ended(record: &&Record) -> bool {
    record.event.ended().is_some()
}

fn was_cancelled(event: &Event) -> bool {
    matches!(event.task_kind(), Some(TaskEventKind::CancelRequested { .. }))
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn a_past_run_once_more_is_the_same_run(
        scenario in scenarios_of(1..=20, 1),
        times in times(),
        trouble in trouble()
    ) {
        // Of a dispatcher that died in the middle of what it was writing, the log says nothing but what was left in
        // doubt.
        let trouble = Trouble { crash: None, ..trouble };
        let Some(past) = ran(&scenario, &times, &trouble) else { return Ok(()) };
        prop_assume!(past.records.iter().any(|record| ended(&record)));
        let again = World::rerun(&past.records).unwrap().run();
        let lines = |history: &History| history.records.iter().skip(2).map(line).collect::<Vec<_>>().join("\n");
        prop_assert!(again.records == past.records, "first\n{}\nthen\n{}", lines(&past), lines(&again));
    }

    #[test]
    fn a_past_run_with_a_crash_takes_as_long_once_more(
        scenario in scenarios_of(1..=20, 1),
        times in times(),
        trouble in trouble()
    ) {
        let Some(past) = ran(&scenario, &times, &trouble) else { return Ok(()) };
        let first_end = past.records.iter().position(|record| ended(&record));
        prop_assume!(first_end.is_some());
        // A crash while nothing runs leaves no trace; the job just waits for the next dispatcher.
        let traced = |next: &Record| line(next).contains("restarted while it ran");
        prop_assume!(trouble.crash.is_none_or(|crash| past.records.get(crash + 1).is_none_or(traced)));
        let again = World::rerun(&past.records).unwrap().run();
        let (past, again) = (past.makespan().as_secs_f64(), again.makespan().as_secs_f64());
        prop_assert!((past - again).abs() <= past * 0.01, "{} once more is {}", past, again);
    }

    #[test]
    fn whatever_goes_wrong_no_host_runs_twice_and_the_log_says_it_all(
        scenario in scenarios_of(1..=20, 1),
        times in times(),
        trouble in trouble(),
    ) {
        let Some(history) = ran(&scenario, &times, &trouble) else { return Ok(()) };
        assert_once(&history.records);
        prop_assert!(replay(&history.records).unwrap().same_state(&history.scheduler));
        // One seed, one history.
        prop_assert_eq!(ran(&scenario, &times, &trouble).unwrap().records, history.records);
    }

    #[test]
    fn the_times_of_a_log_alone_give_the_makespan_of_a_job_without_faults(
        scenario in scenarios_of(1..=20, 1),
        spec in job_specs(),
        times in times(),
        seed: u64,
    ) {
        let world = || World::new(Arc::clone(&scenario.fleet), Arc::clone(&scenario.policy)).unwrap();
        let mut first = world().seed(seed).task_times(times);
        prop_assume!(first.submit(spec.clone()).is_ok());
        let past = first.run();
        // How long attempts would have taken that a time limit ended, is in no log, even where another try succeeded.
        prop_assume!(!past.records.iter().any(|record| was_cancelled(&record.event)));
        prop_assume!(past.scheduler.jobs().all(|job| job.tally().failed + job.tally().in_doubt == 0));
        prop_assume!(past.records.iter().any(|record| ended(&record)));
        let times = TaskTimes::Logged(Arc::new(PastTimes::of(&past.records).unwrap()));
        let mut second = world().task_times(times);
        second.submit(spec).unwrap();
        prop_assert_eq!(second.run().makespan(), past.makespan());
    }
}

#[test]
fn a_log_without_ends_is_refused_with_the_cure() {
    let fleet = pogo_core::fleet::Fleet::builder().host("a").build().unwrap();
    let world = World::new(fleet, Policy::default()).unwrap();
    let error = World::rerun(&world.history().records).unwrap_err();
    assert!(error.to_string().contains("a job that ran"), "{error}");
    let error = World::rerun(&[]).unwrap_err();
    assert!(error.to_string().contains("from its first line"), "{error}");
}

#[test]
fn a_job_retires_once_more_when_it_retired() {
    let fleet = pogo_core::fleet::Fleet::builder().host("a").build().unwrap();
    let policy = Policy::new().retire_after(Duration::from_secs(10));
    let mut drill = Drill::new(Arc::new(fleet), Arc::new(policy)).unwrap();
    drill
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
        .unwrap();
    let failed = Outcome::failed(pogo_core::scheduler::FailureKind::Command { status: 3 }, "");
    drill.play(&Step::Report(0, failed));
    drill.play(&Step::Wait(Duration::from_secs(60)));
    let retry = Order::Retry {
        job: JobId::new(1),
        hosts: vec!["a".parse().unwrap()],
        force: false,
    };
    drill.handle(retry).unwrap();
    drill.play(&Step::Report(0, Outcome::Succeeded));
    let retired = |record: &&Record| line(record).contains("job_retired");
    assert!(drill.records().iter().any(|record| retired(&record)));
    assert_eq!(World::rerun(drill.records()).unwrap().run().records, drill.records());
}

#[test]
fn reports_of_one_moment_come_in_the_order_of_the_log() {
    let fleet = pogo_core::fleet::Fleet::builder()
        .tagged("web", "web[1-4]")
        .build()
        .unwrap();
    let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("2".parse().unwrap()));
    let policy = Policy::new().constraint(limit);
    let mut drill = Drill::new(Arc::new(fleet), Arc::new(policy)).unwrap();
    drill
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
        .unwrap();
    drill.play(&Step::Wait(Duration::from_secs(9)));
    // The second of those that run, then the first; in the same millisecond.
    for running in [1, 0, 1, 0] {
        drill.play(&Step::Report(running, Outcome::Succeeded));
    }
    assert_eq!(World::rerun(drill.records()).unwrap().run().records, drill.records());
}

#[test]
fn a_rerun_adds_nothing_to_the_messages_of_a_log() {
    let fleet = pogo_core::fleet::Fleet::builder().tagged("web", "web[1-2]").build();
    let mut world = World::new(fleet.unwrap(), Policy::default()).unwrap().asks_permission();
    for (host, fault) in [("web1", Fault::times_out()), ("web2", Fault::loses_the_link())] {
        world = world.inject(&host.parse().unwrap(), &fault).unwrap();
    }
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")).retries(1);
    spec.settings.on_doubt = Some(OnDoubt::Retry);
    world.submit(spec).unwrap();
    let past = world.run().records;
    // The scheduler has added to both: the limit, and why the host was not tried again.
    for added in [
        "time limit of an attempt",
        "the link was lost; not tried again by itself: ",
    ] {
        assert!(past.iter().any(|record| line(record).contains(added)), "{added}");
    }
    assert_eq!(World::rerun(&past).unwrap().run().records, past);
}
