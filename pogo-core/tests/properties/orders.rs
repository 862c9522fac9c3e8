//! Balanced order is never behind listed order, on small fleets whose limits overlap.

use std::collections::BTreeMap;
use std::time::Duration;

use pogo_core::fleet::{Fleet, FleetBuilder, HostName, Selector};
use pogo_core::plan::{Expectation, HostOrder, JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
use pogo_core::sim::{TaskTimes, World};
use proptest::prelude::*;

use crate::scenario::config;

/// A fleet of colo × role × rack, where each kind of group has a limit, and what each host takes in seconds.
#[derive(Debug, Clone)]
struct Overlapping {
    /// The groups of each host, and its time.
    hosts: Vec<([u8; 3], u8)>,
    /// The limit of each kind of group.
    limits: [u8; 3],
    max_parallel: Option<u8>,
    in_sequence: bool,
}

impl Overlapping {
    fn fleet(&self) -> FleetBuilder {
        let hosts = self.hosts.iter().enumerate();
        hosts.fold(Fleet::builder(), |fleet, (at, ([colo, role, rack], _))| {
            let fleet = fleet.host(&format!("h{at}")).tag(&format!("colo.c{colo}"));
            fleet.tag(&format!("role.r{role}")).tag(&format!("rack.k{rack}"))
        })
    }

    fn policy(&self) -> Policy {
        let limit = |(group, slots): (&str, &u8)| {
            let rule = Rule::MaxParallel(slots.to_string().parse().unwrap());
            Constraint::new(group.parse().unwrap(), rule)
        };
        let selector = |text: &str| text.parse::<Selector>().unwrap();
        let roles = Sequence::new("roles", [selector("$role.r0"), selector("$role.r1")]);
        let all = self.hosts.iter().map(|(groups, _)| groups[1]);
        let in_sequence = self.in_sequence && all.clone().any(|role| role == 0) && all.clone().any(|role| role == 1);
        Policy::new()
            .constraints(["$colo", "$role", "$rack"].into_iter().zip(&self.limits).map(limit))
            .sequences(in_sequence.then_some(roles))
    }

    /// How long the job takes where each host takes as long as it says, and the job knows; or all take the same.
    fn makespan(&self, order: HostOrder, equal: bool) -> Duration {
        let time = |seconds: u8| Duration::from_secs(if equal { 10 } else { u64::from(seconds) });
        let times: BTreeMap<HostName, Duration> = (0..)
            .zip(&self.hosts)
            .map(|(at, &(_, seconds)): (u32, _)| (format!("h{at}").parse().unwrap(), time(seconds)))
            .collect();
        let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        spec.order = order;
        spec.settings.max_parallel = self.max_parallel.map(|limit| limit.to_string().parse().unwrap());
        if !equal {
            let expect = |(host, &time): (&HostName, &Duration)| Expectation::new(host.as_str().parse().unwrap(), time);
            spec.expected = times.iter().map(expect).collect();
        }
        let fleet = self.fleet().build().unwrap();
        let world = World::new(fleet, self.policy()).unwrap().seed(1);
        let mut world = world.task_times(TaskTimes::PerHost {
            times,
            otherwise: Duration::ZERO,
        });
        world.submit(spec).unwrap();
        world.run().makespan()
    }
}

fn overlapping() -> impl Strategy<Value = Overlapping> {
    let host =
        ((0..3_u8, 0..3_u8, 0..6_u8), 1..60_u8).prop_map(|((colo, role, rack), time)| ([colo, role, rack], time));
    let hosts = prop::collection::vec(host, 2..33);
    let limits = (1..4_u8, 1..4_u8, 1..3_u8).prop_map(|(colo, role, rack)| [colo, role, rack]);
    let whole = prop::option::weighted(0.2, 1..6_u8);
    (hosts, limits, whole, prop::bool::weighted(0.2)).prop_map(|(hosts, limits, max_parallel, in_sequence)| {
        Overlapping {
            hosts,
            limits,
            max_parallel,
            in_sequence,
        }
    })
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn balanced_order_is_never_behind_listed_order(fleet in overlapping(), equal in any::<bool>()) {
        let [balanced, listed] = [HostOrder::Balanced, HostOrder::Listed].map(|order| fleet.makespan(order, equal));
        prop_assert!(balanced <= listed, "{balanced:?} against {listed:?}");
    }
}
