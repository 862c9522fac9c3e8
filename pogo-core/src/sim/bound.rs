//! The lower bound of a job's duration.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::stage_path::StagePath;
use super::work::{Cause, Work};
use crate::fleet::{Fleet, HostName};
use crate::plan::{JobSpec, PlanError, Rules, Stages};
use crate::policy::Policy;
use crate::saturating::saturating_u32;
use crate::time::format_duration;
use crate::time::millis;

/// The earliest end that limits and sequences allow, and what sets it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct LowerBound {
    /// No schedule is shorter, if every task takes the time given. Serialized in milliseconds.
    #[serde(with = "millis")]
    pub makespan: Duration,
    /// What sets it.
    pub reason: Binding,
}

/// The limit, task or order that sets a lower bound: relaxing anything else does not lower the bound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "binds", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Binding {
    /// One host takes that long.
    LongestTask {
        /// The host.
        host: HostName,
    },
    /// So much work has to pass through so few slots.
    Limit {
        /// The group, as in `$frontend & $colo.na`.
        group: String,
        /// The rule as the policy says it.
        rule: String,
        /// How many slots.
        #[serde(rename = "places")]
        slots: u32,
    },
    /// The job's own limit on how many run at once.
    JobLimit {
        /// How many slots.
        #[serde(rename = "places")]
        slots: u32,
    },
    /// Stages that come one after the other.
    Sequence {
        /// The stages on the critical path, first to last, each with its sequence.
        stages: Vec<String>,
    },
}

impl fmt::Display for Binding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LongestTask { host } => write!(f, "the longest task, on {host}"),
            Self::Limit { group, rule, slots } => write!(f, "{rule} on {group} ({})", Slots(*slots)),
            Self::JobLimit { slots } => write!(f, "the job's own max_parallel ({})", Slots(*slots)),
            Self::Sequence { stages } => write!(f, "the order {}", stages.join(", then ")),
        }
    }
}

struct Slots(u32);

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} slot{}", self.0, if self.0 == 1 { "" } else { "s" })
    }
}

impl fmt::Display for LowerBound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, set by {}", format_duration(self.makespan), self.reason)
    }
}

/// The earliest end of a job on an otherwise idle fleet, if each host succeeds in the time that `time` says. Settle and
/// bake times are added.
///
/// ```
/// use std::time::Duration;
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, RemoteCommand};
/// use pogo_core::policy::{Constraint, Policy, Rule};
/// use pogo_core::sim::lower_bound;
///
/// let fleet = Fleet::builder().tagged("web", "web[1-40]").build()?;
/// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("25%".parse()?));
/// let policy = Policy::new().constraint(limit);
/// let spec = JobSpec::new("*".parse()?, RemoteCommand::shell("restart"));
/// let bound = lower_bound(&fleet, &policy, &spec, |_| Duration::from_secs(30))?;
/// assert_eq!(bound.to_string(), "2m 00s, set by max_parallel: 25% on $web (10 slots)");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// The job does not compile.
pub fn lower_bound(
    fleet: &Fleet,
    policy: &Policy,
    spec: &JobSpec,
    time: impl Fn(&HostName) -> Duration,
) -> Result<LowerBound, PlanError> {
    let hosts = fleet.resolve(&spec.targets).map_err(PlanError::Targets)?;
    let spec = &spec.resolved(&policy.defaults, hosts.len())?;
    let overridden = spec.override_constraints.is_some();
    let (rules, stages) = if overridden {
        (Rules::compile(fleet, &Policy::default())?, Stages::none(hosts.len()))
    } else {
        let (stages, _) = Stages::compile(fleet, policy, &hosts, spec)?;
        (Rules::compile(fleet, policy)?, stages)
    };
    let settings = spec.settings.resolve(saturating_u32(hosts.len()));
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let work = Work {
        rules: &rules,
        times: hosts
            .iter()
            .map(|&host| millis(time(fleet.name(host)).saturating_add(settings.settle)))
            .collect(),
        job_slots: settings.max_parallel.map(|most| most.hosts),
        hosts,
    };
    let whole = work.part(0..work.hosts.len());
    let chain = StagePath::longest(&stages, millis(settings.bake), &work);
    let (makespan, reason) = match chain {
        Some(chain) if chain.until > whole.0 => (chain.until, Binding::Sequence { stages: chain.stages }),
        _ => (whole.0, explain(&work, fleet, whole.1)),
    };
    Ok(LowerBound {
        makespan: Duration::from_millis(makespan),
        reason,
    })
}

/// The cause as it is reported.
fn explain(work: &Work<'_>, fleet: &Fleet, cause: Cause<'_>) -> Binding {
    let host = |task: usize| work.hosts.get(task).or(work.hosts.first());
    match cause {
        Cause::Job(slots) => Binding::JobLimit { slots },
        Cause::Bucket(bucket) => Binding::Limit {
            group: bucket.group.clone(),
            rule: bucket.rule.to_string(),
            slots: bucket.slots,
        },
        Cause::Task(task) => match host(task) {
            Some(&host) => Binding::LongestTask {
                host: fleet.name(host).clone(),
            },
            None => Binding::Sequence { stages: vec![] },
        },
    }
}
