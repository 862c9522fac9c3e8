//! What everything depends on that an owner writes.

use pogo_core::journal::{Epoch, JournalError, Nonce};
use zookeeper_client::{Client, CreateMode, CreateOptions, Error, MultiWriteError, MultiWriter};

use super::tree::{Paths, options};
use crate::remote::Answer;

/// An ownership, as every request of its owner checks it.
///
/// Whoever takes over changes the version of the node with the epoch, in the order in which the ensemble carries out
/// everything: a request that was sent before a takeover and arrives after it does nothing. A tree that was restored
/// counts its versions anew; there the node that is named by the nonce is missing.
#[derive(Debug, Clone)]
pub(super) struct Fence {
    pub(super) paths: Paths,
    pub(super) epoch: Epoch,
    pub(super) nonce: Nonce,
    /// Version of the node with the epoch.
    pub(super) version: i32,
    /// Whether nodes are for whoever logs in alone.
    pub(super) is_private: bool,
}

/// So many operations of a guarded request come before its own.
const CHECKS: usize = 2;
/// Any version of a node.
const ANY: i32 = -1;

/// The outcome of a guarded request.
#[derive(Debug)]
pub(super) enum WriteOutcome {
    /// All of it was done.
    Done,
    /// Nothing was done: somebody else owns the namespace, or nobody.
    Fenced,
    /// Nothing was done, because of its own operation of this index.
    Refused(usize, Error),
}

impl WriteOutcome {
    /// Whether it was carried out, by this request or an earlier try, or is not needed any more.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Done | Self::Refused(_, Error::NodeExists | Error::NoNode))
    }

    /// Of a request whose own operations cannot be refused.
    pub(super) fn done(self) -> Answer<()> {
        match self {
            Self::Done => Ok(Ok(())),
            Self::Fenced => Ok(Err(JournalError::Fenced)),
            Self::Refused(_, error) => Err(error.into()),
        }
    }
}

impl Fence {
    /// A request that does nothing unless this is still the owner.
    pub(super) fn writer<'a>(&self, client: &'a Client) -> Result<MultiWriter<'a>, Error> {
        let mut writer = client.new_multi_writer();
        writer.add_check_version(&self.paths.epoch, self.version)?;
        writer.add_check_version(&self.paths.token(self.nonce), ANY)?;
        Ok(writer)
    }

    /// Sends a guarded request.
    pub(super) async fn commit(&self, mut writer: MultiWriter<'_>) -> Result<WriteOutcome, Error> {
        match writer.commit().await {
            Ok(_) => Ok(WriteOutcome::Done),
            Err(MultiWriteError::OperationFailed { index, source }) if index < CHECKS => match source {
                Error::BadVersion | Error::NoNode => Ok(WriteOutcome::Fenced),
                error => Err(error),
            },
            Err(MultiWriteError::OperationFailed { index, source }) => {
                Ok(WriteOutcome::Refused(index - CHECKS, source))
            }
            Err(MultiWriteError::RequestFailed { source }) => Err(source),
        }
    }

    /// Whether this is still the owner.
    pub(super) async fn check(&self, client: &Client) -> Result<bool, Error> {
        Ok(matches!(self.commit(self.writer(client)?).await?, WriteOutcome::Done))
    }

    /// What a node is made with.
    pub(super) fn options(&self) -> CreateOptions<'static> {
        options(CreateMode::Persistent, self.is_private)
    }
}
