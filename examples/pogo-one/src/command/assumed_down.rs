//! The effect of `--assume-down` on a job: held slots, hosts that still start, hosts that are blocked.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use pogo_core::fleet::{Fleet, HostName, fold};
use pogo_core::plan::JobSpec;
use pogo_core::policy::{Policy, Rule};
use pogo_core::scheduler::{JobId, Record, Scheduler, TaskState};
use pogo_core::sim::TaskTimes;
use pogo_core::sim::what_if::Scenario;
use serde::{Serialize, Serializer};

use crate::cli::JobArgs;
use crate::exit::CliError;
use crate::report::blockers;
use crate::submission::{self, ASSUMED_DOWN};

/// Displays itself for a person and serializes for a program.
#[derive(Debug, Serialize)]
pub(crate) struct AssumedDown {
    #[serde(serialize_with = "folded")]
    hosts: Vec<HostName>,
    /// Limits of which they hold slots.
    held: Vec<HeldSlots>,
    /// Targets that start as soon as the job is submitted.
    #[serde(serialize_with = "folded")]
    starts: Vec<HostName>,
    /// Targets that never run, although all that starts succeeds.
    #[serde(serialize_with = "folded")]
    blocked: Vec<HostName>,
    blocked_by: Vec<String>,
}

#[derive(Debug, Serialize)]
struct HeldSlots {
    group: String,
    rule: Rule,
    slots: u32,
    held: u32,
}

impl AssumedDown {
    /// Simulates the job if any hosts are assumed to be down. The job must compile.
    pub(crate) fn of(
        args: &JobArgs,
        (fleet, policy): (&Arc<Fleet>, &Arc<Policy>),
        spec: JobSpec,
    ) -> Result<Option<Self>, CliError> {
        let Some(down) = &args.limits.assume_down else {
            return Ok(None);
        };
        let world = submission::world(args, (fleet, policy))?;
        let job = world.scheduler().next_job();
        // Shorter than any time limit.
        let world = world.task_times(TaskTimes::Fixed(Duration::from_millis(1)));
        let world = world.down(down, ASSUMED_DOWN).map_err(CliError::usage)?;
        let scenario = Scenario::new(world, spec);
        let history = scenario.history(0).map_err(|error| submission::input_error(&error))?;
        let (scheduler, now) = (&history.scheduler, history.scheduler.now());
        let results = scheduler.job(job).into_iter().flat_map(|job| job.results());
        let waiting = results.filter(|row| row.state == TaskState::Waiting);
        Ok(Some(Self {
            hosts: submission::assumed_down(args, fleet)?,
            held: held(scenario.world().scheduler()),
            starts: first(&history.records, job),
            blocked: waiting.map(|row| row.host).collect(),
            blocked_by: scheduler
                .job(job)
                .into_iter()
                .flat_map(|job| blockers(job, now))
                .collect(),
        }))
    }
}

fn held(scheduler: &Scheduler) -> Vec<HeldSlots> {
    let held = scheduler.buckets().map(|view| HeldSlots {
        group: view.bucket().group.clone(),
        rule: view.bucket().rule,
        slots: view.bucket().slots,
        held: view.unavailable(),
    });
    held.filter(|limit| limit.held > 0 && limit.rule.counts_unavailable())
        .collect()
}

/// The hosts that start when the job is submitted.
fn first(records: &[Record], job: JobId) -> Vec<HostName> {
    let submitted = |record: &&Record| record.event.submitted() == Some(job);
    let at = records.iter().find(submitted).map(|record| record.at);
    let started =
        |record: &&Record| record.event.started().is_some() && record.event.job() == Some(job) && Some(record.at) == at;
    let hosts = records.iter().filter(started).filter_map(|record| record.event.host());
    hosts.cloned().collect()
}

impl fmt::Display for AssumedDown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "assumed to be down: {}", named(&self.hosts))?;
        for HeldSlots {
            group,
            rule,
            slots,
            held,
        } in &self.held
        {
            writeln!(f, "  {held} of {slots} slots of {group} held ({rule})")?;
        }
        if self.held.is_empty() {
            writeln!(f, "  no limit counts them")?;
        }
        writeln!(f, "starts at once: {}", named(&self.starts))?;
        if !self.blocked.is_empty() {
            writeln!(f, "blocked, although all that runs succeeds: {}", named(&self.blocked))?;
        }
        self.blocked_by.iter().try_for_each(|reason| writeln!(f, "  {reason}"))
    }
}

/// `2 hosts: web[1-2]`
fn named(hosts: &[HostName]) -> String {
    match hosts.len() {
        0 => "no host".to_owned(),
        1 => format!("1 host: {}", fold(hosts)),
        many => format!("{many} hosts: {}", fold(hosts)),
    }
}

fn folded<S: Serializer>(hosts: &[HostName], serializer: S) -> Result<S::Ok, S::Error> {
    match hosts.is_empty() {
        true => serializer.serialize_str(""),
        false => serializer.serialize_str(&fold(hosts).to_string()),
    }
}
