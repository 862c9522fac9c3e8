//! Whether a host is who it should be.

mod append;
mod certificate;
mod known_hosts;
mod policy;
mod refusal;
mod verifier;

pub(crate) use known_hosts::FileError;
pub use policy::HostKeyPolicy;
pub(crate) use refusal::{HostKeyRefusal, fingerprint};
pub(crate) use verifier::Verifier;
