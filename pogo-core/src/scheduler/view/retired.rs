//! Views of jobs that have retired.

use crate::fleet::HostName;
use crate::plan::JobSpec;
use crate::scheduler::state::{Remnant, State};
use crate::scheduler::{Failure, JobId};

/// What is left of a job that has retired: hosts that hold slots because of it.
#[derive(Debug, Clone, Copy)]
pub struct RetiredJobView<'a> {
    id: JobId,
    remnant: &'a Remnant,
}

impl<'a> RetiredJobView<'a> {
    /// Its number.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// What was submitted.
    pub fn spec(&self) -> &'a JobSpec {
        &self.remnant.spec
    }

    /// The hosts that it left failed or in doubt, by name, and how the last attempt of each failed; unknown for those
    /// in doubt.
    pub fn hosts(&self) -> impl Iterator<Item = (&'a HostName, Option<&'a Failure>)> + use<'a> {
        self.remnant
            .hosts
            .iter()
            .map(|(host, failure)| (host, failure.as_ref()))
    }
}

impl State {
    pub(in crate::scheduler) fn retired_views(&self) -> impl Iterator<Item = RetiredJobView<'_>> {
        let remnants = self.retired.remnants.iter();
        remnants.map(|(&id, remnant)| RetiredJobView { id, remnant })
    }
}
