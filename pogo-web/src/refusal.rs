//! Errors as responses: problem documents.

use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use pogo_api::wire::{Problem, ProblemKind};
use pogo_core::dispatcher::{OrderError, SubscriptionError};
use pogo_core::history::HistoryError;
use pogo_core::journal::JournalError;
use pogo_core::output::OutputError;
use pogo_core::scheduler::{InputError, JobId, QueryError};

use crate::AuthError;

/// A problem on its way to whoever asked. Boxed, since a problem is larger than most answers.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Problem>);

impl Refusal {
    pub(crate) fn new(kind: ProblemKind, detail: impl std::fmt::Display) -> Self {
        Problem::new(kind, detail).into()
    }

    fn about(job: Option<JobId>, problem: Problem) -> Self {
        match job {
            Some(job) => problem.job(job).into(),
            None => problem.into(),
        }
    }

    pub(crate) fn into_problem(self) -> Problem {
        *self.0
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(Box::new(problem))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // Plain data: it can be written.
        let body = serde_json::to_vec(&self.0).unwrap_or_default();
        let headers = [
            (CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE)),
            // A proxy that keeps the refusal of one person would answer the next with it.
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        (status, headers, body).into_response()
    }
}

impl From<OrderError> for Refusal {
    fn from(error: OrderError) -> Self {
        let kind = match &error {
            OrderError::Refused(refused) => ProblemKind::from_code(refused.code()),
            OrderError::JournalAway { .. } => ProblemKind::JournalAway,
            OrderError::Resolvers(_) => ProblemKind::ResolversFailed,
            OrderError::Standby => ProblemKind::Standby,
            OrderError::Stopped => ProblemKind::Stopped,
            _ => ProblemKind::Internal,
        };
        let job = match &error {
            OrderError::Refused(InputError::UnknownJob { job }) => Some(*job),
            _ => None,
        };
        Self::about(job, Problem::new(kind, error))
    }
}

impl From<QueryError> for Refusal {
    fn from(error: QueryError) -> Self {
        let job = match &error {
            QueryError::UnknownJob { job } | QueryError::RetiredJob { job } => Some(*job),
            _ => None,
        };
        Self::about(job, Problem::new(ProblemKind::from_code(error.code()), error))
    }
}

impl From<SubscriptionError> for Refusal {
    fn from(error: SubscriptionError) -> Self {
        match error {
            SubscriptionError::Query(error) => error.into(),
            error => Self::new(ProblemKind::StreamBroken, error),
        }
    }
}

impl From<OutputError> for Refusal {
    fn from(error: OutputError) -> Self {
        let kind = match error {
            OutputError::Damaged { .. } => ProblemKind::OutputDamaged,
            _ => ProblemKind::OutputUnavailable,
        };
        Self::new(kind, error)
    }
}

impl From<JournalError> for Refusal {
    fn from(error: JournalError) -> Self {
        let kind = match error {
            JournalError::Corrupt { .. } | JournalError::NoContent { .. } | JournalError::DamagedContent { .. } => {
                ProblemKind::HistoryDamaged
            }
            _ => ProblemKind::HistoryUnavailable,
        };
        Self::new(kind, error)
    }
}

impl From<HistoryError> for Refusal {
    fn from(error: HistoryError) -> Self {
        let kind = match error {
            HistoryError::Damaged { .. } => ProblemKind::HistoryDamaged,
            _ => ProblemKind::HistoryUnavailable,
        };
        Self::new(kind, error)
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        let kind = match error {
            AuthError::Unauthenticated { .. } => ProblemKind::Unauthenticated,
            AuthError::NotAllowed { .. } => ProblemKind::NotAllowed,
        };
        Self::new(kind, error)
    }
}
