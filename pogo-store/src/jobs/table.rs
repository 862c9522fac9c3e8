//! From records to rows.

use std::collections::{BTreeMap, BTreeSet};

use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::history::{JobEntry, Submission};
use pogo_core::journal::Seq;
use pogo_core::scheduler::{Event, JobEvent, JobEventKind, JobId, Record, TaskEvent, TaskState};

/// All jobs of a namespace, as its records up to a position have them.
#[derive(Debug, Clone, Default)]
pub(crate) struct JobTable {
    pub(crate) jobs: BTreeMap<JobId, JobEntry>,
    /// The records before it are in the rows.
    pub(crate) upto: Seq,
    /// Hosts of jobs that are alive.
    live: BTreeMap<JobId, LiveHosts>,
    /// The jobs whose rows have changed, and those that are new.
    changed: BTreeSet<JobId>,
}

/// What is known of the hosts of a job. Without it most events say by themselves what a host was before.
#[derive(Debug, Clone, Default)]
struct LiveHosts {
    states: BTreeMap<HostName, TaskState>,
    /// Whether it is known of all hosts: those that are not named wait.
    is_whole: bool,
}

/// The records of a job that come before a position, from wherever they are.
pub(crate) type Earlier<'a> = &'a dyn Fn(JobId, Seq) -> Vec<Record>;

impl JobTable {
    /// Applies the record at this position.
    pub(crate) fn apply(&mut self, at: Seq, record: &Record, earlier: Earlier<'_>) {
        match &record.event {
            Event::Job(event) => self.apply_to_job(record.at, event),
            Event::Task(event) => self.apply_to_task((at, record.at), event, earlier),
            // What happens to the namespace or a host says nothing of a job by itself.
            _ => {}
        }
        self.upto = Seq(at.0 + 1);
    }

    /// The jobs that have changed since this was asked last.
    pub(crate) fn take_changed(&mut self) -> BTreeSet<JobId> {
        std::mem::take(&mut self.changed)
    }

    /// The job of whose hosts more has to be known before this record is applied: where that takes long, it is asked
    /// before.
    #[cfg(any(feature = "postgres", feature = "zookeeper"))]
    pub(crate) fn lacks_hosts(&self, record: &Record) -> Option<JobId> {
        let Event::Task(TaskEvent { job, host, kind, .. }) = &record.event else {
            return None;
        };
        let is_listed = self.jobs.get(job).is_some_and(|entry| !entry.progress.retired);
        let says_itself = kind.state_after().is_none() || kind.state_before().is_some();
        let is_known = |hosts: &LiveHosts| hosts.is_whole || hosts.states.contains_key(host);
        let lacks = is_listed && !says_itself && !self.live.get(job).is_some_and(is_known);
        lacks.then_some(*job)
    }

    fn apply_to_job(&mut self, now: Timestamp, event: &JobEvent) {
        let JobEvent { job, kind, actor, .. } = event;
        if let JobEventKind::Submitted { spec, hosts, retry_of } = kind {
            let mut submitted = Submission::new(now, actor.as_ref(), spec, hosts);
            submitted.retry_of = *retry_of;
            self.live.insert(*job, LiveHosts::of_new_job());
            self.jobs.insert(*job, JobEntry::new(*job, submitted));
            self.changed.insert(*job);
            return;
        }
        let Some(entry) = self.jobs.get_mut(job) else { return };
        if let JobEventKind::Retired = kind {
            self.live.remove(job);
        }
        entry.progress.apply_job_event(now, kind);
        self.changed.insert(*job);
    }

    fn apply_to_task(&mut self, (at, now): (Seq, Timestamp), event: &TaskEvent, earlier: Earlier<'_>) {
        let TaskEvent { job, host, kind, .. } = event;
        let Some(entry) = self.jobs.get_mut(job).filter(|entry| !entry.progress.retired) else {
            return;
        };
        let Some(to) = kind.state_after() else { return };
        let hosts = self.live.entry(*job).or_default();
        let from = match (hosts.states.get(host), kind.state_before()) {
            (Some(known), _) => *known,
            (None, Some(from)) => from,
            (None, None) if hosts.is_whole => TaskState::Waiting,
            (None, None) => {
                *hosts = LiveHosts::of_events(&earlier(*job, at));
                hosts.states.get(host).copied().unwrap_or(TaskState::Waiting)
            }
        };
        hosts.states.insert(host.clone(), to);
        entry.progress.apply_task_event(now, from, kind);
        self.changed.insert(*job);
    }
}

impl LiveHosts {
    fn of_new_job() -> Self {
        Self {
            is_whole: true,
            ..Self::default()
        }
    }

    /// As these records leave them.
    fn of_events(records: &[Record]) -> Self {
        let mut hosts = Self::of_new_job();
        for record in records {
            if let Event::Task(TaskEvent { host, kind, .. }) = &record.event
                && let Some(to) = kind.state_after()
            {
                hosts.states.insert(host.clone(), to);
            }
        }
        hosts
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pogo_core::fleet::Fleet;
    use pogo_core::plan::{JobSpec, RemoteCommand};
    use pogo_core::policy::Policy;
    use pogo_core::scheduler::{
        AttemptId, FenceAnswer, Input, JobStatus, JobsQuery, Outcome, Query, Scheduler, Tally, View,
    };
    use pogo_core::testing::{Drill, Step, fleets, job_specs, policies, steps};
    use proptest::prelude::*;

    use super::*;
    use crate::jobs::index_file::{decode, encode};
    use crate::journal::Mark;

    /// What both say of the jobs that have not retired.
    type Said = Vec<(JobId, JobStatus, Tally, Option<Timestamp>, Timestamp, String, String)>;

    fn said_by(scheduler: &Scheduler, now: Timestamp) -> Said {
        let query = Query::Jobs(JobsQuery::new());
        let View::Jobs(jobs) = scheduler.view(now, &query).unwrap() else {
            panic!("another answer");
        };
        assert_eq!(jobs.next, None);
        let said = jobs.entries.into_iter().map(|job| {
            let (user, targets) = (job.user, job.targets.to_string());
            (
                job.job,
                job.status,
                job.tally,
                job.finished,
                job.submitted,
                user,
                targets,
            )
        });
        said.collect()
    }

    fn said_by_table(table: &JobTable) -> Said {
        let alive = table.jobs.values().filter(|entry| !entry.progress.retired);
        let said = alive.map(|entry| {
            let JobEntry {
                job,
                submitted,
                progress,
                ..
            } = entry.clone();
            let (status, tally, finished) = (progress.status, progress.tally, progress.finished);
            let targets = submitted.targets.to_string();
            (job, status, tally, finished, submitted.at, submitted.user, targets)
        });
        said.collect()
    }

    fn written_and_read(table: &JobTable) -> JobTable {
        let mark = Mark {
            segment: Seq(0),
            offset: 0,
            at: table.upto,
        };
        decode(&encode(table, mark)).unwrap().table
    }

    fn play(
        fleet: Arc<Fleet>,
        policy: Arc<Policy>,
        specs: Vec<pogo_core::plan::JobSpec>,
        steps: &[Step],
        every: usize,
    ) {
        let Ok(mut drill) = Drill::new(fleet, policy) else {
            return;
        };
        for spec in specs {
            // Some jobs have no host of this fleet.
            let _ = drill.submit(spec);
        }
        let (mut table, mut applied) = (JobTable::default(), 0);
        for (at, step) in steps.iter().enumerate() {
            drill.play(step);
            let records = drill.records();
            let earlier = |job, before: Seq| -> Vec<Record> {
                let before = records[..usize::try_from(before.0).unwrap()].iter();
                before
                    .filter(|record| record.event.job() == Some(job))
                    .cloned()
                    .collect()
            };
            while applied < records.len() {
                table.apply(Seq(applied as u64), &records[applied], &earlier);
                applied += 1;
            }
            assert_eq!(said_by_table(&table), said_by(drill.scheduler(), drill.now()));
            if at % every == every - 1 {
                // The next process knows what was written, and nothing of single hosts.
                table = written_and_read(&table);
            }
        }
    }

    /// A job that had finished with a doubt, of which its host says after a restore that it never began.
    #[test]
    fn a_job_that_a_restore_opens_again_is_paused_in_the_list_too() {
        let fleet = Arc::new(Fleet::builder().hosts("web[1-2]").build().unwrap());
        let mut drill = Drill::new(fleet, Arc::new(Policy::default())).unwrap();
        let (asks_permission, fences) = (true, true);
        let transport = Input::Transport {
            asks_permission,
            fences,
        };
        drill.handle(transport).unwrap();
        let job = drill
            .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
            .unwrap();
        for number in [1, 2] {
            let (attempt, host_lock, output) = (AttemptId::new(number), true, None);
            drill.handle(Input::Begin { attempt, host_lock }).unwrap();
            let outcome = Outcome::in_doubt("the link broke");
            drill
                .handle(Input::Reported {
                    attempt,
                    outcome,
                    output,
                })
                .unwrap();
        }
        drill.play(&Step::Restore);
        for (answer, status) in [
            (FenceAnswer::Ended(Outcome::Succeeded), JobStatus::Finished),
            (FenceAnswer::NeverBegan, JobStatus::Paused),
        ] {
            let attempt = AttemptId::new(if status == JobStatus::Finished { 1 } else { 2 });
            drill.handle(Input::Fenced { attempt, answer }).unwrap();
            let mut table = JobTable::default();
            for (at, record) in (0..).zip(drill.records()) {
                table.apply(Seq(at), record, &|_, _| vec![]);
            }
            let said = said_by(drill.scheduler(), drill.now());
            assert_eq!((said[0].0, said[0].1), (job, status));
            assert_eq!(said_by_table(&table), said);
        }
    }

    proptest! {
        #[test]
        fn rows_say_of_a_job_what_the_scheduler_says_whoever_has_made_them(
            fleet in fleets(1..=9),
            policy in policies(),
            specs in prop::collection::vec(job_specs(), 1..4),
            steps in prop::collection::vec(steps(), 1..60),
            every in 1..20_usize,
        ) {
            play(fleet, policy, specs, &steps, every);
        }
    }
}
