//! Names of events of the stream that are no updates. Updates have none: they are what browsers call messages.

/// The server ends the stream, and says [why](super::StreamEnd): another connection goes on after the last id.
pub const END_EVENT: &str = "end";

/// The stream cannot go on: a [`Problem`](super::Problem).
pub const PROBLEM_EVENT: &str = "problem";

/// A question to a person, on a stream that was asked for them: a [`Question`](super::Question). It has no id of its
/// own.
pub const QUESTION_EVENT: &str = "question";

/// What a host writes, on a stream that was asked for it: a [`HostOutput`](super::HostOutput). It has no id of its own.
pub const OUTPUT_EVENT: &str = "output";
