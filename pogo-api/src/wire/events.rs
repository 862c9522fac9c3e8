//! Names of events of the stream that are no updates. Updates have none: they are what browsers call messages.

/// What an update is about, on a stream that was asked for digests in place of updates: an
/// [`UpdateDigest`](super::UpdateDigest). Its id is that of the update.
pub const DIGEST_EVENT: &str = "digest";

/// The server ends the stream, and says [why](super::StreamEnd): another connection goes on after the last id.
pub const END_EVENT: &str = "end";

/// The stream cannot go on: a [`Problem`](super::Problem).
pub const PROBLEM_EVENT: &str = "problem";

/// A question to a person, on a stream that was asked for them: a [`Question`](super::Question). It has no id of its
/// own.
pub const QUESTION_EVENT: &str = "question";

/// What a host writes, on a stream that was asked for it: a [`HostOutput`](super::HostOutput). It has no id of its own.
pub const OUTPUT_EVENT: &str = "output";
