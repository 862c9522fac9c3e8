//! Changes of a running job's settings.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{JobSpec, PlanError, check_bake, check_settings};
use crate::policy::{JobSettings, Setting, bare_counts};

/// A change of a job's settings, effective at once: each is left unchanged, set, or unset. What a change means for
/// hosts that are running is documented at each field of [`JobSettings`].
///
/// An unset setting returns to the default of the policy in force, or else to pogo's own.
///
/// ```
/// use pogo_core::policy::{JobSettings, Setting};
/// use pogo_core::scheduler::JobUpdate;
///
/// let update = JobUpdate::set(JobSettings::new().retries(2).max_parallel("25%".parse()?)).unset(Setting::JobTimeout);
/// assert_eq!(update.settings().retries, Some(2));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct JobUpdate {
    #[serde(flatten, with = "bare_counts")]
    set: JobSettings,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    unset: BTreeSet<Setting>,
}

impl JobUpdate {
    /// Sets the settings that are set here, and leaves the others.
    #[must_use]
    pub fn set(settings: JobSettings) -> Self {
        Self {
            set: settings,
            unset: BTreeSet::new(),
        }
    }

    /// Unsets one setting, whatever it was to be set to.
    #[must_use]
    pub fn unset(mut self, setting: Setting) -> Self {
        self.set.unset(setting);
        self.unset.insert(setting);
        self
    }

    /// The settings that it sets.
    pub fn settings(&self) -> &JobSettings {
        &self.set
    }

    /// The settings that it unsets.
    pub fn unsets(&self) -> impl Iterator<Item = Setting> {
        self.unset.iter().copied()
    }

    /// Whether it sets or unsets this one.
    pub fn changes(&self, setting: Setting) -> bool {
        self.set.is_set(setting) || self.unset.contains(&setting)
    }

    /// Applies it to these settings.
    #[must_use]
    pub fn apply(&self, before: &JobSettings) -> JobSettings {
        let mut before = before.clone();
        // Then what is set, which an older record may have of the same setting.
        self.unset.iter().for_each(|&setting| before.unset(setting));
        self.set.clone().or(&before)
    }

    /// Fills in the defaults of unset settings: this is what is recorded, so that another version
    /// of this library replays it as it was.
    pub(in crate::scheduler) fn resolved(self, spec: &JobSpec, defaults: &JobSettings) -> Self {
        let mut back = defaults.clone().or(&JobSettings::built_in());
        if spec.waves.is_empty() {
            // As when it was submitted: the policy's bake time is for jobs with waves.
            back.bake = Some(Duration::ZERO);
        }
        // Of the defaults only those that are asked for, or an update of one setting would put all
        // others back.
        let kept = |setting: &&Setting| !self.unset.contains(setting);
        Setting::ALL
            .iter()
            .filter(kept)
            .for_each(|&setting| back.unset(setting));
        let unset = self.unset.iter().copied().filter(|&setting| !back.is_set(setting));
        Self {
            unset: unset.collect(),
            set: self.set.or(&back),
        }
    }

    /// Refuses contradictions, and settings under which nothing could run: pausing is the clearer order.
    pub(in crate::scheduler) fn check(&self, spec: &JobSpec) -> Result<(), PlanError> {
        if let Some(twice) = self.unset.iter().find(|&&setting| self.set.is_set(setting)) {
            return Err(PlanError::Spec(format!(
                "`{twice}` is both set and unset; leave one out"
            )));
        }
        check_bake(spec, &self.set)?;
        check_settings(&self.set)
    }
}

impl From<JobSettings> for JobUpdate {
    fn from(settings: JobSettings) -> Self {
        Self::set(settings)
    }
}
