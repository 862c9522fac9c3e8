//! Who answers, and how it is doing.

use pogo_core::stream::DispatcherStatus;

use super::document::document;

document! {
    /// Who answers: `{"version":1,"server":"pogo 0.1.0","process":4711}`.
    About {
        /// The program and its version.
        server: String,
        /// The number of its process.
        process: u32,
    }
}

document! {
    /// The status of a namespace's dispatcher.
    Status {
        /// The status.
        status: DispatcherStatus,
    }
}
