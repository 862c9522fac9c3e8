//! What a job leaves to defaults, filled in when it is submitted.

use std::time::Duration;

use super::JobSpec;
use crate::policy::Defaults;

impl JobSpec {
    /// Time limit of an attempt where neither job nor policy says.
    pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3_600);
    /// After how long an attempt is told to be slow where neither job nor policy says.
    pub const SLOW_AFTER: Duration = Duration::from_secs(600);
    /// The time limit that held where a log says nothing, which was written before jobs were stored with their defaults.
    pub(crate) const FORMER_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(600);

    /// The job as it is stored: under a policy of another day, or another version of this library, it means the same.
    pub(crate) fn resolved(&self, defaults: &Defaults) -> Self {
        let mut spec = self.clone();
        spec.attempt_timeout = Some(
            self.attempt_timeout
                .or(defaults.attempt_timeout)
                .unwrap_or(Self::ATTEMPT_TIMEOUT),
        );
        spec.slow_after = Some(self.slow_after.or(defaults.slow_after).unwrap_or(Self::SLOW_AFTER));
        spec
    }

    /// A job of a log, to be submitted once more: where the log says nothing, what held when it was written.
    pub(crate) fn once_more(&self, defaults: &Defaults) -> Self {
        let mut spec = self.clone();
        let attempt_timeout = self.attempt_timeout.or(defaults.attempt_timeout);
        spec.attempt_timeout = Some(attempt_timeout.unwrap_or(Self::FORMER_ATTEMPT_TIMEOUT));
        spec.slow_after = Some(self.slow_after.unwrap_or(Duration::ZERO));
        spec
    }
}
