//! The settings of a job, each declared once.
//!
//! A new setting is a line of [`each_setting`], a field of [`JobSettings`] and one of
//! [`ResolvedSettings`](super::ResolvedSettings), and its use. Policies, jobs, updates, snapshots and the policy file
//! have it then.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Limit, OnDoubt, WaveGate};
use crate::time::millis;

/// Hands the list of settings to a macro: variant, field and type of each, and the method that reads it.
macro_rules! each_setting {
    ($receiver:ident) => {
        $receiver! {
            AttemptTimeout attempt_timeout: Duration, duration;
            SlowAfter slow_after: Duration, duration;
            JobTimeout job_timeout: Duration, duration;
            Retries retries: u32, count;
            ConnectRetries connect_retries: u32, count;
            RetryDelay retry_delay: Duration, duration;
            RetryBackoff retry_backoff: u32, count;
            Settle settle: Duration, duration;
            MaxFailures max_failures: Limit, limit;
            OnDoubt on_doubt: OnDoubt, on_doubt;
            MaxParallel max_parallel: Limit, limit;
            Bake bake: Duration, duration;
            Gate gate: WaveGate, gate;
            AllowFailures allow_failures: Limit, limit;
            Priority priority: i32, integer;
            LeaveAfter leave_after: Duration, duration;
            PreHooks pre_hooks: String, text;
            PostHooks post_hooks: String, text;
        }
    };
}
pub(crate) use each_setting;

/// How a job runs on its hosts: time limits, retries, limits of its own, hooks.
///
/// A setting that is `None` is open: the default of the policy holds, or where there is none pogo's own, which each
/// field names.
///
/// ```
/// use std::time::Duration;
/// use pogo_core::policy::JobSettings;
///
/// let policy = JobSettings::new().retries(1).settle(Duration::from_secs(30));
/// let job = JobSettings::new().retries(3).or(&policy);
/// assert_eq!((job.retries, job.settle), (Some(3), Some(Duration::from_secs(30))));
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
#[non_exhaustive]
pub struct JobSettings {
    /// Time limit of one attempt. Pogo's default: 1 hour. A change holds for running attempts too.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub attempt_timeout: Option<Duration>,
    /// After how long an attempt is reported as slow, which changes nothing else; zero for never. Pogo's default: 10
    /// minutes. A change holds for running attempts too.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub slow_after: Option<Duration>,
    /// Time limit of the whole job, from its submission. Pogo's default: none.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub job_timeout: Option<Duration>,
    /// How often a failed task is tried again, at most 65,535 times. Pogo's default: 0. A change holds for later
    /// failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retries: Option<u32>,
    /// How often a task that could not connect is tried again, apart from `retries`. Pogo's default: 0. A change holds
    /// for later failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connect_retries: Option<u32>,
    /// Time before a task is tried again; up to half as much again is added as jitter. Pogo's default: 5 seconds.
    /// After a change, a host that waits already waits in proportion, counted from its failure.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub retry_delay: Option<Duration>,
    /// By how much the delay grows with each retry that a task has used: with 2, it is twice as long each time, up to
    /// an hour. Pogo's default: 1, the same delay each time. A change holds for later failures.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_backoff: Option<u32>,
    /// How long a host keeps its slots after success. Pogo's default: not at all. A change holds for hosts that settle
    /// already, counted from their success.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub settle: Option<Duration>,
    /// How many hosts may fail; one more halts the job. A share is of the job's hosts. Pogo's default: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<Limit>,
    /// The policy for a host whose attempt ended unknown. Pogo's default: it stays in doubt. A change holds for
    /// attempts that end later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub on_doubt: Option<OnDoubt>,
    /// How many of the job's hosts may run at once, whatever the policy's constraints allow. A share is of the job's
    /// hosts. Pogo's default: any number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_parallel: Option<Limit>,
    /// How long a wave is watched before the next may begin. Pogo's default: not at all.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub bake: Option<Duration>,
    /// What opens the next wave once one is complete. Pogo's default: it opens by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gate: Option<WaveGate>,
    /// How many hosts of a wave may fail without holding back the next. A share is of the wave. Pogo's default: none.
    /// Sequences say so themselves, in the policy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_failures: Option<Limit>,
    /// Jobs of higher priority take free slots first. Pogo's default: 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority: Option<i32>,
    /// How long a host that waits and has left the fleet may take to come back, before it is cancelled; zero cancels it
    /// at once. Pogo's default: 5 minutes. A change holds for hosts that have left already, counted from then.
    #[serde(with = "millis::option", skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(value_type = Option<u64>))]
    pub leave_after: Option<Duration>,
    /// Directory on the targets whose executable files run before the command, in sorted order; the first that fails
    /// ends the attempt. An empty text is no hooks, a missing directory an empty one. Pogo's default:
    /// `/etc/pogo/pre.d`. A change holds for attempts that start later.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pre_hooks: Option<String>,
    /// Directory on the targets whose executable files run after the command has succeeded. Pogo's default:
    /// `/etc/pogo/post.d`; otherwise as `pre_hooks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub post_hooks: Option<String>,
}

/// Gives the values of settings, one method for each type of value: how a file's reader fills [`JobSettings`].
///
/// Each method returns `None` for a value that cannot be read, which the reader reports by itself.
pub trait SettingReader {
    /// A span of time.
    fn duration(&mut self, setting: Setting) -> Option<Duration>;
    /// A whole number from 0.
    fn count(&mut self, setting: Setting) -> Option<u32>;
    /// A whole number.
    fn integer(&mut self, setting: Setting) -> Option<i32>;
    /// A number or share of hosts.
    fn limit(&mut self, setting: Setting) -> Option<Limit>;
    /// A policy for hosts in doubt.
    fn on_doubt(&mut self, setting: Setting) -> Option<OnDoubt>;
    /// What opens a wave.
    fn gate(&mut self, setting: Setting) -> Option<WaveGate>;
    /// A text.
    fn text(&mut self, setting: Setting) -> Option<String>;
}

macro_rules! per_setting {
    ($($variant:ident $field:ident: $type:ty, $read:ident;)*) => {
        /// The name of one of the [`JobSettings`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(rename_all = "snake_case")]
        #[non_exhaustive]
        pub enum Setting {
            $(
                #[doc = concat!("[`", stringify!($field), "`](field@JobSettings::", stringify!($field), ").")]
                $variant,
            )*
        }

        impl Setting {
            /// All settings.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// Its name in files and stored formats.
            pub const fn key(self) -> &'static str {
                match self {
                    $(Self::$variant => stringify!($field),)*
                }
            }
        }

        impl JobSettings {
            $(
                #[doc = concat!("Sets [`", stringify!($field), "`](field@Self::", stringify!($field), ").")]
                #[must_use]
                pub fn $field(mut self, value: $type) -> Self {
                    self.$field = Some(value);
                    self
                }
            )*

            /// These settings, and those of `defaults` where these are open.
            #[must_use]
            pub fn or(self, defaults: &Self) -> Self {
                Self {
                    $($field: self.$field.or_else(|| defaults.$field.clone()),)*
                }
            }

            /// Whether a setting is set.
            pub fn is_set(&self, setting: Setting) -> bool {
                match setting {
                    $(Setting::$variant => self.$field.is_some(),)*
                }
            }

            /// Leaves a setting open.
            pub fn unset(&mut self, setting: Setting) {
                match setting {
                    $(Setting::$variant => self.$field = None,)*
                }
            }

            /// Sets a setting to the value that a reader has for it.
            pub fn read(&mut self, setting: Setting, reader: &mut impl SettingReader) {
                match setting {
                    $(Setting::$variant => self.$field = reader.$read(setting),)*
                }
            }
        }
    };
}
each_setting!(per_setting);

impl Setting {
    /// The setting with this name.
    pub fn named(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|setting| setting.key() == key)
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl JobSettings {
    /// No setting set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The settings that are set.
    pub fn set(&self) -> impl Iterator<Item = Setting> {
        Setting::ALL.iter().copied().filter(|&setting| self.is_set(setting))
    }
}
