//! Why there is no answer.

use std::io;

use crate::wire::{InvalidNamespaceName, Problem};

/// Why a request has no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// Nobody answers there. Nothing was sent.
    #[error("no server answers at {server}: {source}; start one, or name another")]
    Unreachable {
        /// Where.
        server: String,
        /// What the system says.
        source: io::Error,
    },
    /// The system does not let this account connect. Nothing was sent.
    #[error("this account may not connect to {server}: {source}; ask its owner, or whoever grants access")]
    NotPermitted {
        /// Where.
        server: String,
        /// What the system says.
        source: io::Error,
    },
    /// The connection broke and the server did not come back in time.
    #[error(
        "contact with {server} was lost and did not come back{}: {message}",
        if *ordered { ", so the order may have been carried out" } else { "" }
    )]
    ContactLost {
        /// Where.
        server: String,
        /// What was last seen.
        message: String,
        /// Whether an order had been sent, so that it may have been carried out. The same order with the same request
        /// id is safe to send again.
        ordered: bool,
    },
    /// The server refuses, and says why. Nothing was done.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// The name of a namespace.
    #[error(transparent)]
    Namespace(#[from] InvalidNamespaceName),
    /// The server's answer cannot be read.
    #[error("the answer of {server} cannot be read: {message}; is it a pogo server of another version?")]
    Protocol {
        /// Where.
        server: String,
        /// What is wrong with it.
        message: String,
    },
    /// The request cannot be sent by this version of the library.
    #[error("the request cannot be sent: {message}")]
    Unsupported {
        /// Why not.
        message: String,
    },
}

impl ClientError {
    /// The problem that the server reported, if it did.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// The exit code of a program that cannot go on because of it: 64 where the request is wrong, 69 where nobody
    /// answers and nothing was done, 70 for a defect, 75 where contact was lost after an order was sent, 77 for what is
    /// not allowed.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Unreachable { .. } | Self::ContactLost { ordered: false, .. } => 69,
            Self::ContactLost { ordered: true, .. } => 75,
            Self::NotPermitted { .. } => 77,
            Self::Refused(problem) => problem.kind.exit_code(),
            Self::Namespace(_) => 64,
            Self::Protocol { .. } | Self::Unsupported { .. } => 70,
        }
    }
}
