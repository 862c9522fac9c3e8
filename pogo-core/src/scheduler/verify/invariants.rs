//! Invariants, recomputed from scratch.

use std::collections::BTreeMap;

use crate::Timestamp;
use crate::fleet::HostId;
use crate::saturating::saturating_u32;
use crate::scheduler::limits::{Usage, admit};
use crate::scheduler::outlook::Prospects;
use crate::scheduler::state::{Job, State};
use crate::scheduler::{AttemptId, Incarnation, JobStatus, Tally, TaskState, Violation};

impl State {
    /// Checks what must hold after every event: counters, leases, freezes, holds and gates. Time is linear in the
    /// number of hosts and their limits.
    pub(in crate::scheduler) fn verify(&self) -> Result<(), Violation> {
        self.verify_ledger()?;
        self.verify_leases()?;
        self.verify_freezes()?;
        self.verify_remnants()?;
        self.verify_numbers()?;
        if let Some(host) = self.wrongly_held() {
            let host = self.fleet.name(host).clone();
            return Err(Violation::Hold { host });
        }
        for job in self.jobs.values() {
            verify_tally(job)?;
            verify_left(self, job)?;
            self.verify_gates(job)?;
        }
        Ok(())
    }

    /// Checks what must hold once everything has been decided that follows from an input: no host waits that could
    /// start, no hold that could be in force, and each job's status is true.
    pub(in crate::scheduler) fn verify_decisions(&self, now: Timestamp) -> Result<(), Violation> {
        for job in self.unfinished() {
            self.verify_busy(now, job)?;
        }
        if let Some(host) = self.awaited_hosts().find(|&host| self.can_be_held(host).is_ok()) {
            let host = self.fleet.name(host).clone();
            return Err(Violation::IdleHold { host });
        }
        self.verify_status()
    }

    /// A job is blocked when nothing of it runs and nothing can start without an order, and only then.
    pub(in crate::scheduler) fn verify_status(&self) -> Result<(), Violation> {
        // Once for all jobs: what could start depends on the hosts of all of them.
        let prospects = Prospects::of(self);
        for job in self.unfinished().filter(|job| job.status.may_start()) {
            let startable = prospects.any(job.id);
            let blocked = job.tally.running == 0 && job.tally.waiting > 0 && !startable && job.left.is_empty();
            if blocked != (job.status == JobStatus::Blocked) {
                let (job, status) = (job.id, job.status);
                return Err(Violation::Status { job, status, startable });
            }
        }
        Ok(())
    }

    /// Work conservation: no host waits that could start.
    fn verify_busy(&self, now: Timestamp, job: &Job) -> Result<(), Violation> {
        if !job.status.may_start() || job.is_at_max_parallel() {
            return Ok(());
        }
        let idle = |&task: &u32| {
            let host = job.host(task);
            job.task(task).state == TaskState::Waiting
                && !self.hosts.is_leased(host)
                && !self.is_barred(job, host)
                && job.backoffs.get(&task).is_none_or(|delay| delay.until <= now)
                && !self.is_over_budget(job, host)
                && (job.is_unbound
                    || (job.stages.of(task).iter().all(|&stage| job.gates.is_open(stage))
                        && admit(
                            self.usages(self.rules.profile_of(host)),
                            self.hosts.is_unavailable(host),
                        )
                        .is_ok()))
        };
        match job.positions().find(idle) {
            Some(task) => Err(Violation::Idle {
                job: job.id,
                host: job.name(task).clone(),
            }),
            None => Ok(()),
        }
    }

    fn verify_ledger(&self) -> Result<(), Violation> {
        let mut recount = Usage::none(&self.rules);
        for host in self.fleet.ids() {
            for bucket in self.rules.buckets_of(host) {
                let usage = &mut recount[bucket.index()];
                let (runs, unavailable) = (self.hosts.is_leased(host), self.hosts.is_unavailable(host));
                usage.running += u32::from(runs);
                usage.unavailable += u32::from(runs || (unavailable && usage.limit.counts_unavailable));
            }
        }
        for ((bucket, counted), recounted) in self.rules.buckets().iter().zip(&self.usage).zip(&recount) {
            if counted != recounted {
                let (counted, recounted) = (format!("{counted:?}"), format!("{recounted:?}"));
                return Err(Violation::Ledger {
                    group: bucket.group.clone(),
                    counted,
                    recounted,
                });
            }
        }
        Ok(())
    }

    /// Incarnations follow each other, and each has numbers that no earlier one has given.
    fn verify_numbers(&self) -> Result<(), Violation> {
        let (mut last, mut attempts) = (Incarnation::default(), AttemptId::NONE);
        for begun in &self.restorations {
            let raise = begun.incarnation.raises_from(last);
            let fits = begun.incarnation > last
                && begun.incarnation <= Incarnation::MAX
                && begun.attempts_after.number() >= attempts.number().saturating_add(raise);
            if !fits {
                return Err(Violation::Numbers {
                    incarnation: begun.incarnation,
                });
            }
            (last, attempts) = (begun.incarnation, begun.attempts_after);
        }
        let raised = last.raises_from(Incarnation::default());
        match self.attempts.issued() >= attempts.number() && self.last_job.number() >= raised {
            true => Ok(()),
            false => Err(Violation::Numbers { incarnation: last }),
        }
    }

    /// One attempt of a host at a time, and every running task has exactly one.
    fn verify_leases(&self) -> Result<(), Violation> {
        let mut leases: BTreeMap<HostId, AttemptId> = BTreeMap::new();
        for (attempt, running) in self.attempts.in_order() {
            let (job, task) = running.task;
            let task = self.jobs.get(&job).and_then(|job| job.tasks.get(task as usize));
            let Some(task) = task.filter(|task| task.record.state == TaskState::Running && task.attempt == attempt)
            else {
                return Err(Violation::Lease { attempt });
            };
            if leases.insert(task.target.host, attempt).is_some()
                || !self.hosts.is_leased(task.target.host)
                || running.target != task.target
            {
                return Err(Violation::Lease { attempt });
            }
        }
        // Each attempt has its lease; that no host is leased without one shows only in the number.
        if self.hosts.leased().count() != leases.len() {
            return Err(Violation::Lease {
                attempt: AttemptId::new(self.attempts.issued()),
            });
        }
        Ok(())
    }

    fn verify_freezes(&self) -> Result<(), Violation> {
        // A freeze that names what the fleet has no longer is refused when the fleet is configured,
        // and is no violation here.
        let Ok(named) = self.freezes.moved(&self.fleet) else {
            return Ok(());
        };
        let wrong = |host: &HostId| {
            self.freezes.is_frozen(*host) != named.is_frozen(*host) || !self.freezes.of(*host).eq(named.of(*host))
        };
        match self.fleet.ids().find(wrong) {
            Some(host) => Err(Violation::Freeze {
                hosts: self.fleet.name(host).to_string(),
            }),
            None => Ok(()),
        }
    }

    fn verify_gates(&self, job: &Job) -> Result<(), Violation> {
        for (at, stage) in job.stages.stages().iter().enumerate() {
            let open = stage
                .after
                .is_none_or(|before| job.gates.is_open(before) && complete(job, before.index()));
            let id = crate::plan::StageId(saturating_u32(at));
            let claimed = job.gates.is_open(id);
            // A stage that bakes may be closed for a while after it could open.
            if claimed != open && (claimed || !stage.bakes) {
                return Err(Violation::Gate {
                    job: job.id,
                    stage: stage.label.clone(),
                });
            }
        }
        Ok(())
    }
}

fn complete(job: &Job, stage: usize) -> bool {
    let Some(stage) = job.stages.stages().get(stage) else {
        return false;
    };
    let mut failed = 0;
    for &task in &stage.tasks {
        match job.task(task).state {
            TaskState::Succeeded | TaskState::Skipped => {}
            TaskState::Failed | TaskState::InDoubt => failed += 1,
            TaskState::Waiting | TaskState::Running | TaskState::Cancelled => return false,
        }
    }
    failed <= stage.allowed_failures
}

fn verify_left(state: &State, job: &Job) -> Result<(), Violation> {
    if job.left == state.waiting_on_left(job) {
        return Ok(());
    }
    Err(Violation::Left { job: job.id })
}

fn verify_tally(job: &Job) -> Result<(), Violation> {
    let mut tally = Tally::default();
    for task in &job.tasks {
        *tally.count_mut(task.record.state) += 1;
    }
    if tally == job.tally {
        Ok(())
    } else {
        Err(Violation::Tally { job: job.id })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::fleet::Fleet;
    use crate::plan::{JobSpec, RemoteCommand};
    use crate::policy::{Constraint, Policy, Rule, Sequence};
    use crate::scheduler::state::HostState;
    use crate::scheduler::{Input, JobId, JobStatus, Order, Scheduler};

    const JOB: JobId = JobId::new(1);

    /// `a` runs, then `b` may, one at a time.
    fn one_by_one() -> Scheduler {
        let fleet = Arc::new(Fleet::builder().hosts("a,b").build().unwrap());
        let policy = Arc::new(
            Policy::new()
                .sequence(Sequence::new("in order", ["a".parse().unwrap(), "b".parse().unwrap()]))
                .constraint(Constraint::new(
                    "*".parse().unwrap(),
                    Rule::MaxParallel("1".parse().unwrap()),
                )),
        );
        let mut scheduler = Scheduler::new();
        let spec = Arc::new(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")));
        for input in [
            Order::Configure { fleet, policy },
            Order::Submit { job: Some(JOB), spec },
        ] {
            scheduler.handle(Timestamp::EPOCH, input).unwrap();
        }
        assert_eq!(scheduler.verify(), Ok(()));
        scheduler
    }

    fn job(scheduler: &mut Scheduler) -> &mut Job {
        scheduler.state.jobs.get_mut(&JOB).unwrap()
    }

    #[test]
    fn a_miscounted_bucket_is_found() {
        let mut scheduler = one_by_one();
        scheduler.state.usage[0].unavailable += 1;
        assert!(matches!(scheduler.verify(), Err(Violation::Ledger { .. })));
    }

    #[test]
    fn a_lease_of_another_task_is_found() {
        let mut scheduler = one_by_one();
        job(&mut scheduler).tasks[0].attempt = AttemptId::new(7);
        assert!(matches!(scheduler.verify(), Err(Violation::Lease { .. })));
    }

    #[test]
    fn an_attempt_without_a_lease_is_found() {
        let mut scheduler = one_by_one();
        let (idle, leased) = (HostState::default(), scheduler.state.host(HostId::new(0)));
        scheduler.state.hosts.set(HostId::new(0), idle, Timestamp::EPOCH);
        scheduler.state.hosts.set(HostId::new(1), leased, Timestamp::EPOCH);
        assert!(matches!(scheduler.verify(), Err(Violation::Lease { .. })));
    }

    #[test]
    fn an_attempt_that_knows_its_task_wrongly_is_found() {
        let mut scheduler = one_by_one();
        job(&mut scheduler).tasks[0].target.track += 1;
        assert!(matches!(scheduler.verify(), Err(Violation::Lease { .. })));
    }

    #[test]
    fn a_lease_without_an_attempt_is_found() {
        let mut scheduler = one_by_one();
        scheduler.state.usage[0].running += 1;
        scheduler.state.usage[0].unavailable += 1;
        let leased = HostState {
            leased: true,
            ..HostState::default()
        };
        scheduler.state.hosts.set(HostId::new(1), leased, Timestamp::EPOCH);
        assert!(matches!(scheduler.verify(), Err(Violation::Lease { .. })));
    }

    #[test]
    fn a_miscounted_tally_is_found() {
        let mut scheduler = one_by_one();
        job(&mut scheduler).tally.waiting += 1;
        assert_eq!(scheduler.verify(), Err(Violation::Tally { job: JOB }));
    }

    #[test]
    fn a_gate_that_is_closed_without_reason_is_found() {
        let mut scheduler = one_by_one();
        scheduler.handle(Timestamp::EPOCH, Order::Pause { job: JOB }).unwrap();
        let (attempt, outcome) = (AttemptId::new(1), crate::scheduler::Outcome::in_doubt(""));
        scheduler
            .handle(
                Timestamp::EPOCH,
                Input::Reported {
                    attempt,
                    outcome,
                    output: None,
                },
            )
            .unwrap();
        // As if the first host had succeeded, and its stage had not noticed.
        let job = job(&mut scheduler);
        job.task_mut(0).state = TaskState::Succeeded;
        (job.tally.in_doubt, job.tally.succeeded) = (0, 1);
        assert!(matches!(scheduler.verify(), Err(Violation::Gate { .. })));
    }

    #[test]
    fn a_host_that_waits_without_reason_is_found() {
        let mut scheduler = one_by_one();
        let attempt = AttemptId::new(1);
        scheduler.handle(Timestamp::EPOCH, Order::Pause { job: JOB }).unwrap();
        let outcome = crate::scheduler::Outcome::Succeeded;
        scheduler
            .handle(
                Timestamp::EPOCH,
                Input::Reported {
                    attempt,
                    outcome,
                    output: None,
                },
            )
            .unwrap();
        job(&mut scheduler).status = JobStatus::Running;
        let host = "b".parse().unwrap();
        assert_eq!(scheduler.verify(), Err(Violation::Idle { job: JOB, host }));
    }
}
