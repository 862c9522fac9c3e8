//! Settings that are not on the command line: a job file, `POGO_*` variables, files of defaults.
//!
//! A setting is a flag of `run` by its long name, with `_` for `-`. Settings that are not typed come from the job file,
//! then from the environment, then from the user's file, then from the machine's; they are added to the command line as
//! if they were typed, so one parser checks all of it.

mod environment;
mod files;
mod flags;
mod layer;
mod line;
mod paths;
mod show;
mod values;

pub(crate) use line::complete;
pub(crate) use show::config;
