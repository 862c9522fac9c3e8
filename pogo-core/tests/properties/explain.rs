//! What `explain` says is all there is: clear it, and the host starts.

use pogo_core::fleet::HostName;
use pogo_core::scheduler::{Blocker, HolderReason, Input, JobId, Outcome, TaskState};
use pogo_core::testing::{Drill, Step};
use proptest::prelude::*;

use crate::scenario::{config, scenarios};

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn every_waiting_host_has_a_reason_and_a_sentence(scenario in scenarios(50)) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            drill.play(step);
            for (job, host, state) in tasks(&drill) {
                let why = drill.scheduler().explain(job, host.as_str()).unwrap();
                prop_assert_eq!(why.is_empty(), state != TaskState::Waiting, "{} of {} is {:?}: {:?}", host, job, state, why);
                prop_assert!(why.iter().all(|blocker| !blocker.to_string().is_empty()));
            }
        }
    }

    #[test]
    fn a_host_starts_once_what_was_in_its_way_is_cleared(scenario in scenarios(40), nth in any::<prop::sample::Index>()) {
        let mut drill = scenario.drill();
        scenario.steps.iter().for_each(|step| _ = drill.play(step));
        let waiting: Vec<_> = tasks(&drill).into_iter().filter(|(.., state)| *state == TaskState::Waiting).collect();
        if waiting.is_empty() {
            return Ok(());
        }
        let (job, host, _) = nth.get(&waiting);
        // Others may take the places that are cleared, so that it takes several rounds; but each clears something.
        for _ in 0..100 {
            let why = drill.scheduler().explain(*job, host.as_str()).unwrap();
            if why.is_empty() {
                return Ok(());
            }
            for blocker in &why {
                if !clear(&mut drill, *job, blocker) {
                    return Ok(());
                }
            }
        }
        let why = drill.scheduler().explain(*job, host.as_str()).unwrap();
        prop_assert!(false, "{} of {} never starts: {:?}", host, job, why);
    }
}

fn tasks(drill: &Drill) -> Vec<(JobId, HostName, TaskState)> {
    let jobs = drill.scheduler().jobs();
    jobs.flat_map(|job| {
        job.tasks()
            .map(move |task| (job.id(), task.host().clone(), task.state()))
    })
    .collect()
}

/// Does what the sentence says. False if only another policy can help.
fn clear(drill: &mut Drill, job: JobId, blocker: &Blocker) -> bool {
    match blocker {
        Blocker::BucketFull { places: 0, .. } => return false,
        Blocker::BucketFull { holders, .. } => {
            for holder in holders {
                match holder.reason {
                    HolderReason::Running { .. } => end(drill, |_, on| *on == holder.host),
                    _ => {
                        let (host, reason) = (holder.host.clone(), String::new());
                        // It may have left the fleet, or serve again by now.
                        let _ = drill.tell(Input::MarkUp { host, reason });
                    }
                }
            }
        }
        Blocker::GateClosed { pending, failed, .. } => {
            for host in pending.iter().chain(failed) {
                end(drill, |of, on| of == job && on == host);
                let _ = drill.tell(Input::Skip {
                    job,
                    hosts: vec![host.clone()],
                });
            }
        }
        Blocker::Baking { until } | Blocker::Backoff { until } => wait(drill, *until),
        Blocker::Leased { job: other } => end(drill, |of, _| of == *other),
        Blocker::Paused | Blocker::Halted => _ = drill.tell(Input::Resume { job }),
        Blocker::FailureBudget { .. } => {
            let failed = tasks(drill)
                .into_iter()
                .filter(|(of, _, state)| *of == job && matches!(state, TaskState::Failed | TaskState::InDoubt));
            let hosts = failed.map(|(_, host, _)| host).collect();
            let _ = drill.tell(Input::Skip { job, hosts });
        }
        Blocker::JobMaxParallel { limit: 0 } => return false,
        Blocker::JobMaxParallel { .. } => end(drill, |of, _| of == job),
        _ => {}
    }
    true
}

/// Attempts succeed, and settle.
fn end(drill: &mut Drill, which: impl Fn(JobId, &HostName) -> bool) {
    let attempts: Vec<_> = drill
        .running()
        .iter()
        .filter(|(_, (of, on))| which(*of, on))
        .map(|(attempt, _)| *attempt)
        .collect();
    for attempt in attempts {
        drill
            .tell(Input::Reported {
                attempt,
                outcome: Outcome::Succeeded,
            })
            .unwrap();
        while drill.running().contains_key(&attempt) && drill.play(&Step::Tick).is_some() {}
    }
}

fn wait(drill: &mut Drill, until: pogo_core::Timestamp) {
    drill.play(&Step::Wait(until - drill.now()));
}
