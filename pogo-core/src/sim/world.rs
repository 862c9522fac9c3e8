//! The world.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::Arc;
use std::time::Duration;

use super::{History, Mishap, TaskTimes, draw};
use crate::Timestamp;
use crate::fleet::{Fleet, HostName, ResolveError, Selector};
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::scheduler::{
    AttemptId, CancelReason, Event, FailureKind, Input, InputError, JobId, Outcome, Record, Scheduler,
};

/// The real scheduler among pretended hosts, in virtual time that begins at zero.
#[derive(Debug)]
pub struct World {
    scheduler: Scheduler,
    now: Timestamp,
    seed: u64,
    times: TaskTimes,
    mishaps: BTreeMap<HostName, Vec<Mishap>>,
    /// What is going to happen, soonest first, and in the order of planning at the same time.
    agenda: BinaryHeap<Reverse<(Timestamp, u64)>>,
    planned: BTreeMap<u64, Input>,
    next_plan: u64,
    running: BTreeMap<AttemptId, (JobId, HostName)>,
    tries: BTreeMap<(JobId, HostName), u32>,
    jobs: u32,
    records: Vec<Record>,
}

impl World {
    /// A world with these hosts under this policy, in which every task takes a second.
    ///
    /// # Errors
    /// The policy does not fit the fleet.
    pub fn new(fleet: impl Into<Arc<Fleet>>, policy: impl Into<Arc<Policy>>) -> Result<Self, InputError> {
        let mut world = Self {
            scheduler: Scheduler::new(),
            now: Timestamp::EPOCH,
            seed: 0,
            times: TaskTimes::Fixed(Duration::from_secs(1)),
            mishaps: BTreeMap::new(),
            agenda: BinaryHeap::new(),
            planned: BTreeMap::new(),
            next_plan: 0,
            running: BTreeMap::new(),
            tries: BTreeMap::new(),
            jobs: 0,
            records: vec![],
        };
        world.tell(Input::Configure {
            fleet: fleet.into(),
            policy: policy.into(),
        })?;
        Ok(world)
    }

    /// Everything random comes from this seed. By default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Tasks take this long.
    pub fn task_times(mut self, times: TaskTimes) -> Self {
        self.times = times;
        self
    }

    /// Attempts on these hosts go wrong. Of several mishaps of one host the first that strikes counts.
    ///
    /// # Errors
    /// The selector names what the fleet does not have.
    pub fn mishap(mut self, hosts: &Selector, mishap: &Mishap) -> Result<Self, ResolveError> {
        let fleet = Arc::clone(self.scheduler.fleet());
        for host in fleet.resolve(hosts)? {
            self.mishaps
                .entry(fleet.name(host).clone())
                .or_default()
                .push(mishap.clone());
        }
        Ok(self)
    }

    /// An operator, or another fact, at a given time. What the scheduler then refuses is passed over.
    pub fn at(mut self, time: Timestamp, input: Input) -> Self {
        self.plan(time, input);
        self
    }

    /// Submits a job now, under the next number from 1.
    ///
    /// # Errors
    /// The scheduler refuses it.
    pub fn submit(&mut self, spec: JobSpec) -> Result<JobId, InputError> {
        let job = JobId::new(self.jobs + 1);
        self.tell(Input::Submit {
            job,
            spec: Arc::new(spec),
        })?;
        self.jobs += 1;
        Ok(job)
    }

    /// The scheduler as it is now.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Lets time pass until nothing more happens by itself.
    pub fn run(mut self) -> History {
        while self.step() {}
        History {
            records: self.records,
            scheduler: self.scheduler,
        }
    }

    /// The next thing happens; false if nothing does.
    fn step(&mut self) -> bool {
        let planned = self.agenda.peek().map(|&Reverse((at, _))| at);
        let timeout = self.scheduler.next_timeout();
        let at = match (planned, timeout) {
            (None, None) => return false,
            (Some(planned), Some(timeout)) => planned.min(timeout),
            (Some(at), None) | (None, Some(at)) => at,
        };
        self.now = self.now.max(at);
        let input = if planned == Some(at) {
            let plan = self.agenda.pop().map(|Reverse((_, plan))| plan);
            plan.and_then(|plan| self.planned.remove(&plan))
        } else {
            Some(Input::Tick)
        };
        if let Some(input) = input {
            // Nobody is there to be told of a refusal; reports are never refused, and orders may come too late.
            let _ = self.tell(input);
        }
        true
    }

    fn plan(&mut self, at: Timestamp, input: Input) {
        self.agenda.push(Reverse((at, self.next_plan)));
        self.planned.insert(self.next_plan, input);
        self.next_plan += 1;
    }

    fn tell(&mut self, input: Input) -> Result<(), InputError> {
        if let Input::Reported { attempt, .. } = input
            && self.running.remove(&attempt).is_none()
        {
            // It was cancelled, and has answered already.
            return Ok(());
        }
        for event in self.scheduler.handle(self.now, input)? {
            match &event {
                Event::TaskStarted { job, host, attempt } => self.begin(*job, host, *attempt),
                Event::CancelRequested { attempt, reason, .. } => self.cancel(*attempt, *reason),
                _ => {}
            }
            self.records.push(Record { at: self.now, event });
        }
        Ok(())
    }

    fn begin(&mut self, job: JobId, host: &HostName, attempt: AttemptId) {
        let tried = self.tries.entry((job, host.clone())).or_default();
        *tried += 1;
        let tried = *tried;
        self.running.insert(attempt, (job, host.clone()));
        let mut time = self.times.of(self.seed, host);
        let mut outcome = Outcome::Succeeded;
        for mishap in self.mishaps.get(host).into_iter().flatten() {
            match mishap {
                Mishap::Slow(more) => time += *more,
                Mishap::Hang => return,
                mishap if outcome == Outcome::Succeeded => {
                    outcome = strike(mishap, self.seed, host, job, tried).unwrap_or(outcome);
                }
                _ => {}
            }
        }
        self.plan(self.now + time, Input::Reported { attempt, outcome });
    }

    /// Pretended transports end what they are told to end, at once.
    fn cancel(&mut self, attempt: AttemptId, reason: CancelReason) {
        if self.running.contains_key(&attempt) {
            let outcome = match reason {
                CancelReason::AttemptTimeout | CancelReason::JobTimeout => Outcome::failed(FailureKind::Timeout, ""),
                CancelReason::Abort => Outcome::failed(
                    FailureKind::Signal {
                        signal: "TERM".to_owned(),
                    },
                    "",
                ),
            };
            self.plan(self.now, Input::Reported { attempt, outcome });
        }
    }
}

/// How an attempt ends that this mishap strikes.
fn strike(mishap: &Mishap, seed: u64, host: &HostName, job: JobId, tried: u32) -> Option<Outcome> {
    match mishap {
        Mishap::Always(outcome) => Some(outcome.clone()),
        Mishap::First { attempts, outcome } => (tried <= *attempts).then(|| outcome.clone()),
        Mishap::Sometimes { probability, outcome } => {
            let drawn = draw::uniform(seed, (host.as_str(), job, tried));
            (drawn < *probability).then(|| outcome.clone())
        }
        Mishap::Slow(_) | Mishap::Hang => None,
    }
}
