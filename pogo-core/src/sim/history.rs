//! The history of a simulation.

use std::fmt;
use std::time::Duration;

use crate::Timestamp;
use crate::scheduler::{Event, Record, Scheduler};

/// Everything that happened, and the scheduler as it was in the end. Prints how its jobs ended, with the seed that
/// gives the same history again.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct History {
    /// What everything random came from.
    pub seed: u64,
    /// All events, in order.
    pub records: Vec<Record>,
    /// The scheduler after the last of them.
    pub scheduler: Scheduler,
}

impl History {
    /// From the first submission to the last end of a task.
    pub fn makespan(&self) -> Duration {
        let at = |wanted: fn(&Event) -> bool| move |record: &&Record| wanted(&record.event);
        let submitted = |event: &Event| event.submitted().is_some();
        let ended = |event: &Event| event.ended().is_some();
        let first = self
            .records
            .iter()
            .find(at(submitted))
            .map_or(Timestamp::EPOCH, |record| record.at);
        let last = self
            .records
            .iter()
            .rev()
            .find(at(ended))
            .map_or(first, |record| record.at);
        last - first
    }

    /// The most tasks that ran at the same time.
    pub fn peak_running(&self) -> u32 {
        let (mut running, mut peak) = (0_u32, 0);
        for record in &self.records {
            if record.event.started().is_some() {
                running += 1;
            } else if record.event.ended().is_some() {
                running = running.saturating_sub(1);
            }
            peak = peak.max(running);
        }
        peak
    }
}

impl fmt::Display for History {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "seed {}: {} s", self.seed, self.makespan().as_secs_f64())?;
        for job in self.scheduler.jobs() {
            let tally = job.tally();
            write!(
                f,
                "; {} {}, {} succeeded, {} failed, {} in doubt",
                job.id(),
                job.status(),
                tally.succeeded,
                tally.failed,
                tally.in_doubt
            )?;
        }
        Ok(())
    }
}
