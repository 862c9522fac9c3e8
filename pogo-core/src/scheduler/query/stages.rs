//! The stages and failure budgets of a job.

use serde::{Deserialize, Serialize};

use crate::plan::{Rules, StageId};
use crate::policy::Limit;
use crate::scheduler::Tally;
use crate::scheduler::state::{Budget, Job};

/// A stage of a job: its hosts of one entry of a sequence, or one of its waves.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct StageSummary {
    /// The sequence it belongs to, with the value it is repeated for.
    pub sequence: String,
    /// The entry, as in `$colo.north_america`.
    pub label: String,
    /// The wave it is, counting from 0, when it comes from the job's waves and not from a sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wave: Option<u32>,
    /// The position in this list of the stage that comes before it in its sequence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<usize>,
    /// How many of its hosts may fail without holding back the next stage.
    #[serde(default)]
    pub allowed_failures: u32,
    /// Whether its gate is open.
    pub open: bool,
    /// Whether it no longer holds back the stage after it.
    pub complete: bool,
    /// How many of its hosts are in which state.
    pub tally: Tally,
}

impl StageSummary {
    pub(super) fn of_job(job: &Job) -> Vec<Self> {
        let stages = job.stages.stages().iter().zip((0..).map(StageId));
        let summaries = stages.map(|(stage, id)| {
            let mut tally = Tally::default();
            for &task in stage.tasks() {
                *tally.count_mut(job.task(task).state) += 1;
            }
            Self {
                sequence: stage.sequence.clone(),
                label: stage.label.clone(),
                wave: stage.wave,
                after: stage.after.map(StageId::index),
                allowed_failures: stage.allowed_failures,
                open: job.gates.is_open(id),
                complete: job.gates.is_complete(id),
                tally,
            }
        });
        summaries.collect()
    }
}

/// How many hosts may fail, and how many have.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct BudgetSummary {
    /// The group whose hosts count; `None` for the job as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<String>,
    /// As it was given.
    pub limit: Limit,
    /// How many hosts that is.
    pub allowed: u32,
    /// How many count as failed.
    pub failures: u32,
    /// How many of those an operator has let pass.
    #[serde(default)]
    pub forgiven: u32,
    /// Whether it stops the job, or its hosts of the group.
    #[serde(default)]
    pub exceeded: bool,
}

impl BudgetSummary {
    pub(super) fn of_job(job: &Job, rules: &Rules) -> Vec<Self> {
        let whole = job.settings.max_failures.map(|most| {
            let allowed = most.hosts;
            Self::of(None, most.limit, Budget { allowed, ..job.budget })
        });
        let of_groups = job.budgets.iter().filter_map(|(&at, budget)| {
            let group = rules.budgets().get(at as usize)?;
            Some(Self::of(Some(group.group.clone()), group.limit, *budget))
        });
        whole.into_iter().chain(of_groups).collect()
    }

    fn of(group: Option<String>, limit: Limit, budget: Budget) -> Self {
        Self {
            group,
            limit,
            allowed: budget.allowed,
            failures: budget.failures,
            forgiven: budget.forgiven,
            exceeded: budget.is_exceeded(),
        }
    }
}
