//! A source of hosts that forgets some of them now and then loses no job's hosts, and ends no job late.

use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, Policy, Rule};
use pogo_core::scheduler::{Input, JobId, JobStatus, Order, Outcome, TaskState};
use pogo_core::testing::{Drill, Step};
use proptest::prelude::*;

use crate::scenario::config;

const HOSTS: u8 = 6;
const JOB: JobId = JobId::new(1);

/// A poll of the source: which hosts it has, how many of those that run end before the next poll, and when that is.
#[derive(Debug, Clone, Copy)]
struct Poll {
    hosts: u8,
    ends: usize,
    wait: Duration,
}

fn polls() -> impl Strategy<Value = Vec<Poll>> {
    // At least every second poll has all hosts, so that none is away for longer than it is waited for.
    let poll = (1..1_u8 << HOSTS, 0..4_usize, 0..300_u64).prop_map(|(hosts, ends, wait)| {
        let wait = Duration::from_secs(wait);
        [
            Poll { hosts, ends, wait },
            Poll {
                hosts: u8::MAX,
                ends,
                wait,
            },
        ]
    });
    prop::collection::vec(poll, 1..8).prop_map(|polls| polls.concat())
}

fn fleet(hosts: u8) -> Arc<Fleet> {
    let there = (0..HOSTS).filter(|host| hosts >> host & 1 == 1);
    let fleet = there.fold(Fleet::builder(), |fleet, host| {
        fleet.host(&format!("h{host}")).tag(&format!("t.{}", host % 2))
    });
    Arc::new(fleet.declare_tag("t").build().unwrap())
}

fn drill(limit: u32) -> Drill {
    let rule = Rule::MaxParallel(limit.to_string().parse().unwrap());
    let policy = Policy::new()
        .constraint(Constraint::new("*".parse().unwrap(), rule))
        .retire_after(std::time::Duration::MAX);
    let mut drill = Drill::new(fleet(u8::MAX), Arc::new(policy)).unwrap();
    drill
        .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
        .unwrap();
    drill
}

fn end(drill: &mut Drill, most: usize) {
    let running: Vec<_> = drill.running().keys().copied().take(most).collect();
    for attempt in running {
        let outcome = Outcome::Succeeded;
        drill
            .handle(Input::Reported {
                attempt,
                outcome,
                output: None,
            })
            .unwrap();
    }
}

fn poll(drill: &mut Drill, Poll { hosts, ends, wait }: Poll) {
    let policy = Arc::clone(drill.scheduler().policy());
    let fleet = fleet(hosts);
    drill.handle(Order::Configure { fleet, policy }).unwrap();
    end(drill, ends);
    drill.play(&Step::Wait(wait));
    assert_eq!(drill.scheduler().verify(), Ok(()));
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn fleets_that_flap_lose_no_host_that_comes_back_in_time(limit in 1..4_u32, polls in polls()) {
        let mut drill = drill(limit);
        polls.into_iter().for_each(|next| poll(&mut drill, next));
        while !drill.running().is_empty() {
            end(&mut drill, 1);
        }
        let job = drill.scheduler().job(JOB).unwrap();
        prop_assert_eq!(job.status(), JobStatus::Finished);
        prop_assert!(job.results().all(|row| row.state == TaskState::Succeeded), "{}", job.tally());
        prop_assert!(drill.replayed().scheduler().same_state(drill.scheduler()));
    }

    #[test]
    fn a_job_ends_although_hosts_never_come_back(limit in 1..4_u32, polls in polls(), last in 1..1_u8 << HOSTS) {
        let mut drill = drill(limit);
        polls.into_iter().for_each(|next| poll(&mut drill, next));
        poll(&mut drill, Poll { hosts: last, ends: 0, wait: Duration::ZERO });
        while !drill.running().is_empty() {
            end(&mut drill, 1);
        }
        drill.play(&Step::Wait(Duration::from_secs(300)));
        let job = drill.scheduler().job(JOB).unwrap();
        prop_assert_eq!(job.status(), JobStatus::Finished);
        for row in job.results() {
            let there = drill.scheduler().configured_fleet().unwrap().id(row.host.as_str()).is_some();
            let ended = matches!(row.state, TaskState::Succeeded) || (!there && row.state == TaskState::Cancelled);
            prop_assert!(ended, "{} is {}", row.host, row.state);
        }
    }
}
