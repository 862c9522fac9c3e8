//! From all lines to the settings of one host.

pub(crate) mod answer;
pub(crate) mod config;
pub(crate) mod exec;
pub(crate) mod files;
pub(crate) mod host_lookup;
pub(crate) mod match_subject;
pub(crate) mod private_file;
pub(crate) mod tokens;
pub(crate) mod walk;
