//! Time that passes when nothing else happens.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use futures::channel::oneshot;
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use pogo_core::Timestamp;
use pogo_core::dispatcher::Clock;

/// Moves on to the next moment that somebody waits for.
#[derive(Default)]
pub(crate) struct VirtualClock(Mutex<Sleepers>);

#[derive(Default)]
struct Sleepers {
    now: Timestamp,
    count: u64,
    waiting: BTreeMap<(Timestamp, u64), oneshot::Sender<()>>,
}

#[async_trait]
impl Clock for VirtualClock {
    fn now(&self) -> Timestamp {
        self.0.lock().unwrap().now
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        let (sender, receiver) = oneshot::channel();
        {
            let mut sleepers = self.0.lock().unwrap();
            if deadline <= sleepers.now {
                return;
            }
            sleepers.count += 1;
            let key = (deadline, sleepers.count);
            sleepers.waiting.insert(key, sender);
        }
        receiver.await.unwrap();
    }
}

impl VirtualClock {
    fn advance(&self) -> bool {
        let mut sleepers = self.0.lock().unwrap();
        // Those who no longer wait keep no time from passing.
        sleepers.waiting.retain(|_, sender| !sender.is_canceled());
        let Some(((moment, _), sender)) = sleepers.waiting.pop_first() else {
            return false;
        };
        sleepers.now = moment;
        let _ = sender.send(());
        true
    }
}

/// Runs it to its end on this clock.
pub(crate) fn run<T: 'static>(clock: &Arc<VirtualClock>, future: impl Future<Output = T> + 'static) -> T {
    let mut pool = LocalPool::new();
    let (sender, mut receiver) = oneshot::channel();
    let task = async move {
        let _ = sender.send(future.await);
    };
    pool.spawner().spawn_local(task).unwrap();
    loop {
        pool.run_until_stalled();
        if let Some(done) = receiver.try_recv().unwrap() {
            return done;
        }
        assert!(clock.advance(), "nothing happens any more");
    }
}
