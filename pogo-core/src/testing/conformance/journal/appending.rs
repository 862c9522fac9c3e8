//! Commits: when they are durable, and when they are refused.

use super::super::case::{Case, fail, hold, same, skip};
use super::fixture::{JournalFixture, commit, done, len, log};
use crate::journal::{JournalError, Seq, stored_len};
use crate::scheduler::Record;

pub(super) async fn an_append_returns_the_position_after_it(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    let first = commit(Seq(0), &records[..2]);
    same("the position", &done("append", owner.append(&first).await)?, &Seq(2))?;
    let second = commit(Seq(2), &records[2..]);
    same(
        "the position",
        &done("append", owner.append(&second).await)?,
        &Seq(len(&records)),
    )
}

pub(super) async fn a_commit_that_does_not_stand_at_the_end_is_refused(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    done("append", owner.append(&commit(Seq(0), &records[..4])).await)?;
    // Within the last commit, at its beginning, and behind the end by a little and by much.
    for at in [0, 3, 5, 1_000] {
        let answer = owner.append(&commit(Seq(at), &records[4..])).await;
        same(
            &format!("the answer to a commit at #{at} of a journal of 4 records"),
            &answer,
            &Err(JournalError::Conflict { at: Seq(4) }),
        )?;
    }
    same("the end after that", &fixture.read_from(Seq(0)).await?.1, &Seq(4))
}

pub(super) async fn the_same_commit_twice_is_stored_once(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    for piece in [0..2, 2..records.len()] {
        let once = commit(Seq(len(&records[..piece.start])), &records[piece]);
        let end = done("append", owner.append(&once).await)?;
        for _ in 0..2 {
            same(
                "the position after the same commit, appended again,",
                &done("append again", owner.append(&once).await)?,
                &end,
            )?;
        }
        same("the end its owner says", &owner.end(), &end)?;
        same("the end", &fixture.read_from(Seq(0)).await?.1, &end)?;
    }
    Ok(())
}

pub(super) async fn another_commit_at_the_same_place_is_a_conflict(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    done("append", owner.append(&commit(Seq(0), &records[..2])).await)?;
    let end = done("append", owner.append(&commit(Seq(2), &records[2..5])).await)?;
    let others = [
        // A store that compares positions alone would take each of these for the same commit.
        (commit(Seq(2), &records[3..6]), "other records"),
        (commit(Seq(2), &records[2..4]), "a part of the records"),
        (commit(Seq(2), &records[2..6]), "more records"),
        (commit(Seq(3), &records[3..5]), "its last records"),
    ];
    for (other, what) in others {
        same(
            &format!("the answer to {what} where a commit stands"),
            &owner.append(&other).await,
            &Err(JournalError::Conflict { at: end }),
        )?;
    }
    let (read, _) = fixture.read_from(Seq(0)).await?;
    hold(read == records[..5], "what is read is not what was appended")
}

pub(super) async fn a_commit_is_read_whole_or_not_at_all(fixture: JournalFixture) -> Case {
    let records = log(500);
    let mut owner = fixture.acquire().await?;
    let whole = commit(Seq(0), &records);
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

pub(super) async fn a_commit_as_large_as_said_is_taken_and_a_larger_one_changes_nothing(
    fixture: JournalFixture,
) -> Case {
    const MOST: usize = 16 << 20;
    let mut owner = fixture.acquire().await?;
    let Some(max) = owner.max_commit().filter(|max| *max <= MOST) else {
        return skip("the store takes commits of any size, or such large ones that nobody waits for them");
    };
    let records = log(100);
    let mut room = max;
    let fits = |record: &&Record| {
        let left = room.checked_sub(stored_len(record));
        room = left.unwrap_or(room);
        left.is_some()
    };
    let whole: Vec<Record> = records.iter().cycle().take_while(fits).cloned().collect();
    let at = done("append as much as it says", owner.append(&commit(Seq(0), &whole)).await)?;
    let twice = [&whole[..], &whole[..]].concat();
    match owner.append(&commit(at, &twice)).await {
        Err(JournalError::TooLarge { max: said }) => same("the most bytes, as it says then,", &said, &max)?,
        other => return fail(format_args!("a commit twice as large as it takes gives {other:?}")),
    }
    same("the end", &fixture.read_from(Seq(0)).await?.1, &at)?;
    // A refusal must not leave the owner without its ownership.
    done("append after that", owner.append(&commit(at, &records[..1])).await).map(drop)
}
