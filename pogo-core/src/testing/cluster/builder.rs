//! Sets a cluster up.

use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use super::defect::Defect;
use super::options::ClusterOptions;
use super::report::{ClusterReport, ClusterRun};
use crate::fleet::Fleet;
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::scheduler::Record;

/// Dispatchers, a journal and hosts in one thread, on virtual time, with faults and orders drawn from a seed.
///
/// See the [module](super) for the faults and the rules.
#[derive(Clone)]
pub struct Cluster {
    options: ClusterOptions,
}

impl Default for Cluster {
    fn default() -> Self {
        Self::new()
    }
}

impl Cluster {
    /// Up to three dispatchers at a time, with hosts, rules and jobs drawn from the seed, and two minutes of
    /// faults.
    pub fn new() -> Self {
        Self {
            options: ClusterOptions {
                dispatchers: 3,
                rules: None,
                jobs: vec![],
                chaos: Duration::from_secs(120),
                restores: false,
                skewed_clocks: false,
                defect: None,
                audit: None,
                resumes: true,
                fences: true,
                snapshot_every: None,
            },
        }
    }

    /// Sets the most dispatchers at a time, paused ones included.
    #[must_use]
    pub fn dispatchers(mut self, most: usize) -> Self {
        self.options.dispatchers = most.max(1);
        self
    }

    /// Sets hosts and rules.
    #[must_use]
    pub fn rules(mut self, fleet: Arc<Fleet>, policy: Arc<Policy>) -> Self {
        self.options.rules = Some((fleet, policy));
        self
    }

    /// Adds a job to submit.
    #[must_use]
    pub fn job(mut self, job: JobSpec) -> Self {
        self.options.jobs.push(job);
        self
    }

    /// Sets the time of faults.
    #[must_use]
    pub fn chaos(mut self, span: Duration) -> Self {
        self.options.chaos = span;
        self
    }

    /// Audits the journal of each run too, for example with `pogo_audit::audit`.
    #[must_use]
    pub fn audit<E: ToString>(mut self, audit: impl Fn(&[Record]) -> Result<(), E> + Send + Sync + 'static) -> Self {
        self.options.audit = Some(Arc::new(move |records| {
            audit(records).map_err(|error| error.to_string())
        }));
        self
    }

    /// Also restores the journal now and then: it loses its tail, or an older copy takes its place, while dispatchers
    /// run. Operators accept that, mostly. What ran by the records that are lost is unknown to the journal, so it may
    /// run on a host whose slots are free; but never beside another command.
    #[must_use]
    pub fn restores(mut self) -> Self {
        self.options.restores = true;
        self
    }

    /// Also lets clocks of dispatchers be up to 25 seconds away from that of the journal's store, often 15.
    #[must_use]
    pub fn skewed_clocks(mut self) -> Self {
        self.options.skewed_clocks = true;
        self
    }

    /// Plants a defect.
    #[doc(hidden)]
    #[must_use]
    pub fn plant(mut self, defect: Defect) -> Self {
        self.options.defect = Some(defect);
        self
    }

    /// Runs one seed.
    pub fn run(&self, seed: u64) -> ClusterRun {
        super::run::run(self.options.clone(), seed)
    }

    /// Runs these seeds, up to the first that breaks a rule.
    pub fn run_all(&self, seeds: Range<u64>) -> ClusterReport {
        let mut report = ClusterReport::default();
        for seed in seeds {
            let run = self.run(seed);
            report.add(&run);
            if run.finding.is_some() {
                report.failed = Some(run);
                break;
            }
        }
        report
    }
}
