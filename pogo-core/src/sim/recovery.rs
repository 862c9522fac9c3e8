//! Takeover by another dispatcher after a crash.

use super::World;
use super::crash::Crash;
use super::event_queue::{EventQueue, Planned};
use crate::Timestamp;
use crate::journal::replay;
use crate::scheduler::{AttemptId, FenceAnswer, Input, Outcome};

impl World {
    /// Whether the dispatcher dies while it writes down so many events: how many of them are written, and what follows.
    pub(super) fn crash_among(&mut self, events: usize) -> Option<(usize, Crash)> {
        let written = self.records.len();
        while let Some(&crash) = self.crashes.last() {
            if crash.event >= written + events {
                return None;
            }
            self.crashes.pop();
            if crash.event >= written {
                return Some((crash.event - written + 1, crash));
            }
        }
        None
    }

    /// Lets another dispatcher take over. The connections died with the first, so attempts that ran are never reported.
    pub(super) fn recover(&mut self, crash: Crash) {
        let replayed = replay(&self.records);
        debug_assert!(replayed.is_ok(), "what a scheduler has decided can be replayed");
        if let Ok(mut scheduler) = replayed {
            // No record says so.
            scheduler.keep_jobs(self.scheduler.keeps_jobs());
            self.scheduler = scheduler;
        }
        self.running.clear();
        let ends = self.planned.forget_ends();
        self.now = self.now + crash.downtime;
        self.attach_transport();
        // The scheduler accepts a recovery in every state.
        let _ = self.handle(Input::Recover { resumed: vec![] });
        // In a rerun the log says what hosts answered.
        if self.script.is_none() {
            self.ask_hosts(ends);
        }
    }

    /// Asks hosts for the state of attempts in doubt, until these have ended.
    fn ask_hosts(&mut self, ends: Vec<(Timestamp, AttemptId, Outcome)>) {
        let doubts = self.scheduler.doubts();
        let in_doubt = |attempt: AttemptId| doubts.iter().any(|doubt| doubt.attempt == attempt);
        for (at, attempt, outcome) in ends.into_iter().filter(|(_, attempt, _)| in_doubt(*attempt)) {
            let answer = FenceAnswer::Ended(outcome);
            let asked = Planned::Input(Box::new(Input::Fenced { attempt, answer }));
            self.planned.add(self.now.max(at), EventQueue::LAST, asked);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use crate::fleet::Fleet;
    use crate::plan::{JobSpec, RemoteCommand};
    use crate::policy::{Constraint, OnDoubt, Policy, Rule};
    use crate::scheduler::{JobStatus, Order, TaskEventKind};
    use crate::sim::{History, World};

    #[test]
    fn a_job_that_is_to_be_kept_is_kept_after_a_crash_too() {
        let fleet = Fleet::builder().host("a").build().unwrap();
        let policy = Policy::new().retire_after(Duration::ZERO);
        let freeze = Order::Freeze {
            hosts: "*".parse().unwrap(),
        };
        let world = World::new(fleet, policy).unwrap().crash(2, Duration::from_secs(3));
        let mut world = world.at(crate::Timestamp::from_millis(900_000), freeze);
        world
            .submit(JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true")))
            .unwrap();
        assert_eq!(world.run().scheduler.jobs().count(), 1);
    }

    fn crashed(at: usize) -> History {
        let fleet = Fleet::builder().tagged("web", "web[1-6]").build().unwrap();
        let limit = Constraint::new("$web".parse().unwrap(), Rule::MaxParallel("2".parse().unwrap()));
        let policy = Policy::new().constraint(limit);
        let mut spec = JobSpec::new("*".parse().unwrap(), RemoteCommand::shell("true"));
        (spec.settings.on_doubt, spec.settings.retries) = (Some(OnDoubt::Retry), Some(1));
        let mut world = World::new(fleet, policy).unwrap().crash(at, Duration::from_secs(3));
        world.submit(spec).unwrap();
        world.run()
    }

    #[test]
    fn a_job_ends_well_after_a_crash_at_any_event() {
        let calm = crashed(usize::MAX);
        for at in 1..calm.records.len() - 1 {
            let history = crashed(at);
            assert!(
                history
                    .scheduler
                    .jobs()
                    .all(|job| job.status() == JobStatus::Finished && job.tally().succeeded == 6),
                "after a crash at event {at}"
            );
            assert_eq!(
                history.records[..=at],
                calm.records[..=at],
                "a crash changes nothing before it"
            );
        }
    }

    #[test]
    fn what_ran_when_the_dispatcher_died_is_in_doubt() {
        let history = crashed(3);
        let doubts = |record: &&crate::scheduler::Record| {
            matches!(record.event.task_kind(), Some(TaskEventKind::InDoubt { .. }))
        };
        assert_eq!(history.records.iter().filter(doubts).count(), 2);
        assert_eq!(history.records[4].at, crate::Timestamp::from_millis(3_000));
    }
}
