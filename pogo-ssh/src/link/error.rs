//! Connection errors.

use pogo_core::scheduler::{Failure, FailureCause, FailureKind, NeverBegan, Outcome};

use crate::target::Target;

/// Why a host could not be connected to. Nothing has run there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConnectError {
    pub(crate) kind: FailureKind,
    pub(crate) message: String,
    pub(crate) cause: Option<FailureCause>,
    /// What a person has to bring is missing: the attempt waits for it, and the host is not to blame.
    pub(crate) not_ready: bool,
}

impl From<ConnectError> for Outcome {
    fn from(error: ConnectError) -> Self {
        match error.not_ready {
            true => Self::never_began(NeverBegan::NotReady, error.message),
            false => {
                let failure = Failure::new(error.kind, error.message);
                Self::Failed(match error.cause {
                    Some(cause) => failure.with_cause(cause),
                    None => failure,
                })
            }
        }
    }
}

impl ConnectError {
    pub(crate) fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            cause: None,
            not_ready: false,
        }
    }

    pub(crate) fn with_cause(mut self, cause: Option<FailureCause>) -> Self {
        self.cause = cause;
        self
    }

    /// The message for a host that cannot be reached, or does not speak SSH.
    pub(super) fn unreachable(target: &Target, what: impl AsRef<str>) -> Self {
        let message = format!("cannot connect to {target}: {}", what.as_ref());
        Self::new(FailureKind::Unreachable, message)
    }

    /// The transport is being dropped.
    pub(super) fn closing(target: &Target) -> Self {
        Self::unreachable(target, "the transport is closing")
    }

    /// The connect timeout was reached.
    pub(super) fn too_slow(target: &Target, what: &str) -> Self {
        let timeout = target.connect_timeout.as_secs_f64();
        Self::unreachable(target, format!("{what} within the connect timeout of {timeout:.1} s"))
    }
}
