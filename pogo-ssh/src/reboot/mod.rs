//! Attempts whose command restarts the host.

mod boot_id;
mod run;
mod wait;

pub(crate) use run::run;
