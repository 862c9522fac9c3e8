//! What a job's view says of its hosts is what the events said.

use std::collections::BTreeMap;

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::scheduler::{
    AttemptId, AttemptResult, Failure, HostResult, JobEventKind, JobId, JobStatus, Phase, Record, TaskEventKind,
    TaskState,
};
use proptest::prelude::*;

use crate::scenario::{config, scenarios};

/// A host of a job as the events have it.
#[derive(Default)]
struct ExpectedResult {
    state: Option<TaskState>,
    attempts: u32,
    running: Option<(AttemptId, Phase, Timestamp)>,
    ended: Option<Timestamp>,
    failure: Option<Failure>,
}

impl ExpectedResult {
    fn apply(&mut self, at: Timestamp, kind: &TaskEventKind) {
        match kind {
            TaskEventKind::Started { attempt, .. } => {
                self.attempts += 1;
                self.running = Some((*attempt, Phase::Connect, at));
                self.turns(TaskState::Running, at);
            }
            TaskEventKind::PhaseEntered { phase, .. } => {
                self.running = self.running.map(|(attempt, _, started)| (attempt, *phase, started));
            }
            TaskEventKind::Succeeded { .. } => self.turns(TaskState::Succeeded, at),
            TaskEventKind::InDoubt { .. } => self.turns(TaskState::InDoubt, at),
            TaskEventKind::Failed { failure, .. } => {
                self.turns(TaskState::Failed, at);
                self.failure = Some(failure.clone());
            }
            TaskEventKind::Retried { .. } | TaskEventKind::NeverBegan { .. } => self.turns(TaskState::Waiting, at),
            TaskEventKind::Skipped => self.turns(TaskState::Skipped, at),
            TaskEventKind::Cancelled => self.turns(TaskState::Cancelled, at),
            _ => {}
        }
    }

    fn turns(&mut self, state: TaskState, at: Timestamp) {
        (self.state, self.failure, self.ended) = (Some(state), None, Some(at));
        self.running = self.running.filter(|_| state == TaskState::Running);
    }

    fn agrees(&self, row: &HostResult) -> bool {
        let none = AttemptResult::default();
        let last = row.last_attempt.as_ref().unwrap_or(&none);
        let running = last.id.zip(last.phase).zip(last.started);
        row.state == self.state.unwrap_or(TaskState::Waiting)
            && row.attempts == self.attempts
            && row.last_attempt.is_some() == (self.attempts > 0)
            && running.map(|((id, phase), started)| (id, phase, started)) == self.running
            && last.failure == self.failure
            && last.ended.is_none_or(|ended| Some(ended) == self.ended)
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
        for job in drill.scheduler().jobs() {
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
