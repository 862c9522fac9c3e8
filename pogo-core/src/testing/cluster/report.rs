//! Results of runs.

use std::fmt;

use super::counts::ClusterCounts;
use super::judge::ClusterFinding;
use super::trace::ClusterTrace;
use crate::Digest;
use crate::scheduler::Record;

/// The result of one seed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClusterRun {
    /// The seed.
    pub seed: u64,
    /// The journal at the end.
    pub records: Vec<Record>,
    /// What happened.
    pub trace: ClusterTrace,
    /// Counts of events.
    pub counts: ClusterCounts,
    /// The first rule that was broken, if one was.
    pub finding: Option<ClusterFinding>,
}

impl ClusterRun {
    /// The digest of the journal and of the trace: the same for the same seed.
    pub fn digest(&self) -> Digest {
        let journal = serde_json::to_string(&self.records).unwrap_or_default();
        Digest::of(format!("{journal}\n{}", self.trace).as_bytes())
    }
}

/// The trace, and the broken rule.
impl fmt::Display for ClusterRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.trace)?;
        match &self.finding {
            Some(finding) => write!(f, "seed {}: {finding}", self.seed),
            None => write!(f, "seed {}: every rule was kept", self.seed),
        }
    }
}

/// The result of many seeds.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ClusterReport {
    /// The number of seeds.
    pub seeds: u64,
    /// Seeds in which a takeover came between a permission and its use.
    pub seeds_with_permission_then_takeover: u64,
    /// Sums over all of them.
    pub counts: ClusterCounts,
    /// The last run, if it broke a rule.
    pub failed: Option<ClusterRun>,
}

impl ClusterReport {
    pub(super) fn add(&mut self, run: &ClusterRun) {
        self.seeds += 1;
        self.seeds_with_permission_then_takeover += u64::from(run.counts.permission_then_takeover > 0);
        self.counts.add(&run.counts);
    }

    /// Panics where a rule was broken, with the seed and what happened, or where no permission came before a takeover:
    /// then nothing was tested.
    ///
    /// # Panics
    /// In these two cases.
    #[track_caller]
    pub fn assert_kept(&self) {
        if let Some(run) = &self.failed {
            panic!("{run}");
        }
        assert!(
            self.seeds_with_permission_then_takeover > 0,
            "in none of {} seeds did a takeover follow a permission that could still be used",
            self.seeds
        );
    }
}

impl fmt::Display for ClusterReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seeds,
            seeds_with_permission_then_takeover: reached,
            counts,
            ..
        } = self;
        writeln!(f, "{seeds} seeds, {reached} with a permission and then a takeover")?;
        write!(f, "{counts:#?}")
    }
}
