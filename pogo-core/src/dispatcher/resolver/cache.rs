//! A cache of answers.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::Timestamp;
use crate::fleet::HostName;

/// Cached answers with a lifetime.
#[derive(Debug, Default)]
pub(super) struct Cache {
    answers: BTreeMap<(String, String), (Timestamp, Vec<HostName>)>,
}

impl Cache {
    /// The most answers that are kept: a program with ever new queries must not grow without bound.
    const MOST: usize = 10_000;

    pub(super) fn get(&self, now: Timestamp, lifetime: Duration, resolver: &str, args: &str) -> Option<&Vec<HostName>> {
        let (since, hosts) = self.answers.get(&(resolver.to_owned(), args.to_owned()))?;
        lives(now, *since, lifetime).then_some(hosts)
    }

    pub(super) fn keep(&mut self, now: Timestamp, lifetime: Duration, query: (String, String), hosts: Vec<HostName>) {
        // Old ones go only when there is no room: a pass over all of them for each answer would
        // cost more than it frees.
        if self.answers.len() >= Self::MOST {
            self.answers.retain(|_, (since, _)| lives(now, *since, lifetime));
        }
        if self.answers.len() < Self::MOST && !lifetime.is_zero() {
            self.answers.insert(query, (now, hosts));
        }
    }
}

/// Whether an answer is still valid. If the clock was set back, it is not.
fn lives(now: Timestamp, since: Timestamp, lifetime: Duration) -> bool {
    now >= since && now - since < lifetime
}
