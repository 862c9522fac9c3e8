//! Jobs that retire: what is left of them, and what may be done with it.

use std::time::Duration;

use pogo_core::policy::{JobSettings, Policy};
use pogo_core::scheduler::{
    CureOrder, Event, HolderReason, InputError, JobEventKind, JobId, JobStatus, Order, Scheduler, Snapshot,
    TaskEventKind,
};
use pogo_core::testing::Step;

use crate::story::{Story, at_most, host, on, web};

const FIRST: JobId = JobId::new(1);

fn retires_after(seconds: u64, policy: Policy) -> Policy {
    policy.retire_after(Duration::from_secs(seconds))
}

fn wait(story: &mut Story, seconds: u64) {
    story.drill.play(&Step::Wait(Duration::from_secs(seconds)));
}

/// `a` failed and `b` is in doubt in a job that has retired; `c` succeeded in it.
fn left_behind() -> Story {
    let mut story = Story::new(web("a,b,c"), retires_after(0, at_most("3")));
    story.submit(on("*").retries(0).waves(["100%".parse().unwrap()]).user("ada"));
    story.ends("c");
    story.fails("a");
    story.reports("b", pogo_core::scheduler::Outcome::in_doubt("the link broke"));
    assert!(story.drill.scheduler().job(FIRST).is_none());
    story
}

fn restored(scheduler: &Scheduler) -> Scheduler {
    let text = serde_json::to_string(&scheduler.snapshot()).unwrap();
    Scheduler::restore(&serde_json::from_str::<Snapshot>(&text).unwrap()).unwrap()
}

#[test]
fn a_job_retires_once_it_has_been_finished_for_as_long_as_the_policy_says() {
    let mut story = Story::new(web("a"), retires_after(60, at_most("1")));
    story.submit(on("a"));
    story.ends("a");
    wait(&mut story, 59);
    assert_eq!(
        story.drill.scheduler().job(FIRST).unwrap().status(),
        JobStatus::Finished
    );
    assert_eq!(story.drill.scheduler().next_timeout(), None, "nobody is woken for it");
    wait(&mut story, 1);
    assert!(story.drill.scheduler().job(FIRST).is_none());
    let last = story.drill.records().last().unwrap();
    assert_eq!(last.event, Event::of_job(FIRST, JobEventKind::Retired));
    assert_eq!(
        story.drill.scheduler().retired_jobs().count(),
        0,
        "it left nothing behind"
    );
}

#[test]
fn a_job_that_is_retried_in_time_does_not_retire() {
    let mut story = Story::new(web("a"), retires_after(60, at_most("1")));
    story.submit(on("a").retries(0));
    story.fails("a");
    wait(&mut story, 59);
    let hosts = vec![host("a")];
    story
        .drill
        .handle(Order::Retry {
            job: FIRST,
            hosts,
            force: false,
        })
        .unwrap();
    wait(&mut story, 300);
    assert_eq!(story.drill.scheduler().job(FIRST).unwrap().status(), JobStatus::Running);
    story.ends("a");
    wait(&mut story, 59);
    assert!(
        story.drill.scheduler().job(FIRST).is_some(),
        "it counts from when it was finished last"
    );
    wait(&mut story, 1);
    assert!(story.drill.scheduler().job(FIRST).is_none());
}

#[test]
fn a_job_that_waits_for_an_operator_does_not_retire() {
    let mut story = Story::new(web("a,b"), retires_after(0, at_most("1")));
    story.submit(on("*").retries(0));
    story.fails("a");
    wait(&mut story, 1_000_000);
    assert_eq!(story.drill.scheduler().job(FIRST).unwrap().status(), JobStatus::Blocked);
}

#[test]
fn numbers_of_retired_jobs_are_not_given_out_again() {
    let mut story = Story::new(web("a"), retires_after(0, at_most("1")));
    story.submit(on("a"));
    story.ends("a");
    for scheduler in [
        story.drill.scheduler(),
        &restored(story.drill.scheduler()),
        story.drill.replayed().scheduler(),
    ] {
        assert_eq!(scheduler.next_job(), JobId::new(2));
    }
    let spec = on("a").into();
    let again = story.drill.handle(Order::Submit { job: Some(FIRST), spec });
    assert_eq!(again, Err(InputError::DuplicateJob { job: FIRST }));
}

#[test]
fn what_a_retired_job_left_failed_keeps_its_slots_and_says_why() {
    let story = left_behind();
    for scheduler in [story.drill.scheduler(), &restored(story.drill.scheduler())] {
        assert_eq!(scheduler.buckets().next().unwrap().unavailable(), 2);
        let failed = HolderReason::Failed { job: FIRST };
        assert_eq!(scheduler.holder_reason(&host("a")), Some(failed));
        let doubt = HolderReason::InDoubt { job: FIRST };
        assert_eq!(scheduler.holder_reason(&host("b")), Some(doubt));
        let left: Vec<_> = scheduler.retired_jobs().collect();
        let [left] = left[..] else { panic!("{left:?}") };
        assert_eq!((left.id(), left.spec().user.as_str()), (FIRST, "ada"));
        let hosts: Vec<_> = left
            .hosts()
            .map(|(host, failure)| (host.as_str(), failure.is_some()))
            .collect();
        assert_eq!(hosts, [("a", true), ("b", false)]);
    }
}

#[test]
fn skipping_a_host_of_a_retired_job_frees_its_slots() {
    let mut story = left_behind();
    let hosts = vec![host("a"), host("a")];
    let events = story
        .drill
        .handle(Order::Skip {
            job: FIRST,
            hosts,
            force: false,
        })
        .unwrap();
    assert_eq!(events, [Event::of_task(FIRST, host("a"), TaskEventKind::Skipped)]);
    assert_eq!(story.drill.scheduler().buckets().next().unwrap().unavailable(), 1);
    assert!(story.drill.replayed().scheduler().same_state(story.drill.scheduler()));
    let hosts = vec![host("a")];
    let again = story.drill.handle(Order::Skip {
        job: FIRST,
        hosts,
        force: false,
    });
    let host = host("a");
    assert_eq!(again, Err(InputError::NotHeldByJob { job: FIRST, host }));
}

#[test]
fn retrying_hosts_of_a_retired_job_makes_a_new_job_that_says_of_which() {
    let mut story = left_behind();
    let hosts = vec![host("b"), host("a")];
    story
        .drill
        .handle(Order::Retry {
            job: FIRST,
            hosts,
            force: false,
        })
        .unwrap();
    let second = JobId::new(2);
    let job = story.drill.scheduler().job(second).unwrap();
    assert_eq!((job.retry_of(), job.tasks().count()), (Some(FIRST), 2));
    assert_eq!(
        (job.spec().user.as_str(), job.settings().retries),
        ("ada", 0),
        "its settings are those of the first"
    );
    assert!(job.spec().waves.is_empty());
    assert_eq!(
        job.tally().running,
        2,
        "they are repaired, so they need no further slots"
    );
    assert_eq!(
        restored(story.drill.scheduler()).job(second).unwrap().retry_of(),
        Some(FIRST)
    );
    story.ends("a");
    story.ends("b");
    assert_eq!(story.drill.scheduler().buckets().next().unwrap().unavailable(), 0);
    assert_eq!(story.drill.scheduler().retired_jobs().count(), 0);
}

#[test]
fn settings_that_were_changed_hold_for_the_retry_too() {
    let mut story = Story::new(web("a,b"), retires_after(0, at_most("2")));
    story.submit(on("*").retries(0));
    let change = JobSettings::new().attempt_timeout(Duration::from_secs(7)).into();
    story.drill.handle(Order::Alter { job: FIRST, change }).unwrap();
    story.fails("a");
    story.ends("b");
    let hosts = vec![host("a")];
    story
        .drill
        .handle(Order::Retry {
            job: FIRST,
            hosts,
            force: false,
        })
        .unwrap();
    let job = story.drill.scheduler().job(JobId::new(2)).unwrap();
    assert_eq!(job.settings().attempt_timeout, Duration::from_secs(7));
}

#[test]
fn orders_to_a_retired_job_are_refused_by_what_it_is() {
    let mut story = left_behind();
    let said = |answer: Result<Vec<Event>, InputError>| answer.unwrap_err().to_string();
    let gone =
        "job-1 is over and has left the scheduler; the journal has its records, and a new job can run on its hosts";
    assert_eq!(said(story.drill.handle(Order::Resume { job: FIRST })), gone);
    let hosts = vec![host("c")];
    let other = "job-1 is over, and host `c` is not one that it left failed or in doubt; submit a new job to run there";
    assert_eq!(
        said(story.drill.handle(Order::Retry {
            job: FIRST,
            hosts,
            force: false
        })),
        other
    );
    let hosts = vec![host("x")];
    assert_eq!(
        said(story.drill.handle(Order::Skip {
            job: FIRST,
            hosts,
            force: false
        })),
        "the fleet has no host `x`"
    );
    let job = JobId::new(9);
    assert_eq!(
        story.drill.handle(Order::Pause { job }),
        Err(InputError::UnknownJob { job })
    );
}

#[test]
fn whatever_makes_a_host_well_ends_what_is_left_of_the_job() {
    let ways: [&dyn Fn(&mut Story); 3] = [
        &|story| {
            story.submit(on("a,b"));
            story.ends("a");
            story.ends("b");
        },
        &|story| {
            for name in ["a", "b"] {
                let reason = "looked at".to_owned();
                story
                    .drill
                    .handle(
                        Order::MarkUp {
                            host: host(name),
                            force: false,
                        }
                        .because(reason),
                    )
                    .unwrap();
            }
        },
        &|story| {
            let fleet = web("c").build().unwrap().into();
            let policy = retires_after(0, at_most("1")).into();
            story.drill.handle(Order::Configure { fleet, policy }).unwrap();
        },
    ];
    for way in ways {
        let mut story = left_behind();
        way(&mut story);
        assert_eq!(story.drill.scheduler().retired_jobs().count(), 0);
        assert!(restored(story.drill.scheduler()).same_state(story.drill.scheduler()));
    }
}

#[test]
fn explain_names_orders_to_a_retired_job_that_are_accepted() {
    let mut story = Story::new(web("a,b"), retires_after(0, at_most("1")));
    story.submit(on("a").retries(0));
    story.fails("a");
    story.submit(on("b"));
    let why = story.drill.scheduler().explain(JobId::new(2), "b").unwrap();
    let orders: Vec<_> = why[0].cures.iter().map(|cure| &cure.orders[0]).collect();
    let (job, hosts) = (FIRST, vec![host("a")]);
    let retry = CureOrder::Retry {
        job,
        hosts: hosts.clone(),
        force: false,
    };
    let skip = CureOrder::Skip {
        job,
        hosts: hosts.clone(),
        force: false,
    };
    assert_eq!(orders, [&retry, &skip, &CureOrder::MarkUp { hosts, force: false }]);
}

#[test]
fn a_host_that_is_failed_for_no_job_that_is_known_is_no_snapshot() {
    let mut value = serde_json::to_value(left_behind().drill.scheduler().snapshot()).unwrap();
    value["remnants"][0]["hosts"].as_array_mut().unwrap().pop();
    let snapshot: Snapshot = serde_json::from_value(value).unwrap();
    let refused = Scheduler::restore(&snapshot).unwrap_err().to_string();
    assert!(refused.contains("what is left of job-1 does not match"), "{refused}");
}

#[test]
fn jobs_that_ended_well_leave_nothing_but_their_highest_number() {
    let mut story = Story::new(web("a,b,c"), retires_after(0, at_most("2")));
    let snapshot = |story: &Story| {
        let mut value = serde_json::to_value(story.drill.scheduler().snapshot()).unwrap();
        let fields = value.as_object_mut().unwrap();
        let counts = ["retired", "attempts"].map(|field| fields.remove(field));
        (value, counts)
    };
    let (empty, _) = snapshot(&story);
    for _ in 0..50 {
        story.submit(on("*"));
        ["a", "b", "c"].iter().for_each(|host| _ = story.ends(host));
    }
    let (after, counts) = snapshot(&story);
    assert_eq!(after, empty);
    assert_eq!(counts, [Some(50.into()), Some(150.into())]);
}
