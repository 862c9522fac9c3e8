//! Under which condition an order is carried out.

/// Names the fleet and the policy that were in force at a moment, whichever server of the namespace is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision(pub(super) String);

/// How things have to be for an order to be carried out. By default in any way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    pub(super) revision: Option<Revision>,
    pub(super) idle: bool,
}

impl Condition {
    /// No condition.
    pub fn new() -> Self {
        Self::default()
    }

    /// This fleet and policy are still in force.
    #[must_use]
    pub fn revision(mut self, revision: Revision) -> Self {
        self.revision = Some(revision);
        self
    }

    /// No job is unfinished.
    #[must_use]
    pub fn idle(mut self) -> Self {
        self.idle = true;
        self
    }
}
