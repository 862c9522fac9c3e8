//! Host key verification.

#[cfg(test)]
mod addresses;
mod append;
mod by_host;
mod certificate;
mod known_hosts;
mod refusal;
mod verifier;

pub(crate) use by_host::Trust;
pub(crate) use known_hosts::FileError;
pub(crate) use refusal::{HostKeyRefusal, fingerprint};
pub(crate) use verifier::Verifier;
