//! Sizes of files.

/// How large the files of a store become.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// From this size on a segment is followed by another.
    pub(crate) segment: u64,
    /// The most bytes of a commit's records.
    pub(crate) commit: usize,
    /// The space that is kept for the end of a journal on a full disk.
    pub(crate) reserve: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            segment: 64 << 20,
            commit: 8 << 20,
            reserve: 16 << 20,
        }
    }
}
