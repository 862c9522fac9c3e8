//! When a dispatcher that nobody steers any more has nothing left to do.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::Timestamp;
use pogo_core::dispatcher::{Clock, Dispatcher, Handle};
use pogo_core::plan::JobSpec;
use pogo_core::scheduler::{JobStatus, Scheduler};

use super::shop::{Counting, JOB, fleet_and_policy, spec};

/// Time that passes when a few minutes are waited for, and never when it is longer.
#[derive(Default)]
struct Hasty(Mutex<Timestamp>);

#[async_trait]
impl Clock for Hasty {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }

    async fn sleep_until(&self, deadline: Timestamp) {
        if deadline > self.now() + Duration::from_secs(300) {
            futures::future::pending::<()>().await;
        }
        let mut now = self.0.lock().unwrap();
        *now = deadline.max(*now);
    }
}

/// Runs one job of a namespace where `web1` fails, in so much time, with orders after it was submitted.
async fn run<F: Future<Output = ()>>(job: JobSpec, orders: impl FnOnce(Handle) -> F) -> (Scheduler, Duration) {
    let transport = Arc::new(Counting {
        gone: vec!["web1"],
        ..Counting::default()
    });
    let clock = Arc::<Hasty>::default();
    let builder = Dispatcher::builder(transport).clock(Arc::clone(&clock) as _);
    let (dispatcher, handle) = builder.build().await.unwrap();
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        handle.submit(job).await.unwrap();
        orders(handle).await;
    };
    let (ended, ()) = futures::join!(dispatcher.run(), steer);
    (ended.unwrap(), Duration::from_millis(clock.now().as_millis()))
}

fn within_four_hours() -> JobSpec {
    spec().job_timeout(Duration::from_secs(4 * 3_600))
}

#[test]
fn a_blocked_job_is_left_although_its_time_limit_is_to_run_out() {
    block_on(async {
        let (ended, took) = run(within_four_hours(), async |_| ()).await;
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Blocked);
        assert_eq!(took, Duration::ZERO);
    });
}

#[test]
fn a_paused_job_is_left_although_its_time_limit_is_to_run_out() {
    block_on(async {
        let (ended, took) = run(within_four_hours(), async |handle| handle.pause(JOB).await.unwrap()).await;
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Paused);
        assert_eq!(took, Duration::ZERO);
    });
}

#[test]
fn a_retry_is_waited_for() {
    block_on(async {
        let retried = within_four_hours().retries(1).retry_delay(Duration::from_secs(60));
        let (ended, took) = run(retried, async |_| ()).await;
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Blocked);
        assert_eq!(ended.job(JOB).unwrap().tasks().next().unwrap().attempts(), 2);
        assert!(
            took >= Duration::from_secs(60) && took < Duration::from_secs(3_600),
            "{took:?}"
        );
    });
}

#[test]
fn a_job_that_settles_is_waited_for() {
    block_on(async {
        let mut settling = within_four_hours().settle(Duration::from_secs(60));
        settling.targets = "web2".parse().unwrap();
        let (ended, took) = run(settling, async |_| ()).await;
        assert_eq!(ended.job(JOB).unwrap().status(), JobStatus::Finished);
        assert_eq!(took, Duration::from_secs(60));
    });
}
