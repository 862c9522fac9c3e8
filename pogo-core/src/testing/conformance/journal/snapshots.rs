//! Snapshots in place of records.

use super::super::case::{Case, EarlyEnd, fail, hold, same};
use super::fixture::{JournalFixture, commit, done, len, log};
use crate::journal::{JournalError, OwnedJournal, Seq, Snapshot, replay};
use crate::scheduler::Record;

/// The state after these records.
fn state(records: &[Record]) -> Result<Snapshot, EarlyEnd> {
    match replay(records) {
        Ok(scheduler) => Ok(scheduler.snapshot()),
        Err(error) => fail(error),
    }
}

async fn store(owner: &mut dyn OwnedJournal, records: &[Record], upto: usize) -> Result<(Seq, Snapshot), EarlyEnd> {
    let (seq, state) = (Seq(len(&records[..upto])), state(&records[..upto])?);
    let storing = owner.snapshot(seq, state.clone());
    done("snapshot", storing.await)?;
    Ok((seq, state))
}

pub(super) async fn the_latest_snapshot_is_kept_as_it_was(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    done("append", owner.append(&commit(Seq(0), &records)).await)?;
    for upto in [3, 7, records.len()] {
        let stored = store(&mut *owner, &records, upto).await?;
        let latest = done("latest_snapshot", fixture.journal.latest_snapshot().await)?;
        hold(
            latest == Some(stored),
            format_args!("the latest snapshot is not the one that was stored of {upto} records"),
        )?;
    }
    Ok(())
}

pub(super) async fn a_snapshot_leaves_what_comes_after_it(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    let half = commit(Seq(0), &records[..6]);
    let at = done("append", owner.append(&half).await)?;
    let (upto, _) = store(&mut *owner, &records, 4).await?;
    let end = done(
        "append after a snapshot",
        owner.append(&commit(at, &records[6..])).await,
    )?;
    same("the end", &end, &Seq(len(&records)))?;
    let (read, _) = fixture.read_from(upto).await?;
    hold(
        read == records[4..],
        "the records after a snapshot are not read as they were appended",
    )?;
    // A store may drop what a snapshot stands for, or keep it: both are right, a gap is not.
    match fixture.journal.read(Seq(0)).await {
        Ok(page) => hold(
            records.starts_with(&page.records) && !page.records.is_empty(),
            "the records that a snapshot stands for are neither there nor said to be dropped",
        ),
        Err(JournalError::Compacted { first }) => hold(
            first <= upto,
            format_args!("records are dropped up to {first}, and the snapshot stands for those before {upto}"),
        ),
        Err(other) => fail(format_args!("reading what a snapshot stands for gives {other:?}")),
    }
}

pub(super) async fn a_snapshot_ahead_of_the_end_is_refused(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    done("append", owner.append(&commit(Seq(0), &records[..3])).await)?;
    let answer = owner.snapshot(Seq(4), state(&records[..4])?).await;
    hold(
        answer.is_err(),
        "a snapshot of 4 records is taken by a journal that has 3",
    )?;
    let latest = done("latest_snapshot", fixture.journal.latest_snapshot().await)?;
    hold(latest.is_none(), "a snapshot that was refused is there")?;
    done("append", owner.append(&commit(Seq(3), &records[3..])).await).map(drop)
}

pub(super) async fn appends_go_on_while_a_snapshot_is_stored(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    let at = done("append", owner.append(&commit(Seq(0), &records[..3])).await)?;
    let state = state(&records[..3])?;
    // Not awaited yet: the dispatcher goes on with appends while a large state is written.
    let storing = owner.snapshot(at, state.clone());
    done("append", owner.append(&commit(at, &records[3..])).await)?;
    done("snapshot", storing.await)?;
    let latest = done("latest_snapshot", fixture.journal.latest_snapshot().await)?;
    hold(
        latest == Some((at, state)),
        "a snapshot is not the one that was stored, after an append meanwhile",
    )?;
    same("the end", &fixture.read_from(at).await?.1, &Seq(len(&records)))
}

pub(super) async fn a_former_owner_stores_no_snapshot(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut former = fixture.acquire().await?;
    done("append", former.append(&commit(Seq(0), &records)).await)?;
    let _owner = fixture.take_over().await?;
    let answer = former.snapshot(Seq(3), state(&records[..3])?).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))?;
    let latest = done("latest_snapshot", fixture.journal.latest_snapshot().await)?;
    hold(latest.is_none(), "the snapshot of a former owner is there")
}
