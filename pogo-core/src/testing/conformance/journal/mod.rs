//! The contract of [`Journal`](crate::journal::Journal) and [`OwnedJournal`](crate::journal::OwnedJournal), line by
//! line.

mod appending;
mod content;
mod fixture;
mod owning;
mod reading;
mod restoring;
mod snapshots;

use super::ConformanceReport;
use super::case::{Named, cases, run_all};
pub use fixture::JournalFixture;

const CASES: &[Named<JournalFixture>] = cases! {
    reading: a_new_journal_is_empty, what_was_appended_is_read_as_it_was, pages_follow_each_other_to_the_end,
        reading_begins_at_any_record, anybody_may_read_while_it_is_owned, readers_learn_of_records_that_come;
    appending: an_append_returns_the_position_after_it, a_commit_that_does_not_stand_at_the_end_is_refused,
        the_same_commit_twice_is_stored_once, another_commit_at_the_same_place_is_a_conflict,
        a_commit_is_read_whole_or_not_at_all, a_commit_as_large_as_said_is_taken_and_a_larger_one_changes_nothing;
    owning: every_ownership_has_a_higher_epoch, a_journal_that_is_owned_is_held,
        of_several_that_ask_at_once_one_owns_it, who_waits_owns_it_once_it_is_free,
        an_owner_is_told_where_the_journal_ends_and_whom_it_follows, a_new_owner_goes_on_where_the_last_one_ended,
        a_former_owner_appends_nothing, ownership_that_is_gone_is_told,
        an_owner_from_before_a_restore_appends_nothing, what_was_appended_outlives_its_journal;
    restoring: an_owner_after_a_restore_is_told_until_one_confirms_it, each_restore_is_of_a_later_incarnation,
        each_restore_has_an_id_of_its_own, a_former_owner_confirms_no_restore;
    snapshots: the_latest_snapshot_is_kept_as_it_was, a_snapshot_leaves_what_comes_after_it,
        a_snapshot_ahead_of_the_end_is_refused, appends_go_on_while_a_snapshot_is_stored,
        a_former_owner_stores_no_snapshot;
    content: content_is_read_as_it_was_put, content_put_twice_is_there_once, content_that_has_another_digest_is_refused,
        content_that_is_not_there_is_said_to_be_missing, a_former_owner_puts_no_content, content_outlives_its_journal;
};

/// Holds a journal to the contracts of [`Journal`](crate::journal::Journal) and
/// [`OwnedJournal`](crate::journal::OwnedJournal).
///
/// Each case takes a fixture of its own, and each fixture a journal that is **empty**: of a new directory, or under a
/// new namespace. The records are those of a simulated rollout.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::journal::MemoryJournal;
/// use pogo_core::testing::conformance::{self, JournalFixture};
///
/// # futures::executor::block_on(async {
/// let report = conformance::journal(async || JournalFixture::new(Arc::new(MemoryJournal::new()))).await;
/// report.assert_passed();
/// report.assert_skipped(&[
///     "a_commit_as_large_as_said_is_taken_and_a_larger_one_changes_nothing",
///     "an_owner_from_before_a_restore_appends_nothing",
///     "what_was_appended_outlives_its_journal",
///     "an_owner_after_a_restore_is_told_until_one_confirms_it",
///     "each_restore_is_of_a_later_incarnation",
///     "each_restore_has_an_id_of_its_own",
///     "a_former_owner_confirms_no_restore",
///     "content_outlives_its_journal",
/// ]);
/// # });
/// ```
pub async fn journal(fixture: impl AsyncFnMut() -> JournalFixture) -> ConformanceReport {
    run_all("journal", CASES, fixture).await
}
