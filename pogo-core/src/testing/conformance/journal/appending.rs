//! Commits: when they are durable, and when they are refused.

use super::super::case::{Case, fail, hold, same};
use super::fixture::{JournalFixture, commit, done, len, log};
use crate::journal::{CommitId, JournalError, Seq};

pub(super) async fn an_append_returns_the_position_after_it(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    let first = commit(&*owner, 1, Seq(0), &records[..2]);
    same("the position", &done("append", owner.append(&first).await)?, &Seq(2))?;
    let second = commit(&*owner, 2, Seq(2), &records[2..]);
    same(
        "the position",
        &done("append", owner.append(&second).await)?,
        &Seq(len(&records)),
    )
}

pub(super) async fn a_commit_that_does_not_stand_at_the_end_is_refused(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    done("append", owner.append(&commit(&*owner, 1, Seq(0), &records[..4])).await)?;
    for (number, at) in [(2, 0), (3, 3), (4, 5), (5, 1_000)] {
        let answer = owner.append(&commit(&*owner, number, Seq(at), &records[4..])).await;
        same(
            &format!("the answer to a commit at #{at} of a journal of 4 records"),
            &answer,
            &Err(JournalError::Conflict { at: Seq(4) }),
        )?;
    }
    same("the end after that", &fixture.read_from(Seq(0)).await?.1, &Seq(4))
}

pub(super) async fn a_commit_that_landed_is_resolved_to_its_end(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    let first = commit(&*owner, 1, Seq(0), &records[..2]);
    let second = commit(&*owner, 2, Seq(2), &records[2..5]);
    done("append", owner.append(&first).await)?;
    done("append", owner.append(&second).await)?;
    for (commit, end) in [(&first, Seq(2)), (&second, Seq(5))] {
        same("its end", &done("resolve", owner.resolve(commit.id).await)?, &Some(end))?;
    }
    Ok(())
}

pub(super) async fn a_commit_that_never_landed_is_resolved_to_none(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    done("append", owner.append(&commit(&*owner, 1, Seq(0), &records)).await)?;
    let refused = commit(&*owner, 2, Seq(0), &records);
    hold(
        owner.append(&refused).await.is_err(),
        "a commit at the wrong place is taken",
    )?;
    let never = CommitId {
        epoch: owner.epoch(),
        number: 77,
    };
    for id in [refused.id, never] {
        same("what became of it", &done("resolve", owner.resolve(id).await)?, &None)?;
    }
    Ok(())
}

pub(super) async fn a_commit_that_landed_cannot_land_twice(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    let once = commit(&*owner, 1, Seq(0), &records);
    let end = done("append", owner.append(&once).await)?;
    match owner.append(&once).await {
        // A store may know the commit, and say again what it said.
        Ok(again) => same("the position, said again,", &again, &end)?,
        Err(JournalError::Conflict { at }) => same("where the journal stands", &at, &end)?,
        Err(other) => return fail(format_args!("the same commit once more gives {other:?}")),
    }
    same("the end", &fixture.read_from(Seq(0)).await?.1, &end)
}

pub(super) async fn a_commit_is_read_whole_or_not_at_all(fixture: JournalFixture) -> Case {
    let records = log(500);
    let mut owner = fixture.acquire().await?;
    let whole = commit(&*owner, 1, Seq(0), &records);
    let reading = async {
        let mut seen = vec![];
        for _ in 0..3 {
            seen.push(fixture.read_from(Seq(0)).await?.1);
        }
        Ok::<_, super::super::case::EarlyEnd>(seen)
    };
    let (end, seen) = futures::join!(owner.append(&whole), reading);
    let end = done("append", end)?;
    for seen in seen? {
        hold(
            seen == Seq(0) || seen == end,
            format_args!("while a commit of {end} records lands, {seen} of them are read"),
        )?;
    }
    Ok(())
}
