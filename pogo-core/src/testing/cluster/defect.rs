//! Planted defects.

/// A defect that is planted in a model of the cluster, to see that a run finds it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Defect {
    /// Transports say `go` without asking.
    PermissionSkipped,
    /// The journal reports a commit as durable before it is.
    AnsweredTooEarly,
    /// The journal accepts appends of former owners.
    Unfenced,
    /// A transport reports that `go` was not sent although it was.
    DoubtfulSlotFreed,
    /// A new holder of the host lock does not check that the last holder's process group is gone.
    GroupNotChecked,
    /// The journal compares the epoch only, not the nonce.
    NonceNotCompared,
    /// A transport says that nothing of an attempt runs, and does not ask its host.
    FenceIgnored,
    /// A host begins however late `go` arrives.
    GoHasNoLimit,
    /// A transport reports that an attempt was ended by its time limit, or by order, although its host did not confirm
    /// it.
    EndAssumed,
    /// The journal does not say that it was restored.
    RestoreForgotten,
    /// The journal's store does not tell the time, although its clock is another machine's.
    SkewHidden,
}
