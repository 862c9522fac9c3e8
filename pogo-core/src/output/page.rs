//! Output as it is read: in parts.

use super::OutputFrame;

/// A part of what an attempt wrote to one stream.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputPage {
    /// What is kept, in the order of its offsets.
    pub frames: Vec<OutputFrame>,
    /// Where to read on: the end of the last frame, or of the range if nothing more of it is kept.
    pub next: u64,
    /// How much has come in all, what is missing included.
    pub length: u64,
    /// Whether nothing more comes.
    pub sealed: bool,
}

impl OutputPage {
    /// These frames, of a stream of this length.
    pub fn new(frames: Vec<OutputFrame>, next: u64, length: u64, sealed: bool) -> Self {
        Self {
            frames,
            next,
            length,
            sealed,
        }
    }
}
