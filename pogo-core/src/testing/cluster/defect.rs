//! Defects that the checks must find.

/// A defect that is planted in a model of the cluster, to see that a run finds it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// Transports say `go` without asking.
    PermissionSkipped,
    /// The journal says that a commit is durable before it is.
    AnsweredTooEarly,
    /// The journal takes appends from whoever owned it once.
    Unfenced,
    /// A transport says that nothing was sent to a host that was told to go.
    DoubtfulSlotFreed,
    /// Whoever takes a host's lock does not look whether the command of the last holder is gone.
    GroupNotChecked,
    /// The journal compares the epoch alone, and not the nonce.
    NonceNotCompared,
    /// A host begins however late it is told to go.
    GoHasNoLimit,
}
