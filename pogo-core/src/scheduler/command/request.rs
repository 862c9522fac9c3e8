//! Ids of requests: one that is sent again has the same.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// The number or name that whoever gives an order gives it, so that the order can be sent again where its answer was
/// lost.
///
/// It is random, or unique in another way, among those of all senders: 1 to 128 visible ASCII characters.
///
/// ```
/// use pogo_core::scheduler::RequestId;
///
/// assert!(RequestId::new("7c1e0f9a-2d55").is_ok());
/// assert!(RequestId::new("two words").is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RequestId(Arc<str>);

/// A text that is no request id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "a request id has 1 to {} visible ASCII characters; draw a random one",
    RequestId::MAX_LEN
)]
pub struct RequestIdError;

impl RequestId {
    /// The most characters of one.
    pub const MAX_LEN: usize = 128;

    /// The request id of this text.
    ///
    /// # Errors
    /// It is empty, too long, or has other characters than visible ASCII ones.
    pub fn new(id: impl Into<Arc<str>>) -> Result<Self, RequestIdError> {
        let id = id.into();
        let fits = (1..=Self::MAX_LEN).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Self(id)) } else { Err(RequestIdError) }
    }

    /// Its text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for RequestId {
    type Error = RequestIdError;

    fn try_from(id: String) -> Result<Self, Self::Error> {
        Self::new(id)
    }
}

impl From<RequestId> for String {
    fn from(id: RequestId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
