//! Settings of one file or of the environment.

use std::ffi::OsString;
use std::fmt;

use pogo_core::policy::Origin;

/// Where a setting comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SettingOrigin {
    /// A line of a file.
    File(Origin),
    /// A variable of the environment.
    Variable(String),
}

impl fmt::Display for SettingOrigin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(origin) => write!(f, "{}:{}", origin.source, origin.line),
            Self::Variable(name) => f.write_str(name),
        }
    }
}

/// One setting, as it would be typed.
#[derive(Debug, Clone)]
pub(super) struct AppliedSetting {
    /// The flag's id.
    pub(super) id: String,
    /// Its key.
    pub(super) key: String,
    /// Its values; for a switch `true` or `false`.
    pub(super) values: Vec<String>,
    /// Its form on the command line; empty for a switch that is off.
    pub(super) typed: Vec<OsString>,
    pub(super) position: SettingOrigin,
}

/// The settings of one file or of the environment, and the command in a job file.
#[derive(Debug, Clone, Default)]
pub(super) struct Layer {
    pub(super) settings: Vec<AppliedSetting>,
    pub(super) command: Vec<String>,
}
