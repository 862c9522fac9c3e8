//! Operators who submit jobs, give orders, and bring jobs to their end.

use std::sync::Arc;

use super::executor::Millis;
use super::judge::ClusterRule;
use super::world::World;
use crate::dispatcher::{Handle, OrderError};
use crate::fleet::HostName;
use crate::journal::Acquire;
use crate::policy::JobSettings;
use crate::scheduler::{Actor, JobId, JobStatus, JobUpdate, Order, Scheduler, TaskState};

type Tasks = Vec<(HostName, TaskState)>;

/// What an operator sees.
struct Sight {
    is_configured: bool,
    jobs: Vec<(JobId, JobStatus, Tasks)>,
    running: usize,
    frozen: Vec<crate::fleet::Selector>,
}

impl Sight {
    fn of(scheduler: &Scheduler) -> Self {
        let jobs = scheduler.jobs().map(|job| {
            let tasks = job.tasks().map(|task| (task.host().clone(), task.state()));
            (job.id(), job.status(), tasks.collect())
        });
        Self {
            is_configured: scheduler.configured_fleet().is_some(),
            jobs: jobs.collect(),
            running: scheduler.attempts().len(),
            frozen: scheduler.freezes().map(|freeze| freeze.hosts.clone()).collect(),
        }
    }

    /// Hosts of a job in one of these states.
    fn hosts(&self, job: JobId, states: &[TaskState]) -> Vec<HostName> {
        let of_job = self.jobs.iter().filter(|(id, ..)| *id == job);
        let tasks = of_job.flat_map(|(.., tasks)| tasks);
        let found = tasks.filter(|(_, state)| states.contains(state));
        found.map(|(host, _)| host.clone()).collect()
    }
}

impl World {
    /// Gives an order to one of the dispatchers, and waits for its answer.
    pub(super) fn order_soon(self: &Arc<Self>) {
        let world = Arc::clone(self);
        self.spawn(async move {
            if let Some(handle) = world.any_handle() {
                // An order may be refused, or its dispatcher may end.
                let _ = world.order(&handle).await;
            } else {
                world.simulation.sleep(1_000).await;
                // Only at the beginning: later on a dispatcher that is away is one of the faults.
                if world.with(|state| state.lives < 2) {
                    world.order_soon();
                }
            }
        });
    }

    fn any_handle(&self) -> Option<Handle> {
        self.with(|state| {
            let handles = state.processes.values().filter_map(|process| process.handle.clone());
            let handles: Vec<Handle> = handles.collect();
            state.random.pick(&handles).cloned()
        })
    }

    async fn order(&self, handle: &Handle) -> Result<(), OrderError> {
        let sight = handle.query(Sight::of).await?;
        if !sight.is_configured {
            let (fleet, policy) = self.with(|state| {
                let namespace = &state.namespace;
                (Arc::clone(&namespace.fleet), Arc::clone(&namespace.policy))
            });
            handle.configure(fleet, policy).await?;
        }
        let next = self.with(|state| state.namespace.jobs.get(sight.jobs.len()).cloned());
        let submits = self.with(|state| sight.jobs.is_empty() || state.random.chance(300));
        if let Some(job) = next.filter(|_| submits) {
            self.with(|state| state.note(format_args!("somebody submits a job")));
            return handle.submit(job).await.map(|_| ());
        }
        let Some(order) = self.draw_order(&sight) else {
            return Ok(());
        };
        let answer = handle
            .execute(order.clone().by(Actor::new("ann")).because("a drill"))
            .await;
        self.with(|state| {
            let answer = answer.as_ref().map_or_else(ToString::to_string, ToString::to_string);
            state.note(format_args!("somebody orders {order}: {answer}"));
        });
        answer.map(|_| ())
    }

    fn draw_order(&self, sight: &Sight) -> Option<Order> {
        let (chosen, number, hosts) = self.with(|state| {
            let hosts: Vec<HostName> = state.hosts.iter().map(|host| host.name.clone()).collect();
            let jobs = sight.jobs.iter().map(|(job, ..)| *job).collect::<Vec<_>>();
            (
                state.random.below(100),
                state.random.next(),
                (hosts, state.random.pick(&jobs).copied()),
            )
        });
        let (hosts, Some(job)) = hosts else { return None };
        let host = hosts
            .get(usize::try_from(number).unwrap_or(0) % hosts.len().max(1))?
            .clone();
        Some(match chosen {
            0..=5 => {
                // Somebody who has looked answers for what hosts do not say.
                let hosts = self.quiet(sight.hosts(job, &[TaskState::InDoubt]));
                let force = true;
                Order::Retry { job, hosts, force }
            }
            6..=27 => {
                let hosts = self.may_be_retried(sight, job);
                Order::Retry {
                    job,
                    hosts,
                    force: false,
                }
            }
            28..=39 => {
                let hosts = sight.hosts(job, &[TaskState::Failed, TaskState::InDoubt, TaskState::Waiting]);
                let mut hosts = self.may_be_freed(hosts);
                hosts.truncate(1);
                Order::Skip {
                    job,
                    hosts,
                    force: false,
                }
            }
            40..=49 => Order::Pause { job },
            50..=69 => Order::Resume { job },
            70..=72 => Order::Abort { job },
            73..=75 => Order::Halt { job },
            76..=81 => Order::Alter {
                job,
                change: JobUpdate::set(JobSettings::new().retries(u32::try_from(number % 4).unwrap_or(0))),
            },
            82..=86 => Order::MarkDown { host },
            87..=92 => {
                let host = self.may_be_freed(vec![host]).pop()?;
                Order::MarkUp { host, force: false }
            }
            93..=95 => Order::Freeze {
                hosts: host.as_str().parse().ok()?,
            },
            _ => Order::Thaw {
                hosts: sight.frozen.first()?.clone(),
            },
        })
    }

    /// Hosts of a job that may be tried again. After a restore the journal does not know which attempts were permitted:
    /// where hosts cannot be asked, somebody looks.
    fn may_be_retried(&self, sight: &Sight, job: JobId) -> Vec<HostName> {
        let hosts = sight.hosts(job, &[TaskState::Failed, TaskState::InDoubt]);
        match self.with(|state| state.options.restores) {
            true => self.may_be_freed(hosts),
            false => hosts,
        }
    }

    /// Those of these hosts that may be freed: all where they are asked first, otherwise those that are quiet.
    fn may_be_freed(&self, hosts: Vec<HostName>) -> Vec<HostName> {
        match self.with(|state| state.options.fences) {
            true => hosts,
            false => self.quiet(hosts),
        }
    }

    /// Those of these hosts on which nothing runs and nothing could begin.
    fn quiet(&self, hosts: Vec<HostName>) -> Vec<HostName> {
        hosts.into_iter().filter(|host| self.is_quiet(host)).collect()
    }

    fn is_quiet(&self, host: &HostName) -> bool {
        self.with(|state| {
            let Some(at) = state.host_named(host.as_str()) else {
                return true;
            };
            let supervised = state.supervisors.values().any(|supervisor| supervisor.host == at);
            let linked = state.links.values().any(|link| link.host == at && link.is_used());
            !supervised && !linked && state.host(at).running.is_empty()
        })
    }

    /// Brings all jobs to their end, after the last fault.
    pub(super) async fn finish(self: &Arc<Self>) {
        const ROUND: Millis = 10_000;
        const ROUNDS: u32 = 400;
        for round in 0..ROUNDS {
            self.simulation.sleep(ROUND).await;
            // By force: it does not matter whether the store has noticed that the last owner is
            // gone.
            if self.is_headless() {
                self.start(Acquire::Force);
                continue;
            }
            let Some(handle) = self.owners_handle() else { continue };
            // A dispatcher that ends meanwhile is followed by another.
            if let Ok(true) = self.settle(&handle, round).await {
                return;
            }
        }
        self.with(|state| {
            let message = "some job has not come to its end long after the last fault";
            state.judge.find(ClusterRule::Live, message);
        });
    }

    /// Whether no dispatcher owns the journal or wants to.
    fn is_headless(&self) -> bool {
        self.with(|state| state.processes.is_empty())
    }

    fn owners_handle(&self) -> Option<Handle> {
        self.with(|state| {
            let owner = state.store.owner().map(|claim| claim.process)?;
            state.processes.get(&owner)?.handle.clone()
        })
    }

    /// Clears what keeps jobs from their end, and says whether all have come to it.
    async fn settle(&self, handle: &Handle, round: u32) -> Result<bool, OrderError> {
        let sight = handle.query(Sight::of).await?;
        if !sight.is_configured || sight.jobs.is_empty() {
            self.order(handle).await?;
            return Ok(false);
        }
        for hosts in &sight.frozen {
            let hosts = hosts.clone();
            handle.execute(Order::Thaw { hosts }).await?;
        }
        let over = |status: &JobStatus| *status == JobStatus::Finished;
        if sight.running == 0 && sight.jobs.iter().all(|(_, status, _)| over(status)) {
            return Ok(true);
        }
        for (job, status, _) in sight.jobs.iter().filter(|(_, status, _)| !over(status)) {
            let job = *job;
            if matches!(status, JobStatus::Paused | JobStatus::Halted) {
                // A job that has been given up is not resumed.
                let _ = handle.execute(Order::Resume { job }).await;
            }
            // First as an operator would hope, then as one who wants to be done: hosts that fail
            // for ever are skipped.
            let order = match round < 20 {
                true => Order::Retry {
                    job,
                    hosts: self.may_be_retried(&sight, job),
                    force: false,
                },
                false => {
                    let hosts = sight.hosts(job, &[TaskState::Failed, TaskState::InDoubt]);
                    let hosts = self.may_be_freed(hosts);
                    Order::Skip {
                        job,
                        hosts,
                        force: false,
                    }
                }
            };
            let _ = handle.execute(order).await;
        }
        self.mark_up_all(handle).await;
        Ok(false)
    }

    /// Frees hosts that are marked down, or that a finished job left failed.
    async fn mark_up_all(&self, handle: &Handle) {
        let hosts = self.with(|state| state.hosts.iter().map(|host| host.name.clone()).collect());
        for host in self.may_be_freed(hosts) {
            let _ = handle.execute(Order::MarkUp { host, force: false }).await;
        }
    }
}
