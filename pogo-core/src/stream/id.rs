//! Positions in a stream.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::journal::Seq;

/// How much of a namespace's history somebody has seen: so many records of this incarnation. Prints as `0-1234`.
///
/// It is the id of whatever brought somebody there, and where the next connection goes on.
///
/// ```
/// use pogo_core::journal::Seq;
/// use pogo_core::stream::StreamId;
///
/// let id: StreamId = "0-1234".parse()?;
/// assert_eq!(id, StreamId::new(0, Seq(1_234)));
/// assert_eq!(id.to_string(), "0-1234");
/// # Ok::<(), pogo_core::stream::StreamIdError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct StreamId {
    incarnation: u32,
    seq: Seq,
}

/// A text that is no position in a stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no position in a stream: give the id of an update, such as `0-1234`, or none to begin with a snapshot"
)]
#[non_exhaustive]
pub struct StreamIdError {
    /// The text as given.
    pub text: String,
}

impl StreamId {
    /// The position after so many records of an incarnation.
    pub const fn new(incarnation: u32, seq: Seq) -> Self {
        Self { incarnation, seq }
    }

    /// How often the namespace was restored from a copy before.
    pub const fn incarnation(self) -> u32 {
        self.incarnation
    }

    /// The position in the journal: that of the next record.
    pub const fn seq(self) -> Seq {
        self.seq
    }
}

impl fmt::Display for StreamId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.incarnation, self.seq.0)
    }
}

impl FromStr for StreamId {
    type Err = StreamIdError;

    fn from_str(text: &str) -> Result<Self, StreamIdError> {
        // `parse` would take a sign, and one position would have two texts.
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let parts = text
            .split_once('-')
            .filter(|(left, right)| digits(left) && digits(right));
        let id =
            parts.and_then(|(incarnation, seq)| Some(Self::new(incarnation.parse().ok()?, Seq(seq.parse().ok()?))));
        id.ok_or_else(|| StreamIdError { text: text.to_owned() })
    }
}

impl TryFrom<String> for StreamId {
    type Error = StreamIdError;

    fn try_from(text: String) -> Result<Self, StreamIdError> {
        text.parse()
    }
}

impl From<StreamId> for String {
    fn from(id: StreamId) -> Self {
        id.to_string()
    }
}
