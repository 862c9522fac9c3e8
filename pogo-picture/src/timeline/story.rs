//! From records to what a timeline shows.

use std::collections::BTreeMap;
use std::hash::BuildHasherDefault;

use indexmap::IndexMap;
use rustc_hash::FxHasher;

use super::TimelineError;
use super::host::{Ending, HostStory};
use super::ledger::Ledger;
use super::mark::{Mark, mark};
use super::state::State;
use super::usage::Series;
use super::waits::Waits;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::journal::{ReplayError, Seq};
use pogo_core::scheduler::{
    Event, HolderReason, JobEvent, JobEventKind, JobId, JobStatus, NamespaceEventKind, Obstacle, Outcome, Record,
    Scheduler, TaskEvent, TaskEventKind,
};

type Hosts = IndexMap<HostName, HostStory, BuildHasherDefault<FxHasher>>;

/// Everything that a timeline shows, before anything is drawn.
#[derive(Debug, Clone)]
pub(super) struct Story {
    pub(super) hosts: Hosts,
    /// How many hosts of the jobs run. What a job says of itself bounds only that.
    pub(super) total: Series,
    /// One for each limit.
    pub(super) limits: Vec<Series>,
    pub(super) marks: Vec<Mark>,
    pub(super) jobs: Vec<JobId>,
    pub(super) began: Timestamp,
    pub(super) until: Timestamp,
    /// The log may go on: not every job has come to rest.
    pub(super) open: bool,
    pub(super) waits: Waits,
    /// How long many runs took, of which this is one.
    pub(super) among: Option<String>,
    /// As it was after the last record.
    pub(super) scheduler: Scheduler,
}

/// Reads a log.
pub(super) struct Reader {
    story: Story,
    ledger: Ledger,
    /// What kept each job from going on when it was blocked last.
    blocked: BTreeMap<JobId, Vec<Obstacle>>,
    /// The one job to tell of.
    wanted: Option<JobId>,
    /// The last record that speaks of a wanted job.
    last: Timestamp,
}

impl Story {
    pub(super) fn of<'a>(
        records: impl IntoIterator<Item = &'a Record>,
        wanted: Option<JobId>,
    ) -> Result<Self, TimelineError> {
        let mut reader = Reader::new(wanted);
        for (record, at) in records.into_iter().zip(0..) {
            reader
                .read(record)
                .map_err(|error| ReplayError { at: Seq(at), error })?;
        }
        reader.finish()
    }

    /// How many attempts there are.
    pub(super) fn attempts(&self) -> usize {
        self.hosts.values().map(|host| host.attempts.len()).sum()
    }

    /// How many hosts had an attempt that took longer than is usual.
    pub(super) fn slow(&self) -> usize {
        let slow = |host: &&HostStory| host.attempts.iter().any(|attempt| attempt.slow.is_some());
        self.hosts.values().filter(slow).count()
    }
}

impl Reader {
    fn new(wanted: Option<JobId>) -> Self {
        let story = Story {
            hosts: Hosts::default(),
            total: Series::new("all hosts".to_owned(), None, 0),
            limits: vec![],
            marks: vec![],
            jobs: vec![],
            began: Timestamp::EPOCH,
            until: Timestamp::EPOCH,
            open: false,
            waits: Waits::default(),
            among: None,
            scheduler: Scheduler::new(),
        };
        Self {
            story,
            ledger: Ledger::default(),
            blocked: BTreeMap::new(),
            wanted,
            last: Timestamp::EPOCH,
        }
    }

    fn read(&mut self, record: &Record) -> Result<(), pogo_core::scheduler::ApplyError> {
        self.story.scheduler.apply(record)?;
        let (at, event) = (record.at, &record.event);
        self.story.until = at;
        let wanted = event.job().is_some_and(|job| self.wants(job));
        if wanted {
            self.last = at;
        }
        match event {
            Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::Configured { .. }) => {
                self.configured(at);
            }
            Event::Job(event) => self.job(at, event, wanted),
            Event::Task(event) if wanted => self.task(at, event),
            _ => {}
        }
        if wanted || event.job().is_none() {
            self.story.marks.extend(mark(at, event, self.story.jobs.is_empty()));
        }
        if let Some(host) = event.host() {
            self.settle(at, host);
            self.ledger
                .host(at, host, &self.story.scheduler, &mut self.story.limits);
        }
        Ok(())
    }

    fn wants(&self, job: JobId) -> bool {
        self.wanted.is_none_or(|wanted| wanted == job)
    }

    fn configured(&mut self, at: Timestamp) {
        self.ledger
            .configured(at, &self.story.scheduler, &mut self.story.limits);
        let hosts: Vec<HostName> = self.story.hosts.keys().cloned().collect();
        hosts.iter().for_each(|host| self.settle(at, host));
    }

    fn submitted(&mut self, at: Timestamp, job: JobId, hosts: &[HostName]) {
        if self.story.jobs.is_empty() {
            self.story.began = at;
        }
        self.story.jobs.push(job);
        for host in hosts {
            let story = self.story.hosts.entry(host.clone());
            story.or_insert_with_key(|name| HostStory::new(name.clone())).task = State::Waiting;
            self.settle(at, host);
            self.ledger.in_job(host, &self.story.scheduler, &mut self.story.limits);
        }
        self.limited(at);
    }

    /// The job's own limit, where there is just one job that could have one.
    fn limited(&mut self, at: Timestamp) {
        let job = match self.story.jobs.as_slice() {
            [job] => self.story.scheduler.job(*job),
            _ => None,
        };
        let total = &mut self.story.total;
        total.hosts = u32::try_from(self.story.hosts.len()).unwrap_or(u32::MAX);
        let mut used = total.now();
        used.places = job.and_then(|job| job.settings().max_parallel).map(|most| most.hosts);
        total.note(at, used);
    }

    fn job(&mut self, at: Timestamp, JobEvent { job, kind, .. }: &JobEvent, wanted: bool) {
        match kind {
            JobEventKind::Submitted { hosts, .. } if wanted => self.submitted(at, *job, hosts),
            JobEventKind::Altered { .. } => self.limited(at),
            JobEventKind::Blocked { reasons } => _ = self.blocked.insert(*job, reasons.clone()),
            _ => {}
        }
    }

    fn task(&mut self, at: Timestamp, TaskEvent { job, host, kind, .. }: &TaskEvent) {
        let Some(story) = self.story.hosts.get_mut(host.as_str()) else {
            return;
        };
        match kind {
            TaskEventKind::Started { attempt } => story.begin(at, *job, *attempt),
            TaskEventKind::PhaseEntered { attempt, phase } => story.phase(at, *attempt, *phase),
            TaskEventKind::Slow { attempt, .. } => story.slow(at, *attempt),
            TaskEventKind::Succeeded { attempt } => story.end(at, *attempt, ending(&Outcome::Succeeded)),
            TaskEventKind::Failed { attempt, failure } => {
                story.end(at, *attempt, ending(&Outcome::Failed(failure.clone())));
            }
            TaskEventKind::InDoubt { attempt, message, .. } => {
                story.end(at, *attempt, ending(&Outcome::in_doubt(message)));
            }
            TaskEventKind::Retried { .. } => story.task = State::Waiting,
            TaskEventKind::Skipped => story.task = State::Skipped,
            TaskEventKind::Cancelled => story.task = State::Cancelled,
            _ => {}
        }
    }

    /// Puts the host into the state that it has now.
    fn settle(&mut self, at: Timestamp, host: &HostName) {
        let held = self.story.scheduler.holder_reason(host);
        let Some(story) = self.story.hosts.get_mut(host.as_str()) else {
            return;
        };
        let before = story.now();
        let state = match held {
            Some(HolderReason::Running { job }) if self.wanted.is_none_or(|wanted| wanted == job) => before,
            Some(HolderReason::Failed { .. }) => State::Failed,
            Some(HolderReason::InDoubt { .. }) => State::InDoubt,
            Some(HolderReason::Down) => State::Down,
            Some(HolderReason::Running { .. }) | None => story.task,
        };
        story.enter(at, state);
        let mut used = self.story.total.now();
        match (
            std::mem::replace(&mut story.counted, state.is_running()),
            state.is_running(),
        ) {
            (false, true) => used.running += 1,
            (true, false) => used.running = used.running.saturating_sub(1),
            _ => {}
        }
        self.story.total.note(at, used);
    }

    fn finish(mut self) -> Result<Story, TimelineError> {
        let story = &mut self.story;
        if story.jobs.is_empty() {
            return Err(match self.wanted {
                Some(job) => TimelineError::UnknownJob { job },
                None => TimelineError::NoJob,
            });
        }
        let at_rest = |job: &JobId| {
            let status = story.scheduler.job(*job).map(|job| job.status());
            matches!(
                status,
                Some(JobStatus::Finished | JobStatus::Halted | JobStatus::Blocked)
            )
        };
        story.open = !story.jobs.iter().all(at_rest);
        if !story.open {
            story.until = self.last;
        }
        story.waits = Waits::of(story, &self.blocked);
        Ok(self.story)
    }
}

fn ending(outcome: &Outcome) -> Ending {
    let (state, why, in_connect) = match outcome {
        Outcome::Succeeded => (State::Succeeded, String::new(), false),
        Outcome::Failed(failure) => (State::Failed, failure.to_string(), failure.kind.is_connect()),
        Outcome::InDoubt { message } => (State::InDoubt, message.clone(), false),
    };
    Ending { state, why, in_connect }
}
