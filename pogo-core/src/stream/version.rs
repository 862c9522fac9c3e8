//! The version of what travels.

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The version in which this library writes [`Update`](super::Update)s and [`QueryAnswer`](super::QueryAnswer)s. It is
/// the first thing in each; a reader refuses newer ones.
///
/// Within a version fields are only added: older readers skip them, and newer readers have a default for each.
pub const STREAM_VERSION: u32 = 1;

/// [`STREAM_VERSION`] as it is written, and the check of what is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(STREAM_VERSION)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            // First in each document, so that nothing else of a newer one is read, and misread.
            0..=STREAM_VERSION => Ok(Self),
            found => Err(D::Error::custom(format_args!(
                "the stream is of version {found}, and this library reads up to {STREAM_VERSION}; use the newer one"
            ))),
        }
    }
}
