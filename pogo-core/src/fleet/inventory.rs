//! Placeholder.
/// An immutable, validated fleet.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Fleet {}
