//! Lists that are answered in parts.

use serde::{Deserialize, Serialize};

/// How many entries a page may have: 1 to [`MAX`](Self::MAX), by default 100. What is beyond is taken as the nearest of
/// these.
///
/// ```
/// use pogo_core::scheduler::PageLimit;
///
/// assert_eq!(PageLimit::default().get(), 100);
/// assert_eq!(PageLimit::new(1_000_000).get(), PageLimit::MAX);
/// assert_eq!(serde_json::from_str::<PageLimit>("0")?, PageLimit::new(1));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "u32", into = "u32")]
pub struct PageLimit(u32);

impl PageLimit {
    /// The most entries of a page.
    pub const MAX: u32 = 1_000;

    /// So many entries.
    pub const fn new(entries: u32) -> Self {
        match entries {
            0 => Self(1),
            1..=Self::MAX => Self(entries),
            _ => Self(Self::MAX),
        }
    }

    /// The number of entries.
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl Default for PageLimit {
    fn default() -> Self {
        Self(100)
    }
}

impl From<u32> for PageLimit {
    fn from(entries: u32) -> Self {
        Self::new(entries)
    }
}

impl From<PageLimit> for u32 {
    fn from(limit: PageLimit) -> Self {
        limit.0
    }
}

/// A part of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Paged<T, Cursor> {
    /// Its entries, in the order of the list.
    pub entries: Vec<T>,
    /// Where the list goes on: the `after` of the query for the next page. `None` at its end.
    #[serde(default = "none", skip_serializing_if = "Option::is_none")]
    pub next: Option<Cursor>,
}

// As a function, since serde would ask for a default of the cursor.
fn none<T>() -> Option<T> {
    None
}

impl<T, Cursor> Paged<T, Cursor> {
    /// The first entries of what is left of a list. It looks at no more than whether another follows.
    pub(crate) fn of(mut rest: impl Iterator<Item = T>, limit: PageLimit, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let entries: Vec<T> = rest.by_ref().take(limit.0 as usize).collect();
        let next = entries.last().filter(|_| rest.next().is_some()).map(cursor);
        Self { entries, next }
    }
}
