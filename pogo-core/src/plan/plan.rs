//! A plan: what a job would do, before it is submitted.

use serde::{Serialize, Serializer};

use super::JobSpec;
use super::problem::{PlanError, Warning};
use super::rules::{Bucket, BudgetGroup, Rules};
use super::settings::PlannedSettings;
use super::stages::{JobStage, Stages};
use crate::fleet::{Fleet, HostId, HostName, fold};
use crate::policy::Policy;
use crate::saturating::saturating_u32;

/// One job compiled against a fleet and a policy. Prints itself for a person and serializes for a program.
///
/// ```
/// use pogo_core::fleet::Fleet;
/// use pogo_core::plan::{JobSpec, Plan, RemoteCommand};
/// use pogo_core::policy::{Constraint, Policy, Rule, Sequence};
///
/// let fleet = Fleet::builder().tagged("colo.na", "h[1-3]").tagged("colo.sea", "h[4-6]").build()?;
/// let order = Sequence::new("by colo", ["$colo.na".parse()?, "$colo.sea".parse()?]);
/// let limit = Constraint::new("$colo".parse()?, Rule::MaxParallel("50%".parse()?));
/// let policy = Policy::new().sequence(order).constraint(limit);
/// let plan = Plan::compile(&fleet, &policy, &JobSpec::new("*".parse()?, RemoteCommand::shell("uptime")))?;
/// assert_eq!(plan.buckets[0].bucket.slots, 1); // half of three, rounded down
/// assert_eq!(plan.stages.len(), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Plan {
    /// The hosts, in listed order.
    #[serde(serialize_with = "folded")]
    pub hosts: Vec<HostName>,
    /// Which of them come before which.
    pub stages: Vec<PlannedStage>,
    /// The limits that count any of them.
    pub buckets: Vec<PlannedBucket>,
    /// The failure budgets that any of them is under.
    pub budgets: Vec<PlannedBudget>,
    /// What binds the job as a whole and each of its attempts, defaults included.
    pub job: PlannedSettings,
    /// What may not mean what its author expects.
    pub warnings: Vec<Warning>,
}

/// A stage and its hosts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlannedStage {
    /// The stage.
    #[serde(flatten)]
    pub stage: JobStage,
    /// Its hosts of this job, in listed order.
    #[serde(serialize_with = "folded")]
    pub hosts: Vec<HostName>,
}

/// A bucket that counts hosts of this job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlannedBucket {
    /// The limit.
    #[serde(flatten)]
    pub bucket: Bucket,
    /// How many of its hosts are in this job.
    pub in_job: u32,
}

/// A failure budget, and what it is for this job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct PlannedBudget {
    /// The budget.
    #[serde(flatten)]
    pub budget: BudgetGroup,
    /// How many hosts of the group are in this job.
    pub in_job: u32,
    /// How many of these may fail; one more, and the job starts no more there.
    pub allowed: u32,
}

impl Plan {
    /// Compiles a job. Sends nothing and changes nothing.
    ///
    /// # Errors
    /// Everything for which submitting the job would be refused.
    pub fn compile(fleet: &Fleet, policy: &Policy, spec: &JobSpec) -> Result<Self, PlanError> {
        spec.check()?;
        // In the order in which submitting refuses, so that both say the same of one job.
        spec.check_new()?;
        let hosts = fleet.resolve(&spec.targets).map_err(PlanError::Targets)?;
        if hosts.is_empty() {
            return Err(PlanError::NoTargets {
                targets: spec.targets.to_string(),
            });
        }
        let spec = &spec.resolved(&policy.defaults, hosts.len())?;
        let rules = Rules::compile(fleet, policy);
        let stages = Stages::compile(fleet, policy, &hosts, spec);
        let (rules, (stages, mut stage_warnings)) = both(rules, stages)?;
        let mut warnings = rules.warnings().to_vec();
        warnings.append(&mut stage_warnings);
        let name = |host: &HostId| fleet.name(*host).clone();
        let planned = |stage: &JobStage| PlannedStage {
            hosts: stage
                .tasks
                .iter()
                .filter_map(|&task| hosts.get(task as usize))
                .map(name)
                .collect(),
            stage: stage.clone(),
        };
        // Failure budgets do not count: they say when to stop, not how many run at once.
        let uncovered = hosts.iter().filter(|&&host| rules.buckets_of(host).is_empty());
        let uncovered: Vec<HostName> = uncovered.map(name).collect();
        let mut plan = Self {
            stages: stages.stages().iter().map(planned).collect(),
            buckets: buckets(&rules, &hosts),
            budgets: budgets(&rules, &hosts),
            job: PlannedSettings::of(spec, saturating_u32(hosts.len())),
            hosts: hosts.iter().map(name).collect(),
            warnings,
        };
        plan.advise(policy, &uncovered);
        Ok(plan)
    }
}

/// Both results, or the problems of both.
fn both<A, B>(rules: Result<A, PlanError>, stages: Result<B, PlanError>) -> Result<(A, B), PlanError> {
    match (rules, stages) {
        (Ok(rules), Ok(stages)) => Ok((rules, stages)),
        (Err(PlanError::Policy { problems: mut first }), Err(PlanError::Policy { mut problems })) => {
            first.append(&mut problems);
            Err(PlanError::Policy { problems: first })
        }
        (Err(error), _) | (_, Err(error)) => Err(error),
    }
}

fn buckets(rules: &Rules, hosts: &[HostId]) -> Vec<PlannedBucket> {
    let mut in_job = vec![0_u32; rules.buckets().len()];
    for &host in hosts {
        rules
            .buckets_of(host)
            .iter()
            .for_each(|bucket| in_job[bucket.index()] += 1);
    }
    let touched = rules.buckets().iter().zip(in_job).filter(|(_, in_job)| *in_job > 0);
    touched
        .map(|(bucket, in_job)| PlannedBucket {
            bucket: bucket.clone(),
            in_job,
        })
        .collect()
}

fn budgets(rules: &Rules, hosts: &[HostId]) -> Vec<PlannedBudget> {
    let mut in_job = vec![0_u32; rules.budgets().len()];
    for &host in hosts {
        let budgets = rules.profile(rules.profile_of(host)).budgets;
        budgets.iter().for_each(|&budget| in_job[budget as usize] += 1);
    }
    let touched = rules.budgets().iter().zip(in_job).filter(|(_, in_job)| *in_job > 0);
    touched
        .map(|(budget, in_job)| PlannedBudget {
            budget: budget.clone(),
            in_job,
            allowed: budget.limit.tolerated(in_job),
        })
        .collect()
}

fn folded<S: Serializer>(hosts: &[HostName], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&fold(hosts).to_string())
}
