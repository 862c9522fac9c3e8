//! An estimate of the time that a job still needs.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use pogo_core::Timestamp;
use pogo_core::scheduler::TaskEventKind;
use pogo_core::sim::{TaskTimes, World};

use super::progress::{JobProgress, Submitted};

/// Simulates the job with the same scheduler, where each host takes the mean time of those that have ended.
#[derive(Debug, Default)]
pub(super) struct Forecast {
    simulated: Arc<Mutex<SimulatedEnds>>,
    /// The mean time of a host in the last simulation.
    asked: Option<Duration>,
}

/// When each host ends in a simulation, in order.
#[derive(Debug, Default)]
struct SimulatedEnds {
    ends: Vec<Duration>,
    /// A simulation is under way.
    pending: bool,
}

impl Forecast {
    /// Larger jobs are not simulated while they run.
    const MOST: u32 = 20_000;

    /// The remaining time. Starts a new simulation if the mean time of hosts has changed.
    pub(super) fn left(&mut self, progress: &JobProgress, now: Timestamp) -> Option<Duration> {
        let (job, mean, total) = (progress.job.as_ref()?, progress.mean_time()?, progress.total.as_ref()?);
        let differs = |asked: Duration| mean > asked.mul_f64(1.25) || mean < asked.mul_f64(0.8);
        if total.hosts <= Self::MOST && self.asked.is_none_or(differs) {
            self.ask(job.clone(), mean);
        }
        let simulated = self.simulated.lock().unwrap_or_else(PoisonError::into_inner);
        left(&simulated.ends, total.done(), progress.worked(now))
    }

    fn ask(&mut self, job: Submitted, mean: Duration) {
        let simulated = Arc::clone(&self.simulated);
        let mut locked = simulated.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::replace(&mut locked.pending, true) {
            return;
        }
        drop(locked);
        self.asked = Some(mean);
        // Detached: the end of the program does not wait for an estimate.
        std::thread::spawn(move || {
            let ends = simulate(job, mean);
            let mut simulated = simulated.lock().unwrap_or_else(PoisonError::into_inner);
            *simulated = SimulatedEnds { ends, pending: false };
        });
    }
}

fn simulate(job: Submitted, mean: Duration) -> Vec<Duration> {
    let Ok(world) = World::new(job.fleet, job.policy) else {
        return vec![];
    };
    let mut world = world.task_times(TaskTimes::Fixed(mean));
    if world.submit((*job.spec).clone()).is_err() {
        return vec![];
    }
    let records = world.run().records;
    let ended = records
        .iter()
        .filter(|record| matches!(record.event.task_kind(), Some(TaskEventKind::Succeeded { .. })));
    ended.map(|record| record.at - Timestamp::EPOCH).collect()
}

/// The remaining time of a job with this progress, if it continues as in the simulation.
fn left(ends: &[Duration], done: u32, elapsed: Duration) -> Option<Duration> {
    let (last, done) = (*ends.last()?, usize::try_from(done).ok()?);
    let before = done
        .checked_sub(1)
        .map_or(Duration::ZERO, |at| ends.get(at).copied().unwrap_or(last));
    let next = ends.get(done).copied().unwrap_or(last);
    // Between two ends a job that keeps time is where the simulation was; others are ahead of it or behind.
    let reached = elapsed.clamp(before, next.max(before));
    if reached.is_zero() {
        return None;
    }
    let pace = elapsed.as_secs_f64() / reached.as_secs_f64();
    Some((last - reached).mul_f64(pace))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_job_that_keeps_time_ends_when_the_simulation_did() {
        let ends = [10, 10, 20, 20, 30].map(seconds);
        assert_eq!(left(&ends, 2, seconds(10)), Some(seconds(20)));
        assert_eq!(left(&ends, 2, seconds(15)), Some(seconds(15)));
        assert_eq!(left(&ends, 5, seconds(30)), Some(seconds(0)));
    }

    #[test]
    fn a_job_that_is_behind_goes_on_at_its_own_pace() {
        let ends = [10, 20, 30].map(seconds);
        assert_eq!(left(&ends, 1, seconds(40)), Some(seconds(20)), "20 s for the next 10");
        assert_eq!(left(&ends, 2, seconds(10)), Some(seconds(5)), "twice as fast");
    }

    #[test]
    fn nothing_is_said_without_a_simulation_or_at_the_very_start() {
        assert_eq!(left(&[], 3, seconds(9)), None);
        assert_eq!(left(&[seconds(1)], 0, seconds(0)), None);
    }
}
