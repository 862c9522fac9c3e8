//! Errors of an ensemble, and what they mean to whoever asked.

use pogo_core::journal::JournalError;
use thiserror::Error as ThisError;
use zookeeper_client::{Error, MultiWriteError};

use crate::remote::{Failed, FailedStage};

/// Why a store in ZooKeeper cannot be used. No message has a password in it.
#[derive(Debug, Clone, PartialEq, Eq, ThisError)]
#[non_exhaustive]
pub enum ZookeeperError {
    /// The text is no address.
    #[error("this is no address of a store in ZooKeeper: {message}; one is `zookeeper://zk1:2181,zk2:2181/pogo`")]
    InvalidAddress {
        /// What is wrong with it.
        message: String,
    },
    /// There is no store under the path.
    #[error("there is no store in {store}; `pogo store migrate ADDRESS` creates it, with this address")]
    Missing {
        /// The address.
        store: String,
    },
    /// The store is that of a later version.
    #[error(
        "the store in {store} is of version {version}, and this program knows version {known}; use the version of pogo \
         that made it, or a newer one"
    )]
    Newer {
        /// The address.
        store: String,
        /// Its version.
        version: u32,
        /// The newest version that is known.
        known: u32,
    },
    /// The ensemble cannot be reached, or refuses.
    #[error("{store} cannot be used: {message}")]
    Unavailable {
        /// The address.
        store: String,
        /// What was seen.
        message: String,
    },
    /// What is stored is not what was written.
    #[error("the store in {store} is damaged: {message}")]
    Damaged {
        /// The address.
        store: String,
        /// What, and the cure.
        message: String,
    },
    /// The place for output cannot be used.
    #[error("the place for output cannot be used: {message}")]
    Output {
        /// Why not, and the cure.
        message: String,
    },
    /// A copy was not made.
    #[error("{message}")]
    Copy {
        /// Why not, and the cure.
        message: String,
    },
    /// A name that no namespace can have.
    #[error(
        "`{}` is no name of a namespace: use up to 100 letters, digits, `-`, `_` and `.`, the first of them a letter \
         or digit",
        name.escape_debug()
    )]
    InvalidName {
        /// The name as given.
        name: String,
    },
    /// The journal cannot be owned or read.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Why a request has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum RequestError {
    /// The ensemble refused it, or did not answer.
    Ensemble(Error),
    /// The ensemble has answered, and what is stored there cannot be read. It would answer the same again.
    Unreadable(String),
}

impl RequestError {
    /// Whether it is the answer, and asking again gives no other.
    pub(super) fn is_final(&self) -> bool {
        match self {
            Self::Ensemble(error) => is_refusal(error),
            Self::Unreadable(_) => true,
        }
    }
}

impl From<Error> for RequestError {
    fn from(error: Error) -> Self {
        Self::Ensemble(error)
    }
}

impl From<MultiWriteError> for RequestError {
    fn from(error: MultiWriteError) -> Self {
        Self::Ensemble(error.into())
    }
}

impl From<RequestError> for Failed {
    fn from(error: RequestError) -> Self {
        match error {
            RequestError::Ensemble(error) => error.into(),
            RequestError::Unreadable(message) => Self {
                stage: FailedStage::Refused,
                message,
            },
        }
    }
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self {
            stage: match is_refusal(&error) {
                true => FailedStage::Refused,
                false => FailedStage::Broken,
            },
            message: format!("{error}{}", cure(&error)),
        }
    }
}

/// Whether the ensemble has answered, and done nothing. A session that ended or a connection that broke says nothing of
/// what was under way.
pub(super) fn is_refusal(error: &Error) -> bool {
    matches!(
        error,
        Error::NoNode
            | Error::NodeExists
            | Error::NotEmpty
            | Error::BadVersion
            | Error::NoAuth
            | Error::AuthFailed
            | Error::InvalidAcl
            | Error::QuotaExceeded
            | Error::Throttled
            | Error::NoChildrenForEphemerals
            | Error::Unimplemented
            | Error::NotReadOnly
            | Error::BadArguments(_)
    )
}

/// What to do about an error of the ensemble.
fn cure(error: &Error) -> &'static str {
    match error {
        Error::NoAuth => "; the store's path and all below it belong to the user of the address: see its password",
        Error::AuthFailed => "; see the user and its password, or the certificate",
        Error::QuotaExceeded => "; raise the quota of the store's path",
        Error::NoHosts | Error::Timeout => "; see that the servers are right, and that most of the ensemble is up",
        Error::Unimplemented => "; ZooKeeper 3.5 or newer is needed",
        _ => "",
    }
}
