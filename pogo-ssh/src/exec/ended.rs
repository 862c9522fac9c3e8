//! How the execution of one step can end.

/// Why we ended something ourselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StopReason {
    /// The attempt's time was up.
    TimeLimit,
    /// The attempt was cancelled.
    Cancelled,
}

/// How the execution of one step ended, as far as was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The link broke before the host was asked to run it.
    CutBefore(String),
    /// The attempt was ended before the host was asked to run it.
    StoppedBefore(StopReason),
    /// The host would not run it.
    Refused(String),
    /// It ended with this status.
    Exited {
        /// Exit status.
        status: u32,
        /// The hook that ended with it, where it was a hook.
        hook: Option<String>,
    },
    /// It was ended by a signal that was not ours.
    Killed {
        /// Name of the signal, without `SIG`.
        signal: String,
    },
    /// We ended it, and nothing of it is left running.
    Stopped(StopReason),
    /// We tried to end it, and cannot tell whether it has ended.
    NotStopped(StopReason),
    /// The link broke after the host was asked to run it, or the host never said how it ended.
    Lost(String),
}
