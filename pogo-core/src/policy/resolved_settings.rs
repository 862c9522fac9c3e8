//! The settings in force for a job, with every default filled in.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{JobSettings, Limit, OnDoubt, WaveGate};
use crate::time::millis;

/// The settings in force for one job: [`JobSettings`] with every default filled in, and shares as numbers of its hosts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ResolvedSettings {
    /// How many of its hosts may run at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<ResolvedLimit>,
    /// How many of its hosts may fail before it halts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<ResolvedLimit>,
    /// Time limit of one attempt.
    #[serde(with = "millis")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub attempt_timeout: Duration,
    /// After how long an attempt is reported as slow; `None` for never.
    #[serde(with = "millis::option", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub slow_after: Option<Duration>,
    /// Time limit of the whole job, from its submission.
    #[serde(with = "millis::option", default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub job_timeout: Option<Duration>,
    /// How often a failed task is tried again.
    pub retries: u32,
    /// How often a task that could not connect is tried again.
    pub connect_retries: u32,
    /// Time before a task is tried again, at least.
    #[serde(with = "millis")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub retry_delay: Duration,
    /// By how much that time grows with each retry that a task has used.
    pub retry_backoff: u32,
    /// How long a host keeps its slots after success.
    #[serde(with = "millis")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub settle: Duration,
    /// How long a wave is watched before the next may begin.
    #[serde(with = "millis")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub bake: Duration,
    /// What opens a wave.
    pub gate: WaveGate,
    /// How many hosts of a wave may fail without holding back the next.
    pub allow_failures: Limit,
    /// The policy for a host whose attempt ended unknown.
    pub on_doubt: OnDoubt,
    /// Jobs of higher priority take free slots first.
    pub priority: i32,
    /// How long a host that waits and has left the fleet may take to come back.
    #[serde(with = "millis")]
    #[cfg_attr(feature = "openapi", schema(value_type = u64))]
    pub leave_after: Duration,
    /// Directory of pre-hooks on the targets; empty for no hooks.
    pub pre_hooks: String,
    /// Directory of post-hooks on the targets; empty for no hooks.
    pub post_hooks: String,
}

/// A number or share as it was given, and the number of hosts that it comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct ResolvedLimit {
    /// As it was given.
    pub limit: Limit,
    /// What that is of the job's hosts.
    pub hosts: u32,
}

/// The limit, and the number of hosts that a share comes to: `25% (5 hosts)`.
impl fmt::Display for ResolvedLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.limit {
            Limit::Count(_) => self.limit.fmt(f),
            Limit::Percent(_) => write!(
                f,
                "{} ({} host{})",
                self.limit,
                self.hosts,
                if self.hosts == 1 { "" } else { "s" }
            ),
        }
    }
}

impl JobSettings {
    /// Time limit of an attempt where neither job nor policy says.
    pub const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(3_600);
    /// After how long an attempt is reported as slow where neither job nor policy says.
    pub const SLOW_AFTER: Duration = Duration::from_secs(600);
    /// Time before another try where neither job nor policy says.
    pub const RETRY_DELAY: Duration = Duration::from_secs(5);
    /// How long a host that left the fleet may take to come back where neither job nor policy says.
    pub const LEAVE_AFTER: Duration = Duration::from_secs(300);
    /// Where pre-hooks are where neither job nor policy says.
    pub const PRE_HOOKS: &str = "/etc/pogo/pre.d";
    /// Where post-hooks are where neither job nor policy says.
    pub const POST_HOOKS: &str = "/etc/pogo/post.d";
    /// The time limit that held where a log says nothing, which was written before jobs were stored with their
    /// defaults.
    pub(crate) const FORMER_ATTEMPT_TIMEOUT: Duration = Duration::from_secs(600);
    /// The most retries that a task can count.
    const MAX_RETRIES: u32 = u16::MAX as u32;

    /// Pogo's own defaults.
    pub fn built_in() -> Self {
        Self::new()
            .attempt_timeout(Self::ATTEMPT_TIMEOUT)
            .slow_after(Self::SLOW_AFTER)
            .retries(0)
            .connect_retries(0)
            .retry_delay(Self::RETRY_DELAY)
            .retry_backoff(1)
            .settle(Duration::ZERO)
            .on_doubt(OnDoubt::default())
            .bake(Duration::ZERO)
            .gate(WaveGate::default())
            .allow_failures(Limit::default())
            .priority(0)
            .leave_after(Self::LEAVE_AFTER)
            .pre_hooks(Self::PRE_HOOKS.to_owned())
            .post_hooks(Self::POST_HOOKS.to_owned())
    }

    /// The settings in force for a job of so many hosts that is stored with these. A share is of these hosts.
    ///
    /// What is open and has a default is of a log from before jobs were stored with their defaults, and means what it
    /// did then.
    pub fn resolve(&self, hosts: u32) -> ResolvedSettings {
        let limit = |limit: Limit, hosts: u32| ResolvedLimit { limit, hosts };
        let hooks = |own: &Option<String>, default: &str| own.as_deref().unwrap_or(default).to_owned();
        ResolvedSettings {
            max_parallel: self.max_parallel.map(|most| limit(most, most.slots(hosts))),
            max_failures: self.max_failures.map(|most| limit(most, most.tolerated(hosts))),
            attempt_timeout: self.attempt_timeout.unwrap_or(Self::FORMER_ATTEMPT_TIMEOUT),
            // Zero is how a job turns off what its policy has on.
            slow_after: self.slow_after.filter(|after| !after.is_zero()),
            job_timeout: self.job_timeout,
            // A task counts in 16 bits, since there are as many as hosts.
            retries: self.retries.unwrap_or(0).min(Self::MAX_RETRIES),
            connect_retries: self.connect_retries.unwrap_or(0).min(Self::MAX_RETRIES),
            retry_delay: self.retry_delay.unwrap_or(Self::RETRY_DELAY),
            retry_backoff: self.retry_backoff.unwrap_or(1),
            settle: self.settle.unwrap_or_default(),
            bake: self.bake.unwrap_or_default(),
            gate: self.gate.unwrap_or_default(),
            allow_failures: self.allow_failures.unwrap_or_default(),
            on_doubt: self.on_doubt.unwrap_or_default(),
            priority: self.priority.unwrap_or(0),
            leave_after: self.leave_after.unwrap_or_default(),
            pre_hooks: hooks(&self.pre_hooks, Self::PRE_HOOKS),
            post_hooks: hooks(&self.post_hooks, Self::POST_HOOKS),
        }
    }
}
