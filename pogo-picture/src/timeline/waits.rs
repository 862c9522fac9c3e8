//! The reasons why hosts wait, as sentences.

use std::collections::BTreeMap;

/// The reasons why hosts wait.
#[derive(Debug, Clone, Default)]
pub(super) struct WaitReasons {
    /// Distinct reasons, as many hosts share one.
    pub(super) reasons: Vec<String>,
    /// The index of each waiting host's reason, by the host's index.
    pub(super) reason_of: BTreeMap<usize, usize>,
    /// What blocks jobs, a sentence each.
    pub(super) blocked: Vec<String>,
}

impl WaitReasons {
    /// Why a host waits, by its index. Obstacles are separated by a middle dot.
    pub(super) fn why(&self, host: usize) -> Option<&str> {
        self.reason_of
            .get(&host)
            .and_then(|&reason| self.reasons.get(reason))
            .map(String::as_str)
    }
}
