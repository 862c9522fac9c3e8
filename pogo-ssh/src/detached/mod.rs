//! Attempts that run apart from the connection that starts them.

mod commands;
mod follow;
mod frames;
mod launch_gate;
mod learn;
mod run;
mod scripts;
#[cfg(test)]
mod shells;
mod watch;

pub(crate) use run::run;
