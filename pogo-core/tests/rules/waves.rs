//! Waves, and the time for which each is watched.

use std::time::Duration;

use pogo_core::fleet::Fleet;
use pogo_core::plan::{JobSpec, Plan};
use pogo_core::policy::{JobSettings, Limit, Policy, Sequence, WaveGate};
use pogo_core::scheduler::{Blocker, JobId, JobStatus, Order, Scheduler};
use pogo_core::sim::World;

use crate::story::{Story, hosts, on, web};

fn one_then_all(bake: u64) -> JobSpec {
    let waves = vec!["1".parse().unwrap(), "100%".parse().unwrap()];
    on("*").waves(waves).bake(Duration::from_secs(bake))
}

#[test]
fn a_wave_waits_until_the_one_before_was_well_for_the_bake_time() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    assert_eq!(story.submit(one_then_all(60)), "a");
    assert_eq!(story.ends("a"), "");
    assert!(matches!(story.explain(1, "b")[..], [Blocker::Baking { until }] if until.as_millis() == 60_000));
    assert_eq!(story.waits(59), "");
    assert_eq!(story.waits(1), "b c");
}

#[test]
fn a_change_of_policy_does_not_close_a_wave_that_is_open() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(one_then_all(60).max_parallel("1".parse().unwrap()));
    story.ends("a");
    assert_eq!(story.waits(60), "b");
    assert_eq!(story.configure(web("a,b,c"), Policy::default()), "");
    assert_eq!(story.ends("b"), "c");
}

#[test]
fn a_change_of_policy_does_not_begin_the_bake_time_anew() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(one_then_all(60));
    story.ends("a");
    story.waits(50);
    assert_eq!(story.configure(web("a,b,c"), Policy::default()), "");
    assert_eq!(story.waits(10), "b c");
}

#[test]
fn a_skipped_host_that_is_retried_closes_the_waves_after_it() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    let job = JobId::new(1);
    story.submit(one_then_all(60).max_parallel("1".parse().unwrap()));
    story.fails("a");
    story
        .handle(Order::Skip {
            job,
            hosts: hosts("a"),
            force: false,
        })
        .unwrap();
    assert_eq!(story.waits(60), "b");
    story
        .handle(Order::Retry {
            job,
            hosts: hosts("a"),
            force: false,
        })
        .unwrap();
    assert_eq!(story.ends("b"), "a", "the canary comes before the rest again");
    assert_eq!(story.ends("a"), "");
    assert_eq!(story.waits(60), "c");
}

/// `a` waits for `b`, although each is in a stage some host of which waits for `b`.
#[test]
fn no_wave_waits_for_a_host_that_waits_for_it() {
    let fleet = Fleet::builder().tagged("west", "a,b").tagged("web", "b");
    let order = |stages: &[&str]| Sequence::new("order", stages.iter().map(|stage| stage.parse().unwrap()));
    let sequences = vec![order(&["$web", "$west"]), order(&["*"])];
    let policy = Policy::new().sequences(sequences);
    let mut story = Story::new(fleet, policy);
    assert_eq!(story.submit(one_then_all(0)), "b");
    assert_eq!(story.ends("b"), "a");
}

#[test]
fn a_wave_takes_hosts_as_deep_as_those_before_it_allow() {
    let stages = ["a", "b", "c"].map(|stage| stage.parse().unwrap());
    let policy = Policy::new().sequence(Sequence::new("in order", stages));
    let mut story = Story::new(web("a,b,c"), policy);
    let waves = ["1", "2", "100%"].map(|wave| wave.parse().unwrap()).to_vec();
    assert_eq!(story.submit(on("*").waves(waves)), "a");
    assert_eq!(story.ends("a"), "b");
    assert_eq!(story.ends("b"), "c");
}

fn sizes(waves: &[&str]) -> Vec<Limit> {
    waves.iter().map(|size| size.parse().unwrap()).collect()
}

/// How many hosts each wave has, of so many.
fn widths(waves: &[&str], hosts: u32) -> Vec<usize> {
    let fleet = web(&format!("h[1-{hosts}]")).build().unwrap();
    let spec = on("*").waves(sizes(waves));
    let plan = Plan::compile(&fleet, &Policy::default(), &spec).unwrap();
    plan.stages.iter().map(|stage| stage.hosts.len()).collect()
}

#[test]
fn when_hosts_are_left_a_job_goes_on_in_steps_of_the_last_wave() {
    assert_eq!(widths(&["1", "20%"], 100), [1, 19, 20, 20, 20, 20]);
    assert_eq!(
        widths(&["1", "10%", "100%"], 100),
        [1, 9, 90],
        "100% takes all the rest"
    );
    assert_eq!(widths(&["1", "10%", "50%"], 100), [1, 9, 40, 50]);
    assert_eq!(widths(&["3"], 8), [3, 3, 2]);
    assert_eq!(widths(&["50%", "10%"], 100), [50, 10, 10, 10, 10, 10]);
    assert_eq!(widths(&["30%"], 10), [3, 3, 3, 1]);
    assert_eq!(widths(&["1", "0.01%"], 7), [1, 1, 1, 1, 1, 1, 1]);
    assert_eq!(widths(&["100%"], 7), [7]);
}

#[test]
fn waves_that_never_end_or_are_too_many_are_refused_with_the_cure() {
    let refusal = |waves: &[&str], hosts: u32| {
        let fleet = web(&format!("h[1-{hosts}]")).build().unwrap();
        let spec = on("*").waves(sizes(waves));
        Plan::compile(&fleet, &Policy::default(), &spec)
            .unwrap_err()
            .to_string()
    };
    assert!(refusal(&["1", "0"], 5).contains("end with the step to go on in"));
    assert!(refusal(&["1"], 1_002).contains("end with a larger step"));
}

#[test]
fn a_job_is_stored_with_every_step() {
    let mut story = Story::new(web("h[1-10]"), Policy::default());
    story.submit(on("*").waves(sizes(&["1", "40%"])));
    let job = story.drill.scheduler().job(JobId::new(1)).unwrap();
    assert_eq!(job.spec().waves, sizes(&["1", "40%", "80%", "100%"]));
}

/// As a version wrote it for which the last wave took all the rest.
#[test]
fn the_last_wave_of_an_old_log_takes_all_the_rest() {
    let mut world = World::new(web("h[1-10]").build().unwrap(), Policy::default()).unwrap();
    let job = world.submit(on("*").waves(sizes(&["1", "100%"]))).unwrap();
    let mut records = world.run().records;
    for record in &mut records {
        let mut line = serde_json::to_value(&*record).unwrap();
        if let Some(spec) = line.get_mut("spec") {
            spec["waves"] = serde_json::json!(["1", "20%"]);
        }
        *record = serde_json::from_value(line).unwrap();
    }
    let widths = |scheduler: &Scheduler| scheduler.job(job).unwrap().stages().len();
    assert_eq!(widths(&pogo_core::journal::replay(&records).unwrap()), 2);
    assert_eq!(widths(&World::rerun(&records).unwrap().run().scheduler), 2);
}

#[test]
fn failures_may_be_tolerated_in_each_wave() {
    let mut story = Story::new(web("h[1-10]"), Policy::default());
    story.submit(
        on("*")
            .waves(sizes(&["40%", "100%"]))
            .allow_failures("25%".parse().unwrap()),
    );
    let first: Vec<String> = story
        .drill
        .running()
        .values()
        .map(|(_, host)| host.to_string())
        .collect();
    assert_eq!(first.len(), 4);
    story.fails(&first[0]);
    story.ends(&first[1]);
    story.ends(&first[2]);
    assert_eq!(story.ends(&first[3]).split(' ').count(), 6, "one of four may fail");
}

#[test]
fn how_many_may_fail_can_be_altered_when_they_have_failed() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(one_then_all(0));
    story.fails("a");
    assert_eq!(story.status(1), JobStatus::Blocked);
    let (job, change) = (
        JobId::new(1),
        JobSettings::new().allow_failures("1".parse().unwrap()).into(),
    );
    assert_eq!(story.handle(Order::Alter { job, change }).unwrap(), "b c");
    let restored = Scheduler::restore(&story.drill.scheduler().snapshot()).unwrap();
    assert!(restored.same_state(story.drill.scheduler()));
    assert!(story.drill.replayed().scheduler().same_state(story.drill.scheduler()));
}

#[test]
fn a_share_of_nothing_is_stored_as_it_was_given() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(one_then_all(0).allow_failures("0%".parse().unwrap()));
    let text = serde_json::to_string(&story.drill.scheduler().snapshot()).unwrap();
    let restored = Scheduler::restore(&serde_json::from_str(&text).unwrap()).unwrap();
    assert!(restored.same_state(story.drill.scheduler()));
}

fn manual() -> JobSpec {
    one_then_all(0).gate(WaveGate::Manual)
}

#[test]
fn a_manual_gate_is_opened_by_an_order_and_by_nothing_else() {
    let job = JobId::new(1);
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(manual());
    let early = story.handle(Order::Promote { job }).unwrap_err().to_string();
    assert!(early.contains("has to be complete first"), "{early}");
    assert_eq!(story.ends("a"), "");
    assert_eq!(story.status(1), JobStatus::Blocked);
    assert_eq!(story.explain(1, "b"), [Blocker::Unpromoted { wave: 1 }]);
    assert_eq!(story.waits(86_400), "");
    assert_eq!(story.handle(Order::Promote { job }).unwrap(), "b c");
    assert!(
        story.handle(Order::Promote { job }).is_err(),
        "there is no wave after it"
    );
}

#[test]
fn a_gate_can_be_altered() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(manual());
    story.ends("a");
    let (job, change) = (JobId::new(1), JobSettings::new().gate(WaveGate::Automatic).into());
    assert_eq!(story.handle(Order::Alter { job, change }).unwrap(), "b c");
}

#[test]
fn an_order_cuts_a_bake_time_short() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(one_then_all(600));
    story.ends("a");
    let job = JobId::new(1);
    assert_eq!(story.handle(Order::Promote { job }).unwrap(), "b c");
}

#[test]
fn a_bake_time_and_a_manual_gate_contradict_each_other() {
    let fleet = web("a,b").build().unwrap();
    let spec = one_then_all(5).gate(WaveGate::Manual);
    let refused = Plan::compile(&fleet, &Policy::default(), &spec).unwrap_err();
    assert!(refused.to_string().contains("give one of them"));
}
