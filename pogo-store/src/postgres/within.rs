//! Answers of a server that may never come.

use std::time::Duration;

use crate::remote::{Failed, FailedStage};

/// How long an answer is waited for. A connection that takes longer is given up: whether its statement was carried out
/// is found out on another one.
const ANSWER_WITHIN: Duration = Duration::from_secs(15);
/// Of what is large.
const LONG_ANSWER_WITHIN: Duration = Duration::from_secs(300);

fn late() -> Failed {
    Failed {
        message: "the database has not answered in time".to_owned(),
        stage: FailedStage::Late,
    }
}

/// The answer, unless it takes too long.
pub(super) async fn within<T, E: Into<Failed>>(answer: impl Future<Output = Result<T, E>>) -> Result<T, Failed> {
    match tokio::time::timeout(ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(late()),
    }
}

/// The answer to what may take long.
pub(super) async fn long<T, E: Into<Failed>>(answer: impl Future<Output = Result<T, E>>) -> Result<T, Failed> {
    match tokio::time::timeout(LONG_ANSWER_WITHIN, answer).await {
        Ok(answer) => answer.map_err(Into::into),
        Err(_) => Err(late()),
    }
}
