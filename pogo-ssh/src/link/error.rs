//! Why there is no connection.

use pogo_core::scheduler::{FailureKind, Outcome};

use crate::target::Target;

/// Why there is no connection. Nothing has run on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectError {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
}

impl From<ConnectError> for Outcome {
    fn from(error: ConnectError) -> Self {
        Self::failed(error.kind, error.message)
    }
}

impl ConnectError {
    /// The host cannot be reached, or does not speak SSH.
    pub(super) fn unreachable(target: &Target, what: impl AsRef<str>) -> Self {
        Self {
            kind: FailureKind::Unreachable,
            message: format!("cannot connect to {target}: {}", what.as_ref()),
        }
    }

    /// The transport is being dropped.
    pub(super) fn closing(target: &Target) -> Self {
        Self::unreachable(target, "the transport is closing")
    }

    /// The connect timeout has run out.
    pub(super) fn too_slow(target: &Target, what: &str) -> Self {
        let timeout = target.connect_timeout.as_secs_f64();
        Self::unreachable(target, format!("{what} within the connect timeout of {timeout:.1} s"))
    }
}
