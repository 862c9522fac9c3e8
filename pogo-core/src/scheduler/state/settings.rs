//! A job's numbers, once the policy's defaults and pogo's own have filled the gaps.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::plan::{JobSpec, WaveGate};
use crate::policy::{Defaults, Limit, OnDoubt};
use crate::scheduler::Alteration;
use crate::time::millis;

/// What is in force for a job; alterations change it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) struct Settings {
    #[serde(with = "millis")]
    pub(crate) attempt_timeout: Duration,
    /// `None` for never.
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub(crate) slow_after: Option<Duration>,
    #[serde(default, with = "millis::option", skip_serializing_if = "Option::is_none")]
    pub(crate) job_timeout: Option<Duration>,
    pub(crate) retries: u32,
    pub(crate) connect_retries: u32,
    #[serde(with = "millis")]
    pub(crate) retry_delay: Duration,
    #[serde(with = "millis")]
    pub(crate) settle: Duration,
    #[serde(with = "millis")]
    pub(crate) bake: Duration,
    #[serde(default, skip_serializing_if = "WaveGate::is_automatic")]
    pub(crate) gate: WaveGate,
    #[serde(default, skip_serializing_if = "Limit::is_default")]
    pub(crate) allow_failures: Limit,
    pub(crate) on_doubt: OnDoubt,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_failures: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max_parallel: Option<u32>,
    pub(crate) priority: i32,
}

impl Settings {
    /// The most retries that a task can count.
    const RETRIES: u32 = u16::MAX as u32;

    pub(crate) fn resolve(spec: &JobSpec, defaults: &Defaults, hosts: u32) -> Self {
        let max_failures = spec.max_failures.or(defaults.max_failures);
        Self {
            attempt_timeout: spec
                .attempt_timeout
                .or(defaults.attempt_timeout)
                .unwrap_or(JobSpec::FORMER_ATTEMPT_TIMEOUT),
            slow_after: spec.slow_after.filter(|after| !after.is_zero()),
            job_timeout: spec.job_timeout.or(defaults.job_timeout),
            retries: spec.retries.or(defaults.retries).unwrap_or(0).min(Self::RETRIES),
            connect_retries: spec
                .connect_retries
                .or(defaults.connect_retries)
                .unwrap_or(0)
                .min(Self::RETRIES),
            retry_delay: spec
                .retry_delay
                .or(defaults.retry_delay)
                .unwrap_or(JobSpec::RETRY_DELAY),
            settle: spec.settle.or(defaults.settle).unwrap_or(Duration::ZERO),
            bake: spec.bake.unwrap_or(Duration::ZERO),
            gate: spec.gate,
            allow_failures: spec.allow_failures,
            on_doubt: spec.on_doubt.or(defaults.on_doubt).unwrap_or_default(),
            // A share is of the hosts that the job had when it was submitted.
            max_failures: max_failures.map(|limit| limit.tolerated(hosts)),
            max_parallel: spec.max_parallel.map(|limit| limit.places(hosts)),
            priority: spec.priority,
        }
    }

    pub(crate) fn alter(&mut self, change: &Alteration) {
        let Alteration {
            attempt_timeout,
            slow_after,
            job_timeout,
            retries,
            connect_retries,
            max_failures,
            allow_failures,
            gate,
            max_parallel,
            priority,
        } = change.clone();
        self.attempt_timeout = attempt_timeout.unwrap_or(self.attempt_timeout);
        if let Some(after) = slow_after {
            self.slow_after = Some(after).filter(|after| !after.is_zero());
        }
        self.job_timeout = job_timeout.or(self.job_timeout);
        self.retries = retries.unwrap_or(self.retries).min(Self::RETRIES);
        self.connect_retries = connect_retries.unwrap_or(self.connect_retries).min(Self::RETRIES);
        self.max_failures = max_failures.or(self.max_failures);
        self.allow_failures = allow_failures.unwrap_or(self.allow_failures);
        self.gate = gate.unwrap_or(self.gate);
        self.max_parallel = max_parallel.or(self.max_parallel);
        self.priority = priority.unwrap_or(self.priority);
    }
}
