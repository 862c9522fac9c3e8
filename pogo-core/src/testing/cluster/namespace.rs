//! The hosts, rules and jobs of a run.

use std::sync::Arc;
use std::time::Duration;

use super::options::ClusterOptions;
use super::random::Random;
use crate::fleet::{Fleet, Selector};
use crate::plan::{JobSpec, RemoteCommand};
use crate::policy::{Constraint, JobSettings, OnDoubt, Policy, Rule, Sequence};

/// The hosts, rules and jobs of a run.
pub(super) struct Namespace {
    pub(super) fleet: Arc<Fleet>,
    pub(super) policy: Arc<Policy>,
    /// The jobs that are submitted, one after the other.
    pub(super) jobs: Vec<JobSpec>,
}

fn selector(text: &str) -> Selector {
    text.parse().expect("a selector")
}

impl Namespace {
    /// The given parts, and the rest drawn from the seed.
    pub(super) fn draw(options: &ClusterOptions, random: &mut Random) -> Self {
        let (fleet, policy) = match &options.rules {
            Some(rules) => rules.clone(),
            None => (Arc::new(fleet(random)), Arc::new(policy(random))),
        };
        let jobs = match options.jobs.is_empty() {
            true => (0..random.between(1, 3)).map(|_| job(random)).collect(),
            false => options.jobs.clone(),
        };
        Self { fleet, policy, jobs }
    }
}

/// Two to five hosts, most of them web servers.
fn fleet(random: &mut Random) -> Fleet {
    let hosts = random.between(2, 5);
    let web = random.between(1, hosts - 1);
    let fleet = Fleet::builder().tagged("role.web", &format!("h[1-{web}]"));
    let fleet = fleet.tagged("role.db", &format!("h[{}-{hosts}]", web + 1));
    fleet.build().expect("hosts with names")
}

fn policy(random: &mut Random) -> Policy {
    let most = |rule: fn(crate::policy::Limit) -> Rule, most: u64| rule(most.to_string().parse().expect("a limit"));
    let mut policy = Policy::new();
    if random.chance(700) {
        let rule = most(Rule::MaxParallel, random.between(1, 2));
        policy = policy.constraint(Constraint::new(selector("$role"), rule));
    }
    if random.chance(400) {
        let rule = most(Rule::MaxParallelTotal, random.between(1, 3));
        policy = policy.constraint(Constraint::new(selector("*"), rule));
    }
    if random.chance(300) {
        let stages = ["$role.db", "$role.web"].map(selector);
        policy = policy.sequence(Sequence::new("roles", stages));
    }
    policy
}

fn job(random: &mut Random) -> JobSpec {
    let targets = random
        .pick(&["*", "*", "$role.web", "$role.db"])
        .copied()
        .unwrap_or("*");
    let count = |number: u64| u32::try_from(number).unwrap_or(1);
    let mut settings = JobSettings::new()
        .retries(count(random.below(3)))
        .connect_retries(count(random.below(4)))
        .retry_delay(Duration::from_millis(random.between(500, 10_000)))
        .attempt_timeout(Duration::from_secs(random.between(20, 200)));
    if random.chance(500) {
        settings = settings.on_doubt(OnDoubt::Retry);
    }
    if random.chance(100) {
        settings = settings.settle(Duration::from_secs(random.between(1, 20)));
    }
    JobSpec::new(selector(targets), RemoteCommand::shell("restart")).settings(settings)
}
