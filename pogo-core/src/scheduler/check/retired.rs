//! Refusals of orders to jobs that have retired.

use std::sync::Arc;

use super::CheckedOrder;
use crate::fleet::{HostName, HostRange, Selector, fold_in_order};
use crate::plan::JobSpec;
use crate::policy::JobSettings;
use crate::scheduler::state::{Remnant, State};
use crate::scheduler::{InputError, JobId};

impl State {
    pub(in crate::scheduler) fn has_retired(&self, job: JobId) -> bool {
        !self.jobs.contains_key(&job) && self.retired.covers(job)
    }

    /// Why there is no such job.
    pub(in crate::scheduler) fn no_job(&self, job: JobId) -> InputError {
        match self.has_retired(job) {
            true => InputError::RetiredJob { job },
            false => InputError::UnknownJob { job },
        }
    }

    /// What is left of a job, which has all of these hosts.
    pub(in crate::scheduler) fn check_remnant(
        &self,
        job: JobId,
        mut hosts: Vec<HostName>,
    ) -> Result<(&Remnant, Vec<HostName>), InputError> {
        let remnant = self.retired.remnants.get(&job).ok_or(InputError::RetiredJob { job })?;
        for host in &hosts {
            self.check_host(host)?;
            if !remnant.hosts.contains_key(host) {
                let host = host.clone();
                return Err(InputError::NotHeldByJob { job, host });
            }
        }
        hosts.sort_unstable();
        hosts.dedup();
        Ok((remnant, hosts))
    }

    /// Hosts of a job that has retired are tried again by a new job.
    pub(in crate::scheduler) fn check_retry_of(
        &self,
        job: JobId,
        hosts: Vec<HostName>,
    ) -> Result<CheckedOrder, InputError> {
        // Only hosts that it left failed or in doubt: of the others nothing is known any more that
        // could be retried.
        let (remnant, hosts) = self.check_remnant(job, hosts)?;
        let known = |hosts: &Selector| self.fleet.resolve(hosts).is_ok();
        let spec = JobSpec {
            targets: selector(&hosts),
            // The waves were of all hosts of the job.
            waves: vec![],
            settings: JobSettings {
                // They belong to waves, and without any they would be refused.
                bake: None,
                gate: None,
                ..JobSettings::clone(&remnant.given)
            },
            // An expectation may name what the fleet no longer has. It is only a hint, so it
            // does not get the retry refused.
            expected: remnant
                .spec
                .expected
                .iter()
                .filter(|of| known(&of.hosts))
                .cloned()
                .collect(),
            ..JobSpec::clone(&remnant.spec)
        };
        self.check_submission(None, Arc::new(spec), Some(job))
    }
}

/// A selector of these hosts, as it is read back.
fn selector(hosts: &[HostName]) -> Selector {
    let ranges = fold_in_order(hosts);
    let ranges = ranges.iter().filter_map(|range| range.parse::<HostRange>().ok());
    let mut ranges: Vec<Selector> = ranges.map(Selector::Hosts).collect();
    match ranges.pop() {
        Some(only) if ranges.is_empty() => only,
        last => {
            ranges.extend(last);
            Selector::Or(ranges)
        }
    }
}
