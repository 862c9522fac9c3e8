//! What is left of one job that has retired.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::fleet::HostName;
use crate::plan::JobSpec;
use crate::policy::{JobSettings, bare_counts};
use crate::scheduler::state::Remnant;
use crate::scheduler::{Failure, JobId};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(super) struct RemnantData {
    pub(super) job: JobId,
    pub(super) spec: Arc<JobSpec>,
    #[serde(with = "bare_counts")]
    settings: JobSettings,
    hosts: Vec<HeldData>,
}

/// Hosts that the job left in the same way.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct HeldData {
    #[serde(with = "crate::fleet::host_list")]
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<String>))]
    hosts: Vec<HostName>,
    /// How the last attempt failed, unless that is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failure: Option<Failure>,
}

impl RemnantData {
    pub(super) fn of((&job, remnant): (&JobId, &Remnant)) -> Self {
        let mut held: Vec<HeldData> = Vec::new();
        for (host, failure) in &remnant.hosts {
            match held
                .iter_mut()
                .rev()
                // Not all of them: hosts that each failed in their own way would be compared with
                // each other.
                .take(Self::NEAR)
                .find(|held| held.failure == *failure)
            {
                Some(held) => held.hosts.push(host.clone()),
                None => held.push(HeldData {
                    hosts: vec![host.clone()],
                    failure: failure.clone(),
                }),
            }
        }
        Self {
            job,
            spec: Arc::clone(&remnant.spec),
            settings: JobSettings::clone(&remnant.given),
            hosts: held,
        }
    }

    /// How many failures are compared with the next; most hosts of a job fail in one of a few ways.
    const NEAR: usize = 8;

    pub(super) fn remnant(&self) -> Remnant {
        let held = self.hosts.iter();
        let hosts: BTreeMap<HostName, Option<Failure>> = held
            .flat_map(|held| held.hosts.iter().map(|host| (host.clone(), held.failure.clone())))
            .collect();
        Remnant {
            spec: Arc::clone(&self.spec),
            given: Arc::new(self.settings.clone()),
            hosts,
        }
    }
}
