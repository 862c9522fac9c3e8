//! The number of connections that the file-descriptor limit allows.

use rustix::process::{Resource, getrlimit};
use tokio::sync::Semaphore;

/// File descriptors reserved for the rest of the process.
const OTHERS: u64 = 64;

/// The file-descriptor limit leaves no room for connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct TooFewFiles {
    /// The limit.
    pub(crate) limit: u64,
}

/// How many connections the file-descriptor limit allows: a wide rollout then waits instead of failing.
pub(crate) fn room_for_connections() -> Result<usize, TooFewFiles> {
    match getrlimit(Resource::Nofile).current {
        None => Ok(Semaphore::MAX_PERMITS),
        Some(limit) => room_within(limit),
    }
}

fn room_within(limit: u64) -> Result<usize, TooFewFiles> {
    // A connection needs one descriptor, and a second while it talks to the agent.
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
