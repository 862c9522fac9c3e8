//! Output of several attempts, read at once.

use super::{OutputPage, Stream};
use crate::scheduler::AttemptId;

/// What several attempts wrote, each of them whole, up to a number of bytes.
///
/// ```
/// use pogo_core::output::{OutputBatch, OutputPage, Stream};
/// use pogo_core::scheduler::AttemptId;
///
/// let (first, second) = (AttemptId::new(7), AttemptId::new(8));
/// let mut batch = OutputBatch::new(1 << 20);
/// batch.add(first, [(Stream::Stdout, OutputPage::new(vec![], 0, 0, true))]);
/// batch.leave_out(second);
/// assert!(batch.pages.is_empty() && batch.left_out == [second], "the first wrote nothing");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct OutputBatch {
    /// What each attempt wrote to each of its streams, if anything; attempts in the order in which they were asked for.
    pub pages: Vec<(AttemptId, Stream, OutputPage)>,
    /// Attempts that are not in it, whatever they wrote: there was no room for them, or they could not be read. Each is
    /// read by itself.
    pub left_out: Vec<AttemptId>,
    room: u64,
    full: bool,
}

impl OutputBatch {
    /// One that takes so many bytes of output.
    pub fn new(most: u64) -> Self {
        Self {
            room: most,
            ..Self::default()
        }
    }

    /// How many more bytes it takes; `None` once an attempt had more than that, after which it takes none.
    pub fn room(&self) -> Option<u64> {
        (!self.full).then_some(self.room)
    }

    /// Takes what was read of an attempt from its beginning, a page for each of its streams, or leaves it out if there
    /// is more of it than that, or than fits.
    pub fn add(&mut self, attempt: AttemptId, pages: impl IntoIterator<Item = (Stream, OutputPage)>) {
        let pages: Vec<_> = pages.into_iter().filter(|(_, page)| page.length > 0).collect();
        let frames = pages.iter().flat_map(|(_, page)| &page.frames);
        let bytes: u64 = frames.map(|frame| frame.bytes.len() as u64).sum();
        let is_whole = pages.iter().all(|(_, page)| page.next >= page.length);
        if self.full || !is_whole || bytes > self.room {
            // What comes behind it is left out too: those who read in order ask again from here on.
            self.full = true;
            return self.leave_out(attempt);
        }
        self.room -= bytes;
        self.pages.extend(pages.into_iter().map(|(stream, mut page)| {
            // A store may say that it was read to the end of what was asked for.
            page.next = page.length;
            (attempt, stream, page)
        }));
    }

    /// Leaves out an attempt.
    pub fn leave_out(&mut self, attempt: AttemptId) {
        self.left_out.push(attempt);
    }
}
