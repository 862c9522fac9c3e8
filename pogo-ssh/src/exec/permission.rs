//! Asks the dispatcher for permission to begin.

use futures::FutureExt;
use futures::future::BoxFuture;
use pogo_core::dispatcher::Reporter;
use pogo_core::scheduler::{BeginRefused, NeverBegan};

use super::exit_report::NotStarted;
use super::mark::Mark;
use super::progress::SessionProgress;
use super::stop::StopSignal;

/// Asks before anything is sent to a host that cannot wait at a gate.
pub(crate) async fn ask_first(report: &Reporter, stop: &StopSignal) -> Result<(), NotStarted> {
    let mut permission = PermissionRequest::default();
    permission.ask(report, false);
    tokio::select! {
        biased;
        // First: an attempt that was cancelled must not use a permission that came at the same
        // moment.
        reason = stop.wait() => Err(NotStarted::Stopped(reason)),
        answer = permission.answered() => answer,
    }
}

/// The permission of one session, requested once the host is ready.
#[derive(Default)]
pub(crate) struct PermissionRequest(Option<BoxFuture<'static, Result<(), BeginRefused>>>);

impl PermissionRequest {
    /// Requests permission. `host_lock` says that the session holds the host lock.
    pub(crate) fn ask(&mut self, report: &Reporter, host_lock: bool) {
        let report = report.clone();
        self.0 = Some(async move { report.begin(host_lock).await }.boxed());
    }

    /// Applies a mark: reports the phase that it enters, and asks once the session waits at its gate.
    pub(crate) fn take(&mut self, mark: Mark, progress: &mut SessionProgress, report: &Reporter) {
        let is_ready = matches!(mark, Mark::Ready(_)) && progress.waits().is_none();
        if let Some(phase) = progress.apply(mark) {
            report.phase(phase);
        }
        if let Some(ready) = progress.waits().filter(|_| is_ready) {
            self.ask(report, ready.host_lock);
        }
    }

    /// Waits for the answer and returns it once; pending for ever where nothing was requested.
    pub(crate) async fn answered(&mut self) -> Result<(), NotStarted> {
        let Some(asked) = &mut self.0 else {
            return std::future::pending().await;
        };
        let answer = asked.await;
        // A future that has given its answer must not be polled again.
        self.0 = None;
        answer.map_err(|refused| NotStarted::NeverBegan(NeverBegan::Refused, refused.to_string()))
    }
}
