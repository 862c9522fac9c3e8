//! Settings that change while a job goes on.

use std::time::Duration;

use pogo_core::policy::{JobSettings, Limit, OnDoubt, Policy, Setting, WaveGate};
use pogo_core::scheduler::{JobId, JobStatus, JobUpdate, Order, Outcome, Scheduler, Snapshot, TaskState};

use crate::story::{Story, host, hosts, on, web};

const JOB: JobId = JobId::new(1);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn settings() -> JobSettings {
    JobSettings::new()
}

fn limit(text: &str) -> Limit {
    text.parse().unwrap()
}

impl Story {
    fn alter(&mut self, change: impl Into<JobUpdate>) -> String {
        let change = change.into();
        self.handle(Order::Alter { job: JOB, change }).unwrap()
    }

    /// A restart from a snapshot and one from the journal know what this knows.
    fn restarts_as_it_is(&self) {
        let live = self.drill.scheduler();
        assert!(self.drill.replayed().scheduler().same_state(live));
        let text = serde_json::to_string(&live.snapshot()).unwrap();
        let restored = Scheduler::restore(&serde_json::from_str::<Snapshot>(&text).unwrap()).unwrap();
        assert!(restored.same_state(live), "{text}");
    }
}

#[test]
fn a_host_that_settles_already_settles_for_the_new_time_from_its_success_on() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").settle(seconds(60)).max_parallel(limit("1")));
    assert_eq!(story.ends("a"), "");
    story.waits(10);
    assert_eq!(story.alter(settings().settle(seconds(30))), "");
    story.restarts_as_it_is();
    assert_eq!(story.waits(19), "");
    assert_eq!(story.waits(1), "b");
}

#[test]
fn a_host_that_settles_is_done_at_once_when_the_new_time_has_passed() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").settle(seconds(60)).max_parallel(limit("1")));
    story.ends("a");
    story.waits(10);
    assert_eq!(story.alter(settings().settle(seconds(10))), "b");
    assert_eq!(story.state(1, "a"), TaskState::Succeeded);
}

#[test]
fn a_host_that_waits_to_be_tried_again_waits_in_proportion_from_its_failure_on() {
    for (before, after, waited) in [(100, 10, 0), (10, 100, 5), (20, 40, 7)] {
        let mut story = Story::new(web("a"), Policy::default());
        story.submit(on("*").retries(1).retry_delay(seconds(before)));
        story.fails("a");
        let due = story.drill.scheduler().next_timeout().unwrap().as_millis();
        story.waits(waited);
        assert_eq!(story.alter(settings().retry_delay(seconds(after))), "");
        story.restarts_as_it_is();
        let now = story.drill.scheduler().next_timeout().unwrap().as_millis();
        assert_eq!(now, due * after / before, "from {before} s to {after} s");
        let left = now - waited * 1_000;
        assert_eq!(story.waits(left / 1_000), "");
        assert_eq!(story.waits(1), "a");
    }
}

#[test]
fn a_host_whose_new_delay_has_passed_is_tried_again_at_once() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*").retries(1).retry_delay(seconds(600)));
    story.fails("a");
    story.waits(60);
    assert_eq!(story.alter(settings().retry_delay(seconds(5))), "a");
}

#[test]
fn a_delay_is_unset_to_that_of_the_policy_and_hosts_wait_as_long() {
    let mut policy = Policy::default();
    policy.defaults.retry_delay = Some(seconds(30));
    let mut story = Story::new(web("a"), policy);
    story.submit(on("*").retries(1).retry_delay(seconds(600)));
    story.fails("a");
    story.waits(29);
    story.alter(JobUpdate::default().unset(Setting::RetryDelay));
    assert_eq!(story.waits(16), "a", "30 s, and at most half as much of jitter");
}

#[test]
fn the_policy_for_doubt_is_for_later_doubts() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").retries(1).retry_delay(Duration::ZERO));
    assert_eq!(story.reports("a", Outcome::in_doubt("the link broke")), "");
    assert_eq!(story.alter(settings().on_doubt(OnDoubt::Retry)), "");
    assert_eq!(story.state(1, "a"), TaskState::InDoubt);
    assert_eq!(story.reports("b", Outcome::in_doubt("the link broke")), "b");
    story.restarts_as_it_is();
}

#[test]
fn a_share_is_of_the_hosts_that_the_job_had_when_it_was_submitted() {
    let mut story = Story::new(web("a,b,c,d"), Policy::default());
    story.submit(on("*").max_parallel(limit("1")).max_failures(limit("1")));
    story.configure(web("a,b,c"), Policy::default());
    assert_eq!(
        story.alter(settings().max_parallel(limit("50%")).max_failures(limit("50%"))),
        "b"
    );
    let view = story.drill.scheduler().job(JOB).unwrap();
    let most = view.settings().max_parallel.unwrap();
    assert_eq!((most.limit, most.hosts), (limit("50%"), 2));
    assert_eq!(view.settings().max_failures.unwrap().hosts, 2);
    story.restarts_as_it_is();
}

#[test]
fn a_limit_that_is_unset_is_gone() {
    let mut story = Story::new(web("a,b,c"), Policy::default());
    story.submit(
        on("*")
            .max_parallel(limit("1"))
            .max_failures(limit("0"))
            .job_timeout(seconds(60)),
    );
    story.waits(59);
    let gone = [Setting::MaxParallel, Setting::MaxFailures, Setting::JobTimeout];
    let change = gone.into_iter().fold(JobUpdate::default(), JobUpdate::unset);
    assert_eq!(story.alter(change), "b c");
    story.restarts_as_it_is();
    story.fails("a");
    story.waits(60);
    assert_eq!(story.status(1), JobStatus::Running);
}

#[test]
fn a_limit_that_is_unset_goes_back_to_the_policy_in_force() {
    let policy = |limit: &str| {
        let mut policy = Policy::default();
        policy.defaults.max_parallel = Some(limit.parse().unwrap());
        policy
    };
    let mut story = Story::new(web("a,b,c,d"), policy("1"));
    assert_eq!(story.submit(on("*").max_parallel(limit("2"))), "a b");
    assert_eq!(story.configure(web("a,b,c,d"), policy("75%")), "");
    assert_eq!(story.alter(JobUpdate::default().unset(Setting::MaxParallel)), "c");
}

#[test]
fn what_an_unset_setting_goes_back_to_is_recorded() {
    let mut policy = Policy::default();
    policy.defaults.retries = Some(3);
    let mut story = Story::new(web("a"), policy);
    story.submit(on("*").settle(seconds(60)).retries(0).max_failures(limit("0")));
    let unset = [
        Setting::Settle,
        Setting::Retries,
        Setting::MaxFailures,
        Setting::AttemptTimeout,
    ];
    story.alter(unset.into_iter().fold(JobUpdate::default(), JobUpdate::unset));
    let line = serde_json::to_value(story.drill.records().last().unwrap()).unwrap();
    let expected = serde_json::json!({
        "at": 0,
        "event": "job_altered", "job": 1, "attempt_timeout": 3_600_000, "retries": 3, "settle": 0,
        "unset": ["max_failures"],
    });
    assert_eq!(line, expected);
}

#[test]
fn an_update_is_stored_flat_and_counts_stay_numbers() {
    let line = r#"{"retries":2,"max_failures":3,"max_parallel":"25%","unset":["job_timeout"]}"#;
    let update: JobUpdate = serde_json::from_str(line).unwrap();
    let wanted = JobUpdate::set(
        settings()
            .retries(2)
            .max_failures(limit("3"))
            .max_parallel(limit("25%")),
    );
    assert_eq!(update, wanted.unset(Setting::JobTimeout));
    assert_eq!(serde_json::to_string(&update).unwrap(), line);
}

#[test]
fn an_update_that_contradicts_itself_is_refused() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    let change: JobUpdate = serde_json::from_str(r#"{"settle":5000,"unset":["settle"]}"#).unwrap();
    let refused = story.handle(Order::Alter { job: JOB, change }).unwrap_err().to_string();
    assert_eq!(refused, "`settle` is both set and unset; leave one out");
}

#[test]
fn a_limit_of_the_policy_under_which_nothing_runs_is_not_gone_back_to() {
    let mut policy = Policy::default();
    policy.defaults.max_parallel = Some(limit("0"));
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    story.configure(web("a"), policy);
    let change = JobUpdate::default().unset(Setting::MaxParallel);
    let refused = story.handle(Order::Alter { job: JOB, change }).unwrap_err().to_string();
    assert!(refused.contains("max_parallel of zero"), "{refused}");
}

#[test]
fn a_bake_time_that_is_shortened_opens_the_wave_that_waits() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").waves([limit("1"), limit("100%")]).bake(seconds(600)));
    story.ends("a");
    story.waits(60);
    assert_eq!(story.alter(settings().bake(seconds(60))), "b");
    story.restarts_as_it_is();
}

#[test]
fn a_bake_time_is_not_given_to_a_job_without_waves() {
    let mut story = Story::new(web("a"), Policy::default());
    story.submit(on("*"));
    let change = settings().bake(seconds(60)).into();
    let refused = story.handle(Order::Alter { job: JOB, change }).unwrap_err().to_string();
    assert!(refused.contains("the job has none"), "{refused}");
}

#[test]
fn a_job_s_own_bake_time_counts_where_the_policy_s_gate_is_manual() {
    let mut policy = Policy::default();
    policy.defaults.gate = Some(WaveGate::Manual);
    policy.defaults.bake = Some(seconds(5));
    let waves = [limit("1"), limit("100%")];
    let mut story = Story::new(web("a,b,c,d"), policy);
    story.submit(on("a,b").waves(waves).bake(seconds(60)));
    story.submit(on("c,d").waves(waves));
    story.ends("a");
    story.ends("c");
    assert_eq!(story.waits(60), "b");
    assert_eq!(story.handle(Order::Promote { job: JobId::new(2) }).unwrap(), "d");
}

#[test]
fn a_job_without_waves_takes_no_bake_time_from_the_policy() {
    let mut policy = Policy::default();
    policy.defaults.bake = Some(seconds(60));
    let mut story = Story::new(web("a"), policy);
    assert_eq!(story.submit(on("*")), "a");
}

#[test]
fn a_task_that_was_skipped_while_it_waited_waits_no_more_after_a_change_of_delay() {
    let mut story = Story::new(web("a,b"), Policy::default());
    story.submit(on("*").retries(1).retry_delay(seconds(600)));
    story.fails("a");
    let skip = Order::Skip {
        job: JOB,
        hosts: hosts("a"),
        force: false,
    };
    story.handle(skip).unwrap();
    assert_eq!(story.alter(settings().retry_delay(Duration::ZERO)), "");
    let retry = Order::Retry {
        job: JOB,
        hosts: vec![host("a")],
        force: false,
    };
    assert_eq!(story.handle(retry).unwrap(), "a");
}
