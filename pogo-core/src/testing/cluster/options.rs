//! Options of a cluster.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use super::defect::Defect;
use crate::fleet::Fleet;
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::scheduler::Record;

/// Audits the records of a journal; its error is a [finding](super::ClusterRule::Audit) of the run.
pub type ClusterAudit = Arc<dyn Fn(&[Record]) -> Result<(), String> + Send + Sync>;

#[derive(Clone)]
pub(super) struct ClusterOptions {
    pub(super) dispatchers: usize,
    pub(super) rules: Option<(Arc<Fleet>, Arc<Policy>)>,
    pub(super) jobs: Vec<JobSpec>,
    pub(super) chaos: Duration,
    pub(super) restores: bool,
    pub(super) skewed_clocks: bool,
    pub(super) defect: Option<Defect>,
    pub(super) audit: Option<ClusterAudit>,
    // Drawn for each seed.
    pub(super) resumes: bool,
    pub(super) fences: bool,
    pub(super) snapshot_every: Option<NonZeroU64>,
}
