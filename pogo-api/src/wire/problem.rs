//! Errors as they travel.

use std::fmt;

use pogo_core::scheduler::JobId;
use serde::{Deserialize, Serialize};

use super::ProblemKind;

/// Why a request was refused: a problem document of RFC 9457. Displays as its sentence, which says what to do about it.
///
/// ```
/// use pogo_api::wire::{Problem, ProblemKind};
///
/// let problem = Problem::new(ProblemKind::UnknownJob, "there is no job-9; ask for the jobs that there are");
/// assert_eq!(
///     serde_json::to_string(&problem)?,
///     concat!(
///         r#"{"type":"urn:pogo:problem:unknown-job","title":"unknown job","status":404,"#,
///         r#""detail":"there is no job-9; ask for the jobs that there are"}"#,
///     )
/// );
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[non_exhaustive]
pub struct Problem {
    /// Which problem it is. Programs decide by this.
    #[serde(rename = "type")]
    pub kind: ProblemKind,
    /// The kind in words.
    #[serde(default)]
    pub title: String,
    /// The status code of HTTP.
    pub status: u16,
    /// What is wrong and what to do about it: a sentence for people.
    #[serde(default)]
    pub detail: String,
    /// The parameter that is wrong, if one is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameter: Option<String>,
    /// Where in the parameter it goes wrong, in bytes from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<usize>,
    /// Where in the body it goes wrong: the line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The byte of that line, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// The job that is unknown, or has retired.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job: Option<JobId>,
    /// Who owns the namespace, where this server [stands by](ProblemKind::Standby).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Where that one answers, if it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_url: Option<String>,
}

impl Problem {
    /// The media type of problem documents.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem of this kind, with its sentence.
    pub fn new(kind: ProblemKind, detail: impl fmt::Display) -> Self {
        Self {
            title: kind.code().replace('-', " "),
            status: kind.status(),
            kind,
            detail: detail.to_string(),
            parameter: None,
            offset: None,
            line: None,
            column: None,
            job: None,
            owner: None,
            owner_url: None,
        }
    }

    /// Says which parameter is wrong.
    #[must_use]
    pub fn parameter(mut self, name: impl Into<String>) -> Self {
        self.parameter = Some(name.into());
        self
    }

    /// Says which job it is about.
    #[must_use]
    pub fn job(mut self, job: JobId) -> Self {
        self.job = Some(job);
        self
    }

    /// Says who owns the namespace, and where that one answers.
    #[must_use]
    pub fn owner(mut self, name: impl Into<String>, url: Option<String>) -> Self {
        (self.owner, self.owner_url) = (Some(name.into()), url);
        self
    }

    /// Says where in the parameter it goes wrong.
    #[must_use]
    pub fn offset(mut self, offset: usize) -> Self {
        self.offset = Some(offset);
        self
    }

    /// Says where in the body it goes wrong.
    #[must_use]
    pub fn at_line(mut self, line: usize, column: usize) -> Self {
        (self.line, self.column) = (Some(line), Some(column));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.detail.is_empty() {
            true => &self.title,
            false => &self.detail,
        })
    }
}
