//! One job.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{BudgetSummary, JobSummary, LimitUsage, StageSummary};
use crate::Timestamp;
use crate::plan::{BucketId, RemoteCommand, RunAs};
use crate::policy::ResolvedSettings;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{JobId, JobNote, Obstacle, Steered};

/// All of a job but its hosts, which may be many: those are answered in [pages](super::HostsQuery).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct JobDetails {
    /// What a list of jobs says of it.
    #[serde(flatten)]
    pub summary: JobSummary,
    /// What it runs on each host.
    pub command: RemoteCommand,
    /// The names of variables that are set for the command, those with secret values included. The values are in no
    /// view.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<String>,
    /// Who runs the command, when it is not the user who is logged in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_as: Option<RunAs>,
    /// Directory that the command starts in, where it is not the login directory.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<String>,
    /// The settings in force, every update included.
    pub settings: ResolvedSettings,
    /// The reason for running without regard to limits and sequences, if it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub override_constraints: Option<String>,
    /// The job that has retired whose hosts it tries again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_of: Option<JobId>,
    /// The last order that was given to it, if one was since it was submitted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub steered: Option<Box<Steered>>,
    /// What people have said of it, the last [few](JobNote::MOST).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<JobNote>,
    /// When its time limit runs out, as long as that matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Stages of sequences and waves; each comes after those it waits for in its own sequence.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageSummary>,
    /// Its failure budgets: that of the job first, then those of groups in the order of the policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetSummary>,
    /// The limits that count any of its hosts, in the order of the policy. Empty for a job that runs without regard to
    /// them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<LimitUsage>,
    /// What only an order clears of what keeps its hosts from starting, as
    /// [`JobView::blockers`](crate::scheduler::JobView::blockers).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub blockers: Vec<Obstacle>,
}

impl State {
    /// Time is linear in the hosts of the job; no host is copied but those that blockers name.
    pub(super) fn job_details(&self, now: Timestamp, job: &Job) -> JobDetails {
        let exec_options = &job.spec.exec_options;
        let open = exec_options.environment.keys();
        JobDetails {
            summary: JobSummary::of(job),
            command: job.spec.command.clone(),
            environment: open.chain(&exec_options.secret_environment).cloned().collect(),
            run_as: exec_options.run_as.clone(),
            directory: exec_options.directory.clone(),
            settings: job.settings.as_ref().clone(),
            override_constraints: job.spec.override_constraints.clone(),
            retry_of: job.retry_of,
            steered: job.steered.clone(),
            notes: job.notes.iter().cloned().collect(),
            deadline: job.deadline(),
            stages: StageSummary::of_job(job),
            budgets: BudgetSummary::of_job(job, &self.rules),
            limits: self.limits_of(job),
            blockers: self.blockers(now, job),
        }
    }

    fn limits_of(&self, job: &Job) -> Vec<LimitUsage> {
        // What it runs under counts its hosts all the same, but says nothing of when they start.
        if job.is_unbound {
            return vec![];
        }
        // By profile first, which are few: limits of each host would be gathered once for each of
        // ten thousand.
        let profiles: BTreeSet<u32> = job.tasks.iter().map(|task| task.target.profile).collect();
        let counting = profiles.iter().flat_map(|&profile| self.rules.profile(profile).buckets);
        let counting: BTreeSet<BucketId> = counting.copied().collect();
        counting.into_iter().map(|bucket| self.limit_usage(bucket)).collect()
    }
}
