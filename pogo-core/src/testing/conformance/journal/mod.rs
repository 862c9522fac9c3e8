//! The contract of [`Journal`](crate::journal::Journal) and [`OwnedJournal`](crate::journal::OwnedJournal), line by line.

mod appending;
mod fixture;
mod owning;
mod reading;
mod snapshots;

use super::ConformanceReport;
use super::case::{Named, cases, run_all};
pub use fixture::JournalFixture;

const CASES: &[Named<JournalFixture>] = cases! {
    reading: a_new_journal_is_empty, what_was_appended_is_read_as_it_was, pages_follow_each_other_to_the_end,
        reading_begins_at_any_record, anybody_may_read_while_it_is_owned;
    appending: an_append_returns_the_position_after_it, a_commit_that_does_not_stand_at_the_end_is_refused,
        a_commit_that_landed_is_resolved_to_its_end, a_commit_that_never_landed_is_resolved_to_none,
        a_commit_that_landed_cannot_land_twice, a_commit_is_read_whole_or_not_at_all;
    owning: every_ownership_has_a_higher_epoch, owners_at_once_have_epochs_of_their_own,
        a_new_owner_goes_on_where_the_last_one_ended, a_former_owner_appends_nothing,
        a_former_owner_resolves_nothing, what_was_appended_outlives_its_journal;
    snapshots: the_latest_snapshot_is_kept_as_it_was, a_snapshot_leaves_what_comes_after_it,
        a_snapshot_ahead_of_the_end_is_refused, a_former_owner_stores_no_snapshot;
};

/// Holds a journal to the contracts of [`Journal`](crate::journal::Journal) and
/// [`OwnedJournal`](crate::journal::OwnedJournal).
///
/// Each case takes a fixture of its own, and each fixture a journal that is **empty**: of a new directory, or under a new
/// namespace. The records are those of a simulated rollout.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::journal::MemoryJournal;
/// use pogo_core::testing::conformance::{self, JournalFixture};
///
/// # futures::executor::block_on(async {
/// let report = conformance::journal(async || JournalFixture::new(Arc::new(MemoryJournal::new()))).await;
/// report.assert_passed();
/// report.assert_skipped(&["what_was_appended_outlives_its_journal"]);
/// # });
/// ```
pub async fn journal(fixture: impl AsyncFnMut() -> JournalFixture) -> ConformanceReport {
    run_all("journal", CASES, fixture).await
}
