//! Updates as they are sent, encoded once for all who follow a namespace.

use std::sync::Arc;

use axum::body::Bytes;
use pogo_core::dispatcher::{SharedUpdate, UpdateCache};
use pogo_core::stream::Update;

use super::digests::digest_of;
use super::{EncodedRecords, sse};

/// What was encoded for those who follow a namespace.
#[derive(Debug)]
pub(crate) struct EncodedUpdates {
    /// Updates with records, for all who follow the whole of it: they send the same bytes, which are in memory once.
    pub(crate) updates: Arc<UpdateCache<Bytes>>,
    /// What they are about, for whoever follows by digests.
    pub(crate) digests: Arc<UpdateCache<Bytes>>,
    /// For streams of one job, which leave out records: no two need be alike.
    records: EncodedRecords,
}

impl Default for EncodedUpdates {
    fn default() -> Self {
        Self {
            updates: Arc::new(UpdateCache::new(sse::records)),
            digests: Arc::new(UpdateCache::new(digest)),
            records: EncodedRecords::default(),
        }
    }
}

impl EncodedUpdates {
    /// What is sent of an update, and whether more is there already.
    pub(crate) async fn bytes(&self, update: SharedUpdate<Bytes>, form: UpdateForm) -> (Bytes, bool) {
        match (update, form) {
            (SharedUpdate::Records { made, more, .. }, _) => (made, more),
            (SharedUpdate::Other(update), UpdateForm::Whole) => (sse::update(&self.records, update).await, false),
            (SharedUpdate::Other(update), UpdateForm::Digest) => (digest(&update), false),
        }
    }
}

/// What a stream brings of updates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateForm {
    /// The updates.
    Whole,
    /// What they are about.
    Digest,
}

fn digest(update: &Update) -> Bytes {
    sse::digest(&digest_of(update), update)
}
