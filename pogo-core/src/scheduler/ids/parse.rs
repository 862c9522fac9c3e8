//! Numbers of jobs and attempts, read from text as people write them.

use std::str::FromStr;

use crate::scheduler::{AttemptId, JobId};

/// Text that is no number of a job or an attempt.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not the number of {kind}: give it as `{example}`, or the digits alone")]
#[non_exhaustive]
pub struct ParseIdError {
    /// The text as given.
    pub text: String,
    kind: &'static str,
    example: &'static str,
}

/// The number in `text`, with its prefix or without.
fn number<N: FromStr>(text: &str, prefix: &str) -> Option<N> {
    let digits = text.strip_prefix(prefix).unwrap_or(text);
    // Numbers of the standard library may have a sign.
    let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok()).flatten()
}

impl FromStr for JobId {
    type Err = ParseIdError;

    /// Reads `job-3`, which is how it prints, and `3`.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        number(text, "job-").map(Self::new).ok_or_else(|| ParseIdError {
            text: text.to_owned(),
            kind: "a job",
            example: "job-3",
        })
    }
}

impl FromStr for AttemptId {
    type Err = ParseIdError;

    /// Reads `a17`, which is how it prints, and `17`.
    fn from_str(text: &str) -> Result<Self, ParseIdError> {
        number(text, "a").map(Self::new).ok_or_else(|| ParseIdError {
            text: text.to_owned(),
            kind: "an attempt",
            example: "a17",
        })
    }
}
