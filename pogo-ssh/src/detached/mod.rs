//! Attempts that run apart from the connection that starts them.

mod frames;
mod place;
mod run;
mod scripts;
#[cfg(test)]
mod shells;
mod watch;

pub(crate) use run::run;
