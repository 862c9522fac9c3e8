//! The answer to whoever waits for a job.

use pogo_core::scheduler::JobEnd;

use super::document::document;

document! {
    /// How a job ended, or that it has not: then it is asked for again.
    WaitAnswer {
        /// How it ended; none if it has not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        end: Option<JobEnd>,
    }
}
