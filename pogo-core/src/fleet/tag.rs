//! Tags: dotted paths that hosts carry.

use std::borrow::Borrow;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::visible::{Escaped, first_unseen, is_invisible};

/// A tag: `frontend`, `colo.north_america`. Whoever carries `a.b` is a member of `$a` and of `$a.b`.
///
/// A path is made of segments of letters, digits, `_` and `-`, joined by dots.
///
/// ```
/// use pogo_core::fleet::TagPath;
///
/// let tag: TagPath = "colo.north_america".parse()?;
/// assert_eq!(tag.parent(), Some("colo".parse()?));
/// assert!(tag.is_within(&"colo".parse()?));
/// # Ok::<(), pogo_core::fleet::TagError>(())
/// ```
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct TagPath(Arc<str>);

impl TagPath {
    /// The longest path, in bytes.
    pub const MAX_LEN: usize = 255;

    /// A path without the `$`, if the text is valid as one.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub fn new(path: &str) -> Result<Self, TagError> {
        let refuse = |reason| {
            Err(TagError {
                path: path.to_owned(),
                reason,
            })
        };
        if path.len() > Self::MAX_LEN {
            return refuse("has more than 255 bytes");
        }
        if path.split('.').any(str::is_empty) {
            return refuse("has an empty part; write parts joined by single dots, as in `colo.east`");
        }
        if first_unseen(path).is_some() {
            return refuse("holds a character that shows nothing");
        }
        if !path.chars().all(|c| c == '.' || Self::allows(c)) {
            return refuse("may only hold letters, digits, `_`, `-` and dots");
        }
        Ok(Self(path.into()))
    }

    /// Whether a segment may hold this character.
    pub(crate) fn allows(character: char) -> bool {
        // Some letters are fillers without a shape.
        (character.is_alphanumeric() && !is_invisible(character)) || matches!(character, '_' | '-')
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without its last segment.
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once('.').map(|(parent, _)| Self(parent.into()))
    }

    /// The path with one more segment.
    ///
    /// # Errors
    /// The segment is invalid, or the path becomes too long.
    pub fn child(&self, segment: &str) -> Result<Self, TagError> {
        Self::new(&format!("{self}.{segment}"))
    }

    /// The last segment.
    pub fn last(&self) -> &str {
        self.0.rsplit_once('.').map_or(&self.0, |(_, last)| last)
    }

    /// Whether this is `other`, or below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0
            .strip_prefix(&*other.0)
            // `website` is not below `web`.
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }
}

impl fmt::Display for TagPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl fmt::Debug for TagPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

impl Borrow<str> for TagPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for TagPath {
    type Err = TagError;

    fn from_str(path: &str) -> Result<Self, TagError> {
        Self::new(path)
    }
}

impl TryFrom<String> for TagPath {
    type Error = TagError;

    fn try_from(path: String) -> Result<Self, TagError> {
        Self::new(&path)
    }
}

impl From<TagPath> for String {
    fn from(path: TagPath) -> Self {
        path.0.as_ref().to_owned()
    }
}

/// Text that is not a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the tag `{}` {reason}", Escaped(path))]
#[non_exhaustive]
pub struct TagError {
    /// The text as given.
    pub path: String,
    reason: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_paths_are_refused() {
        for path in [
            "",
            ".",
            "a.",
            ".a",
            "a..b",
            "a b",
            "$a",
            "a/b",
            "a,b",
            "a*",
            &"x".repeat(256),
        ] {
            assert!(path.parse::<TagPath>().is_err(), "{path}");
        }
    }

    #[test]
    fn a_tag_is_within_itself_and_its_ancestors_only() {
        let tag = |path: &str| path.parse::<TagPath>().unwrap();
        assert!(tag("a.b").is_within(&tag("a.b")) && tag("a.b").is_within(&tag("a")));
        assert!(!tag("ab").is_within(&tag("a")) && !tag("a").is_within(&tag("a.b")));
    }
}
