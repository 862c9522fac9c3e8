//! Owners of holds in random histories.

use proptest::prelude::*;

use crate::plan::HoldOwner;

/// An owner of holds in a drill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DrillOwner {
    /// Holds under the name `ann`.
    Ann,
    /// Holds under the name `bob`, so that hosts are wanted by two.
    Bob,
}

impl DrillOwner {
    /// The name under which hosts are held.
    pub fn owner(self) -> Option<HoldOwner> {
        let name = match self {
            Self::Ann => "ann",
            Self::Bob => "bob",
        };
        HoldOwner::new(name).ok()
    }
}

pub(super) fn holders() -> impl Strategy<Value = DrillOwner> {
    prop_oneof![Just(DrillOwner::Ann), Just(DrillOwner::Bob)]
}
