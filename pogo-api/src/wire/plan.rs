//! What a job would do.

use std::time::Duration;

use pogo_core::fleet::HostName;
use pogo_core::plan::JobSpec;
use serde::{Deserialize, Serialize};

/// Asks what a job would do if it were submitted now: `{"job":{…},"what_if":{"runs":100}}`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct PlanRequest {
    /// The job, as it would be submitted. Nothing of it is run.
    pub job: JobSpec,
    /// Hosts that are taken to be down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub down: Vec<HostName>,
    /// How long it would take, and what could stop it; left out, that is not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIfRequest>,
}

impl PlanRequest {
    /// Asks for the plan of this job.
    pub fn new(job: JobSpec) -> Self {
        Self {
            job,
            down: vec![],
            what_if: None,
        }
    }

    /// Asks what follows from these simulations too.
    #[must_use]
    pub fn what_if(mut self, what_if: WhatIfRequest) -> Self {
        self.what_if = Some(what_if);
        self
    }

    /// Takes these hosts to be down.
    #[must_use]
    pub fn down(mut self, hosts: impl IntoIterator<Item = HostName>) -> Self {
        self.down.extend(hosts);
        self
    }
}

/// How a job is simulated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct WhatIfRequest {
    /// How often: 1 to 1,000. By default 100.
    pub runs: u32,
    /// The seed of the first run; each further one has the next. By default 0.
    pub seed: u64,
    /// How long hosts take: half of them less, half of them more. In milliseconds; by default a second.
    #[serde(with = "millis")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub task_time: Duration,
    /// How far these times spread: the standard deviation of their logarithm, from 0, for all alike, to 5. By default
    /// 0.
    pub spread: f64,
    /// The share of attempts that fail, from 0 to 1. By default 0.
    pub fail_rate: f64,
}

impl Default for WhatIfRequest {
    fn default() -> Self {
        Self {
            runs: 100,
            seed: 0,
            task_time: Duration::from_secs(1),
            spread: 0.0,
            fail_rate: 0.0,
        }
    }
}

/// Durations as whole milliseconds.
mod millis {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(time: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        u64::deserialize(deserializer).map(Duration::from_millis)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_has_its_default_and_what_is_unknown_is_refused() {
        let read = |text: &str| serde_json::from_str::<WhatIfRequest>(text);
        assert_eq!(read("{}").unwrap(), WhatIfRequest::default());
        assert_eq!(
            read(r#"{"task_time":30000}"#).unwrap().task_time,
            Duration::from_secs(30)
        );
        assert!(read(r#"{"run":3}"#).is_err());
        let written = serde_json::to_string(&WhatIfRequest::default()).unwrap();
        assert_eq!(
            written,
            r#"{"runs":100,"seed":0,"task_time":1000,"spread":0.0,"fail_rate":0.0}"#
        );
    }
}
