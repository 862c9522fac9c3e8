//! Serializes prompts, and counts the hosts with the same question.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Hosts that are connected to together ask at about the same time. Waiting this short time lets one remark count them
/// all.
const GATHER: Duration = Duration::from_millis(250);

/// Serializes prompts.
#[derive(Default)]
pub(super) struct PromptQueue {
    turn: Mutex<()>,
    waiting: Mutex<BTreeMap<String, AskingHosts>>,
}

#[derive(Default)]
struct AskingHosts {
    hosts: usize,
    /// How many of them a remark has counted.
    announced: usize,
}

/// The right to prompt, until it is dropped.
pub(super) struct PromptTurn<'a> {
    turns: &'a PromptQueue,
    topic: String,
    /// The number of hosts with the same question, if no remark has counted them.
    pub(super) more_hosts: Option<usize>,
    _turn: MutexGuard<'a, ()>,
}

impl PromptQueue {
    /// Waits until no other prompt is open.
    pub(super) fn wait(&self, topic: &str) -> PromptTurn<'_> {
        let is_first = self.with(topic, |waiting| {
            waiting.hosts += 1;
            waiting.hosts == 1
        });
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if is_first {
            thread::sleep(GATHER);
        }
        let more_hosts = self.with(topic, |waiting| {
            let more = waiting.hosts > waiting.announced && waiting.hosts > 1;
            waiting.announced = waiting.announced.max(waiting.hosts);
            more.then_some(waiting.hosts)
        });
        PromptTurn {
            turns: self,
            topic: topic.to_owned(),
            more_hosts,
            _turn: turn,
        }
    }

    fn with<T>(&self, topic: &str, change: impl FnOnce(&mut AskingHosts) -> T) -> T {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        change(waiting.entry(topic.to_owned()).or_default())
    }
}

impl Drop for PromptTurn<'_> {
    fn drop(&mut self) {
        self.turns.with(&self.topic, |waiting| {
            waiting.hosts = waiting.hosts.saturating_sub(1);
            waiting.announced = waiting.announced.saturating_sub(1);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asks_while_another_does() {
        let turns = PromptQueue::default();
        let asking = Mutex::new(());
        thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| {
                    let _turn = turns.wait("code");
                    let _alone = asking.try_lock().unwrap();
                });
            }
        });
        assert_eq!(turns.with("code", |waiting| (waiting.hosts, waiting.announced)), (0, 0));
    }

    #[test]
    fn who_asks_something_else_is_not_counted() {
        let turns = PromptQueue::default();
        turns.with("code", |waiting| waiting.hosts = 3);
        assert_eq!(turns.wait("password").more_hosts, None);
        assert_eq!(turns.wait("code").more_hosts, Some(4));
        // The next one was counted; then one more arrives.
        turns.with("code", |waiting| waiting.hosts -= 1);
        assert_eq!(turns.wait("code").more_hosts, None);
        assert_eq!(turns.wait("code").more_hosts, Some(3));
    }
}
