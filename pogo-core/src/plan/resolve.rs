//! What a job leaves to defaults, filled in when it is submitted.

use std::time::Duration;

use super::waves::{self, EVERYTHING};
use super::{Hooks, JobSpec, PlanError};
use crate::policy::{Defaults, OnDoubt};

impl JobSpec {
    /// Time limit of an attempt where neither job nor policy says.
    pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3_600);
    /// After how long an attempt is told to be slow where neither job nor policy says.
    pub const SLOW_AFTER: Duration = Duration::from_secs(600);
    /// The time limit that held where a log says nothing, which was written before jobs were stored with their defaults.
    pub(crate) const FORMER_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(600);

    /// Time before another try where neither job nor policy says.
    pub const RETRY_DELAY: Duration = Duration::from_secs(5);

    /// The job for so many hosts as it is stored: under a policy of another day, or another version of this library, it
    /// means the same.
    pub(crate) fn resolved(&self, defaults: &Defaults, hosts: usize) -> Result<Self, PlanError> {
        // Named one by one, so that no default is forgotten.
        let Defaults {
            attempt_timeout,
            slow_after,
            job_timeout,
            retries,
            connect_retries,
            retry_delay,
            settle,
            max_failures,
            on_doubt,
            pre_hooks,
            post_hooks,
        } = defaults;
        let hooks = |own: &Option<String>, default: &Option<String>, ours: &str| {
            let chosen = own.as_deref().or(default.as_deref()).unwrap_or(ours);
            Some(chosen.to_owned())
        };
        let attempt_timeout = self.attempt_timeout.or(*attempt_timeout);
        Ok(Self {
            attempt_timeout: attempt_timeout.or(Some(Self::ATTEMPT_TIMEOUT)),
            slow_after: self.slow_after.or(*slow_after).or(Some(Self::SLOW_AFTER)),
            job_timeout: self.job_timeout.or(*job_timeout),
            retries: self.retries.or(*retries).or(Some(0)),
            connect_retries: self.connect_retries.or(*connect_retries).or(Some(0)),
            retry_delay: self.retry_delay.or(*retry_delay).or(Some(Self::RETRY_DELAY)),
            settle: self.settle.or(*settle).or(Some(Duration::ZERO)),
            max_failures: self.max_failures.or(*max_failures),
            on_doubt: self.on_doubt.or(*on_doubt).or(Some(OnDoubt::default())),
            hooks: Hooks {
                pre: hooks(&self.hooks.pre, pre_hooks, Hooks::PRE),
                post: hooks(&self.hooks.post, post_hooks, Hooks::POST),
            },
            waves: waves::with_steps(&self.waves, count(hosts))?,
            ..self.clone()
        })
    }

    /// A job of a log, to be submitted once more: where the log says nothing, what held when it was written.
    pub(crate) fn once_more(&self, defaults: &Defaults, hosts: usize) -> Self {
        let mut spec = self.clone();
        let attempt_timeout = self.attempt_timeout.or(defaults.attempt_timeout);
        spec.attempt_timeout = Some(attempt_timeout.unwrap_or(Self::FORMER_ATTEMPT_TIMEOUT));
        spec.slow_after = Some(self.slow_after.unwrap_or(Duration::ZERO));
        // Whatever is stored as the last wave takes all the rest.
        if let Some(last) = spec
            .waves
            .last_mut()
            .filter(|last| last.places(count(hosts)) < count(hosts))
        {
            *last = EVERYTHING;
        }
        spec
    }
}

fn count(hosts: usize) -> u32 {
    u32::try_from(hosts).unwrap_or(u32::MAX)
}
