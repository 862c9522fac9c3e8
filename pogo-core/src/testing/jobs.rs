//! Random jobs.

use std::time::Duration;

use proptest::prelude::*;

use super::policies::{limits, parse, value};
use crate::plan::{Command, Expectation, JobSpec, Order, WaveGate};
use crate::policy::{Limit, OnDoubt};

/// Jobs for hosts of [`fleets`](super::fleets), with every setting that matters to scheduling: time limits, retries, settle and bake times,
/// waves, priorities, orders, expected times, and now and then an override of all constraints.
pub fn job_specs() -> impl Strategy<Value = JobSpec> {
    (targets(), numbers(), pace(), time_limits(), order()).prop_map(|(targets, numbers, pace, limits, order)| {
        let mut spec = JobSpec::new(targets, Command::shell("true"));
        (spec.retries, spec.connect_retries, spec.max_failures, spec.max_parallel) = numbers;
        (
            (spec.waves, spec.allow_failures, spec.gate),
            spec.bake,
            spec.settle,
            spec.retry_delay,
        ) = pace;
        if spec.gate == WaveGate::Manual {
            spec.bake = None;
        }
        // A bake time without waves is refused.
        spec.bake = spec.bake.filter(|_| !spec.waves.is_empty());
        (spec.attempt_timeout, spec.slow_after, spec.job_timeout) = limits;
        (
            spec.order,
            spec.expected,
            spec.on_doubt,
            spec.override_constraints,
            spec.priority,
            spec.seed,
        ) = order;
        spec
    })
}

fn targets() -> impl Strategy<Value = crate::fleet::Selector> {
    prop_oneof![
        6 => Just(parse("*")),
        2 => value(),
        1 => Just(parse("$role, $colo.east")),
        1 => Just(parse("!$rack.r1")),
    ]
}

type Numbers = (Option<u32>, Option<u32>, Option<Limit>, Option<Limit>);

fn numbers() -> impl Strategy<Value = Numbers> {
    let max_parallel = limits().prop_filter("a job of no places is refused", |limit| limit.places(1) > 0);
    (
        prop::option::of(0..3_u32),
        prop::option::of(0..3_u32),
        prop::option::weighted(0.3, limits()),
        prop::option::weighted(0.3, max_parallel),
    )
}

type Pace = (
    (Vec<Limit>, Limit, WaveGate),
    Option<Duration>,
    Option<Duration>,
    Option<Duration>,
);

fn pace() -> impl Strategy<Value = Pace> {
    let sizes = prop::collection::vec(limits(), 1..=3).prop_filter("hosts would be left that never start", |sizes| {
        sizes.last().is_none_or(|last| !last.is_zero())
    });
    let allowed = prop_oneof![2 => Just(Limit::Count(0)), 1 => limits()];
    let gates = prop::sample::select(&[WaveGate::Automatic, WaveGate::Automatic, WaveGate::Manual][..]);
    let waves = prop_oneof![
        3 => Just((vec![], Limit::Count(0), WaveGate::Automatic)),
        1 => (sizes, allowed, gates),
    ];
    (waves, seconds(0.5, 60), seconds(0.3, 30), seconds(0.5, 10))
}

fn time_limits() -> impl Strategy<Value = (Option<Duration>, Option<Duration>, Option<Duration>)> {
    let attempt = prop::option::weighted(0.3, (1..=90_u64).prop_map(Duration::from_secs));
    (attempt, seconds(0.3, 60), seconds(0.15, 600))
}

fn seconds(given: f64, most: u64) -> impl Strategy<Value = Option<Duration>> {
    prop::option::weighted(given, (0..=most).prop_map(Duration::from_secs))
}

type Choice = (Order, Vec<Expectation>, Option<OnDoubt>, Option<String>, i32, u64);

fn order() -> impl Strategy<Value = Choice> {
    let expectation = (value(), 1..100_u64).prop_map(|(hosts, seconds)| Expectation {
        hosts,
        time: Duration::from_secs(seconds),
    });
    (
        prop::sample::select(&[Order::Balanced, Order::Balanced, Order::Listed, Order::Shuffled][..]),
        prop::collection::vec(expectation, 0..3),
        prop::option::of(prop::sample::select(&[OnDoubt::Fail, OnDoubt::Retry][..])),
        prop::option::weighted(0.1, Just("it burns".to_owned())),
        -1..=1_i32,
        0..4_u64,
    )
}
