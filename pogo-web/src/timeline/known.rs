//! What is known of a namespace: its state, and the courses of its jobs.

use std::collections::VecDeque;

use pogo_core::Timestamp;
use pogo_core::scheduler::{Event, JobEventKind, JobId, NamespaceEventKind, Query, Record, Scheduler, View};
use pogo_core::stream::{StreamId, Update};

use super::bars::is_open;
use super::job::{ByJob, JobCourse, Remark};
use super::limits::LimitCourses;
use super::orders::Orders;

/// The most hosts of retired jobs that are kept: what has happened to them is in the journal too.
const RETIRED_HOSTS: usize = 50_000;
/// The most events of the namespace that are kept.
const EVENTS: usize = 100;

/// What is known of a namespace.
#[derive(Debug, Default)]
pub(crate) struct Known {
    pub(crate) at: StreamId,
    pub(crate) scheduler: Scheduler,
    pub(super) jobs: ByJob<JobCourse>,
    /// Events that belong to no job.
    pub(super) events: VecDeque<Remark>,
    pub(super) limits: LimitCourses,
    pub(super) orders: Orders,
    is_stale: bool,
}

impl Known {
    /// Nothing yet: what comes after this id is the first record.
    pub(super) fn from(at: StreamId) -> Self {
        Self { at, ..Self::default() }
    }

    /// A job that has left its scheduler, and nothing else.
    pub(super) fn past(job: JobId, course: JobCourse, orders: Orders) -> Self {
        Self {
            jobs: ByJob::from([(job, course)]),
            orders,
            ..Self::default()
        }
    }

    /// Takes an update. `false` if it does not follow from what is known: then only a snapshot helps.
    pub(super) fn take(&mut self, update: &Update) -> bool {
        match update {
            Update::Snapshot { id, state } => {
                let Ok(scheduler) = Scheduler::restore(state) else {
                    return false;
                };
                self.scheduler = scheduler;
                self.restored();
                (self.at, self.is_stale) = (*id, false);
                true
            }
            Update::Records { after, id, records } => {
                let follows = !self.is_stale && *after == self.at;
                let taken = follows && records.iter().all(|record| self.record(&record.record));
                if taken {
                    self.at = *id;
                }
                taken
            }
            Update::Resync { .. } => {
                self.is_stale = true;
                true
            }
            _ => true,
        }
    }

    /// Where to go on; `None` if that is with a snapshot.
    pub(super) fn position(&self) -> Option<StreamId> {
        (!self.is_stale).then_some(self.at)
    }

    fn restored(&mut self) {
        self.limits.configured(self.scheduler.now(), &self.scheduler);
        self.orders.forget_before(self.scheduler.now());
        let jobs = self.scheduler.jobs();
        let courses = jobs.map(|job| (job.id(), JobCourse::of(&self.scheduler, job, &self.limits)));
        self.jobs = courses.collect();
    }

    fn record(&mut self, record: &Record) -> bool {
        // Before the record is applied: afterwards the scheduler has nothing of the job that could
        // be kept.
        let retires = matches!(record.event.job_kind(), Some(JobEventKind::Retired));
        if let Some(job) = record.event.job().filter(|_| retires) {
            self.retire(record.at, job);
        }
        if self.scheduler.apply(record).is_err() {
            self.is_stale = true;
            return false;
        }
        self.note(record);
        true
    }

    fn note(&mut self, record: &Record) {
        self.orders.take(record);
        let (at, event) = (record.at, &record.event);
        match event {
            Event::Namespace(event) if matches!(event.kind, NamespaceEventKind::Configured { .. }) => {
                self.limits.configured(at, &self.scheduler);
            }
            Event::Namespace(event) => {
                if let NamespaceEventKind::OwnerChanged { owner, .. } = &event.kind {
                    self.taken_over(at, &owner.to_string());
                }
            }
            event => {
                if let Some(host) = event.host() {
                    self.limits.host(at, host, &self.scheduler);
                }
            }
        }
        if let Some(job) = event.submitted()
            && let Some(view) = self.scheduler.job(job)
        {
            self.jobs
                .insert(job, JobCourse::of(&self.scheduler, view, &self.limits));
        }
        // Most records are of hosts: they go to their job, and make no text that the list of events
        // would hold.
        if let Event::Task(task) = event {
            if let Some(job) = self.jobs.get_mut(&task.job) {
                job.task(at, task);
            }
            return;
        }
        if let Event::Job(event) = event
            && let Some(job) = self.jobs.get_mut(&event.job)
        {
            job.turn(at, &event.kind);
        }
        let Some(remark) = remark(at, event) else {
            return;
        };
        match event.job() {
            Some(job) => {
                if let Some(job) = self.jobs.get_mut(&job) {
                    job.note(remark);
                }
            }
            None => {
                if self.events.len() == EVENTS {
                    self.events.pop_front();
                }
                self.events.push_back(remark);
            }
        }
    }

    /// Notes a takeover with every job that is not over.
    fn taken_over(&mut self, at: Timestamp, owner: &str) {
        let open = self.scheduler.jobs().filter(|job| is_open(*job)).map(|job| job.id());
        for job in open {
            if let Some(course) = self.jobs.get_mut(&job) {
                course.taken_over(at, owner);
            }
        }
    }

    /// Keeps what the scheduler forgets, and forgets the oldest of it in turn.
    fn retire(&mut self, at: Timestamp, job: JobId) {
        let details = match self.scheduler.view(at, &Query::Job { job }) {
            Ok(View::Job(details)) => Some(details),
            _ => None,
        };
        if let Some(course) = self.jobs.get_mut(&job) {
            course.retired = details;
        }
        let retired = |course: &&JobCourse| course.retired.is_some();
        let kept: usize = self
            .jobs
            .values()
            .filter(retired)
            .map(|course| course.names.len())
            .sum();
        if kept > RETIRED_HOSTS {
            let oldest = self.jobs.iter().find(|(_, course)| course.retired.is_some());
            let oldest = oldest.map(|(job, _)| *job).filter(|oldest| *oldest != job);
            oldest.map(|oldest| self.jobs.remove(&oldest));
        }
    }
}

/// What an event says, but for bookkeeping.
pub(super) fn remark(at: Timestamp, event: &Event) -> Option<Remark> {
    let is_bookkeeping = match event {
        // Its words are those of the event that it led to.
        Event::Namespace(event) => matches!(event.kind, NamespaceEventKind::Ordered { .. }),
        _ => matches!(event.job_kind(), Some(JobEventKind::Retired)),
    };
    (!is_bookkeeping).then(|| Remark {
        at,
        by: event.actor().cloned(),
        text: event.to_string().into(),
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use pogo_core::fleet::Fleet;
    use pogo_core::plan::{HostOrder, JobSpec, RemoteCommand};
    use pogo_core::policy::{JobSettings, Policy};
    use pogo_core::scheduler::{AttemptId, Input, Order, Outcome};

    use super::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_000 * seconds)
    }

    /// A job on one host after the other, each of which takes two seconds; so many have succeeded.
    fn scheduler(succeeded: u64) -> Scheduler {
        let mut scheduler = Scheduler::new();
        let fleet = Arc::new(Fleet::builder().hosts("web[1-9]").build().unwrap());
        let policy = Arc::new(Policy::new());
        scheduler.handle(at(0), Order::Configure { fleet, policy }).unwrap();
        let settings = JobSettings::new().max_parallel("1".parse().unwrap());
        let spec = JobSpec::new("web[1-9]".parse().unwrap(), RemoteCommand::shell("true")).order(HostOrder::Listed);
        scheduler.handle(at(0), Order::submit(spec.settings(settings))).unwrap();
        for number in 1..=succeeded {
            let reported = Input::Reported {
                attempt: AttemptId::new(number),
                outcome: Outcome::Succeeded,
                output: None,
            };
            scheduler.handle(at(2 * number), reported).unwrap();
        }
        scheduler
    }

    #[test]
    fn a_job_that_is_followed_from_its_state_has_its_pace() {
        let id = StreamId::default();
        let mut known = Known::from(id);
        assert!(known.take(&Update::snapshot(id, &scheduler(6))));
        let ends = &known.jobs[&JobId::new(1)].ends;
        let wanted: VecDeque<_> = (1..=6).map(|number| (at(2 * number), 2_000)).collect();
        assert_eq!(*ends, wanted);
        // Nothing of a host that runs or waits.
        assert!(known.take(&Update::snapshot(id, &scheduler(0))));
        assert_eq!(known.jobs[&JobId::new(1)].ends, VecDeque::new());
    }
}
