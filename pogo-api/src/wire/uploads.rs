//! Files that are sent for jobs.

use super::document::document;

document! {
    /// A part of a file that a job is to read: the first one without an id, each other after those before it.
    InputPart {
        /// The file that it goes on: the `id` of the answer to the part before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        id: Option<String>,
        /// What the file is called, where it is put on hosts under its own name.
        #[serde(default)]
        name: String,
        /// How many bytes come before it.
        #[serde(default)]
        offset: u64,
        /// The bytes, in Base64; a few megabytes at most.
        base64: String,
    }
}

document! {
    /// A file that was sent, as far as it has come.
    Upload {
        /// What the next part goes on by.
        id: String,
        /// How a job names it, in place of a path: as its input, or as a file to send.
        source: String,
        /// How many bytes have come.
        length: u64,
    }
}
