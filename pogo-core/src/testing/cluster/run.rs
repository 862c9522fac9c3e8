//! Runs one seed.

use std::num::NonZeroU64;

use super::executor::{Executor, Stalled};
use super::judge::ClusterRule;
use super::options::ClusterOptions;
use super::random::Random;
use super::report::ClusterRun;
use super::world::World;

/// Runs the simulation and checks the rules.
pub(super) fn run(mut options: ClusterOptions, seed: u64) -> ClusterRun {
    // A stream of its own: the order of tasks stays the same where the faults of a seed are
    // changed.
    let mut random = Random::new(seed, 2);
    // Transports differ in what they can do, and dispatchers have paths of their own for those that
    // cannot.
    options.resumes = random.chance(800);
    options.fences = random.chance(800);
    options.snapshot_every = NonZeroU64::new(random.between(5, 60)).filter(|_| random.chance(400));
    let audit = options.audit.clone();
    let world = World::new(options, seed);
    let main = {
        let world = std::sync::Arc::clone(&world);
        async move {
            world.chaos().await;
            world.finish().await;
            world.simulation.stop();
        }
    };
    world.spawn(main);
    let mut executor = Executor::new(&world.simulation, random);
    let ended = executor.run();
    // What a dispatcher leaves behind refers to the world.
    let processes = world.with(|state| std::mem::take(&mut state.processes));
    drop(processes);
    drop(executor);
    world.with(|state| {
        if let Err(stalled) = ended {
            let message = match stalled {
                Stalled::Idle => "nothing can happen any more",
                Stalled::Livelock => "things go on and on, and no time passes",
            };
            state.judge.find(ClusterRule::Live, message);
        }
        let records = state.store.take_records();
        if let Some(Err(message)) = audit.map(|audit| audit(&records)) {
            state.judge.find(ClusterRule::Audit, message);
        }
        ClusterRun {
            seed,
            records,
            trace: std::mem::take(&mut state.trace),
            counts: state.judge.counts,
            finding: state.judge.finding.take(),
        }
    })
}
