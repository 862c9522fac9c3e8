//! Work conservation: no host waits that could start.
//!
//! Tasks of a job under the same limits, gates and budgets are one class, and one of them stands for all. A class that
//! cannot start is looked at again when what stopped it may have changed: looking at each task at each moment took the
//! square of a log.

use std::collections::{BTreeMap, BTreeSet};

use crate::finding::{Breach, BrokenRule, broken};
use crate::state::AuditState;
use crate::state::job::Job;
use crate::state::namespace::Namespace;
use pogo_core::Timestamp;
use pogo_core::fleet::{HostId, HostName};
use pogo_core::scheduler::{
    Event, JobEvent, JobEventKind, JobId, NamespaceEventKind, TaskEvent, TaskEventKind, TaskState,
};

/// The waiting tasks of all jobs.
#[derive(Default)]
pub(crate) struct WaitingTasks {
    jobs: BTreeMap<JobId, TaskClasses>,
    /// Classes that may have a host that can start.
    awake: BTreeSet<(JobId, usize)>,
    /// Classes that were stopped by a limit.
    parked: BTreeMap<u32, Vec<(JobId, usize)>>,
}

/// The tasks of one job, by what could stop them.
#[derive(Default)]
struct TaskClasses {
    class_of: Vec<usize>,
    classes: Vec<ReadyTasks>,
    /// Classes that were stopped by something about the job as a whole.
    asleep: Vec<usize>,
    delayed: BTreeSet<(Timestamp, usize)>,
}

/// Tasks of a class that could start by themselves: those on available hosts, and those on others.
type ReadyTasks = [BTreeSet<usize>; 2];

impl TaskClasses {
    fn new(namespace: &Namespace, job: &Job) -> Self {
        let mut this = Self::default();
        let mut known = BTreeMap::new();
        for task in 0..job.tasks.len() {
            // Unreachable in a whole log, where hosts of jobs stay known. Any class will do:
            // `refresh` puts no such task in one.
            let Ok(host) = namespace.id(&job.hosts[task]) else {
                this.class_of.push(0);
                continue;
            };
            let fresh = known.len();
            let class = *known.entry(job.class(namespace, task, host)).or_insert(fresh);
            this.class_of.push(class);
        }
        // At least one, for the hosts above that were given class 0.
        this.classes.resize_with(known.len().max(1), ReadyTasks::default);
        this
    }

    fn refresh(&mut self, namespace: &Namespace, job: &Job, task: usize, now: Timestamp) {
        let (name, class) = (&job.hosts[task], self.class_of[task]);
        self.classes[class].iter_mut().for_each(|ready| _ = ready.remove(&task));
        let Ok(host) = namespace.id(name) else { return };
        let host_state = namespace.host(host);
        if job.tasks[task].state != TaskState::Waiting
            || host_state.running.is_some()
            || host_state.left_fleet
            || namespace.freezes.allow_start(&namespace.fleet, host).is_err()
            || namespace.holds.allow_start(job.spec.under_hold.as_ref(), name).is_err()
        {
            return;
        }
        match job.tasks[task].not_before {
            until if until > now => _ = self.delayed.insert((until, task)),
            // Unavailable hosts apart: a limit on unavailable hosts lets them start while it stops
            // the others of their class.
            _ => _ = self.classes[class][usize::from(host_state.is_unavailable())].insert(task),
        }
    }
}

impl WaitingTasks {
    /// Updates the classes after an event.
    pub(crate) fn note(&mut self, state: &AuditState, event: &Event) {
        match event {
            Event::Namespace(event) => match event.kind {
                NamespaceEventKind::OwnerChanged { .. }
                | NamespaceEventKind::Restored { .. }
                | NamespaceEventKind::Ordered { .. }
                | NamespaceEventKind::LateReported { .. } => {}
                _ => {
                    // Fleet, policy and freezes change limits and stages of any host, so everything
                    // is sorted again; they are rare.
                    *self = Self::default();
                    state.jobs.keys().for_each(|job| self.sort(state, *job));
                }
            },
            Event::Job(JobEvent {
                job,
                kind: JobEventKind::Submitted { .. } | JobEventKind::Altered { .. },
                ..
            }) => self.sort(state, *job),
            Event::Job(JobEvent {
                job,
                kind: JobEventKind::Retired,
                ..
            }) => _ = self.jobs.remove(job),
            Event::Task(TaskEvent { kind, .. }) => match kind {
                TaskEventKind::PhaseEntered { .. }
                | TaskEventKind::Permitted { .. }
                | TaskEventKind::HostKeyRecorded { .. }
                | TaskEventKind::Slow { .. }
                | TaskEventKind::CancelRequested { .. } => {}
                _ => self.note_change(state, event),
            },
            event => self.note_change(state, event),
        }
    }

    /// Updates the classes after an event that may let a host or a job start something.
    fn note_change(&mut self, state: &AuditState, event: &Event) {
        if let Some(host) = event.host() {
            self.note_host(state, host, event.started().is_none());
        }
        if let Some(job) = event.job().filter(|job| may_start_more(state, *job, event)) {
            self.wake(job);
        }
    }

    /// Sorts the tasks of a job into classes.
    fn sort(&mut self, state: &AuditState, id: JobId) {
        let (namespace, now) = (&state.namespace, state.at);
        let Some(job) = state.jobs.get(&id) else { return };
        let mut job_classes = TaskClasses::new(namespace, job);
        (0..job.tasks.len()).for_each(|task| job_classes.refresh(namespace, job, task, now));
        self.awake
            .extend((0..job_classes.classes.len()).map(|class| (id, class)));
        self.jobs.insert(id, job_classes);
    }

    /// Updates the tasks of all jobs on a host that has changed; `frees` says whether it may have given back slots.
    fn note_host(&mut self, state: &AuditState, host: &HostName, frees: bool) {
        let (namespace, now) = (&state.namespace, state.at);
        for (id, job) in &state.jobs {
            // One host may wait in many jobs, in a class of its own in each.
            let (Ok(task), Some(job_classes)) = (job.task(host), self.jobs.get_mut(id)) else {
                continue;
            };
            job_classes.refresh(namespace, job, task, now);
            self.awake.insert((*id, job_classes.class_of[task]));
        }
        let Ok(host) = namespace.id(host) else { return };
        if frees {
            for limit in namespace.limits_of(host) {
                // All of them: which one gets the slot is for the scheduler to choose.
                let parked = self.parked.remove(limit);
                self.awake.extend(parked.into_iter().flatten());
            }
        }
    }

    /// Judges a moment when everything was decided that belongs to it: no host waits that could have started.
    pub(crate) fn check(&mut self, state: &AuditState) -> Result<(), Breach> {
        let (namespace, now) = (&state.namespace, state.at);
        for (id, job) in &state.jobs {
            let Some(job_classes) = self.jobs.get_mut(id) else {
                continue;
            };
            while let Some(&(until, task)) = job_classes.delayed.first().filter(|(until, _)| *until <= now) {
                // The entry may be stale, since a task may have been skipped or delayed anew:
                // `refresh` sees what it is now.
                job_classes.delayed.remove(&(until, task));
                job_classes.refresh(namespace, job, task, now);
                self.awake.insert((*id, job_classes.class_of[task]));
            }
        }
        while let Some((id, class)) = self.awake.pop_first() {
            let (Some(job), Some(job_classes)) = (state.jobs.get(&id), self.jobs.get(&id)) else {
                continue;
            };
            // A job whose stages or budgets are not known exactly cannot be accused of waiting.
            if !job.is_followed() {
                continue;
            }
            // One task of each half stands for its class, which is what makes this linear.
            let first: Vec<usize> = job_classes.classes[class]
                .iter()
                .filter_map(|ready| ready.first().copied())
                .collect();
            for task in first {
                let host = namespace.id(&job.hosts[task])?;
                match job.may_start(namespace, task, now) {
                    Ok(()) => {
                        // It still can, at the next moment.
                        self.awake.insert((id, class));
                        let message = format!("`{}` of {id} could have started at {now}, and waits", job.hosts[task]);
                        return broken(BrokenRule::Idle, message);
                    }
                    Err((BrokenRule::Running | BrokenRule::Available, _)) => self.park(namespace, host, (id, class)),
                    // What else stops a class ends with an event of its job, or with one that sorts
                    // everything again.
                    Err(_) => self.sleep(id, class),
                }
            }
        }
        Ok(())
    }

    fn wake(&mut self, id: JobId) {
        if let Some(job_classes) = self.jobs.get_mut(&id) {
            self.awake.extend(job_classes.asleep.drain(..).map(|class| (id, class)));
        }
    }

    fn sleep(&mut self, id: JobId, class: usize) {
        if let Some(job_classes) = self.jobs.get_mut(&id)
            && !job_classes.asleep.contains(&class)
        {
            job_classes.asleep.push(class);
        }
    }

    fn park(&mut self, namespace: &Namespace, host: HostId, class: (JobId, usize)) {
        if let Some(limit) = namespace.full_limit(host) {
            self.parked.entry(limit).or_default().push(class);
        }
    }
}

/// Whether an event may let the job as a whole start more.
fn may_start_more(state: &AuditState, id: JobId, event: &Event) -> bool {
    let Some(job) = state.jobs.get(&id) else { return false };
    match event.host().filter(|_| event.ended().is_some()) {
        // Most ends only give back slots, which wakes the classes that parked at those limits.
        // Waking the whole job at each would look at all its classes for every host.
        Some(host) => job.ends_a_stage(&state.namespace, host),
        None => event.started().is_none(),
    }
}
