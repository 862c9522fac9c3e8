//! Waiting for a job.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::{FutureExt, join};
use pogo_core::dispatcher::{Dispatcher, Handle, OrderError};
use pogo_core::plan::{JobSpec, RemoteCommand};
use pogo_core::scheduler::{InputError, JobId, JobStatus};

use super::shop::{Counting, JOB, fleet_and_policy};

/// What a handle does with a namespace where `web1` fails and `web3` never ends.
async fn with_handle<F: Future<Output = ()>>(orders: impl FnOnce(Handle) -> F) {
    let transport = Arc::new(Counting {
        gone: vec!["web1"],
        stuck: vec!["web3"],
        ..Counting::default()
    });
    let (dispatcher, handle) = Dispatcher::builder(transport).build().await.unwrap();
    let steer = async move {
        let (fleet, policy) = fleet_and_policy();
        handle.configure(fleet, policy).await.unwrap();
        orders(handle).await;
    };
    join(dispatcher.run(), steer).await.0.unwrap();
}

fn on(host: &str) -> JobSpec {
    JobSpec::new(host.parse().unwrap(), RemoteCommand::shell("true"))
}

#[test]
fn a_job_that_finishes_is_waited_for() {
    block_on(with_handle(async |handle| {
        let job = handle.submit(on("web2")).await.unwrap();
        let end = handle.wait(job).await.unwrap();
        assert_eq!((end.job, end.status), (job, JobStatus::Finished));
        assert_eq!(end.tally.succeeded, 1);
        assert_eq!(
            handle.wait(job).await,
            Ok(end),
            "of what is over the answer comes at once"
        );
    }));
}

#[test]
fn a_job_that_is_blocked_needs_an_operator_and_is_not_waited_for() {
    block_on(with_handle(async |handle| {
        let job = handle.submit(on("web1,web2")).await.unwrap();
        let end = handle.wait(job).await.unwrap();
        assert_eq!((end.status, end.tally.failed), (JobStatus::Blocked, 1));
    }));
}

#[test]
fn a_paused_job_is_waited_for_until_it_is_halted() {
    block_on(with_handle(async |handle| {
        let job = handle.submit(on("web3")).await.unwrap();
        handle.pause(job).await.unwrap();
        let mut waiting = Box::pin(handle.wait(job));
        assert!(waiting.as_mut().now_or_never().is_none());
        handle.query(|_| ()).await.unwrap();
        assert!(waiting.as_mut().now_or_never().is_none());
        handle.abort(job, "enough").await.unwrap();
        let end = waiting.await.unwrap();
        assert_eq!((end.status, end.tally.in_doubt), (JobStatus::Finished, 1));
    }));
}

#[test]
fn an_unknown_job_is_refused() {
    block_on(with_handle(async |handle| {
        let refused = handle.wait(JOB).await;
        assert_eq!(refused, Err(InputError::UnknownJob { job: JobId::new(1) }.into()));
    }));
}

#[test]
fn whoever_waits_learns_that_the_dispatcher_stops() {
    block_on(with_handle(async |handle| {
        let job = handle.submit(on("web3")).await.unwrap();
        let (waited, shut) = join(handle.wait(job), handle.shutdown(Duration::ZERO)).await;
        assert_eq!(shut, Ok(()));
        // The attempt cannot be cancelled with an answer, so that it is in doubt, and the job with it at its end.
        assert!(matches!(waited, Ok(end) if end.tally.in_doubt == 1), "{waited:?}");
        assert_eq!(handle.wait(job).await, Err(OrderError::Stopped));
    }));
}
