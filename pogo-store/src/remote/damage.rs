//! Something else on a server than was written.

use std::fmt;

/// What is not as it was written, in a store on servers. Displays as a sentence with where it is and the cure.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct RemoteDamage {
    /// Where in the store: a table of a database, or the path of a node in ZooKeeper.
    pub location: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub cure: &'static str,
}

#[cfg(any(feature = "postgres", feature = "zookeeper"))]
impl RemoteDamage {
    pub(crate) fn new(location: impl Into<String>, message: impl Into<String>, cure: &'static str) -> Self {
        Self {
            location: location.into(),
            message: message.into(),
            cure,
        }
    }
}

impl fmt::Display for RemoteDamage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.location, self.message, self.cure)
    }
}
