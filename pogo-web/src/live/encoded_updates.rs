//! Updates as they are sent, encoded once for all who follow a namespace.

use std::sync::Arc;

use axum::body::Bytes;
use pogo_core::dispatcher::{SharedUpdate, UpdateCache};

use super::{EncodedRecords, sse};

/// What was encoded for those who follow a namespace.
#[derive(Debug)]
pub(crate) struct EncodedUpdates {
    /// Updates with records, for all who follow the whole of it: they send the same bytes, which are in memory once.
    pub(crate) updates: Arc<UpdateCache<Bytes>>,
    /// For streams of one job, which leave out records: no two need be alike.
    records: EncodedRecords,
}

impl Default for EncodedUpdates {
    fn default() -> Self {
        Self {
            updates: Arc::new(UpdateCache::new(sse::records)),
            records: EncodedRecords::default(),
        }
    }
}

impl EncodedUpdates {
    /// What is sent of an update, and whether more is there already.
    pub(crate) async fn bytes(&self, update: SharedUpdate<Bytes>) -> (Bytes, bool) {
        match update {
            SharedUpdate::Records { made, more, .. } => (made, more),
            SharedUpdate::Other(update) => (sse::update(&self.records, update).await, false),
        }
    }
}
