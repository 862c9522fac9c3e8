//! What came of a run, and of many.

use std::fmt;

use super::judge::ClusterFinding;
use super::trace::ClusterTrace;
use crate::Digest;
use crate::scheduler::Record;

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// How often something happened that the rules are about.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ClusterCounts {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl ClusterCounts {
            fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

counts! {
    /// Records that became durable.
    records,
    /// Times that another dispatcher took over.
    takeovers,
    /// Times that the journal lost its tail.
    restores,
    /// Commands that began.
    begins,
    /// Attempts that were permitted to begin, and whose host still waited for the word to go when another dispatcher took over.
    permission_then_takeover,
    /// Commands that began by a permission of before a takeover, after it.
    begun_after_takeover,
    /// Attempts that never began.
    never_began,
    /// Attempts in doubt.
    doubts,
    /// Those of them that had not been permitted to begin.
    doubts_without_permission,
    /// Attempts in doubt after a takeover, whose command ran. These and those below are of runs in which hosts are asked what became of
    /// them.
    doubts_after_takeover_running,
    /// Attempts in doubt after a takeover, whose host could not be reached.
    doubts_after_takeover_unreachable,
    /// Attempts in doubt after a takeover, of which nobody was left to write down how they ended.
    doubts_after_takeover_unwritten,
    /// All other attempts in doubt after a takeover: the command did not run, and the host could be reached.
    doubts_after_takeover_askable,
}

/// What came of a seed.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ClusterRun {
    /// The seed.
    pub seed: u64,
    /// The journal at the end.
    pub records: Vec<Record>,
    /// What happened.
    pub trace: ClusterTrace,
    /// How often something happened.
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

/// What happened, and which rule that broke.
impl fmt::Display for ClusterRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.trace)?;
        match &self.finding {
            Some(finding) => write!(f, "seed {}: {finding}", self.seed),
            None => write!(f, "seed {}: every rule was kept", self.seed),
        }
    }
}

/// What came of many seeds.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct ClusterReport {
    /// How many were played.
    pub seeds: u64,
    /// In how many of them a permission came before a takeover, and its use could have come after.
    pub seeds_with_permission_then_takeover: u64,
    /// Sums over all of them.
    pub counts: ClusterCounts,
    /// The run that broke a rule, if one did: it is the last.
    pub failed: Option<ClusterRun>,
}

impl ClusterReport {
    pub(super) fn add(&mut self, run: &ClusterRun) {
        self.seeds += 1;
        self.seeds_with_permission_then_takeover += u64::from(run.counts.permission_then_takeover > 0);
        self.counts.add(&run.counts);
    }

    /// Panics where a rule was broken, with the seed and what happened, or where no permission came before a takeover: then
    /// nothing was tested.
    ///
    /// # Panics
    /// As said.
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
