//! Fills in the defaults of a job when it is submitted.

use std::time::Duration;

use super::job::check_settings;
use super::waves::{self, EVERYTHING};
use super::{JobSpec, PlanError};
use crate::policy::{JobSettings, WaveGate};
use crate::saturating::saturating_u32;

impl JobSpec {
    /// The job for so many hosts as it is stored: with every default, so that it means the same under a later policy or
    /// version of this library.
    pub(crate) fn resolved(&self, defaults: &JobSettings, hosts: usize) -> Result<Self, PlanError> {
        let mut settings = self.settings.clone().or(defaults).or(&JobSettings::built_in());
        // A job's own bake time is for waves that open by themselves, so it overrides a manual gate of the policy.
        if self.settings.gate.is_none() && self.settings.bake.is_some_and(|bake| !bake.is_zero()) {
            settings.gate = Some(WaveGate::Automatic);
        }
        // The policy's bake time holds only for jobs that have waves that open by themselves.
        if self.waves.is_empty() || settings.gate == Some(WaveGate::Manual) {
            settings.bake = self.settings.bake.or(Some(Duration::ZERO));
        }
        check_settings(&settings)?;
        Ok(Self {
            settings,
            waves: waves::with_steps(&self.waves, saturating_u32(hosts))?,
            ..self.clone()
        })
    }

    /// The job to submit in order to repeat one of a log. What the log leaves open gets the defaults of the version
    /// that wrote it.
    pub(crate) fn to_resubmit(&self, defaults: &JobSettings, hosts: usize) -> Self {
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
            .filter(|last| last.slots(saturating_u32(hosts)) < saturating_u32(hosts))
        {
            *last = EVERYTHING;
        }
        spec
    }
}
