//! How many connections there may be at once.

use rustix::process::{Resource, getrlimit};
use tokio::sync::Semaphore;

/// Open files that are left for everything else in the process.
const OTHERS: u64 = 64;

/// The limit of open files leaves no room for connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFewFiles {
    /// The limit.
    pub(crate) limit: u64,
}

/// How many connections the limit of open files leaves room for: a wide rollout waits then, instead of failing.
pub(crate) fn room_for_connections() -> Result<usize, TooFewFiles> {
    match getrlimit(Resource::Nofile).current {
        None => Ok(Semaphore::MAX_PERMITS),
        Some(limit) => room_within(limit),
    }
}

fn room_within(limit: u64) -> Result<usize, TooFewFiles> {
    // One file each, and a second while it asks the agent.
    match limit.saturating_sub(OTHERS) {
        0 | 1 => Err(TooFewFiles { limit }),
        room => Ok(usize::try_from(room).unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_for_everything_else_are_left() {
        assert_eq!(room_within(1024), Ok(960));
        assert_eq!(room_within(65), Err(TooFewFiles { limit: 65 }));
        assert_eq!(room_within(0), Err(TooFewFiles { limit: 0 }));
        assert_eq!(room_within(u64::MAX), Ok(Semaphore::MAX_PERMITS));
    }
}
