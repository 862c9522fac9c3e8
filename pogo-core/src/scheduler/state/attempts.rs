//! Attempts that have not ended.

use std::collections::{BTreeMap, VecDeque};

use super::{Target, TaskAt};
use crate::Timestamp;
use crate::scheduler::{AttemptId, CancelReason, FenceState, Permission, Phase};

/// Every attempt that has not ended, and the number of the next.
///
/// Numbers are given in order and most attempts end in about that order, so those that run are a window over the
/// numbers: finding one costs an index, where a hash table would cost a look at a random place of memory. What stays
/// behind for long moves out of the window, so that it does not grow with what ended since.
#[derive(Debug, Clone, Default)]
pub(crate) struct Attempts {
    window: VecDeque<Option<Running>>,
    /// The number of the first of the window.
    first: u64,
    /// Attempts with numbers before the window.
    long: BTreeMap<AttemptId, Running>,
    /// How many run in the window.
    live: usize,
    /// The highest number given so far.
    issued: u64,
}

/// One attempt that has not ended.
///
/// It has what ending it needs to know of its task, which nothing else has looked at for a long time by then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) task: TaskAt,
    pub(crate) target: Target,
    pub(crate) phase: Phase,
    pub(crate) permission: Permission,
    /// What its host has said of it, where it was asked before the attempt was reported to have ended.
    pub(crate) fence: FenceState,
    pub(crate) started: Timestamp,
    /// When it entered its settle phase, or was asked to end.
    pub(crate) since: Timestamp,
    pub(crate) cancelling: Option<CancelReason>,
    /// It was reported as slow.
    pub(crate) slow: bool,
}

impl Running {
    /// Whether nothing of it can have run on its host, nor ever will without being permitted.
    pub(crate) fn has_not_begun(&self) -> bool {
        self.permission.is_awaited() && self.phase == Phase::Connect
    }

    /// Why no other attempt may follow without an order when the end of this one is unknown. Once it was permitted to
    /// begin, a lock of the host has to keep the two apart, and where the host can be asked, it has to say that the
    /// first is over.
    pub(crate) fn refuses_retry_of_doubt(&self) -> Option<&'static str> {
        match self.permission {
            Permission::Given { host_lock: false, .. } => Some("no lock of the host keeps two attempts apart"),
            permission if permission.needs_fence() && !self.fence.is_fenced() => {
                Some("the host did not say that it is over")
            }
            _ => None,
        }
    }
}

impl Attempts {
    /// A window of this many more numbers than attempts that run in it, and as many again, is worth making smaller.
    const SLACK: usize = 1_024;

    pub(crate) fn next_id(&self) -> AttemptId {
        AttemptId::new(self.issued + 1)
    }

    /// Whether this number was ever given.
    pub(crate) fn was_issued(&self, attempt: AttemptId) -> bool {
        (1..=self.issued).contains(&attempt.number())
    }

    pub(crate) fn issued(&self) -> u64 {
        self.issued
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.live == 0 && self.long.is_empty()
    }

    pub(crate) fn get(&self, attempt: AttemptId) -> Option<&Running> {
        match self.at(attempt) {
            Some(at) => self.window.get(at)?.as_ref(),
            None => self.long.get(&attempt),
        }
    }

    pub(super) fn get_mut(&mut self, attempt: AttemptId) -> Option<&mut Running> {
        match self.at(attempt) {
            Some(at) => self.window.get_mut(at)?.as_mut(),
            None => self.long.get_mut(&attempt),
        }
    }

    /// Begins an attempt whose number is greater than all before.
    pub(in crate::scheduler) fn begin(&mut self, attempt: AttemptId, running: Running) {
        self.issued = self.issued.max(attempt.number());
        // What a snapshot restores has gaps.
        let gap = self.at(attempt).map(|at| at.saturating_sub(self.window.len()));
        // A restore raises numbers by 2^31: filling such a gap would allocate gigabytes of empty
        // slots.
        if self.window.is_empty() || gap.is_none_or(|gap| gap > Self::SLACK) {
            self.move_up_to(self.window.len());
            self.first = attempt.number();
        } else {
            self.window.extend((0..gap.unwrap_or(0)).map(|_| None));
        }
        self.window.push_back(Some(running));
        self.live += 1;
        // What stayed behind leaves a window that is mostly empty.
        self.move_up_to(self.window.len().saturating_sub(2 * self.live + Self::SLACK));
    }

    /// An attempt that was taken for ended is under way again, under its number.
    pub(super) fn reopen(&mut self, attempt: AttemptId, running: Running) {
        match self.at(attempt).map(|at| self.window.get_mut(at)) {
            Some(Some(ended)) => {
                *ended = Some(running);
                self.live += 1;
            }
            // The window is empty, and begins with this number or one before it.
            Some(None) => self.begin(attempt, running),
            None => _ = self.long.insert(attempt, running),
        }
    }

    /// Numbers up to this one were given before.
    pub(in crate::scheduler) fn resume_after(&mut self, issued: u64) {
        self.issued = issued;
    }

    pub(super) fn end(&mut self, attempt: AttemptId) -> Option<Running> {
        let Some(at) = self.at(attempt) else {
            return self.long.remove(&attempt);
        };
        let ended = self.window.get_mut(at)?.take()?;
        self.live -= 1;
        // Only from the front: an attempt that ends in the middle leaves its slot empty until those
        // before it have ended.
        while let Some(None) = self.window.front() {
            self.window.pop_front();
            self.first += 1;
        }
        Some(ended)
    }

    /// In the order of their numbers: what stays behind has lower ones than the window.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (AttemptId, &Running)> {
        let numbers = (self.first..).map(AttemptId::new);
        let window = numbers
            .zip(&self.window)
            .filter_map(|(id, running)| Some((id, running.as_ref()?)));
        self.long.iter().map(|(&id, running)| (id, running)).chain(window)
    }

    /// Copies of them, in the order of their numbers.
    pub(crate) fn in_order(&self) -> Vec<(AttemptId, Running)> {
        self.iter().map(|(id, running)| (id, running.clone())).collect()
    }

    /// Every attempt, in no order.
    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Running> {
        self.long.values_mut().chain(self.window.iter_mut().flatten())
    }

    /// The position in the window that this number has or would have.
    fn at(&self, attempt: AttemptId) -> Option<usize> {
        usize::try_from(attempt.number().checked_sub(self.first)?).ok()
    }

    /// Takes so many numbers out of the window, and keeps what runs of them.
    fn move_up_to(&mut self, count: usize) {
        for running in self.window.drain(..count) {
            if let Some(running) = running {
                self.long.insert(AttemptId::new(self.first), running);
                self.live -= 1;
            }
            self.first += 1;
        }
    }
}

/// Equal are those with the same attempts, in the window or behind it.
impl PartialEq for Attempts {
    fn eq(&self, other: &Self) -> bool {
        // Where the window begins depends on what ended when; a restored scheduler has another and
        // is equal.
        self.issued == other.issued && self.in_order() == other.in_order()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fleet::HostId;
    use crate::scheduler::JobId;

    fn running(task: u32) -> Running {
        Running {
            task: (JobId::new(1), task),
            target: Target {
                name: "web1".parse().unwrap(),
                host: HostId::new(task),
                profile: 0,
                track: 0,
            },
            phase: Phase::Connect,
            permission: Permission::NotAsked,
            fence: FenceState::NotAsked,
            started: Timestamp::EPOCH,
            since: Timestamp::EPOCH,
            cancelling: None,
            slow: false,
        }
    }

    #[test]
    fn attempts_with_gaps_between_them_are_found() {
        let mut attempts = Attempts::default();
        let numbers = [3, 4, 900, 1_000_000, 1_000_002];
        for number in numbers {
            attempts.begin(AttemptId::new(number), running(7));
            assert!(attempts.window.capacity() <= 4 * Attempts::SLACK, "gaps take no room");
        }
        let found: Vec<u64> = attempts
            .in_order()
            .iter()
            .map(|(attempt, _)| attempt.number())
            .collect();
        assert_eq!(found, numbers);
        assert!(
            numbers
                .iter()
                .all(|&number| attempts.get(AttemptId::new(number)).is_some())
        );
        assert!(
            [2, 5, 901, 1_000_001]
                .iter()
                .all(|&number| attempts.get(AttemptId::new(number)).is_none())
        );
        assert!(
            numbers
                .iter()
                .all(|&number| attempts.end(AttemptId::new(number)).is_some())
        );
        assert!(attempts.in_order().is_empty());
    }

    #[test]
    fn the_same_attempts_are_equal_wherever_they_are_kept() {
        let of = |numbers: &[u64]| {
            let mut attempts = Attempts::default();
            let numbers = numbers.iter().copied().map(AttemptId::new);
            numbers.for_each(|number| attempts.begin(number, running(7)));
            attempts
        };
        let mut other = of(&[1, 9_000]);
        assert_eq!(other, of(&[1, 9_000]));
        assert_ne!(other, of(&[2, 9_000]), "others run");
        other.resume_after(9_001);
        assert_ne!(other, of(&[1, 9_000]), "more were issued");
    }

    #[test]
    fn attempts_that_last_are_found_whatever_ends_meanwhile() {
        let mut attempts = Attempts::default();
        let lasting = [1, 2, 700, 5_000];
        for number in 1..=20_000 {
            let attempt = attempts.next_id();
            assert_eq!(attempt.number(), number);
            attempts.begin(attempt, running(u32::try_from(number).unwrap()));
            if !lasting.contains(&number) {
                assert!(attempts.end(attempt).is_some());
            }
            assert!(attempts.window.len() <= 2 * lasting.len() + Attempts::SLACK + 1);
        }
        let left: Vec<u64> = attempts
            .in_order()
            .iter()
            .map(|(attempt, _)| attempt.number())
            .collect();
        assert_eq!(left, lasting);
        for number in lasting {
            let attempt = AttemptId::new(number);
            attempts.get_mut(attempt).unwrap().phase = Phase::Command;
            assert_eq!(attempts.get(attempt).unwrap().phase, Phase::Command);
            assert_eq!(u64::from(attempts.end(attempt).unwrap().task.1), number);
            assert_eq!(attempts.end(attempt), None);
        }
        assert!(attempts.get(AttemptId::new(30_000)).is_none());
    }
}
