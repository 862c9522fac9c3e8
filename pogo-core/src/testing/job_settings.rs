//! Random settings of jobs.

use std::time::Duration;

use proptest::prelude::*;

use super::limits::limits;
use crate::policy::{JobSettings, Limit, OnDoubt, WaveGate};

/// Settings of jobs and of updates, each left open more often than not: none under which nothing could run.
pub fn job_settings() -> impl Strategy<Value = JobSettings> {
    (
        retries(),
        hosts(),
        (times(), leave_after()),
        time_limits(),
        waves(),
        choices(),
    )
        .prop_map(|(retries, hosts, times, limits, (_, allow_failures, gate), choices)| {
            let mut settings = JobSettings::new();
            (settings.allow_failures, settings.gate) = (allow_failures, gate);
            (settings.retries, settings.connect_retries, settings.retry_backoff) = retries;
            (settings.max_failures, settings.max_parallel) = hosts;
            (
                (settings.bake, settings.settle, settings.retry_delay),
                settings.leave_after,
            ) = times;
            (settings.attempt_timeout, settings.slow_after, settings.job_timeout) = limits;
            (
                settings.on_doubt,
                settings.priority,
                settings.pre_hooks,
                settings.post_hooks,
            ) = choices;
            settings
        })
}

fn retries() -> impl Strategy<Value = (Option<u32>, Option<u32>, Option<u32>)> {
    let backoff = prop::option::weighted(0.3, 1..=3_u32);
    (prop::option::of(0..3_u32), prop::option::of(0..3_u32), backoff)
}

fn leave_after() -> impl Strategy<Value = Option<Duration>> {
    prop::option::of((0..60_u64).prop_map(Duration::from_secs))
}

fn hosts() -> impl Strategy<Value = (Option<Limit>, Option<Limit>)> {
    let max_parallel = limits().prop_filter("a job of no slots is refused", |limit| !limit.is_zero());
    (
        prop::option::weighted(0.3, limits()),
        prop::option::weighted(0.3, max_parallel),
    )
}

pub(super) type Waves = (Vec<Limit>, Option<Limit>, Option<WaveGate>);

pub(super) fn waves() -> impl Strategy<Value = Waves> {
    let sizes = prop::collection::vec(limits(), 1..=3).prop_filter("hosts would be left that never start", |sizes| {
        sizes.last().is_none_or(|last| !last.is_zero())
    });
    let gates = prop::sample::select(
        &[
            None,
            Some(WaveGate::Automatic),
            Some(WaveGate::Automatic),
            Some(WaveGate::Manual),
        ][..],
    );
    prop_oneof![
        3 => Just((vec![], None, None)),
        1 => (sizes, prop::option::weighted(0.3, limits()), gates),
    ]
}

fn times() -> impl Strategy<Value = (Option<Duration>, Option<Duration>, Option<Duration>)> {
    (seconds(0.5, 60), seconds(0.3, 30), seconds(0.5, 10))
}

fn time_limits() -> impl Strategy<Value = (Option<Duration>, Option<Duration>, Option<Duration>)> {
    let attempt = prop::option::weighted(0.3, (1..=90_u64).prop_map(Duration::from_secs));
    (attempt, seconds(0.3, 60), seconds(0.15, 600))
}

fn seconds(given: f64, most: u64) -> impl Strategy<Value = Option<Duration>> {
    prop::option::weighted(given, (0..=most).prop_map(Duration::from_secs))
}

type Choices = (Option<OnDoubt>, Option<i32>, Option<String>, Option<String>);

fn choices() -> impl Strategy<Value = Choices> {
    let directory = || {
        prop::option::weighted(
            0.1,
            prop::sample::select(&["", "/opt/hooks"][..]).prop_map(str::to_owned),
        )
    };
    (
        prop::option::of(prop::sample::select(&[OnDoubt::Fail, OnDoubt::Retry][..])),
        prop::option::of(-1..=1_i32),
        directory(),
        directory(),
    )
}
