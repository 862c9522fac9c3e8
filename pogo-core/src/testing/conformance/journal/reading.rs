//! What readers find.

use super::super::case::{Case, fail, hold, poll_once, same, within};
use super::fixture::{JournalFixture, commit, done, len, log};
use crate::journal::Seq;

pub(super) async fn a_new_journal_is_empty(fixture: JournalFixture) -> Case {
    let (records, end) = fixture.read_from(Seq(0)).await?;
    hold(
        records.is_empty(),
        "there are records in it; the fixture should give an empty journal",
    )?;
    same("the end", &end, &Seq(0))?;
    let snapshot = done("latest_snapshot", fixture.journal.latest_snapshot().await)?;
    hold(snapshot.is_none(), "it has a snapshot")
}

pub(super) async fn what_was_appended_is_read_as_it_was(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    for (at, piece) in (0..).zip(records.chunks(1)) {
        done("append", owner.append(&commit(Seq(at), piece)).await)?;
    }
    let (read, end) = fixture.read_from(Seq(0)).await?;
    hold(read == records, "what is read is not what was appended, in that order")?;
    same("the end", &end, &Seq(len(&records)))
}

pub(super) async fn pages_follow_each_other_to_the_end(fixture: JournalFixture) -> Case {
    // More records than one page has of the journals in memory and in a directory.
    let records = log(4_000);
    let mut owner = fixture.acquire().await?;
    let mut at = Seq(0);
    for piece in records.chunks(700) {
        at = done("append", owner.append(&commit(at, piece)).await)?;
    }
    let (read, end) = fixture.read_from(Seq(0)).await?;
    same("the end", &end, &Seq(len(&records)))?;
    hold(
        read == records,
        "pages, one after the other, do not give all records in order",
    )
}

pub(super) async fn reading_begins_at_any_record(fixture: JournalFixture) -> Case {
    let records = log(4);
    let (one, two) = records.split_at(5);
    let mut owner = fixture.acquire().await?;
    let at = done("append", owner.append(&commit(Seq(0), one)).await)?;
    done("append", owner.append(&commit(at, two)).await)?;
    for from in 0..=records.len() {
        let (read, _) = fixture.read_from(Seq(u64::try_from(from).unwrap_or(u64::MAX))).await?;
        hold(
            records[from..] == read[..],
            format_args!("reading from record {from} does not give the records from there on"),
        )?;
    }
    Ok(())
}

pub(super) async fn anybody_may_read_while_it_is_owned(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    let at = done("append", owner.append(&commit(Seq(0), &records[..3])).await)?;
    same(
        "how much is read of a journal that is owned",
        &fixture.read_from(Seq(0)).await?.1,
        &at,
    )?;
    let end = done(
        "append after others have read",
        owner.append(&commit(at, &records[3..])).await,
    )?;
    same("how much is read then", &fixture.read_from(Seq(0)).await?.1, &end)
}

pub(super) async fn readers_learn_of_records_that_come(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    let at = done("append", owner.append(&commit(Seq(0), &records[..3])).await)?;
    for from in 0..at.0 {
        match within(fixture.patience, fixture.journal.changed(Seq(from))).await {
            Some(answer) => done("changed", answer)?,
            None => {
                return fail(format_args!(
                    "that there are records after #{from} of {at} is not reported"
                ));
            }
        }
    }
    let mut changed = fixture.journal.changed(at);
    hold(
        poll_once(&mut changed).await.is_none(),
        "records are said to come after the end, and there are none",
    )?;
    done("append", owner.append(&commit(at, &records[3..])).await)?;
    match within(fixture.patience, changed).await {
        Some(answer) => done("changed", answer),
        None => fail("whoever waits for records is not woken when they have come"),
    }
}
