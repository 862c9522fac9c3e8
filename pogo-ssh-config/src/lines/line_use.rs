//! Applying a line, or only checking it.

/// What is done with a line's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineUse {
    /// They are checked and set.
    Apply,
    /// They are only checked.
    Check,
}

impl LineUse {
    pub(crate) fn applies(self) -> bool {
        self == Self::Apply
    }
}
