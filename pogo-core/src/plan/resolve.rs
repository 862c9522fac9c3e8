//! What a job leaves to defaults, filled in when it is submitted.

use std::time::Duration;

use super::job::check_settings;
use super::waves::{self, EVERYTHING};
use super::{JobSpec, PlanError};
use crate::policy::{JobSettings, WaveGate};

impl JobSpec {
    /// The job for so many hosts as it is stored: under a policy of another day, or another version of this library, it
    /// means the same.
    pub(crate) fn resolved(&self, defaults: &JobSettings, hosts: usize) -> Result<Self, PlanError> {
        let mut settings = self.settings.clone().or(defaults).or(&JobSettings::built_in());
        // A job's own bake time is between waves that open by themselves, so it speaks against a manual gate of the policy.
        if self.settings.gate.is_none() && self.settings.bake.is_some_and(|bake| !bake.is_zero()) {
            settings.gate = Some(WaveGate::Automatic);
        }
        // And the policy's bake time is for jobs that it can hold back.
        if self.waves.is_empty() || settings.gate == Some(WaveGate::Manual) {
            settings.bake = self.settings.bake.or(Some(Duration::ZERO));
        }
        check_settings(&settings)?;
        Ok(Self {
            settings,
            waves: waves::with_steps(&self.waves, count(hosts))?,
            ..self.clone()
        })
    }

    /// A job of a log, to be submitted once more: where the log says nothing, what held when it was written.
    pub(crate) fn once_more(&self, defaults: &JobSettings, hosts: usize) -> Self {
        let mut spec = self.clone();
        let former = JobSettings::new()
            .attempt_timeout(JobSettings::FORMER_ATTEMPT_TIMEOUT)
            .slow_after(Duration::ZERO);
        let attempt_timeout = spec.settings.attempt_timeout.or(defaults.attempt_timeout);
        spec.settings.attempt_timeout = attempt_timeout;
        spec.settings = spec.settings.or(&former);
        // Whatever is stored as the last wave takes all the rest.
        if let Some(last) = spec
            .waves
            .last_mut()
            .filter(|last| last.slots(count(hosts)) < count(hosts))
        {
            *last = EVERYTHING;
        }
        spec
    }
}

fn count(hosts: usize) -> u32 {
    u32::try_from(hosts).unwrap_or(u32::MAX)
}
