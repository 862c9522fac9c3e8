//! Reads the records of a log into a [`TimelineData`].

use std::collections::BTreeMap;

use super::data::{Hosts, TimelineData};
use super::error::TimelineError;
use super::explain::wait_reasons;
use super::host::{Ending, HostTimeline};
use super::ledger::Ledger;
use super::mark::{Mark, mark};
use super::state::HostState;
use super::usage::Series;
use super::waits::WaitReasons;
use pogo_core::Timestamp;
use pogo_core::fleet::HostName;
use pogo_core::journal::{ReplayError, Seq};
use pogo_core::scheduler::{
    Actor, ApplyError, AttemptId, Event, HolderReason, HostEventKind, JobEvent, JobEventKind, JobId, JobStatus,
    NamespaceEventKind, NeverBegan, Obstacle, OrderEntry, OrderLog, Outcome, Record, Scheduler, TaskEvent,
    TaskEventKind,
};
use pogo_core::time::format_duration;

/// Reads a log with all its jobs, or for one of them.
pub(super) fn read<'a>(
    records: impl IntoIterator<Item = &'a Record>,
    wanted: Option<JobId>,
) -> Result<TimelineData, TimelineError> {
    let mut reader = LogReader::new(wanted);
    for (record, at) in records.into_iter().zip(0..) {
        reader.read(record).map_err(|error| ReplayError::new(Seq(at), error))?;
    }
    reader.finish()
}

struct LogReader {
    data: TimelineData,
    ledger: Ledger,
    orders: OrderLog,
    /// The obstacles of each job when it was blocked last.
    blocked: BTreeMap<JobId, Vec<Obstacle>>,
    /// The only job to show, if not all.
    wanted: Option<JobId>,
    /// The time of the last record that refers to a wanted job.
    last: Timestamp,
}

impl LogReader {
    fn new(wanted: Option<JobId>) -> Self {
        let data = TimelineData {
            hosts: Hosts::default(),
            total: Series::new("all hosts".to_owned(), None, 0),
            limits: vec![],
            marks: vec![],
            jobs: vec![],
            began: Timestamp::EPOCH,
            until: Timestamp::EPOCH,
            open: false,
            waits: WaitReasons::default(),
            orders: vec![],
            among: None,
            // A log of one job may lack what happened to others.
            scheduler: match wanted {
                Some(_) => Scheduler::of_one_job(),
                None => Scheduler::new(),
            },
        };
        Self {
            data,
            ledger: Ledger::default(),
            orders: OrderLog::default(),
            blocked: BTreeMap::new(),
            wanted,
            last: Timestamp::EPOCH,
        }
    }

    /// The attempts in doubt that an operator answers for in this record, before it is applied.
    fn forced_by(&self, record: &Record) -> Vec<AttemptId> {
        let Event::Host(event) = &record.event else {
            return vec![];
        };
        if !matches!(event.kind, HostEventKind::FenceForced { .. }) {
            return vec![];
        }
        let doubts = self.data.scheduler.doubts().into_iter();
        let there = doubts.filter(|doubt| doubt.host == event.host && !doubt.fence.is_fenced());
        there.map(|doubt| doubt.attempt).collect()
    }

    fn read(&mut self, record: &Record) -> Result<(), ApplyError> {
        // A job that leaves its scheduler is still drawn, with its settings and how it
        // ended, and lasts no longer for that.
        if record.event.job_kind() == Some(&JobEventKind::Retired) {
            return Ok(());
        }
        // Before the record is applied: afterwards the doubts that it answers for are gone.
        let forced = self.forced_by(record);
        self.data.scheduler.apply(record)?;
        let (at, event) = (record.at, &record.event);
        self.data.until = at;
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
            Event::Host(event) => {
                if let HostEventKind::FenceForced { reason } = &event.kind
                    && let Some(data) = self.data.hosts.get_mut(event.host.as_str())
                {
                    data.remark(
                        |attempt| forced.contains(&attempt.id),
                        &format!("an operator answers for it: {reason}"),
                    );
                }
            }
            _ => {}
        }
        self.orders.note(record);
        if wanted || event.job().is_none() {
            let reason = self.orders.entries().last().filter(|_| self.orders.is_open());
            let reason = reason.and_then(|entry| entry.reason.as_deref());
            self.data
                .marks
                .extend(mark(at, event, reason, self.data.jobs.is_empty()));
        }
        if let Some(host) = event.host() {
            self.settle(at, host);
            self.ledger.host(at, host, &self.data.scheduler, &mut self.data.limits);
        }
        Ok(())
    }

    fn wants(&self, job: JobId) -> bool {
        self.wanted.is_none_or(|wanted| wanted == job)
    }

    fn configured(&mut self, at: Timestamp) {
        self.ledger.configured(at, &self.data.scheduler, &mut self.data.limits);
        // A new fleet may lack hosts that were marked down or held, which ends that state without a
        // record of its own.
        let hosts: Vec<HostName> = self.data.hosts.keys().cloned().collect();
        hosts.iter().for_each(|host| self.settle(at, host));
    }

    fn submitted(&mut self, at: Timestamp, job: JobId, hosts: &[HostName]) {
        if self.data.jobs.is_empty() {
            self.data.began = at;
        }
        self.data.jobs.push(job);
        for host in hosts {
            let data = self.data.hosts.entry(host.clone());
            data.or_insert_with_key(|name| HostTimeline::new(name.clone())).task = HostState::Waiting;
            self.settle(at, host);
            self.ledger.in_job(host, &self.data.scheduler, &mut self.data.limits);
        }
        self.limited(at);
    }

    /// Updates the job's own limit, if there is only one job.
    fn limited(&mut self, at: Timestamp) {
        let job = match self.data.jobs.as_slice() {
            [job] => self.data.scheduler.job(*job),
            _ => None,
        };
        let total = &mut self.data.total;
        total.hosts = u32::try_from(self.data.hosts.len()).unwrap_or(u32::MAX);
        let mut used = total.now();
        used.slots = job.and_then(|job| job.settings().max_parallel).map(|most| most.hosts);
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

    fn task(&mut self, at: Timestamp, event: &TaskEvent) {
        let TaskEvent { job, host, kind, .. } = event;
        let ending = |outcome: &Outcome| ending(outcome, event.actor.as_deref());
        let Some(data) = self.data.hosts.get_mut(host.as_str()) else {
            return;
        };
        match kind {
            TaskEventKind::Started { attempt, .. } => data.begin(at, *job, *attempt),
            TaskEventKind::PhaseEntered { attempt, phase, .. } => data.phase(at, *attempt, *phase),
            TaskEventKind::Slow { attempt, .. } => data.slow(at, *attempt),
            TaskEventKind::Succeeded { attempt, .. } => data.end(at, *attempt, ending(&Outcome::Succeeded)),
            TaskEventKind::Failed { attempt, failure, .. } => {
                data.end(at, *attempt, ending(&Outcome::Failed(failure.clone())));
            }
            TaskEventKind::InDoubt { attempt, message, .. } => {
                data.end(at, *attempt, ending(&Outcome::in_doubt(message)));
            }
            TaskEventKind::NeverBegan {
                attempt,
                reason,
                message,
                ..
            } => {
                data.end(at, *attempt, ending(&Outcome::never_began(*reason, message)));
            }
            TaskEventKind::Fenced { attempt, answer, .. } => {
                let remark = format!("its host was asked: {answer}");
                data.remark(|asked| asked.id == *attempt, &remark);
            }
            TaskEventKind::Retried { .. } => data.task = HostState::Waiting,
            TaskEventKind::Skipped => data.task = HostState::Skipped,
            TaskEventKind::Cancelled => data.task = HostState::Cancelled,
            _ => {}
        }
    }

    /// Updates the state of a host.
    fn settle(&mut self, at: Timestamp, host: &HostName) {
        let held = self.data.scheduler.holder_reason(host);
        let Some(data) = self.data.hosts.get_mut(host.as_str()) else {
            return;
        };
        let before = data.now();
        let state = match held {
            // The phase in which it runs is known here alone; another job's attempt counts as the
            // host's own state in this job.
            Some(HolderReason::Running { job }) if self.wanted.is_none_or(|wanted| wanted == job) => before,
            Some(HolderReason::Failed { .. }) => HostState::Failed,
            Some(HolderReason::InDoubt { .. }) => HostState::InDoubt,
            Some(HolderReason::Down) => HostState::Down,
            Some(HolderReason::Held { .. }) => HostState::Held,
            _ => data.task,
        };
        data.enter(at, state);
        let mut used = self.data.total.now();
        match (
            std::mem::replace(&mut data.counted, state.is_running()),
            state.is_running(),
        ) {
            (false, true) => used.running += 1,
            (true, false) => used.running = used.running.saturating_sub(1),
            _ => {}
        }
        self.data.total.note(at, used);
    }

    fn finish(mut self) -> Result<TimelineData, TimelineError> {
        let data = &mut self.data;
        if data.jobs.is_empty() {
            return Err(match self.wanted {
                Some(job) => TimelineError::UnknownJob { job },
                None => TimelineError::NoJob,
            });
        }
        let at_rest = |job: &JobId| {
            let status = data.scheduler.job(*job).map(|job| job.status());
            matches!(
                status,
                Some(JobStatus::Finished | JobStatus::Halted | JobStatus::Blocked)
            )
        };
        data.open = !data.jobs.iter().all(at_rest);
        if !data.open {
            // Records of other jobs may follow for weeks, and would press the picture of this one
            // into a corner.
            data.until = self.last;
        }
        data.waits = wait_reasons(data, &self.blocked);
        note_orders(data, &self.orders, self.wanted);
        Ok(self.data)
    }
}

/// Lists the orders of the jobs, and marks those that were given for some hosts.
fn note_orders(data: &mut TimelineData, orders: &OrderLog, wanted: Option<JobId>) {
    let shown = |entry: &&OrderEntry| {
        let of_job = [entry.job, entry.retried_as].into_iter().flatten();
        let other = wanted.is_some_and(|wanted| entry.job.is_some() && of_job.into_iter().all(|job| job != wanted));
        entry.is_attributed() && !other && entry.at <= data.until
    };
    let entries: Vec<&OrderEntry> = orders.entries().iter().filter(shown).collect();
    for entry in entries {
        data.orders.push(format!(
            "at {}: {entry}",
            format_duration(entry.at.max(data.began) - data.began)
        ));
        if !entry.hosts.is_empty() && entry.retried_as.is_none() {
            let (at, label, text) = (entry.at, entry.order.participle().to_owned(), entry.to_string());
            data.marks.push(Mark { at, label, text });
        }
    }
    // Orders for hosts were added behind the marks of events; `marks::draw` joins neighbours of one
    // column.
    data.marks.sort_by_key(|mark| mark.at);
}

fn never_began(reason: NeverBegan, message: &str) -> String {
    match message {
        "" => reason.to_string(),
        message => format!("{reason}: {message}"),
    }
}

fn ending(outcome: &Outcome, ordered_by: Option<&Actor>) -> Ending {
    let (state, mut why, in_connect) = match outcome {
        Outcome::Succeeded => (HostState::Succeeded, String::new(), false),
        Outcome::Failed(failure) => (HostState::Failed, failure.to_string(), failure.kind.is_connect()),
        Outcome::InDoubt { message } => (HostState::InDoubt, message.clone(), false),
        // The host waits again; it was only connected to.
        Outcome::NeverBegan { reason, message, .. } => (HostState::Waiting, never_began(*reason, message), true),
        // An unknown kind of end: the records that follow determine the task's state.
        _ => (HostState::Waiting, String::new(), false),
    };
    if let Some(actor) = ordered_by {
        let separator = if why.is_empty() { "" } else { ", " };
        why = format!("{why}{separator}ordered by {actor}");
    }
    Ending { state, why, in_connect }
}
