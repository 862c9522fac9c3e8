//! Runs of a simulation, on all processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use pogo_core::scheduler::InputError;
use pogo_core::sim::what_if::{Run, Trial};

type Made = Result<Run, InputError>;

/// Makes the runs, each on whichever thread is free. What comes of a run does not depend on the thread.
pub(super) fn run(trials: &[Trial]) -> Vec<Made> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(trials.len());
    let work = || {
        let mut made: Vec<(usize, Made)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(trial) = trials.get(at) else { return made };
            made.push((at, trial.run()));
        }
    };
    let mut made: Vec<(usize, Made)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut made = work();
        for other in others {
            match other.join() {
                Ok(more) => made.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        made
    });
    made.sort_unstable_by_key(|(at, _)| *at);
    made.into_iter().map(|(_, made)| made).collect()
}
