//! Settings in the stored forms that are older than [`JobSettings`].

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{JobSettings, Limit};

/// Hooks in a map of their own, as jobs are stored with them.
pub(crate) mod nested_hooks {
    use super::{Cow, Deserialize, Deserializer, JobSettings, Serialize, Serializer};

    #[derive(Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SettingsOfJob))]
    pub(crate) struct Stored<'a> {
        #[serde(flatten)]
        #[cfg_attr(feature = "openapi", schema(value_type = JobSettings))]
        settings: Cow<'a, JobSettings>,
        #[serde(default)]
        hooks: Hooks,
    }

    #[derive(Default, Serialize, Deserialize)]
    #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
    struct Hooks {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pre: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        post: Option<String>,
    }

    pub(crate) fn serialize<S: Serializer>(settings: &JobSettings, serializer: S) -> Result<S::Ok, S::Error> {
        let mut settings = settings.clone();
        let (pre, post) = (settings.pre_hooks.take(), settings.post_hooks.take());
        let settings = Cow::Owned(settings);
        let hooks = Hooks { pre, post };
        Stored { settings, hooks }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JobSettings, D::Error> {
        let Stored { settings, hooks } = Stored::deserialize(deserializer)?;
        let hooks = JobSettings {
            pre_hooks: hooks.pre,
            post_hooks: hooks.post,
            ..JobSettings::new()
        };
        // Journals of before have them in one place or in the other, and never in both.
        Ok(settings.into_owned().or(&hooks))
    }
}

/// Counts of hosts as numbers, as updates and snapshots had them when they could not have shares.
pub(crate) mod bare_counts {
    use super::{Cow, Deserialize, Deserializer, JobSettings, Limit, Serialize, Serializer};

    #[derive(Serialize)]
    struct Stored<'a> {
        #[serde(flatten)]
        settings: Cow<'a, JobSettings>,
        #[serde(skip_serializing_if = "Option::is_none")]
        max_failures: Option<Bare>,
        #[serde(skip_serializing_if = "Option::is_none")]
        max_parallel: Option<Bare>,
    }

    #[derive(Serialize)]
    #[serde(untagged)]
    enum Bare {
        Count(u32),
        Share(Limit),
    }

    impl From<Limit> for Bare {
        fn from(limit: Limit) -> Self {
            match limit {
                Limit::Count(count) => Self::Count(count),
                share => Self::Share(share),
            }
        }
    }

    pub(crate) fn serialize<S: Serializer>(settings: &JobSettings, serializer: S) -> Result<S::Ok, S::Error> {
        let mut settings = settings.clone();
        Stored {
            max_failures: settings.max_failures.take().map(Into::into),
            max_parallel: settings.max_parallel.take().map(Into::into),
            settings: Cow::Owned(settings),
        }
        .serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<JobSettings, D::Error> {
        // A limit is read from both.
        JobSettings::deserialize(deserializer)
    }
}
