//! Skipping a host says that its job need not wait for it, and nothing of its health in other jobs.

use pogo_core::scheduler::{JobId, JobStatus, Order, Scheduler, TaskState};

use crate::story::{Story, at_most, host, hosts, on, web};

/// `h1` failed in job 1 and holds the one slot; jobs 2 and 3 have both hosts.
fn h1_is_broken() -> Story {
    let mut story = Story::new(web("h1,h2"), at_most("1"));
    assert_eq!(story.submit(on("h1")), "h1");
    story.fails("h1");
    for _ in 0..2 {
        story.submit(on("h1,h2"));
    }
    story
}

fn skip(story: &mut Story, job: u64, host: &str) -> String {
    let (job, hosts) = (JobId::new(job), hosts(host));
    story
        .handle(Order::Skip {
            job,
            hosts,
            force: false,
        })
        .unwrap()
}

#[test]
fn skipping_a_host_because_it_is_broken_does_not_give_its_slot_back() {
    let mut story = Story::new(web("h1,h2"), at_most("1"));
    assert_eq!(story.submit(on("h1")), "h1");
    story.fails("h1");
    let job = JobId::new(2);
    story.submit(on("h2"));
    story.handle(Order::Pause { job }).unwrap();
    assert_eq!(story.submit(on("h1,h2")), "h1", "a repair");
    story.handle(Order::Pause { job: JobId::new(3) }).unwrap();
    story.fails("h1");
    assert_eq!(skip(&mut story, 3, "h1"), "");
    assert_eq!(
        story.handle(Order::Resume { job }).unwrap(),
        "",
        "it is still broken, by job 1"
    );
    assert_eq!(story.status(2), JobStatus::Blocked);
    assert_eq!(
        skip(&mut story, 1, "h1"),
        "h2",
        "the job in which it failed says that it is well"
    );
}

#[test]
fn skipping_a_host_that_never_ran_in_the_job_frees_nothing() {
    let mut story = h1_is_broken();
    assert_eq!(story.state(2, "h1"), TaskState::Running, "a repair");
    assert_eq!(skip(&mut story, 3, "h1"), "");
    assert_eq!(story.ends("h1"), "h2", "success in a later job gives the slot back");
}

#[test]
fn marking_a_host_up_gives_back_what_every_job_did_to_it() {
    let mut story = h1_is_broken();
    story.fails("h1");
    story.fails("h1");
    assert_eq!([story.state(2, "h1"), story.state(3, "h1")], [TaskState::Failed; 2]);
    assert_eq!(skip(&mut story, 3, "h1"), "");
    assert_eq!(skip(&mut story, 2, "h1"), "");
    let (host, reason) = (host("h1"), String::new());
    assert_eq!(
        story
            .handle(Order::MarkUp { host, force: false }.because(reason))
            .unwrap(),
        "h2"
    );
}

#[test]
fn what_several_jobs_did_to_a_host_outlives_a_restart() {
    let mut story = h1_is_broken();
    story.fails("h1");
    let stored = serde_json::to_string(&story.drill.scheduler().snapshot()).unwrap();
    let restored = Scheduler::restore(&serde_json::from_str(&stored).unwrap()).unwrap();
    assert!(restored.same_state(story.drill.scheduler()));
    story.drill = story.drill.with_scheduler(restored);
    story.fails("h1");
    for job in [3, 2] {
        assert_eq!(skip(&mut story, job, "h1"), "");
    }
    assert_eq!(skip(&mut story, 1, "h1"), "h2");
}
