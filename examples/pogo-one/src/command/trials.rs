//! Runs simulations on all processors.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use pogo_core::scheduler::InputError;
use pogo_core::sim::what_if::{Run, Trial};

type TrialResult = Result<Run, InputError>;

/// Runs the trials, each on the next free thread. A result does not depend on its thread.
pub(super) fn run(trials: &[Trial]) -> Vec<TrialResult> {
    let next = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(trials.len());
    let work = || {
        let mut results: Vec<(usize, TrialResult)> = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(trial) = trials.get(at) else { return results };
            results.push((at, trial.run()));
        }
    };
    let mut results: Vec<(usize, TrialResult)> = std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mut results = work();
        for other in others {
            match other.join() {
                Ok(more) => results.extend(more),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        results
    });
    results.sort_unstable_by_key(|(at, _)| *at);
    results.into_iter().map(|(_, results)| results).collect()
}
