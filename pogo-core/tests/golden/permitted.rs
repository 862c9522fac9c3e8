//! The second day: attempts that ask for permission, hosts that are fenced and held, jobs that retire.

use std::sync::Arc;

use super::story::{report, wait};
use pogo_core::fleet::HostName;
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{
    Actor, AttemptId, Epoch, Failure, FailureCause, FailureKind, FenceAnswer, HoldMode, Incarnation, Input, JobId,
    LockHolder, NeverBegan, Order, Outcome, OwnerId, RequestId, RestoreCause, RestoreId,
};
use pogo_core::testing::{Drill, Step};

pub(super) fn taken_over() -> Input {
    Input::OwnerChanged {
        owner: OwnerId("deploy2:4711".into()),
        epoch: Epoch(2),
        from: Some(OwnerId("deploy1:1337".into())),
    }
}

/// Attempts that ask whether they may begin: one host is busy, and of two that were permitted one is done.
pub(super) fn a_job_that_asks(drill: &mut Drill) {
    attach(drill, false);
    let targets = "cache[01-02].example.com".parse().unwrap();
    drill
        .submit(JobSpec::new(targets, RemoteCommand::shell("sync")))
        .unwrap();
    let [first, second] = ["cache01.example.com", "cache02.example.com"];
    let busy = Outcome::never_began(NeverBegan::Busy, "attempt 3 of job 1 holds the lock");
    report(drill, first, busy);
    begin(drill, second, true);
    report(drill, second, Outcome::Succeeded);
    drill.play(&Step::Tick);
    begin(drill, first, false);
    report(drill, first, Outcome::never_began(NeverBegan::Expired, ""));
    begin(drill, second, false);
}

/// Hosts that are asked for the state of attempts in doubt: one cannot be, and an operator answers for it; one says how
/// it ended.
pub(super) fn hosts_that_are_fenced(drill: &mut Drill) {
    attach(drill, true);
    let [first, second] = ["cache01.example.com", "cache02.example.com"];
    drill
        .submit(JobSpec::new(second.parse().unwrap(), RemoteCommand::shell("sync")))
        .unwrap();
    let doubts = [first, second].map(|host| {
        begin(drill, host, true);
        let attempt = running(drill, host);
        report(drill, host, Outcome::in_doubt("the link broke"));
        attempt
    });
    let fenced = |attempt, answer| Input::Fenced { attempt, answer };
    let answer = FenceAnswer::unreachable("no route to host");
    drill.handle(fenced(doubts[0], answer)).unwrap();
    let ended = Outcome::failed(FailureKind::Command { status: 3 }, "disk full");
    drill.handle(fenced(doubts[1], FenceAnswer::Ended(ended))).unwrap();
    let skip = Order::Skip {
        job: JobId::new(6),
        hosts: vec![first.parse().unwrap()],
        force: true,
    };
    let skip = skip.by(Actor::new("ada")).because("it was reinstalled");
    drill.handle(skip).unwrap();
}

/// A job of which one host runs, and a restore: the namespace goes on from a copy of its journal, twice.
pub(super) fn a_journal_that_is_a_copy(drill: &mut Drill) {
    attach(drill, true);
    let spec = JobSpec::new("web[1-2]".parse().unwrap(), RemoteCommand::shell("sync"));
    drill.submit(spec).unwrap();
    let restored = |cause, at_least, reason: &str, actor| Input::Restored {
        cause,
        at_least: Incarnation(at_least),
        id: None,
        request: None,
        reason: reason.into(),
        actor,
    };
    let ada = Some(Arc::new(Actor::new("ada").at_host("laptop")));
    drill
        .handle(restored(RestoreCause::Copied, 0, "the disk is gone", ada))
        .unwrap();
    drill.handle(restored(RestoreCause::LostTail, 3, "", None)).unwrap();
    let spec = JobSpec::new("web[1-7]".parse().unwrap(), RemoteCommand::shell("uptime"));
    drill.submit(spec).unwrap();
}

/// A restore that has a name, so that whoever accepts it again begins no other incarnation.
pub(super) fn a_restore_that_is_named(drill: &mut Drill) {
    let named = || Input::Restored {
        cause: RestoreCause::Copied,
        at_least: Incarnation(4),
        id: Some(RestoreId(0x7c1e_0f9a_5b2d_4468)),
        request: Some(RequestId::new("5e70a1b2").unwrap()),
        reason: "the standby was promoted".into(),
        actor: Some(Arc::new(Actor::new("ada"))),
    };
    drill.handle(named()).unwrap();
    let recorded = drill.records().len();
    drill.handle(named()).unwrap();
    assert_eq!(drill.records().len(), recorded);
}

/// One host was never connected to, and the other one says whose command keeps it busy.
pub(super) fn failures_with_causes(drill: &mut Drill) {
    let targets = "cache[01-02].example.com".parse().unwrap();
    let spec = JobSpec::new(targets, RemoteCommand::shell("uptime")).retries(0);
    drill.submit(spec).unwrap();
    let unknown = Failure::new(FailureKind::HostKey, "no key of cache01.example.com is known");
    let unknown = unknown.with_cause(FailureCause::UnknownHostKey);
    report(drill, "cache01.example.com", Outcome::Failed(unknown));
    let holder = LockHolder::new("other", AttemptId::new(3));
    report(
        drill,
        "cache02.example.com",
        Outcome::busy(Some(holder), "attempt a3 of namespace other holds the lock"),
    );
}

/// The other one is free, and a key of it is recorded.
pub(super) fn a_host_that_is_met_for_the_first_time(drill: &mut Drill) {
    wait(drill, 6);
    let attempt = running(drill, "cache02.example.com");
    drill.handle(Input::HostKeyRecorded { attempt }).unwrap();
}

/// The attempt that runs on this host.
fn running(drill: &Drill, host: &str) -> AttemptId {
    let running = drill.running().iter().find(|(_, (_, name))| name.as_str() == host);
    *running.unwrap_or_else(|| panic!("{host} does not run")).0
}

fn attach(drill: &mut Drill, fences: bool) {
    let asks_permission = true;
    drill
        .handle(Input::Transport {
            asks_permission,
            fences,
        })
        .unwrap();
}

pub(super) fn begin(drill: &mut Drill, host: &str, host_lock: bool) {
    let attempt = running(drill, host);
    drill.handle(Input::Begin { attempt, host_lock }).unwrap();
}

/// Of hosts that a retired job left failed, one is skipped, and the other is tried again by a new job.
pub(super) fn jobs_that_retire(drill: &mut Drill) {
    wait(drill, 601);
    let retired = drill.scheduler().retired_jobs().next().unwrap();
    let (job, hosts) = (retired.id(), retired.hosts().map(|(host, _)| host.clone()));
    let mut hosts: Vec<HostName> = hosts.collect();
    let last = hosts.pop().unwrap();
    drill
        .handle(Order::Skip {
            job,
            hosts,
            force: false,
        })
        .unwrap();
    let hosts = vec![last];
    drill
        .handle(Order::Retry {
            job,
            hosts,
            force: false,
        })
        .unwrap();
}

/// Who gives it, why, and as which request.
pub(super) fn an_order_of_which_all_is_said(drill: &mut Drill) {
    let down = Order::MarkDown {
        host: "web6".parse().unwrap(),
    };
    let command = down
        .by(Actor::new("ada").at_host("laptop"))
        .because("a new fan")
        .as_request(RequestId::new("7c1e0f9a").unwrap());
    drill.handle(command).unwrap();
}

/// One of two caches runs, so one hold waits for it; another is refused a slot until a host is given back by force.
pub(super) fn hosts_that_are_held(drill: &mut Drill) {
    let hold = |host: &str, owner: &str, priority, mode| {
        Order::Hold {
            hosts: vec![host.parse().unwrap()],
            owner: owner.parse().unwrap(),
            priority,
            mode,
        }
        .because("a new disk")
    };
    drill.handle(hold("web3", "ann", 0, HoldMode::Immediate)).unwrap();
    drill
        .handle(hold("cache02.example.com", "disk-tool", 2, HoldMode::Wait))
        .unwrap();
    drill.handle(hold("web3", "bob", -1, HoldMode::Wait)).unwrap();
    let mut spec = JobSpec::new("web3".parse().unwrap(), RemoteCommand::shell("smartctl -a /dev/sda"));
    spec.under_hold = Some("ann".parse().unwrap());
    drill.submit(spec).unwrap();
    report(drill, "cache02.example.com", Outcome::Succeeded);
    let release = |host: &str, by: &str, reason: &str, force| {
        Order::Release {
            hosts: vec![host.parse().unwrap()],
            force,
            by: by.parse().unwrap(),
        }
        .because(reason.to_owned())
    };
    drill
        .handle(release("cache02.example.com", "disk-tool", "", false))
        .unwrap();
    drill.handle(release("web3", "eve", "ann is on holiday", true)).unwrap();
    drill.handle(hold("web3", "bob", -1, HoldMode::Wait)).unwrap();
    drill.handle(hold("web2", "ann", 0, HoldMode::Wait)).unwrap();
}
