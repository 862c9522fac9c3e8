//! A world that goes on from a namespace as it is.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::World;
use super::event_queue::{EventQueue, Planned};
use crate::Timestamp;
use crate::scheduler::{AttemptView, Scheduler};

/// Whether a simulation is to be ended early.
#[derive(Clone)]
pub(super) struct StopCondition(Arc<dyn Fn() -> bool + Send + Sync>);

impl StopCondition {
    /// How often it is asked, in steps: a clock that is read for each would be most of a simulation.
    const EVERY: u32 = 256;
}

impl fmt::Debug for StopCondition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("StopCondition")
    }
}

impl World {
    /// A world that goes on from a namespace as it is at this time: with its jobs, its holds and the slots that its
    /// hosts hold. What runs goes on for as long as is left of the time that it takes here, and succeeds unless a fault
    /// says otherwise; what is in doubt stays in doubt.
    ///
    /// ```
    /// use std::sync::Arc;
    /// use pogo_core::Timestamp;
    /// use pogo_core::fleet::Fleet;
    /// use pogo_core::plan::{JobSpec, RemoteCommand};
    /// use pogo_core::policy::{Constraint, Policy, Rule};
    /// use pogo_core::scheduler::{Order, Scheduler};
    /// use pogo_core::sim::World;
    ///
    /// let fleet = Arc::new(Fleet::builder().tagged("web", "web[1-4]").build()?);
    /// let limit = Constraint::new("$web".parse()?, Rule::MaxParallel("2".parse()?));
    /// let (now, policy) = (Timestamp::EPOCH, Arc::new(Policy::new().constraint(limit)));
    /// let mut namespace = Scheduler::new();
    /// namespace.handle(now, Order::Configure { fleet, policy })?;
    /// let earlier = JobSpec::new("web[1-2]".parse()?, RemoteCommand::shell("true"));
    /// namespace.handle(now, Order::submit(earlier))?;
    ///
    /// // Both slots are taken for a second.
    /// let mut world = World::of(namespace, now);
    /// world.submit(JobSpec::new("web[3-4]".parse()?, RemoteCommand::shell("true")))?;
    /// assert_eq!(world.run().makespan().as_secs(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn of(mut namespace: Scheduler, now: Timestamp) -> Self {
        namespace.keep_jobs(true);
        Self {
            now: namespace.now().max(now),
            before: Some(Arc::new(namespace.clone())),
            resumes: true,
            ..Self::around(namespace)
        }
    }

    /// Ends the simulation early when this says so: what has happened by then is what there is. It is asked now and
    /// then, so that a simulation that would take too long takes little more than that.
    #[must_use]
    pub fn stop_when(mut self, condition: impl Fn() -> bool + Send + Sync + 'static) -> Self {
        self.stops = Some(StopCondition(Arc::new(condition)));
        self
    }

    pub(super) fn is_stopped(&mut self) -> bool {
        self.steps = self.steps.wrapping_add(1);
        let due = self.steps.is_multiple_of(StopCondition::EVERY);
        due && self.stops.as_ref().is_some_and(|stops| (stops.0)())
    }

    /// Plans the ends of attempts that ran before. Not when the world is made: times and seed are set after that.
    pub(super) fn resume(&mut self) {
        for attempt in self.scheduler.attempts() {
            // A job that was submitted here has begun some already.
            if !self.running.contains_key(&attempt.id) {
                self.go_on(&attempt);
            }
        }
    }

    fn go_on(&mut self, attempt: &AttemptView) {
        if attempt.permission.is_awaited() {
            self.planned
                .add(self.now, EventQueue::FIRST, Planned::Begin(attempt.id));
        }
        let elapsed = self.now - attempt.started;
        self.begin(attempt.job, &attempt.host, attempt.id, elapsed);
        if let Some(reason) = attempt.cancelling {
            self.cancel(attempt.id, reason);
        }
    }
}

/// What is left of a time, which is something: an end in the past would come before what was decided since.
pub(super) fn left(takes: Duration, elapsed: Duration) -> Duration {
    match elapsed.is_zero() {
        true => takes,
        false => takes.saturating_sub(elapsed).max(Duration::from_millis(1)),
    }
}
