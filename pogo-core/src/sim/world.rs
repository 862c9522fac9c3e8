//! A world: the scheduler, simulated hosts and virtual time.

use std::sync::Arc;
use std::time::Duration;

use super::crash::Crash;
use super::event_queue::{EventQueue, Planned};
use super::indexed::Indexed;
use super::resume::StopCondition;
use super::script::{Script, ScriptedAttempt};
use super::{Fault, History, TaskTimes};
use crate::Timestamp;
use crate::fleet::{Fleet, HostName, ResolveError, Selector, TagPath};
use crate::plan::JobSpec;
use crate::policy::Policy;
use crate::scheduler::{AttemptId, Input, InputError, JobId, Order, Outcome, Record, Scheduler};

/// The real scheduler with simulated hosts, in virtual time that begins at zero.
#[derive(Debug, Clone)]
pub struct World {
    pub(super) scheduler: Scheduler,
    pub(super) now: Timestamp,
    pub(super) seed: u64,
    pub(super) times: TaskTimes,
    pub(super) faults: Indexed<HostName, Vec<Fault>>,
    /// What every host is under, after its own.
    pub(super) everywhere: Vec<Fault>,
    pub(super) planned: EventQueue,
    /// Attempts that run, and what they follow if they follow a script.
    pub(super) running: Indexed<AttemptId, Option<Box<ScriptedAttempt>>>,
    /// How many attempts have failed or ended in doubt.
    pub(super) spent: Indexed<(JobId, HostName), u32>,
    /// How attempts of a rerun go.
    pub(super) script: Option<Arc<Script>>,
    /// The next is the last.
    pub(super) crashes: Vec<Crash>,
    /// Attempts ask whether they may begin.
    pub(super) asks_permission: bool,
    pub(super) fences: bool,
    pub(super) records: Vec<Record>,
    /// The namespace that the world goes on from, if it goes on from one.
    pub(super) before: Option<Arc<Scheduler>>,
    /// Attempts that ran there are still to be planned.
    pub(super) resumes: bool,
    pub(super) stops: Option<StopCondition>,
    pub(super) steps: u32,
}

impl World {
    /// A world with these hosts under this policy, in which every task takes a second.
    ///
    /// # Errors
    /// The policy does not fit the fleet.
    pub fn new(fleet: impl Into<Arc<Fleet>>, policy: impl Into<Arc<Policy>>) -> Result<Self, InputError> {
        let mut scheduler = Scheduler::new();
        // A history is looked at when all is over, and a job that had retired by then would be missing.
        scheduler.keep_jobs(true);
        let mut world = Self::around(scheduler);
        world.handle(Order::Configure {
            fleet: fleet.into(),
            policy: policy.into(),
        })?;
        Ok(world)
    }

    /// A world of this scheduler, in which every task takes a second.
    pub(super) fn around(scheduler: Scheduler) -> Self {
        Self {
            scheduler,
            now: Timestamp::EPOCH,
            seed: 0,
            times: TaskTimes::Fixed(Duration::from_secs(1)),
            faults: Indexed::default(),
            everywhere: vec![],
            planned: EventQueue::default(),
            running: Indexed::default(),
            spent: Indexed::default(),
            script: None,
            crashes: vec![],
            asks_permission: false,
            fences: false,
            records: vec![],
            before: None,
            resumes: false,
            stops: None,
            steps: 0,
        }
    }

    /// Puts another fleet and another policy in force.
    ///
    /// # Errors
    /// They do not fit each other, or jobs that are not finished need what they no longer have.
    pub fn configured(
        mut self,
        fleet: impl Into<Arc<Fleet>>,
        policy: impl Into<Arc<Policy>>,
    ) -> Result<Self, InputError> {
        let (fleet, policy) = (fleet.into(), policy.into());
        let scheduler = &self.scheduler;
        if **scheduler.fleet() != *fleet || **scheduler.policy() != *policy {
            self.handle(Order::Configure { fleet, policy })?;
        }
        Ok(self)
    }

    /// Sets the seed of everything random. By default 0.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Lets attempts ask whether they may [begin](Input::Begin), as soon as they are started and under a lock of their
    /// host. What had not begun when its dispatcher died then waits again, and is not in doubt; what had begun ends as
    /// its host says, which is asked until it has ended.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::World;
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let world = World::new(fleet, Policy::default())?.asks_permission();
    /// let mut world = world.crash(3, Duration::from_secs(30));
    /// let job = world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
    /// let tally = world.run().scheduler.job(job).map(|job| job.tally()).unwrap_or_default();
    /// assert_eq!((tally.in_doubt, tally.succeeded), (0, 4));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn asks_permission(mut self) -> Self {
        (self.asks_permission, self.fences) = (true, true);
        self.attach_transport();
        self
    }

    /// Tells the scheduler whether attempts ask for permission.
    pub(super) fn attach_transport(&mut self) {
        let transport = Input::Transport {
            asks_permission: self.asks_permission,
            fences: self.fences,
        };
        // The scheduler accepts this in every state.
        let _ = self.handle(transport);
    }

    /// Sets how long tasks take.
    pub fn task_times(mut self, times: TaskTimes) -> Self {
        self.times = times;
        self
    }

    /// Injects a fault into attempts on these hosts. Of several faults of one host the first that strikes counts.
    ///
    /// # Errors
    /// The selector names what the fleet does not have.
    pub fn inject(mut self, hosts: &Selector, fault: &Fault) -> Result<Self, ResolveError> {
        let fleet = Arc::clone(self.scheduler.fleet());
        for host in fleet.resolve(hosts)? {
            let own = self.faults.entry(fleet.name(host).clone()).or_default();
            own.push(fault.clone());
        }
        Ok(self)
    }

    /// Lets all hosts of a direct value of a tag fail together: with this probability, from 0 to 1, every attempt on
    /// every host of the value ends so.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::scheduler::{FailureKind, Outcome};
    /// use pogo_core::sim::World;
    ///
    /// let fleet = Fleet::builder().tagged("rack.r1", "a[1-5]").tagged("rack.r2", "b[1-5]").build()?;
    /// let dead = Outcome::failed(FailureKind::Unreachable, "the rack has no power");
    /// let mut world = World::new(fleet, Policy::default())?.inject_by_value(&"rack".parse()?, 0.5, &dead)?;
    /// let job = world.submit(JobSpec::new("*".parse()?, RemoteCommand::shell("restart")))?;
    /// let failed = world.run().scheduler.job(job).map(|job| job.tally().failed);
    /// assert!([0, 5, 10].map(Some).contains(&failed)); // never part of a rack
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The fleet does not have the tag.
    pub fn inject_by_value(mut self, tag: &TagPath, probability: f64, outcome: &Outcome) -> Result<Self, ResolveError> {
        let fleet = Arc::clone(self.scheduler.fleet());
        fleet.resolve(&Selector::Tag(tag.clone()))?;
        let Some(tag) = fleet.tag(tag) else { return Ok(self) };
        for &value in fleet.children(tag) {
            let fault = Fault::Together {
                group: fleet.tag_path(value).to_string(),
                probability,
                outcome: outcome.clone(),
            };
            for &host in fleet.members(value) {
                let own = self.faults.entry(fleet.name(host).clone()).or_default();
                own.push(fault.clone());
            }
        }
        Ok(self)
    }

    /// Injects a fault into attempts on every host, after its own faults; such as [`Fault::fails_sometimes`].
    pub fn inject_everywhere(mut self, fault: Fault) -> Self {
        self.everywhere.push(fault);
        self
    }

    /// Marks hosts down before the job begins: they are unavailable.
    ///
    /// ```
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::World;
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let world = World::new(fleet, Policy::default())?.down(&"web[1-2]".parse()?, "burnt")?;
    /// assert_eq!(world.history().records.len(), 3); // the configuration, and two hosts
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The selector names what the fleet does not have.
    pub fn down(mut self, hosts: &Selector, reason: &str) -> Result<Self, ResolveError> {
        let fleet = Arc::clone(self.scheduler.fleet());
        for host in fleet.resolve(hosts)? {
            let host = fleet.name(host).clone();
            // Only hosts that the fleet does not have are refused.
            let _ = self.handle(Order::MarkDown { host }.because(reason));
        }
        Ok(self)
    }

    /// Hands the scheduler an order or another fact now.
    ///
    /// # Errors
    /// The scheduler refuses it.
    pub fn order(mut self, input: impl Into<Input>) -> Result<Self, InputError> {
        self.handle(input)?;
        Ok(self)
    }

    /// Hands the scheduler an order or another fact at this time. A refusal is ignored.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pogo_core::Timestamp;
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::{Constraint, Policy, Rule};
    /// use pogo_core::scheduler::{JobId, Order};
    /// use pogo_core::sim::World;
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("1".parse()?));
    /// let policy = Policy::new().constraint(limit);
    /// let job = JobId::new(1);
    /// let mut world = World::new(fleet, policy)?
    ///     .at(Timestamp::from_millis(1_500), Order::Pause { job })
    ///     .at(Timestamp::from_millis(60_000), Order::Resume { job });
    /// world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
    /// assert_eq!(world.run().makespan(), Duration::from_secs(62));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn at(mut self, time: Timestamp, input: impl Into<Input>) -> Self {
        self.planned
            .add(time, EventQueue::LAST, Planned::Input(Box::new(input.into())));
        self
    }

    /// Lets the dispatcher die as soon as the event with this position in the records (the first is 0) is written, and
    /// another take over after the downtime: it replays the records and recovers, so that what ran is in doubt. Each
    /// call adds a crash. A position that is written already, or never reached, changes nothing.
    ///
    /// ```
    /// use std::time::Duration;
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::Policy;
    /// use pogo_core::sim::World;
    ///
    /// let fleet = Fleet::builder().tagged("web", "web[1-4]").build()?;
    /// let mut world = World::new(fleet, Policy::default())?.crash(3, Duration::from_secs(30));
    /// let job = world.submit(JobSpec::new("$web".parse()?, RemoteCommand::shell("restart")))?;
    /// let tally = world.run().scheduler.job(job).map(|job| job.tally()).unwrap_or_default();
    /// assert_eq!((tally.in_doubt, tally.succeeded), (2, 2)); // events 2 and 3 were the first two starts
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn crash(mut self, event: usize, downtime: Duration) -> Self {
        self.crashes.push(Crash { event, downtime });
        self.crashes.sort_by_key(|crash| std::cmp::Reverse(crash.event));
        self
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Submits a job now, under the next number.
    ///
    /// # Errors
    /// The scheduler refuses it.
    pub fn submit(&mut self, spec: JobSpec) -> Result<JobId, InputError> {
        let job = self.scheduler.next_job();
        self.handle(Order::submit(spec))?;
        Ok(job)
    }

    /// The scheduler as it is now.
    pub fn scheduler(&self) -> &Scheduler {
        &self.scheduler
    }

    /// Lets time pass until nothing more happens by itself.
    pub fn run(mut self) -> History {
        while self.step() {}
        self.history()
    }

    /// What has happened so far.
    pub fn history(self) -> History {
        History {
            seed: self.seed,
            records: self.records,
            scheduler: self.scheduler,
        }
    }
}
