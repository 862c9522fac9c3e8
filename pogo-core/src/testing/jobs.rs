//! Random jobs.

use std::time::Duration;

use proptest::prelude::*;

use super::drill_owner::{DrillOwner, holders};
use super::job_settings::{job_settings, waves};
use super::policies::{parse, value};
use crate::plan::{Expectation, HostOrder, JobSpec, RemoteCommand};
use crate::policy::WaveGate;

/// Jobs for hosts of [`fleets`](super::fleets), with every setting that matters to scheduling: time limits, retries,
/// settle and bake times, waves, priorities, orders, expected times, and now and then an override of all constraints,
/// or somebody's hold.
pub fn job_specs() -> impl Strategy<Value = JobSpec> {
    let holder = prop::option::weighted(0.2, holders());
    (targets(), job_settings(), waves(), order(), holder).prop_map(|(targets, settings, waves, order, holder)| {
        let mut spec = JobSpec::new(targets, RemoteCommand::shell("true")).settings(settings);
        let gate;
        (spec.waves, spec.settings.allow_failures, gate) = waves;
        spec.settings.gate = gate;
        // A bake time without waves is refused, and one with a manual gate.
        let bakes = !spec.waves.is_empty() && gate != Some(WaveGate::Manual);
        spec.settings.bake = spec.settings.bake.filter(|_| bakes);
        (spec.order, spec.expected, spec.override_constraints, spec.seed) = order;
        spec.under_hold = holder.and_then(DrillOwner::owner);
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

type Choice = (HostOrder, Vec<Expectation>, Option<String>, u64);

fn order() -> impl Strategy<Value = Choice> {
    let expectation =
        (value(), 1..100_u64).prop_map(|(hosts, seconds)| Expectation::new(hosts, Duration::from_secs(seconds)));
    (
        prop::sample::select(
            &[
                HostOrder::Balanced,
                HostOrder::Balanced,
                HostOrder::Listed,
                HostOrder::Shuffled,
            ][..],
        ),
        prop::collection::vec(expectation, 0..3),
        prop::option::weighted(0.1, Just("it burns".to_owned())),
        0..4_u64,
    )
}
