//! The contract of [`OutputStore`](crate::output::OutputStore), line by line.

mod fixture;
mod keeping;
mod reading;
mod sealing;

use super::ConformanceReport;
use super::case::{Named, cases, run_all};
pub use fixture::OutputFixture;

const CASES: &[Named<OutputFixture>] = cases! {
    reading: what_was_never_written_is_empty, what_was_appended_is_read_as_it_was, any_range_is_read,
        streams_are_kept_apart, attempts_are_kept_apart, what_comes_later_is_read_on,
        attempts_that_are_read_at_once_are_whole_or_left_out;
    keeping: what_was_appended_before_is_kept_once, what_was_lost_is_missing_where_it_was,
        of_too_much_the_beginning_and_the_end_are_kept, a_flood_of_single_bytes_is_kept_as_it_was;
    sealing: a_sealed_attempt_takes_no_more, sealing_one_attempt_leaves_the_others, an_attempt_is_sealed_once,
        an_attempt_that_wrote_nothing_is_sealed, what_is_appended_and_sealed_at_once_is_kept_and_sealed,
        the_digest_is_that_of_what_is_kept, what_is_sealed_outlives_its_store;
};

/// Holds a store of output to the contract of [`OutputStore`](crate::output::OutputStore).
///
/// Each case takes a fixture of its own, and each fixture a store that is **empty**.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::output::MemoryOutput;
/// use pogo_core::testing::conformance::{self, OutputFixture};
///
/// # futures::executor::block_on(async {
/// let fixture = async || OutputFixture::new(Arc::new(MemoryOutput::new())).keeps(MemoryOutput::PER_ATTEMPT);
/// let report = conformance::output(fixture).await;
/// report.assert_passed();
/// report.assert_skipped(&["what_is_sealed_outlives_its_store"]);
/// # });
/// ```
pub async fn output(fixture: impl AsyncFnMut() -> OutputFixture) -> ConformanceReport {
    run_all("output", CASES, fixture).await
}
