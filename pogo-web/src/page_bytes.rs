//! How many bytes a page of records has.

use std::io;

use pogo_core::stream::StreamRecord;

/// What is left of the bytes of a page. The number of records alone bounds nothing: a record has all of a job, whose
/// command may be of any length.
#[derive(Debug)]
pub(crate) struct PageBytes {
    left: usize,
    is_empty: bool,
}

impl PageBytes {
    /// A page of at most so many bytes.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            left: most,
            is_empty: true,
        }
    }

    /// Whether a record still fits, which it takes. The first always does: a page without one would be the end of the
    /// list.
    pub(crate) fn takes(&mut self, record: &StreamRecord) -> bool {
        let mut length = Length(0);
        // One that cannot be written is what writing the page reports.
        let _ = serde_json::to_writer(&mut length, record);
        let fits = length.0 <= self.left;
        self.left = self.left.saturating_sub(length.0);
        std::mem::take(&mut self.is_empty) || fits
    }
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use pogo_core::Timestamp;
    use pogo_core::journal::Seq;
    use pogo_core::scheduler::{AttemptId, Event, NamespaceEventKind, Outcome, Record};

    use super::*;

    fn record() -> StreamRecord {
        let (attempt, outcome) = (AttemptId::new(1), Outcome::Succeeded);
        let event = Event::of_namespace(NamespaceEventKind::LateReported { attempt, outcome });
        StreamRecord::new(Seq(1), Record::new(Timestamp::EPOCH, event))
    }

    fn taken(most: usize) -> usize {
        let mut page = PageBytes::new(most);
        (0..5).take_while(|_| page.takes(&record())).count()
    }

    #[test]
    fn a_page_takes_what_fits_and_the_first_in_any_case() {
        let one = serde_json::to_vec(&record()).unwrap().len();
        assert_eq!(taken(0), 1);
        assert_eq!(taken(one - 1), 1);
        assert_eq!(taken(2 * one), 2);
        assert_eq!(taken(3 * one - 1), 2);
        assert_eq!(taken(100 * one), 5);
    }
}
