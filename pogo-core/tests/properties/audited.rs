//! The auditor accepts every log that the scheduler writes, and rejects logs of which something is not as it was.

use pogo_audit::{Auditor, BrokenRule, audit};
use pogo_core::scheduler::{
    AttemptId, DoubtCause, Event, JobEvent, JobEventKind, JobId, NamespaceEvent, NamespaceEventKind, Record, TaskEvent,
    TaskEventKind,
};
use proptest::prelude::*;
use proptest::sample::Index;

use crate::oracle::Oracle;
use crate::scenario::{Scenario, config, scenarios, scenarios_of};

proptest! {
    #![proptest_config(config(500))]

    #[test]
    fn every_log_of_the_scheduler_is_accepted(scenario in scenarios(60)) {
        is_accepted(&scenario)?;
    }

    #[test]
    fn every_job_is_accepted_by_its_own_records(scenario in scenarios(60)) {
        each_is_accepted_alone(&log(&scenario))?;
    }

    #[test]
    fn a_start_that_is_moved_ahead_of_what_it_waited_for_is_found(scenario in scenarios(60), which in any::<Index>()) {
        let mut records = log(&scenario);
        let moves = waited_for(&records);
        prop_assume!(!moves.is_empty());
        let at = moves[which.index(moves.len())];
        records.swap(at, at - 1);
        prop_assert!(audit(&records).is_err(), "{:?} before {:?}", records[at - 1], records[at]);
    }

    #[test]
    fn a_host_that_runs_twice_is_found(scenario in scenarios(60), which in any::<Index>(), later in any::<Index>()) {
        let records = log(&scenario);
        let starts: Vec<usize> = (0..records.len()).filter(|&at| started(&records[at]).is_some()).collect();
        prop_assume!(!starts.is_empty());
        let at = starts[which.index(starts.len())];
        let to = at + 1 + later.index(records.len() - at);
        let mut doubled = records.clone();
        let mut again = doubled[at].clone();
        again.at = doubled[to - 1].at;
        renumber(&mut again.event, &doubled[..to]);
        doubled.insert(to, again);
        prop_assert!(audit(&doubled).is_err() || waits_again(&records[at..to], &records[at]), "{to}");
    }

    #[test]
    fn a_record_that_is_missing_is_found(scenario in scenarios(60), which in any::<Index>()) {
        let mut records = log(&scenario);
        let needed: Vec<usize> = (0..records.len() - 1).filter(|&at| is_needed(&records, at)).collect();
        prop_assume!(!needed.is_empty());
        let at = needed[which.index(needed.len())];
        let lost = records.remove(at);
        prop_assert!(audit(&records).is_err(), "{lost:?}");
    }
}

proptest! {
    #![proptest_config(config(30))]

    #[test]
    fn every_log_of_many_hosts_is_accepted(scenario in scenarios_of(20..=40, 200)) {
        is_accepted(&scenario)?;
    }
}

fn log(scenario: &Scenario) -> Vec<Record> {
    let mut drill = scenario.drill();
    scenario.steps.iter().for_each(|step| _ = drill.play(step));
    drill.records().to_vec()
}

fn is_accepted(scenario: &Scenario) -> Result<(), TestCaseError> {
    let records = log(scenario);
    match audit(&records) {
        Ok(_) => Ok(()),
        Err(finding) => {
            let around: Vec<String> = records[..=finding.position.min(records.len() - 1)]
                .iter()
                .map(|record| serde_json::to_string(record).unwrap())
                .collect();
            Err(TestCaseError::fail(format!("{finding}\n{}", around.join("\n"))))
        }
    }
}

/// Each job of a log by its own records, as where the journal was compacted.
fn each_is_accepted_alone(records: &[Record]) -> Result<(), TestCaseError> {
    for job in records.iter().filter_map(|record| record.event.submitted()) {
        let own: Vec<&Record> = records
            .iter()
            .filter(|record| record.event.job() == Some(job))
            .collect();
        let mut auditor = Auditor::of_one_job(job);
        let audited = own.iter().try_for_each(|record| auditor.check(record));
        if let Err(finding) = audited.and_then(|()| auditor.finish().map(|_| ())) {
            let all: Vec<String> = records
                .iter()
                .map(|record| serde_json::to_string(record).unwrap())
                .collect();
            return Err(TestCaseError::fail(format!("{finding}\n{}", all.join("\n"))));
        }
    }
    Ok(())
}

fn started(record: &Record) -> Option<AttemptId> {
    record.event.started()
}

/// The starts that were not allowed before the record ahead of them, as the oracle has it.
fn waited_for(records: &[Record]) -> Vec<usize> {
    let mut oracle = Oracle::default();
    let mut moves = Vec::new();
    for (at, pair) in (1..).zip(records.windows(2)) {
        let follows = started(&pair[0]).is_none() && started(&pair[1]).is_some();
        if follows && oracle.clone().take(&pair[1]).is_err() {
            moves.push(at);
        }
        oracle.take(&pair[0]).unwrap();
    }
    moves
}

/// Makes a start the next attempt after these records.
fn renumber(event: &mut Event, before: &[Record]) {
    let mut incarnation = 0;
    let issued = before.iter().fold(0, |issued, record| match record.event.restored() {
        Some(begun) => issued + ((begun.0 - std::mem::replace(&mut incarnation, begun.0)) << 31),
        None => started(record).map_or(issued, AttemptId::number),
    });
    if let Event::Task(TaskEvent { kind, .. }) = event
        && let TaskEventKind::Started { attempt, .. } = kind
    {
        *attempt = AttemptId::new(issued + 1);
    }
}

/// Whether the host of this start was to be tried again by the end of these records.
fn waits_again(records: &[Record], start: &Record) -> bool {
    let retried = |record: &Record| {
        matches!(record.event.task_kind(), Some(TaskEventKind::Retried { .. }))
            && record.event.job() == start.event.job()
            && record.event.host() == start.event.host()
    };
    records.iter().any(retried)
}

/// Whether what comes after a record does not make sense without it.
fn is_needed(records: &[Record], at: usize) -> bool {
    let later = |is: &dyn Fn(&Event) -> bool| records[at + 1..].iter().any(|record| is(&record.event));
    let event = &records[at].event;
    let job = event.job();
    let finishes = |event: &Event| is_finish(event) && event.job() == job;
    match event {
        Event::Namespace(_) => {
            // A journal may have been lost from its beginning.
            let restores = |record: &&Record| record.event.restored().is_some();
            let next = records[1..].iter().find(|record| !restores(record));
            is_configured(event) && at == 0 && next.is_some_and(|next| !is_configured(&next.event))
        }
        Event::Job(JobEvent { kind, .. }) => match kind {
            JobEventKind::Submitted { .. } => later(&|event| event.job() == job),
            JobEventKind::Resumed => {
                // The first thing that cannot be while a job stands still, unless it was begun anew by then.
                let next = records[at + 1..].iter().map(|record| &record.event).find(|event| {
                    let resumes = event.job_kind() == Some(&JobEventKind::Resumed);
                    (event.started().is_some() || is_finish(event) || resumes) && event.job() == job
                });
                job.is_some_and(|job| stands_still(&records[..at], job)) && next.and_then(Event::started).is_some()
            }
            JobEventKind::Paused => is_of_restore(records, at),
            _ => false,
        },
        Event::Task(TaskEvent { kind, .. })
            if kind.doubt_cause() == Some(DoubtCause::Restored) && is_of_restore(records, at) =>
        {
            true
        }
        Event::Task(TaskEvent { host, kind, .. }) => match kind {
            TaskEventKind::Started { attempt, .. } => later(&|event| of_attempt(event) == Some(*attempt)),
            // The job's end counts how each of its tasks ended; so does every later event of the host.
            TaskEventKind::Succeeded { .. } | TaskEventKind::Failed { .. } | TaskEventKind::InDoubt { .. } => {
                later(&finishes)
            }
            TaskEventKind::Cancelled => {
                // A host that is skipped after all might as well not have been cancelled.
                let of_host = |event: &&Event| event.job() == job && event.host() == Some(host);
                let next = records[at + 1..].iter().map(|record| &record.event).find(of_host);
                next.and_then(Event::task_kind) != Some(&TaskEventKind::Skipped) && later(&finishes)
            }
            _ => false,
        },
        _ => false,
    }
}

/// Whether a record follows from a restore, behind which something else happens than another one.
fn is_of_restore(records: &[Record], at: usize) -> bool {
    let follows = |record: &&Record| {
        matches!(
            record.event.job_kind(),
            Some(JobEventKind::Paused | JobEventKind::FailureBudgetExceeded { .. } | JobEventKind::Halting { .. })
        ) || record.event.task_kind().and_then(TaskEventKind::doubt_cause) == Some(DoubtCause::Restored)
    };
    let restores = |record: Option<&Record>| record.is_some_and(|record| record.event.restored().is_some());
    let next = records[at..].iter().find(|record| !follows(record));
    restores(records[..at].iter().rfind(|record| !follows(record))) && next.is_some() && !restores(next)
}

fn is_finish(event: &Event) -> bool {
    matches!(event.job_kind(), Some(JobEventKind::Finished { .. }))
}

fn is_configured(event: &Event) -> bool {
    let Event::Namespace(NamespaceEvent { kind, .. }) = event else {
        return false;
    };
    matches!(kind, NamespaceEventKind::Configured { .. })
}

/// Whether the job was paused or halted, rather than blocked.
fn stands_still(before: &[Record], job: JobId) -> bool {
    let stops = |record: &Record| {
        let event = record.event.job_kind();
        matches!(event, Some(JobEventKind::Paused | JobEventKind::Halting { .. }))
    };
    let steered = before.iter().rev().find(|record| {
        let retried = matches!(record.event.task_kind(), Some(TaskEventKind::Retried { .. }));
        let steers = stops(record) || retried || record.event.job_kind() == Some(&JobEventKind::Resumed);
        steers && record.event.job() == Some(job)
    });
    steered.is_some_and(stops)
}

fn of_attempt(event: &Event) -> Option<AttemptId> {
    let entered = matches!(event.task_kind(), Some(TaskEventKind::PhaseEntered { .. }));
    event.ended().or(event.attempt().filter(|_| entered))
}

#[test]
fn one_over_a_limit_is_found_whichever_it_is() {
    use pogo_core::plan::{JobSpec, RemoteCommand};
    use pogo_core::policy::{Constraint, Policy, Rule};
    use pogo_core::sim::World;

    let fleet = pogo_core::fleet::Fleet::builder()
        .tagged("web", "web[1-9]")
        .build()
        .unwrap();
    let rules = [
        (Rule::MaxParallel("2".parse().unwrap()), BrokenRule::Running),
        (Rule::MaxParallelTotal("2".parse().unwrap()), BrokenRule::Running),
        (Rule::MinAvailable("7".parse().unwrap()), BrokenRule::Available),
        (Rule::MaxRunning("2".parse().unwrap()), BrokenRule::Running),
    ];
    for (rule, broken) in rules {
        let policy = Policy::new().constraint(Constraint::new("$web".parse().unwrap(), rule));
        let job = JobSpec::new("$web".parse().unwrap(), RemoteCommand::shell("true"));
        let mut world = World::new(fleet.clone(), policy).unwrap();
        world.submit(job).unwrap();
        let mut records = world.run().records;
        audit(&records).unwrap();
        // The third start, ahead of the first end.
        let third = records
            .iter()
            .enumerate()
            .filter(|(_, record)| started(record).is_some())
            .nth(2)
            .unwrap()
            .0;
        let end = records
            .iter()
            .position(|record| matches!(record.event.task_kind(), Some(TaskEventKind::Succeeded { .. })))
            .unwrap();
        let mut start = records.remove(third);
        start.at = records[end - 1].at;
        records.insert(end, start);
        let found = audit(&records).unwrap_err();
        assert_eq!(found.rule, broken, "{found}");
        assert_eq!(found.position, end);
    }
}
