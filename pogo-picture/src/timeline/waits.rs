//! The reasons why hosts wait, as sentences.

use std::collections::BTreeMap;

/// The reasons why hosts wait.
#[derive(Debug, Clone, Default)]
pub(super) struct WaitReasons {
    /// Each reason once: many hosts share one, and a log may have ten thousand.
    pub(super) reasons: Vec<String>,
    /// The position of each waiting host's reason, by the position of the host in the data.
    pub(super) reason_of: BTreeMap<usize, usize>,
    /// What blocks jobs, a sentence each.
    pub(super) blocked: Vec<String>,
}

impl WaitReasons {
    /// Why a host waits, by its position in the data. Obstacles are divided by a middle dot.
    pub(super) fn why(&self, host: usize) -> Option<&str> {
        self.reason_of
            .get(&host)
            .and_then(|&reason| self.reasons.get(reason))
            .map(String::as_str)
    }
}
