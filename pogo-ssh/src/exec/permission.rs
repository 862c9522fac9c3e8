//! Asking whether an attempt may begin.

use futures::FutureExt;
use futures::future::BoxFuture;
use pogo_core::dispatcher::Reporter;
use pogo_core::scheduler::{BeginRefused, NeverBegan};

use super::exit_report::NotStarted;
use super::stop::StopSignal;

/// Asks for what cannot be held at a gate, before its host is asked for anything.
pub(crate) async fn ask_first(report: &Reporter, stop: &StopSignal) -> Result<(), NotStarted> {
    let mut permission = Permission::default();
    permission.ask(report, false);
    tokio::select! {
        biased;
        reason = stop.wait() => Err(NotStarted::Stopped(reason)),
        answer = permission.answered() => answer,
    }
}

/// Whether a session may begin; asked once the host is ready for it.
#[derive(Default)]
pub(crate) struct Permission(Option<BoxFuture<'static, Result<(), BeginRefused>>>);

impl Permission {
    /// Asks. `host_lock` says that the host's lock keeps other attempts away.
    pub(crate) fn ask(&mut self, report: &Reporter, host_lock: bool) {
        let report = report.clone();
        self.0 = Some(async move { report.begin(host_lock).await }.boxed());
    }

    /// Waits for the answer, and gives it once; for ever where nothing was asked.
    pub(crate) async fn answered(&mut self) -> Result<(), NotStarted> {
        let Some(asked) = &mut self.0 else {
            return std::future::pending().await;
        };
        let answer = asked.await;
        self.0 = None;
        answer.map_err(|refused| NotStarted::NeverBegan(NeverBegan::Refused, refused.to_string()))
    }
}
