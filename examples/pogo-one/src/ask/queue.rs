//! Many who ask at once: one at a time, and how many of them ask the same.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Hosts that are connected to at once ask at nearly the same time. A person does not notice.
const GATHER: Duration = Duration::from_millis(250);

/// Who waits to ask.
#[derive(Default)]
pub(super) struct Turns {
    turn: Mutex<()>,
    waiting: Mutex<BTreeMap<String, Waiting>>,
}

#[derive(Default)]
struct Waiting {
    hosts: usize,
    /// How many of them the person knows of.
    told: usize,
}

/// The right to ask now.
pub(super) struct Turn<'a> {
    turns: &'a Turns,
    topic: String,
    /// How many hosts ask the same, if the person does not know yet.
    pub(super) news: Option<usize>,
    _turn: MutexGuard<'a, ()>,
}

impl Turns {
    /// Waits until nobody else asks.
    pub(super) fn wait(&self, topic: &str) -> Turn<'_> {
        let is_first = self.with(topic, |waiting| {
            waiting.hosts += 1;
            waiting.hosts == 1
        });
        let turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        if is_first {
            thread::sleep(GATHER);
        }
        let news = self.with(topic, |waiting| {
            let more = waiting.hosts > waiting.told && waiting.hosts > 1;
            waiting.told = waiting.told.max(waiting.hosts);
            more.then_some(waiting.hosts)
        });
        Turn {
            turns: self,
            topic: topic.to_owned(),
            news,
            _turn: turn,
        }
    }

    fn with<T>(&self, topic: &str, change: impl FnOnce(&mut Waiting) -> T) -> T {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        change(waiting.entry(topic.to_owned()).or_default())
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.turns.with(&self.topic, |waiting| {
            waiting.hosts = waiting.hosts.saturating_sub(1);
            waiting.told = waiting.told.saturating_sub(1);
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_asks_while_another_does() {
        let turns = Turns::default();
        let asking = Mutex::new(());
        thread::scope(|scope| {
            for _ in 0..5 {
                scope.spawn(|| {
                    let _turn = turns.wait("code");
                    let _alone = asking.try_lock().unwrap();
                });
            }
        });
        assert_eq!(turns.with("code", |waiting| (waiting.hosts, waiting.told)), (0, 0));
    }

    #[test]
    fn who_asks_something_else_is_not_counted() {
        let turns = Turns::default();
        turns.with("code", |waiting| waiting.hosts = 3);
        assert_eq!(turns.wait("password").news, None);
        assert_eq!(turns.wait("code").news, Some(4));
        // The next is one of those that the person knows of; then one more comes.
        turns.with("code", |waiting| waiting.hosts -= 1);
        assert_eq!(turns.wait("code").news, None);
        assert_eq!(turns.wait("code").news, Some(3));
    }
}
