//! What a job's view says of its hosts is what the events said.

use std::collections::BTreeMap;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{
    AttemptId, AttemptResult, Failure, HostResult, JobEventKind, JobId, JobStatus, Phase, Record, Scheduler,
    TaskEventKind, TaskState,
};
use proptest::prelude::*;

use crate::scenario::{config, scenarios};

/// A host of a job as the events have it.
#[derive(Default)]
struct ExpectedResult {
    state: Option<TaskState>,
    attempts: u32,
    last: Option<(AttemptId, Timestamp)>,
    phase: Option<Phase>,
    ended: Option<Timestamp>,
    failure: Option<Failure>,
}

impl ExpectedResult {
    fn apply(&mut self, at: Timestamp, kind: &TaskEventKind) {
        match kind {
            TaskEventKind::Started { attempt, .. } => {
                self.attempts += 1;
                (self.last, self.phase, self.ended) = (Some((*attempt, at)), Some(Phase::Connect), None);
                self.turns(TaskState::Running);
            }
            TaskEventKind::PhaseEntered { phase, .. } => self.phase = Some(*phase),
            TaskEventKind::Fenced { reopens: true, .. } => {
                (self.phase, self.ended) = (Some(Phase::Command), None);
                self.turns(TaskState::Running);
            }
            TaskEventKind::Succeeded { .. } => self.ends(TaskState::Succeeded, at),
            TaskEventKind::InDoubt { .. } => self.ends(TaskState::InDoubt, at),
            TaskEventKind::NeverBegan { .. } => self.ends(TaskState::Waiting, at),
            TaskEventKind::Failed { failure, .. } => {
                self.ends(TaskState::Failed, at);
                self.failure = Some(failure.clone());
            }
            TaskEventKind::Retried { .. } => self.turns(TaskState::Waiting),
            TaskEventKind::Skipped => self.turns(TaskState::Skipped),
            TaskEventKind::Cancelled => self.turns(TaskState::Cancelled),
            _ => {}
        }
    }

    fn ends(&mut self, state: TaskState, at: Timestamp) {
        (self.phase, self.ended) = (None, Some(at));
        self.turns(state);
    }

    fn turns(&mut self, state: TaskState) {
        (self.state, self.failure) = (Some(state), None);
    }

    fn agrees(&self, row: &HostResult) -> bool {
        let none = AttemptResult::default();
        let last = row.last_attempt.as_ref().unwrap_or(&none);
        row.state == self.state.unwrap_or(TaskState::Waiting)
            && row.attempts == self.attempts
            && row.last_attempt.is_some() == (self.attempts > 0)
            && last.id.zip(last.started) == self.last
            && (last.phase, last.ended) == (self.phase, self.ended)
            && last.failure == self.failure
    }
}

fn expected_results(records: &[Record]) -> BTreeMap<(JobId, HostName), ExpectedResult> {
    let mut results: BTreeMap<_, ExpectedResult> = BTreeMap::new();
    for record in records {
        let Some(kind) = record.event.task_kind() else { continue };
        let (Some(job), Some(host)) = (record.event.job(), record.event.host()) else {
            continue;
        };
        results.entry((job, host.clone())).or_default().apply(record.at, kind);
    }
    results
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn results_agree_with_the_events(scenario in scenarios(50)) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            drill.play(step);
        }
        let (expected, never) = (expected_results(drill.records()), ExpectedResult::default());
        // Whoever goes on from a snapshot knows as much.
        let restored = Scheduler::restore(&drill.scheduler().snapshot()).unwrap();
        for job in drill.scheduler().jobs().chain(restored.jobs()) {
            for row in job.results() {
                let result = expected.get(&(job.id(), row.host.clone())).unwrap_or(&never);
                prop_assert!(result.agrees(&row), "{}: {row:?}", job.id());
            }
        }
    }

    #[test]
    fn a_blocked_job_has_the_blockers_that_its_event_named(scenario in scenarios(50)) {
        let mut drill = scenario.drill();
        for step in &scenario.steps {
            let before = drill.records().len();
            drill.play(step);
            for record in &drill.records()[before..] {
                let Some(JobEventKind::Blocked { reasons }) = record.event.job_kind() else { continue };
                let job = record.event.job().and_then(|job| drill.scheduler().job(job)).unwrap();
                if job.status() == JobStatus::Blocked {
                    prop_assert_eq!(&job.blockers(), reasons);
                }
            }
            for job in drill.scheduler().jobs().filter(|job| job.tally().waiting == 0) {
                prop_assert_eq!(job.blockers(), []);
            }
        }
    }
}
