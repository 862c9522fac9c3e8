//! Failure budgets: how many hosts of a job, or of a group of its hosts, may fail.

/// A count of failures against what is allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(crate) struct Budget {
    /// More than this many stop the group.
    pub(crate) allowed: u32,
    /// Hosts that are failed or in doubt now.
    pub(crate) failures: u32,
    /// Failures that an operator has accepted by resuming the job.
    pub(crate) forgiven: u32,
    /// Exceeded, and said so.
    pub(crate) tripped: bool,
}

impl Budget {
    pub(crate) fn is_exceeded(&self) -> bool {
        self.failures.saturating_sub(self.forgiven) > self.allowed
    }

    pub(super) fn forgive(&mut self) {
        self.forgiven = self.failures;
        self.tripped = false;
    }

    pub(super) fn fail(&mut self) {
        self.failures += 1;
    }

    /// A host is no longer failed.
    pub(super) fn mend(&mut self) {
        self.failures = self.failures.saturating_sub(1);
        // Otherwise each host that is mended would leave room for a failure that nobody has accepted.
        self.forgiven = self.forgiven.min(self.failures);
        if !self.is_exceeded() {
            self.tripped = false;
        }
    }
}
