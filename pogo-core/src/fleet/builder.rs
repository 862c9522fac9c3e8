//! Placeholder.
/// Collects hosts and tags.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct FleetBuilder {}
