//! Which case finds which defect of a journal.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::{FutureExt, ready};
use pogo_core::journal::Journal;
use pogo_core::testing::conformance::{self, ConformanceReport, JournalFixture};

use super::flawed_journal::{Defect, Flawed};

fn hold(defect: Defect) -> ConformanceReport {
    let fixture = async || {
        let journal = Flawed::new(defect);
        let (same, live) = (journal.clone(), journal.inner.clone());
        let fixture = JournalFixture::new(Arc::new(journal))
            .reopened(move || {
                let again = match defect {
                    Defect::Volatile => Flawed::new(defect),
                    _ => same.reopened(),
                };
                async { Arc::new(again) as Arc<dyn Journal> }
            })
            .restorable(move || {
                let (live, backup) = (live.clone(), live.backup());
                let restore = async move { live.restore(&backup) }.boxed();
                ready(restore)
            });
        match defect {
            Defect::NeverFree | Defect::NeverLost | Defect::NeverChanged => {
                // What never comes need not be waited for long.
                fixture.patience(Duration::from_millis(20))
            }
            _ => fixture,
        }
    };
    block_on(conformance::journal(fixture))
}

#[test]
fn a_journal_without_defects_passes_every_case() {
    super::assert_without_defects(hold(Defect::None));
}

#[test]
fn each_planted_defect_is_found_by_the_case_of_its_rule() {
    let planted = [
        (Defect::NoFence, "a_former_owner_appends_nothing"),
        (Defect::NoPlace, "a_commit_that_does_not_stand_at_the_end_is_refused"),
        (Defect::Twice, "the_same_commit_twice_is_stored_once"),
        (Defect::NotAgain, "the_same_commit_twice_is_stored_once"),
        (Defect::AnyAgain, "another_commit_at_the_same_place_is_a_conflict"),
        (Defect::OneEpoch, "every_ownership_has_a_higher_epoch"),
        (Defect::WrongNext, "pages_follow_each_other_to_the_end"),
        (Defect::Repeats, "reading_begins_at_any_record"),
        (Defect::LosesFirst, "an_append_returns_the_position_after_it"),
        (Defect::Before, "an_append_returns_the_position_after_it"),
        (Defect::OldSnapshot, "the_latest_snapshot_is_kept_as_it_was"),
        (Defect::EagerSnapshot, "a_snapshot_ahead_of_the_end_is_refused"),
        (Defect::Volatile, "what_was_appended_outlives_its_journal"),
        (Defect::Vague, "a_former_owner_appends_nothing"),
        (Defect::Steals, "a_journal_that_is_owned_is_held"),
        (Defect::Steals, "of_several_that_ask_at_once_one_owns_it"),
        (Defect::WrongSince, "a_journal_that_is_owned_is_held"),
        (Defect::NeverFree, "who_waits_owns_it_once_it_is_free"),
        (Defect::Impatient, "who_waits_owns_it_once_it_is_free"),
        (Defect::NeverLost, "ownership_that_is_gone_is_told"),
        (Defect::AlwaysLost, "ownership_that_is_gone_is_told"),
        (Defect::NeverChanged, "readers_learn_of_records_that_come"),
        (Defect::AlwaysChanged, "readers_learn_of_records_that_come"),
        (Defect::NoNonce, "an_owner_from_before_a_restore_appends_nothing"),
        (
            Defect::TakesLess,
            "a_commit_as_large_as_said_is_taken_and_a_larger_one_changes_nothing",
        ),
        (
            Defect::TakesPart,
            "a_commit_as_large_as_said_is_taken_and_a_larger_one_changes_nothing",
        ),
        (
            Defect::NoEnd,
            "an_owner_is_told_where_the_journal_ends_and_whom_it_follows",
        ),
        (
            Defect::NoPrevious,
            "an_owner_is_told_where_the_journal_ends_and_whom_it_follows",
        ),
    ];
    super::assert_found(hold, &planted);
    let planted = [
        (
            Defect::ToldOnce,
            "an_owner_after_a_restore_is_told_until_one_confirms_it",
        ),
        (
            Defect::ToldForEver,
            "an_owner_after_a_restore_is_told_until_one_confirms_it",
        ),
        (Defect::OneIncarnation, "each_restore_is_of_a_later_incarnation"),
        (Defect::ConfirmedForNothing, "each_restore_is_of_a_later_incarnation"),
        (Defect::OneRestoreId, "each_restore_has_an_id_of_its_own"),
        (Defect::ConfirmedByAnybody, "a_former_owner_confirms_no_restore"),
        (Defect::NoContent, "content_is_read_as_it_was_put"),
        (Defect::CutContent, "content_is_read_as_it_was_put"),
        (Defect::AnyContent, "content_that_has_another_digest_is_refused"),
        (Defect::EmptyContent, "content_that_is_not_there_is_said_to_be_missing"),
        (Defect::OneContent, "content_put_twice_is_there_once"),
        (Defect::NoContentFence, "a_former_owner_puts_no_content"),
        (Defect::VolatileContent, "content_outlives_its_journal"),
    ];
    super::assert_found(hold, &planted);
}

#[test]
fn a_store_that_is_never_taken_by_force_skips_what_needs_it() {
    let report = hold(Defect::NoForce);
    report.assert_passed();
    report.assert_skipped(&[
        "a_former_owner_appends_nothing",
        "ownership_that_is_gone_is_told",
        "a_former_owner_stores_no_snapshot",
        "a_former_owner_puts_no_content",
        "a_former_owner_confirms_no_restore",
    ]);
}
