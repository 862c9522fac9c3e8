//! Serving a router on a port, encrypted.

mod certificate;
mod serve;

pub use certificate::{CertificateError, CertificateFiles};
pub use serve::serve;
