//! Who holds hosts, as explained to those who wait for them.

use pogo_core::policy::Policy;
use pogo_core::scheduler::{Blocker, HoldMode, HolderReason, JobId, JobStatus};

use crate::holds::{force, held, hold, owner, release};
use crate::story::{Story, at_most, host, on, web};

use HoldMode::{Immediate, Wait};

fn sentences(story: &Story, job: u64, host: &str) -> Vec<String> {
    story.obstacles(job, host).iter().map(ToString::to_string).collect()
}

#[test]
fn a_host_that_is_held_says_by_whom_since_when_and_why_and_how_to_end_that() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.waits(7);
    story.handle(hold("a", "ann", Immediate)).unwrap();
    story.submit(on("a"));
    assert_eq!(
        sentences(&story, 1, "a"),
        ["a is held by ann since 1970-01-01 00:00 UTC (a new disk): pogo release --force --reason WHY a"]
    );
}

#[test]
fn a_full_group_names_who_holds_its_slots_and_since_when() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    story.submit(on("b"));
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(
        sentences(&story, 1, "b"),
        ["a (held by ann since 1970-01-01 00:00 UTC) holds the only slot of $web: pogo release --force --reason WHY a"]
    );
    let scheduler = story.drill.scheduler();
    let reason = scheduler.holder_reason(&host("a"));
    assert_eq!(reason, Some(HolderReason::Held { owner: owner("ann") }));
    let holders = scheduler.buckets().next().unwrap().holders();
    assert_eq!(holders.len(), 1);
    assert_eq!(Some(holders[0].reason.clone()), reason);
}

#[test]
fn a_blocked_job_names_all_hosts_that_one_owner_holds_in_one_obstacle() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.handle(hold("a b", "ann", Immediate)).unwrap();
    story.handle(hold("c", "bob", Immediate)).unwrap();
    story.submit(on("*"));
    let blockers = story.drill.scheduler().job(JobId::new(1)).unwrap().blockers();
    let held: Vec<(usize, String)> = blockers
        .iter()
        .filter_map(|obstacle| match &obstacle.blocker {
            Blocker::Held { hosts, hold } => Some((hosts.len(), hold.owner.to_string())),
            _ => None,
        })
        .collect();
    assert_eq!(held, [(2, "ann".to_owned()), (1, "bob".to_owned())]);
}

#[test]
fn releasing_by_force_is_offered_last_where_a_host_has_failed_besides() {
    let mut story = Story::new(web("a,b,c"), at_most("2"));
    story.handle(hold("a", "ann", Immediate)).unwrap();
    story.submit(on("b,c"));
    story.fails("b");
    let obstacles = story.obstacles(1, "c");
    let cures: Vec<String> = obstacles[0].cures.iter().map(ToString::to_string).collect();
    assert_eq!(
        cures,
        ["pogo retry 1 b", "pogo skip 1 b", "pogo mark up b"],
        "a slot of $web is enough"
    );
}

#[test]
fn a_hold_in_line_for_a_slot_is_named_beside_who_has_it() {
    let mut story = Story::new(web("a,b,c"), at_most("1"));
    story.submit(on("a"));
    story.handle(hold("b", "ann", Wait)).unwrap();
    story.submit(on("c"));
    assert_eq!(
        sentences(&story, 2, "c"),
        [
            "a (running in job 1 since 1970-01-01 00:00 UTC) holds the only slot of $web, and ann waits to hold b: \
          pogo release --force --reason WHY b"
        ]
    );
    story.handle(force("b", "eve")).unwrap();
    assert!(sentences(&story, 2, "c")[0].ends_with("it goes on when one ends"));
}

#[test]
fn a_hold_that_waits_is_explained_as_a_host_is() {
    let mut story = Story::new(web("a,b"), at_most("1"));
    story.submit(on("a"));
    story.handle(hold("b", "ann", Wait)).unwrap();
    let why = |story: &Story| -> Vec<String> {
        let obstacles = story.drill.scheduler().explain_hold(&host("b"), &owner("ann")).unwrap();
        obstacles.iter().map(ToString::to_string).collect()
    };
    assert_eq!(
        why(&story),
        ["a (running in job 1 since 1970-01-01 00:00 UTC) holds the only slot of $web; it goes on when one ends"]
    );
    story.ends("a");
    assert_eq!(held(&story), "b=ann");
    assert_eq!(why(&story), [""; 0]);
    story.handle(release("b", "ann")).unwrap();
    assert_eq!(why(&story), [""; 0]);
    assert!(
        story
            .drill
            .scheduler()
            .explain_hold(&host("x"), &owner("ann"))
            .is_none()
    );
}
