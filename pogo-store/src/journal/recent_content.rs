//! Content that is in use although nothing stored names it yet.

use std::collections::BTreeMap;

use pogo_core::Digest;
use pogo_core::journal::Seq;

/// Content that an owner put or named, and the end of the journal then.
///
/// A dispatcher puts content before the commit that names it. Compaction goes by what is stored, and would remove it in
/// between.
#[derive(Debug, Default)]
pub(crate) struct RecentContent(BTreeMap<Digest, Seq>);

impl RecentContent {
    /// Notes content that was put or named when the journal ended here.
    pub(crate) fn note(&mut self, digests: impl IntoIterator<Item = Digest>, end: Seq) {
        self.0.extend(digests.into_iter().map(|digest| (digest, end)));
    }

    /// Forgets what was noted before this position: records or snapshots name it by now, or nothing does.
    pub(crate) fn forget_before(&mut self, needed: Seq) {
        self.0.retain(|_, at| *at >= needed);
    }

    pub(crate) fn contains(&self, digest: Digest) -> bool {
        self.0.contains_key(&digest)
    }

    #[cfg(any(feature = "postgres", feature = "zookeeper"))]
    pub(crate) fn digests(&self) -> impl Iterator<Item = Digest> {
        self.0.keys().copied()
    }
}
