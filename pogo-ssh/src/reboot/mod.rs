//! Attempts whose command restarts its host.

mod boot_id;
mod run;
mod wait;

pub(crate) use run::run;
