//! Placeholder.
/// A dotted tag path.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TagPath(String);
