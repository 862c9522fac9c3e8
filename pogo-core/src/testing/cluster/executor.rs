//! A single-threaded executor on virtual time. The next of the ready tasks is drawn from the seed.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use futures::future::{BoxFuture, FutureExt};

use super::random::Random;

/// Milliseconds of virtual time, from the beginning of a run.
pub(super) type Millis = u64;

/// Tasks that are paused and killed together, as those of a process are. Group 0 is the world, which is neither.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Group(pub(super) u64);

impl Group {
    pub(super) const WORLD: Self = Self(0);
}

/// Virtual time, and the requests of tasks to their executor.
#[derive(Default)]
pub(super) struct Simulation {
    inner: Mutex<Inner>,
    ready: Arc<Ready>,
}

#[derive(Default)]
struct Inner {
    now: Millis,
    // In order of time, then of their numbers: timers of one moment fire in the same order in each
    // run.
    timers: BTreeMap<(Millis, u64), Waker>,
    timers_set: u64,
    spawned: Vec<(Group, BoxFuture<'static, ()>)>,
    paused: BTreeSet<Group>,
    killed: BTreeSet<Group>,
    over: bool,
}

/// The ready tasks, by number.
#[derive(Default)]
// A sorted set and not a queue: the order in which wakers are called must not matter to the draw.
struct Ready(Mutex<BTreeSet<u64>>);

struct TaskWaker {
    task: u64,
    ready: Arc<Ready>,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        lock(&self.ready.0).insert(self.task);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // A panic in a task ends the run.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Simulation {
    pub(super) fn now(&self) -> Millis {
        lock(&self.inner).now
    }

    pub(super) fn spawn(&self, group: Group, task: impl Future<Output = ()> + Send + 'static) {
        lock(&self.inner).spawned.push((group, task.boxed()));
    }

    /// Polls no task of this group until it is [resumed](Self::resume).
    pub(super) fn pause(&self, group: Group) {
        lock(&self.inner).paused.insert(group);
    }

    pub(super) fn resume(&self, group: Group) {
        lock(&self.inner).paused.remove(&group);
    }

    /// Drops all tasks of this group before anything else is polled.
    pub(super) fn kill(&self, group: Group) {
        lock(&self.inner).killed.insert(group);
    }

    /// Ends the run.
    pub(super) fn stop(&self) {
        lock(&self.inner).over = true;
    }

    pub(super) fn sleep(self: &Arc<Self>, millis: Millis) -> Sleep {
        self.sleep_until(self.now().saturating_add(millis))
    }

    pub(super) fn sleep_until(self: &Arc<Self>, at: Millis) -> Sleep {
        Sleep {
            simulation: Arc::clone(self),
            at,
            timer: None,
        }
    }
}

/// Waits for a moment.
pub(super) struct Sleep {
    simulation: Arc<Simulation>,
    at: Millis,
    timer: Option<u64>,
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let at = self.at;
        let simulation = Arc::clone(&self.simulation);
        let mut inner = lock(&simulation.inner);
        if inner.now >= at {
            return Poll::Ready(());
        }
        let number = *self.timer.get_or_insert_with(|| {
            inner.timers_set += 1;
            inner.timers_set
        });
        inner.timers.insert((at, number), context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        if let Some(number) = self.timer {
            lock(&self.simulation.inner).timers.remove(&(self.at, number));
        }
    }
}

struct Task {
    group: Group,
    waker: Waker,
    future: BoxFuture<'static, ()>,
}

/// The tasks of a run.
pub(super) struct Executor {
    simulation: Arc<Simulation>,
    tasks: BTreeMap<u64, Task>,
    spawned: u64,
    random: Random,
}

/// Why a run stalled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stalled {
    /// No task is ready, and no timer is set.
    Idle,
    /// Tasks stay ready while no time passes.
    Livelock,
}

impl Executor {
    /// The most steps at one time, to detect livelocks.
    // Far more than a busy moment of any seed takes.
    const STEPS_A_MOMENT: u32 = 200_000;

    pub(super) fn new(simulation: &Arc<Simulation>, random: Random) -> Self {
        Self {
            simulation: Arc::clone(simulation),
            tasks: BTreeMap::new(),
            spawned: 0,
            random,
        }
    }

    /// Runs until the simulation is stopped.
    pub(super) fn run(&mut self) -> Result<(), Stalled> {
        loop {
            let mut steps = 0;
            while self.step() {
                steps += 1;
                if steps > Self::STEPS_A_MOMENT {
                    return Err(Stalled::Livelock);
                }
            }
            let mut inner = lock(&self.simulation.inner);
            if inner.over {
                return Ok(());
            }
            let Some(((at, _), waker)) = inner.timers.pop_first() else {
                return Err(Stalled::Idle);
            };
            // No time passes while a task is ready: decisions take none here.
            inner.now = at;
            drop(inner);
            waker.wake();
        }
    }

    /// Polls one ready task, if there is any.
    fn step(&mut self) -> bool {
        self.accept_spawned();
        if lock(&self.simulation.inner).over {
            return false;
        }
        let Some(id) = self.choose() else { return false };
        let Some(task) = self.tasks.get_mut(&id) else {
            return true;
        };
        let mut context = Context::from_waker(&task.waker);
        if task.future.as_mut().poll(&mut context).is_ready() {
            // Dropped outside of every lock: what a task holds says so when it goes.
            drop(self.tasks.remove(&id));
        }
        true
    }

    /// Adds new tasks and removes those of killed groups.
    fn accept_spawned(&mut self) {
        // Taken out under the lock and used after it: tasks that are dropped take it themselves.
        let (spawned, killed) = {
            let mut inner = lock(&self.simulation.inner);
            (std::mem::take(&mut inner.spawned), std::mem::take(&mut inner.killed))
        };
        for (group, future) in spawned {
            self.spawned += 1;
            let (task, ready) = (self.spawned, Arc::clone(&self.simulation.ready));
            lock(&ready.0).insert(task);
            let waker = Waker::from(Arc::new(TaskWaker { task, ready }));
            self.tasks.insert(task, Task { group, waker, future });
        }
        if killed.is_empty() {
            return;
        }
        let dead: Vec<u64> = self
            .tasks
            .iter()
            .filter(|(_, task)| killed.contains(&task.group))
            .map(|(id, _)| *id)
            .collect();
        for id in dead {
            drop(self.tasks.remove(&id));
        }
    }

    fn choose(&mut self) -> Option<u64> {
        let inner = lock(&self.simulation.inner);
        let mut ready = lock(&self.simulation.ready.0);
        // Wakers of tasks that are gone may still be called.
        ready.retain(|id| self.tasks.contains_key(id));
        // Paused tasks stay ready: they go on where they were, as a process does that was
        // suspended.
        let can_go_on = |id: &&u64| {
            let task = self.tasks.get(id);
            task.is_some_and(|task| !inner.paused.contains(&task.group))
        };
        let count = ready.iter().filter(can_go_on).count();
        if count == 0 {
            return None;
        }
        let chosen = ready.iter().filter(can_go_on).nth(self.random.index(count)).copied()?;
        ready.remove(&chosen);
        Some(chosen)
    }
}
