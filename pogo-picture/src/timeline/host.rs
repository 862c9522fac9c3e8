//! The history of one host in a log.

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{AttemptId, JobId, Phase};

use super::state::HostState;

/// One host: its attempts, and its state over time.
#[derive(Debug, Clone)]
pub(super) struct HostTimeline {
    pub(super) name: HostName,
    pub(super) attempts: Vec<AttemptTimeline>,
    /// State changes in order; of two at the same time the later one counts.
    pub(super) states: Vec<(Timestamp, HostState)>,
    /// The state of its task, besides a running attempt.
    pub(super) task: HostState,
    /// Whether it is counted as running.
    pub(super) counted: bool,
}

/// One attempt, from its start to its end.
#[derive(Debug, Clone)]
pub(super) struct AttemptTimeline {
    pub(super) job: JobId,
    pub(super) id: AttemptId,
    /// Its number for the host within the job, from 1.
    pub(super) number: u32,
    pub(super) began: Timestamp,
    /// Reported phases, each with its beginning.
    pub(super) phases: Vec<(Timestamp, HostState)>,
    /// When it was reported as slow.
    pub(super) slow: Option<Timestamp>,
    /// When and how it ended; `None` while it runs.
    pub(super) ended: Option<(Timestamp, Ending)>,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ending {
    /// Succeeded, failed, in doubt, or waiting as before.
    pub(super) state: HostState,
    /// Why it did not succeed, or empty.
    pub(super) why: String,
    /// It ended while connecting.
    pub(super) in_connect: bool,
}

impl HostTimeline {
    pub(super) fn new(name: HostName) -> Self {
        Self {
            name,
            attempts: vec![],
            states: vec![],
            task: HostState::Waiting,
            counted: false,
        }
    }

    /// The current state.
    pub(super) fn now(&self) -> HostState {
        self.states.last().map_or(HostState::Waiting, |&(_, state)| state)
    }

    /// Enters a state.
    pub(super) fn enter(&mut self, at: Timestamp, state: HostState) {
        match self.states.last_mut() {
            Some(last) if last.1 == state => {}
            // A state that lasted no time has no width, and would only leave its sign below the
            // next one's.
            Some(last) if last.0 == at => last.1 = state,
            _ => self.states.push((at, state)),
        }
    }

    /// Begins an attempt.
    pub(super) fn begin(&mut self, at: Timestamp, job: JobId, id: AttemptId) {
        let before = self.attempts.iter().filter(|attempt| attempt.job == job).count();
        self.attempts.push(AttemptTimeline {
            job,
            id,
            number: u32::try_from(before + 1).unwrap_or(u32::MAX),
            began: at,
            phases: vec![],
            slow: None,
            ended: None,
        });
        self.task = HostState::Waiting;
        self.enter(at, HostState::Running);
    }

    /// Enters a phase of an attempt. Before the first one it was connecting.
    pub(super) fn phase(&mut self, at: Timestamp, id: AttemptId, phase: Phase) {
        let Some(attempt) = self.attempts.iter_mut().rev().find(|attempt| attempt.id == id) else {
            return;
        };
        if attempt.phases.is_empty() {
            if attempt.began < at {
                attempt.phases.push((attempt.began, HostState::Connect));
            }
            // Whether a transport reports phases is known only at its first one; until then the
            // host is drawn as running.
            self.rename_running(HostState::Connect);
        }
        let Some(attempt) = self.attempts.iter_mut().rev().find(|attempt| attempt.id == id) else {
            return;
        };
        attempt.phases.push((at, phase.into()));
        self.enter(at, phase.into());
    }

    /// Marks an attempt as slow.
    pub(super) fn slow(&mut self, at: Timestamp, id: AttemptId) {
        if let Some(attempt) = self.attempts.iter_mut().rev().find(|attempt| attempt.id == id) {
            attempt.slow = Some(at);
        }
    }

    /// Ends an attempt.
    pub(super) fn end(&mut self, at: Timestamp, id: AttemptId, ending: Ending) {
        let Some(attempt) = self.attempts.iter_mut().rev().find(|attempt| attempt.id == id) else {
            return;
        };
        let (state, in_connect) = (ending.state, ending.in_connect && attempt.phases.is_empty());
        if in_connect {
            attempt.phases.push((attempt.began, HostState::Connect));
        }
        // What its host says later of an attempt in doubt does not make it any longer.
        let ended = attempt.ended.as_ref().map_or(at, |(ended, _)| *ended);
        attempt.ended = Some((ended, ending));
        if in_connect {
            self.rename_running(HostState::Connect);
        }
        self.task = state;
    }

    /// What was said later of an attempt whose end was unknown.
    pub(super) fn remark(&mut self, which: impl Fn(&AttemptTimeline) -> bool, remark: &str) {
        for attempt in self.attempts.iter_mut().filter(|attempt| which(attempt)) {
            if let Some((_, ending)) = &mut attempt.ended
                && ending.state == HostState::InDoubt
            {
                ending.why = format!("{}; {remark}", ending.why);
            }
        }
    }

    fn rename_running(&mut self, to: HostState) {
        if let Some(last) = self.states.last_mut()
            && last.1 == HostState::Running
        {
            last.1 = to;
        }
    }
}

impl AttemptTimeline {
    /// The states with their beginnings and ends. The last one of a running host ends at `until`.
    pub(super) fn stretches(&self, until: Timestamp) -> Vec<(Timestamp, Timestamp, HostState)> {
        let end = self.ended.as_ref().map_or(until, |(at, _)| *at);
        if self.phases.is_empty() {
            return vec![(self.began, end, HostState::Running)];
        }
        let ends = self.phases.iter().skip(1).map(|&(at, _)| at).chain([end]);
        let stretches = self.phases.iter().zip(ends);
        stretches
            .map(|(&(from, state), to)| (from, to, state))
            .filter(|(from, to, _)| from < to || self.phases.len() == 1)
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: u64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    #[test]
    fn the_time_before_the_first_phase_is_connecting() {
        let mut host = HostTimeline::new("web1".parse().unwrap());
        let id = AttemptId::new(1);
        host.begin(at(10), JobId::new(1), id);
        host.phase(at(15), id, Phase::Command);
        let attempt = host.attempts.first().unwrap();
        assert_eq!(
            attempt.stretches(at(20)),
            [
                (at(10), at(15), HostState::Connect),
                (at(15), at(20), HostState::Command)
            ]
        );
        assert_eq!(
            host.states,
            [(at(10), HostState::Connect), (at(15), HostState::Command)]
        );
    }

    #[test]
    fn an_attempt_without_phases_just_runs() {
        let mut host = HostTimeline::new("web1".parse().unwrap());
        host.begin(at(10), JobId::new(1), AttemptId::new(1));
        let attempt = host.attempts.first().unwrap();
        assert_eq!(attempt.stretches(at(20)), [(at(10), at(20), HostState::Running)]);
    }

    #[test]
    fn attempts_are_counted_for_each_job() {
        let mut host = HostTimeline::new("web1".parse().unwrap());
        for (job, id) in [(1, 1), (1, 2), (2, 3)] {
            host.begin(at(id), JobId::new(job), AttemptId::new(id));
        }
        let numbers: Vec<u32> = host.attempts.iter().map(|attempt| attempt.number).collect();
        assert_eq!(numbers, [1, 2, 1]);
    }
}
