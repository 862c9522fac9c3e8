//! Answers of tests to requests for permission.

use std::sync::{Mutex, PoisonError};

use futures::channel::mpsc;

use crate::dispatcher::{BeginRequest, Report, ReportSink};
use crate::scheduler::{AttemptId, BeginRefused, Phase};

/// The answer to a request for permission.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub enum TestPermission {
    /// Granted.
    #[default]
    Give,
    /// Refused, for this reason.
    Refuse(BeginRefused),
    /// None: the test [answers](super::AttemptWatch::asks) itself.
    Leave,
}

/// Grants every request, and passes on the reported phases.
#[derive(Debug, Clone)]
pub struct PermitAll(pub mpsc::UnboundedSender<(AttemptId, Phase)>);

impl ReportSink for PermitAll {
    fn report(&self, attempt: AttemptId, report: Report) {
        match report {
            Report::Phase(phase) => _ = self.0.unbounded_send((attempt, phase)),
            Report::HostKeyRecorded => {}
            Report::Begin(request) => request.answer(Ok(())),
        }
    }
}

/// Receives the reports of one attempt, and answers it.
#[derive(Debug)]
pub(super) struct Answers {
    pub(super) phases: mpsc::UnboundedSender<(AttemptId, Phase)>,
    pub(super) requests: mpsc::UnboundedSender<BeginRequest>,
    pub(super) permission: TestPermission,
    /// Whether each request was made under the host lock.
    pub(super) asked: Mutex<Vec<bool>>,
}

impl ReportSink for Answers {
    fn report(&self, attempt: AttemptId, report: Report) {
        match report {
            Report::Phase(phase) => _ = self.phases.unbounded_send((attempt, phase)),
            Report::HostKeyRecorded => {}
            Report::Begin(request) => {
                self.lock().push(request.host_lock);
                match &self.permission {
                    TestPermission::Give => request.answer(Ok(())),
                    TestPermission::Refuse(reason) => request.answer(Err(reason.clone())),
                    TestPermission::Leave => _ = self.requests.unbounded_send(request),
                }
            }
        }
    }
}

impl Answers {
    pub(super) fn lock(&self) -> std::sync::MutexGuard<'_, Vec<bool>> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
