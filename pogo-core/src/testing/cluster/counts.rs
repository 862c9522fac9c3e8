//! Counts of what happened in a run.

macro_rules! counts {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// Counts of events that the rules are about.
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        #[non_exhaustive]
        pub struct ClusterCounts {
            $($(#[$doc])* pub $name: u64,)*
        }

        impl ClusterCounts {
            pub(super) fn add(&mut self, other: &Self) {
                $(self.$name += other.$name;)*
            }
        }
    };
}

counts! {
    /// Records that became durable.
    records,
    /// Takeovers.
    takeovers,
    /// Restores of the journal from a copy.
    restores,
    /// Attempts that ran or waited by records that a restore lost.
    lost_attempts,
    /// Those of them that ran on a host when another attempt came to it, and found it busy.
    busy_with_lost,
    /// Commands that began.
    begins,
    /// Attempts that were permitted to begin, and whose host still waited for `go` when another dispatcher took over.
    permission_then_takeover,
    /// Commands that began after a takeover, by a permission from before.
    begun_after_takeover,
    /// Attempts that never began.
    never_began,
    /// Attempts in doubt.
    doubts,
    /// Those of them that had not been permitted to begin.
    doubts_without_permission,
    /// Attempts whose end was unknown, and whose hosts said that they are over.
    fenced,
    /// Hosts that operators freed by force.
    forced,
    /// Attempts in doubt because the journal was restored.
    doubts_after_restore,
    /// Takeovers by force of a dispatcher whose clock was too far from that of the store.
    forced_in_spite_of_its_clock,
    /// Attempts in doubt after a takeover, whose command ran. These and those below are of runs in which hosts are
    /// asked for the state of attempts.
    doubts_after_takeover_running,
    /// Attempts in doubt after a takeover, whose host could not be reached.
    doubts_after_takeover_unreachable,
    /// Attempts in doubt after a takeover, of which nobody was left to write down how they ended.
    doubts_after_takeover_unwritten,
    /// All other attempts in doubt after a takeover: the command did not run, and the host could be reached.
    doubts_after_takeover_askable,
}
