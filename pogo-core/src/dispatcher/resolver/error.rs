//! Why questions stay without an answer.

use std::fmt;
use std::time::Duration;

use super::Question;

/// Questions that have no answer, so that there is no fleet to work with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", lines(unanswered))]
#[non_exhaustive]
pub struct AskError {
    /// Every question without an answer, at least one, sorted by resolver.
    pub unanswered: Vec<Unanswered>,
}

/// One question without an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unanswered {
    /// What was asked, and where it is written.
    pub question: Question,
    /// Why there is no answer.
    pub why: Why,
}

/// Why a question has no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Why {
    /// No resolver has this name.
    #[error("there is no tag resolver of this name; {}", known(near))]
    NoResolver {
        /// Names that are near it.
        near: Vec<String>,
    },
    /// The resolver cannot be reached.
    #[error("the tag resolver cannot be reached: {message}; try again when it can")]
    Unavailable {
        /// What was seen.
        message: String,
    },
    /// The resolver makes no sense of the question.
    #[error("the tag resolver refuses it: {message}")]
    Refused {
        /// What is wrong, and the cure.
        message: String,
    },
    /// The resolver took too long.
    #[error("the tag resolver did not answer within {limit:?}; try again, or give it more time")]
    TimedOut {
        /// The time limit.
        limit: Duration,
    },
    /// The resolver broke its promise of one list for each question.
    #[error("the tag resolver gave {given} answers to {asked} questions; this is a defect of the resolver")]
    Miscounted {
        /// Lists it gave.
        given: usize,
        /// Questions it was asked.
        asked: usize,
    },
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(origin) = &self.question.origin {
            write!(f, "{origin}: ")?;
        }
        write!(f, "`{}` has no answer: {}", self.question, self.why)
    }
}

fn lines(unanswered: &[Unanswered]) -> String {
    let lines: Vec<String> = unanswered.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn known(near: &[String]) -> String {
    match near {
        [] => "plug one in, or take the question out".to_owned(),
        near => format!("did you mean `${}`?", near.join("`, or `$")),
    }
}
