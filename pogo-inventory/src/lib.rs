#![doc = include_str!("../README.md")]

pub mod diagnostic;
#[cfg(feature = "text")]
mod file;
#[cfg(feature = "policy-file")]
mod policy_file;
#[cfg(feature = "yaml")]
mod roster;
#[cfg(feature = "text")]
mod source;
#[cfg(feature = "yaml")]
mod yaml;

pub use diagnostic::{Diagnostic, SourceError};
#[cfg(feature = "policy-file")]
pub use policy_file::PolicyFile;
