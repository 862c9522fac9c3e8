//! What making a store has done.

/// What making a store, or bringing it to the version of this program, has done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Migrated {
    /// The version before it; `None` where there was no store.
    pub from: Option<u32>,
    /// The version now: of the tables, or of the tree.
    pub to: u32,
}
