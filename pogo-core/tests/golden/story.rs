//! Two days of a small namespace, in which everything happens that can.

use std::sync::Arc;
use std::time::Duration;

use super::permitted::{
    a_host_that_is_met_for_the_first_time, a_job_that_asks, a_journal_that_is_a_copy, a_restore_that_is_named,
    an_order_of_which_all_is_said, failures_with_causes, hosts_that_are_fenced, hosts_that_are_held, jobs_that_retire,
    taken_over,
};
use pogo_core::fleet::Fleet;
use pogo_core::plan::{self, Expectation, JobSpec, RemoteCommand};
use pogo_core::policy::{Constraint, JobSettings, Limit, OnDoubt, Origin, Policy, Rule, Sequence, WaveGate};
use pogo_core::scheduler::{
    Actor, Event, FailureKind, HostEventKind, Input, JobEventKind, JobId, Order, Outcome, Phase, Record, TaskEventKind,
};
use pogo_core::testing::{Drill, Step};

/// Everything that was recorded.
pub(crate) fn records() -> Vec<Record> {
    let mut drill = Drill::new(Arc::new(fleet(7)), Arc::new(policy())).unwrap();
    a_job_in_waves(&mut drill);
    a_job_that_goes_wrong(&mut drill);
    a_job_that_is_blocked(&mut drill);
    a_job_that_is_slow(&mut drill);
    a_job_that_asks(&mut drill);
    jobs_that_retire(&mut drill);
    hosts_that_are_held(&mut drill);
    an_order_of_which_all_is_said(&mut drill);
    hosts_that_are_fenced(&mut drill);
    a_journal_that_is_a_copy(&mut drill);
    a_restore_that_is_named(&mut drill);
    failures_with_causes(&mut drill);
    a_host_that_is_met_for_the_first_time(&mut drill);
    drill.records().to_vec()
}

/// Where much is under way: running, cancelled, delayed, failed, in doubt, down and removed hosts.
pub(crate) fn busy(records: &[Record]) -> usize {
    let aborted = |record: &Record| matches!(record.event.job_kind(), Some(JobEventKind::Halting { abort: true, .. }));
    // One of its two running attempts has been asked to end.
    records.iter().position(aborted).unwrap() + 2
}

/// Before attempts asked whether they may begin.
pub(crate) fn before_asking(records: &[Record]) -> usize {
    let asks = |record: &Record| record.event.submitted() == Some(JobId::new(6));
    records.iter().position(asks).unwrap()
}

/// Before so much time has passed that jobs retire.
pub(crate) fn before_retiring(records: &[Record]) -> usize {
    let retired = |record: &&Record| matches!(record.event.job_kind(), Some(JobEventKind::Retired));
    let at = records.iter().find(retired).unwrap().at;
    records.iter().position(|record| record.at == at).unwrap()
}

/// Before anybody held hosts.
pub(crate) fn before_holding(records: &[Record]) -> usize {
    let first = |record: &Record| match &record.event {
        Event::Host(event) => matches!(
            event.kind,
            HostEventKind::HoldWaiting { .. } | HostEventKind::Held { .. }
        ),
        _ => false,
    };
    records.iter().position(first).unwrap()
}

/// While hosts are held, and somebody waits for one.
pub(crate) fn holding(records: &[Record]) -> usize {
    let released = |record: &Record| match &record.event {
        Event::Host(event) => matches!(event.kind, HostEventKind::Released { .. }),
        _ => false,
    };
    records.iter().position(released).unwrap()
}

/// Before hosts were asked for the state of attempts in doubt: the last job is about that.
pub(crate) fn before_fencing(records: &[Record]) -> usize {
    let submitted = |record: &Record| record.event.submitted() == Some(JobId::new(9));
    records.iter().position(submitted).unwrap()
}

/// Before the journal was a copy.
pub(crate) fn before_restoring(records: &[Record]) -> usize {
    let restored = |record: &Record| record.event.restored().is_some();
    let at = records.iter().position(restored).unwrap();
    records[..at]
        .iter()
        .rposition(|record| record.event.submitted().is_some())
        .unwrap()
}

/// Before a restore had a name.
pub(crate) fn before_naming_restores(records: &[Record]) -> usize {
    let restored = |record: &Record| record.event.restored().is_some();
    records.iter().rposition(restored).unwrap()
}

/// Before failures had causes, and hosts said who keeps them busy.
pub(crate) fn before_causes(records: &[Record]) -> usize {
    let submitted = |record: &Record| record.event.submitted().is_some();
    records.iter().rposition(submitted).unwrap()
}

/// Before hosts that were new were recorded.
pub(crate) fn before_first_contacts(records: &[Record]) -> usize {
    let busy = |record: &Record| matches!(record.event.task_kind(), Some(TaskEventKind::NeverBegan { .. }));
    records.iter().rposition(busy).unwrap() + 1
}

fn fleet(web: u32) -> Fleet {
    Fleet::builder()
        .tagged("role.cache", "cache[01-02].example.com")
        .tagged("role.web", &format!("web[1-{web}]"))
        .tagged("colo.east", "web[1-3]")
        .tagged("colo.west", &format!("web[4-{web}]"))
        .host("web1")
        .address("192.0.2.7")
        .port(2222)
        .user("deploy")
        .build()
        .unwrap()
}

fn policy() -> Policy {
    let selector = |text: &str| text.parse().unwrap();
    let mut limit = Constraint::new(selector("$role.web"), Rule::MaxParallelTotal("50%".parse().unwrap()));
    limit.origin = Some(Origin::new("policy.yaml", 7, 3));
    let stages = [selector("$role.cache"), selector("$role.web")];
    Policy::new()
        .sequence(Sequence::new("caches first", stages).allow_failures("50%".parse().unwrap()))
        .constraint(limit)
        .constraint(Constraint::new(
            selector("$colo"),
            Rule::MaxParallel("2".parse().unwrap()),
        ))
        .constraint(Constraint::new(
            selector("$colo"),
            Rule::MinAvailable("25%".parse().unwrap()),
        ))
        .constraint(Constraint::new(
            selector("$colo"),
            Rule::MaxFailures("1".parse().unwrap()),
        ))
        .defaults(
            JobSettings::new()
                .attempt_timeout(Duration::from_secs(300))
                .retries(1)
                .pre_hooks("/etc/shop/pre.d".to_owned()),
        )
}

pub(super) fn report(drill: &mut Drill, host: &str, outcome: Outcome) {
    let running = drill.running().iter().find(|(_, (_, name))| name.as_str() == host);
    let attempt = *running.unwrap_or_else(|| panic!("{host} does not run")).0;
    drill
        .handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        })
        .unwrap();
}

fn phase(drill: &mut Drill, host: &str, phase: Phase) {
    let running = drill.running().iter().find(|(_, (_, name))| name.as_str() == host);
    let attempt = *running.unwrap_or_else(|| panic!("{host} does not run")).0;
    drill.handle(Input::PhaseEntered { attempt, phase }).unwrap();
}

pub(super) fn wait(drill: &mut Drill, seconds: u64) {
    drill.play(&Step::Wait(Duration::from_secs(seconds)));
}

/// A first wave, a bake time, retries with their delays, an operator who pauses and alters.
fn a_job_in_waves(drill: &mut Drill) {
    let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("systemctl restart web"));
    spec.user = "ada".to_owned();
    (spec.waves, spec.settings.bake) = (
        vec!["1".parse().unwrap(), "100%".parse().unwrap()],
        Some(Duration::from_secs(600)),
    );
    (
        spec.settings.settle,
        spec.settings.connect_retries,
        spec.settings.retry_delay,
    ) = (Some(Duration::from_secs(10)), Some(2), Some(Duration::from_secs(5)));
    (spec.order, spec.seed, spec.settings.priority) = (plan::HostOrder::Shuffled, 7, Some(-1));
    spec.expected = vec![Expectation::new("$role.web".parse().unwrap(), Duration::from_secs(30))];
    let job = drill.submit(spec).unwrap();
    let first = drill.running().values().next().unwrap().1.to_string();
    phase(drill, &first, Phase::Command);
    wait(drill, 3);
    report(drill, &first, Outcome::Succeeded);
    wait(drill, 10);
    drill.handle(Order::Pause { job }).unwrap();
    wait(drill, 600);
    drill.handle(Order::Resume { job }).unwrap();
    let change = JobSettings::new()
        .max_parallel(Limit::Count(3))
        .job_timeout(Duration::from_secs(86_400))
        .into();
    drill.handle(Order::Alter { job, change }).unwrap();
    let second = drill.running().values().next().unwrap().1.to_string();
    report(
        drill,
        &second,
        Outcome::failed(FailureKind::Unreachable, "connection refused"),
    );
    wait(drill, 30);
    let host = "web5".parse().unwrap();
    let reason = "disk is being replaced".to_owned();
    drill.handle(Order::MarkDown { host }.because(reason)).unwrap();
    report(
        drill,
        &second,
        Outcome::failed(FailureKind::Command { status: 3 }, "no such unit"),
    );
    wait(drill, 30);
    report(drill, &second, Outcome::failed(FailureKind::PreHook { status: 1 }, ""));
    drill.play(&Step::Tick);
}

/// A job over budget that is blocked, overridden by another, and aborted; a host leaves the fleet in the middle of it.
fn a_job_that_goes_wrong(drill: &mut Drill) {
    let mut spec = JobSpec::new(
        "$role.web".parse().unwrap(),
        RemoteCommand::argv(["/opt/shop/update", "--now"]),
    );
    spec.override_constraints = Some("the shop is down".to_owned());
    (
        spec.settings.retries,
        spec.settings.on_doubt,
        spec.settings.max_failures,
    ) = (Some(0), Some(OnDoubt::Fail), Some("3".parse().unwrap()));
    spec.settings.pre_hooks = Some(String::new());
    spec.settings.post_hooks = Some("/etc/shop/post.d".to_owned());
    let job = drill.submit(spec).unwrap();
    let signal = "TERM".to_owned();
    report(
        drill,
        "web1",
        Outcome::failed(FailureKind::Signal { signal }, "out of memory"),
    );
    report(drill, "web2", Outcome::failed(FailureKind::PostHook { status: 9 }, ""));
    report(drill, "web3", Outcome::in_doubt("the link broke"));
    let hosts = vec!["web3".parse().unwrap()];
    drill
        .handle(Order::Skip {
            job,
            hosts,
            force: false,
        })
        .unwrap();
    let hosts = vec!["web2".parse().unwrap()];
    drill
        .handle(Order::Retry {
            job,
            hosts,
            force: false,
        })
        .unwrap();
    wait(drill, 301);
    let (fleet, policy) = (Arc::new(fleet(6)), Arc::new(policy()));
    drill.handle(Order::Configure { fleet, policy }).unwrap();
    let reason = "enough".to_owned();
    drill.handle(Order::Abort { job }.because(reason)).unwrap();
    wait(drill, 31);
    let late = drill.records().iter().find_map(|record| record.event.started());
    let (attempt, outcome) = (late.unwrap(), Outcome::Succeeded);
    drill
        .handle(Input::Reported {
            attempt,
            outcome,
            output: None,
        })
        .unwrap();
    let first = JobId::new(1);
    let reason = "not tonight".to_owned();
    drill.handle(Order::Halt { job: first }.because(reason)).unwrap();
    let host = "web5".parse().unwrap();
    let reason = "disk is new".to_owned();
    drill
        .handle(Order::MarkUp { host, force: false }.because(reason))
        .unwrap();
}

/// Both caches fail, so what comes after them cannot start.
fn a_job_that_is_blocked(drill: &mut Drill) {
    for host in ["web1", "web2"] {
        report(drill, host, Outcome::Succeeded);
        wait(drill, 10);
    }
    let targets = "cache[01-02].example.com,web6".parse().unwrap();
    let mut spec = JobSpec::new(targets, RemoteCommand::shell("true"));
    spec.settings.retries = Some(0);
    let job = drill.submit(spec).unwrap();
    for host in ["cache01.example.com", "cache02.example.com"] {
        report(
            drill,
            host,
            Outcome::failed(FailureKind::HostKey, "the key has changed"),
        );
    }
    let reason = "another day".to_owned();
    drill.handle(Order::Abort { job }.because(reason)).unwrap();
}

/// A host that takes longer than is usual, a freeze that comes meanwhile, and waves that begin by order.
fn a_job_that_is_slow(drill: &mut Drill) {
    let mut spec = JobSpec::new("web1".parse().unwrap(), RemoteCommand::shell("apt-get upgrade"));
    (spec.settings.attempt_timeout, spec.settings.slow_after) =
        (Some(Duration::from_secs(3_600)), Some(Duration::from_secs(60)));
    drill.submit(spec).unwrap();
    wait(drill, 61);
    let (by, reason) = ("ada".to_owned(), "the sale".to_owned());
    let hosts = "$role.web & !web3".parse().unwrap();
    drill
        .handle(Order::Freeze { hosts }.by(Actor::new(by)).because(reason))
        .unwrap();
    let (hosts, by, reason) = ("web2".parse().unwrap(), "ada".to_owned(), String::new());
    drill
        .handle(Order::Freeze { hosts }.by(Actor::new(by)).because(reason))
        .unwrap();
    let (hosts, by, reason) = ("web2".parse().unwrap(), "bob".to_owned(), "a typo".to_owned());
    drill
        .handle(Order::Thaw { hosts }.by(Actor::new(by)).because(reason))
        .unwrap();
    report(drill, "web1", Outcome::Succeeded);
    let mut spec = JobSpec::new(
        "cache[01-02].example.com".parse().unwrap(),
        RemoteCommand::shell("true"),
    );
    (spec.waves, spec.settings.gate) = (vec!["1".parse().unwrap()], Some(WaveGate::Manual));
    spec.settings.allow_failures = Some("50%".parse().unwrap());
    let job = drill.submit(spec).unwrap();
    let first = drill.running().values().next().unwrap().1.to_string();
    report(drill, &first, Outcome::Succeeded);
    drill.handle(Order::Promote { job }).unwrap();
    drill.handle(taken_over()).unwrap();
}
