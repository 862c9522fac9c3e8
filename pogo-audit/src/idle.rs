//! Work conservation: no host waits that could start.
//!
//! Hosts of a job under the same limits, gates and budgets are of one kind, and one of them stands for all. A kind that cannot
//! start is looked at again when what stopped it may have changed, so that a log costs about as much as its events.

use std::collections::{BTreeMap, BTreeSet};

use super::auditor::Auditor;
use super::finding::{Breach, Broken, broken};
use super::job::Job;
use super::namespace::Namespace;
use pogo_core::Timestamp;
use pogo_core::fleet::{HostId, HostName};
use pogo_core::scheduler::{
    Event, JobEvent, JobEventKind, JobId, NamespaceEventKind, TaskEvent, TaskEventKind, TaskState,
};

/// What waits, over all jobs.
#[derive(Default)]
pub(super) struct Waiting {
    jobs: BTreeMap<JobId, Kinds>,
    /// Kinds that may have a host that can start.
    awake: BTreeSet<(JobId, usize)>,
    /// Kinds that were stopped by a limit.
    parked: BTreeMap<u32, Vec<(JobId, usize)>>,
}

/// The hosts of one job, by what could stop them.
#[derive(Default)]
struct Kinds {
    kind_of: Vec<usize>,
    kinds: Vec<Ready>,
    /// Kinds that were stopped by something about the job as a whole.
    asleep: Vec<usize>,
    delayed: BTreeSet<(Timestamp, usize)>,
}

/// Tasks of a kind that could start by themselves: those on available hosts, and those on others.
type Ready = [BTreeSet<usize>; 2];

impl Kinds {
    fn new(namespace: &Namespace, job: &Job) -> Self {
        let mut this = Self::default();
        let mut known = BTreeMap::new();
        for task in 0..job.tasks.len() {
            let Ok(host) = namespace.id(&job.hosts[task]) else {
                this.kind_of.push(0);
                continue;
            };
            let fresh = known.len();
            let kind = *known.entry(job.kind(namespace, task, host)).or_insert(fresh);
            this.kind_of.push(kind);
        }
        this.kinds.resize_with(known.len().max(1), Ready::default);
        this
    }

    fn refresh(&mut self, namespace: &Namespace, job: &Job, task: usize, now: Timestamp) {
        let (name, kind) = (&job.hosts[task], self.kind_of[task]);
        self.kinds[kind].iter_mut().for_each(|ready| _ = ready.remove(&task));
        let Ok(host) = namespace.id(name) else { return };
        let known = namespace.host(host);
        if job.tasks[task].state != TaskState::Waiting
            || known.running.is_some()
            || known.gone
            || namespace.not_frozen(host).is_err()
        {
            return;
        }
        match job.tasks[task].not_before {
            until if until > now => _ = self.delayed.insert((until, task)),
            _ => _ = self.kinds[kind][usize::from(known.is_away())].insert(task),
        }
    }
}

impl Auditor {
    /// Takes note of what an event has changed.
    pub(super) fn note_waiting(&mut self, event: &Event) {
        match event {
            Event::Namespace(event) => match event.kind {
                NamespaceEventKind::LateReported { .. } => {}
                _ => {
                    self.waiting = Waiting::default();
                    let jobs: Vec<JobId> = self.jobs.keys().copied().collect();
                    jobs.into_iter().for_each(|job| self.sort(job));
                }
            },
            Event::Job(JobEvent {
                job,
                kind: JobEventKind::Submitted { .. } | JobEventKind::Altered { .. },
                ..
            }) => self.sort(*job),
            Event::Task(TaskEvent { kind, .. }) => match kind {
                TaskEventKind::PhaseEntered { .. }
                | TaskEventKind::Slow { .. }
                | TaskEventKind::CancelRequested { .. } => {}
                _ => self.note_change(event),
            },
            event => self.note_change(event),
        }
    }

    /// Takes note of an event that may let a host or a job go on.
    fn note_change(&mut self, event: &Event) {
        if let Some(host) = event.host() {
            self.note_host(host, event.started().is_none());
        }
        if let Some(job) = event.job().filter(|job| self.may_go_on(*job, event)) {
            self.waiting.wake(job);
        }
    }

    /// Sorts the hosts of a job into kinds.
    fn sort(&mut self, id: JobId) {
        let (namespace, now) = (&self.namespace, self.at);
        let Some(job) = self.jobs.get(&id) else { return };
        let mut kinds = Kinds::new(namespace, job);
        (0..job.tasks.len()).for_each(|task| kinds.refresh(namespace, job, task, now));
        self.waiting.awake.extend((0..kinds.kinds.len()).map(|kind| (id, kind)));
        self.waiting.jobs.insert(id, kinds);
    }

    /// A host has changed, and with it the tasks of all jobs there; whether that gives something back.
    fn note_host(&mut self, host: &HostName, frees: bool) {
        let (namespace, now) = (&self.namespace, self.at);
        for (id, job) in &self.jobs {
            let (Ok(task), Some(kinds)) = (job.task(host), self.waiting.jobs.get_mut(id)) else {
                continue;
            };
            kinds.refresh(namespace, job, task, now);
            self.waiting.awake.insert((*id, kinds.kind_of[task]));
        }
        let Ok(host) = namespace.id(host) else { return };
        if frees {
            for limit in namespace.limits_of(host) {
                let parked = self.waiting.parked.remove(limit);
                self.waiting.awake.extend(parked.into_iter().flatten());
            }
        }
    }

    /// Whether an event may let the job as a whole go on.
    fn may_go_on(&self, id: JobId, event: &Event) -> bool {
        let Some(job) = self.jobs.get(&id) else { return false };
        match event.host().filter(|_| event.ended().is_some()) {
            Some(host) => job.ends_a_stage(&self.namespace, host),
            None => event.started().is_none(),
        }
    }

    /// Judges a moment when all that was to be decided in it has been: no host waits that could have started.
    pub(super) fn nobody_idles(&mut self) -> Result<(), Breach> {
        let now = self.at;
        for (id, job) in &self.jobs {
            let Some(kinds) = self.waiting.jobs.get_mut(id) else {
                continue;
            };
            while let Some(&(until, task)) = kinds.delayed.first().filter(|(until, _)| *until <= now) {
                kinds.delayed.remove(&(until, task));
                kinds.refresh(&self.namespace, job, task, now);
                self.waiting.awake.insert((*id, kinds.kind_of[task]));
            }
        }
        while let Some((id, kind)) = self.waiting.awake.pop_first() {
            let (Some(job), Some(kinds)) = (self.jobs.get(&id), self.waiting.jobs.get(&id)) else {
                continue;
            };
            if !job.is_followed() {
                continue;
            }
            let first: Vec<usize> = kinds.kinds[kind]
                .iter()
                .filter_map(|ready| ready.first().copied())
                .collect();
            for task in first {
                let host = self.namespace.id(&job.hosts[task])?;
                match job.may_start(&self.namespace, task, now) {
                    Ok(()) => {
                        let message = format!("`{}` of {id} could have started at {now}, and waits", job.hosts[task]);
                        return broken(Broken::Idle, message);
                    }
                    Err((Broken::Running | Broken::Available, _)) => {
                        self.waiting.park(&self.namespace, host, (id, kind))
                    }
                    Err(_) => self.waiting.sleep(id, kind),
                }
            }
        }
        Ok(())
    }
}

impl Waiting {
    fn wake(&mut self, id: JobId) {
        if let Some(kinds) = self.jobs.get_mut(&id) {
            self.awake.extend(kinds.asleep.drain(..).map(|kind| (id, kind)));
        }
    }

    fn sleep(&mut self, id: JobId, kind: usize) {
        if let Some(kinds) = self.jobs.get_mut(&id)
            && !kinds.asleep.contains(&kind)
        {
            kinds.asleep.push(kind);
        }
    }

    fn park(&mut self, namespace: &Namespace, host: HostId, kind: (JobId, usize)) {
        if let Some(limit) = namespace.full_limit(host) {
            self.parked.entry(limit).or_default().push(kind);
        }
    }
}
