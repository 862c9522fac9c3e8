//! One owner at a time.

use super::super::case::{Case, fail, hold, poll_once, same, within};
use super::fixture::{JournalFixture, claim, commit, done, len, log, read_all};
use crate::journal::{Acquire, Epoch, JournalError, Seq};

pub(super) async fn every_ownership_has_a_higher_epoch(fixture: JournalFixture) -> Case {
    let mut last = Epoch(0);
    for _ in 0..5 {
        let epoch = fixture.acquire().await?.epoch();
        hold(epoch > last, format_args!("{epoch} comes after {last}"))?;
        last = epoch;
    }
    Ok(())
}

pub(super) async fn a_journal_that_is_owned_is_held(fixture: JournalFixture) -> Case {
    let mut owner = fixture.acquire().await?;
    let held = JournalError::Held {
        owner: claim().id,
        epoch: owner.epoch(),
        since: claim().since,
    };
    for _ in 0..2 {
        match fixture.ask(Acquire::IfFree).await {
            Ok(_) => return fail("a journal that is owned is acquired by somebody else"),
            Err(answer) => same("the answer to somebody else", &answer, &held)?,
        }
    }
    done("append by the owner", owner.append(&commit(Seq(0), &log(1))).await).map(drop)
}

pub(super) async fn of_several_that_ask_at_once_one_owns_it(fixture: JournalFixture) -> Case {
    let ask = || fixture.ask(Acquire::IfFree);
    let answers: [_; 4] = futures::join!(ask(), ask(), ask(), ask()).into();
    let mut owners = vec![];
    for answer in answers {
        match answer {
            Ok(owner) => owners.push(owner),
            Err(JournalError::Held { .. }) => {}
            Err(other) => return fail(format_args!("one that asks for a free journal gets {other:?}")),
        }
    }
    same("the number of owners", &owners.len(), &1)?;
    // Owning is more than an answer that says so: the one must be able to append.
    for owner in &mut owners {
        done("append by the owner", owner.append(&commit(Seq(0), &log(1))).await)?;
    }
    Ok(())
}

pub(super) async fn who_waits_owns_it_once_it_is_free(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    let mut waiting = Box::pin(fixture.ask(Acquire::Wait));
    hold(
        poll_once(&mut waiting).await.is_none(),
        "who waits for a journal that is owned is answered",
    )?;
    let at = done(
        "append by the owner",
        owner.append(&commit(Seq(0), &records[..3])).await,
    )?;
    let epoch = owner.epoch();
    drop(owner);
    let Some(answer) = within(fixture.patience, waiting).await else {
        return fail("who waits for a journal does not get it when it is free");
    };
    let mut next = done("acquire by waiting", answer)?;
    hold(
        next.epoch() > epoch,
        format_args!("{} comes after {epoch}", next.epoch()),
    )?;
    same("where its journal ends", &next.end(), &at)?;
    done("append", next.append(&commit(at, &records[3..])).await).map(drop)
}

pub(super) async fn an_owner_is_told_where_the_journal_ends_and_whom_it_follows(fixture: JournalFixture) -> Case {
    let records = log(1);
    let mut owner = fixture.acquire().await?;
    same("where an empty journal ends", &owner.end(), &Seq(0))?;
    same("who owned it before anybody did", &owner.previous_owner(), &None)?;
    let end = done("append", owner.append(&commit(Seq(0), &records)).await)?;
    same("where it ends after an append", &owner.end(), &end)?;
    drop(owner);
    let owner = fixture.acquire().await?;
    same("where it ends for the next owner", &owner.end(), &end)?;
    same("who owned it before", &owner.previous_owner(), &Some(claim().id))
}

pub(super) async fn ownership_that_is_gone_is_told(fixture: JournalFixture) -> Case {
    let mut former = fixture.acquire().await?;
    let mut lost = former.lost();
    done("append", former.append(&commit(Seq(0), &log(1))).await)?;
    hold(
        poll_once(&mut lost).await.is_none(),
        "an owner hears that it no longer owns a journal that it owns",
    )?;
    let _owner = fixture.take_over().await?;
    match within(fixture.patience, lost).await {
        Some(()) => Ok(()),
        None => fail("a former owner does not hear that somebody took over"),
    }
}

pub(super) async fn an_owner_from_before_a_restore_appends_nothing(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    let at = done("append", owner.append(&commit(Seq(0), &records[..3])).await)?;
    drop(owner);
    let restore = fixture.back_up().await?;
    let mut former = fixture.acquire().await?;
    restore.await;
    let mut owner = fixture.acquire().await?;
    // The same number for both, which is why a journal compares the nonce as well.
    same("the epoch, counted on from the copy,", &owner.epoch(), &former.epoch())?;
    let answer = former.append(&commit(at, &records[3..])).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))?;
    done("append by the owner", owner.append(&commit(at, &records[3..])).await)?;
    let answer = former.append(&commit(at, &records[3..])).await;
    same(
        "the answer to the former owner where the same commit stands",
        &answer,
        &Err(JournalError::Fenced),
    )
}

pub(super) async fn a_new_owner_goes_on_where_the_last_one_ended(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut at = Seq(0);
    for piece in records.chunks(3) {
        let mut owner = fixture.acquire().await?;
        at = done("append", owner.append(&commit(at, piece)).await)?;
    }
    hold(
        fixture.read_from(Seq(0)).await?.0 == records,
        "what several owners appended is not read in order",
    )
}

pub(super) async fn a_former_owner_appends_nothing(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut former = fixture.acquire().await?;
    let at = done("append", former.append(&commit(Seq(0), &records[..2])).await)?;
    let mut owner = fixture.take_over().await?;
    hold(
        owner.epoch() > former.epoch(),
        format_args!("{} comes after {}", owner.epoch(), former.epoch()),
    )?;
    let answer = former.append(&commit(at, &records[2..])).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))?;
    same("the end", &fixture.read_from(Seq(0)).await?.1, &at)?;
    done(
        "append by the new owner",
        owner.append(&commit(at, &records[2..])).await,
    )?;
    // Also at the right position: it must be refused for what it is, not for where it writes.
    let answer = former.append(&commit(Seq(len(&records)), &records)).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))
}

pub(super) async fn what_was_appended_outlives_its_journal(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    let first = commit(Seq(0), &records[..4]);
    let at = done("append", owner.append(&first).await)?;
    let epoch = owner.epoch();
    drop(owner);
    let journal = fixture.open_again().await?;
    let (read, end) = read_all(&*journal, Seq(0)).await?;
    same("the end after it was opened again", &end, &at)?;
    hold(
        read == records[..4],
        "what is read after it was opened again is not what was appended",
    )?;
    let fixture = JournalFixture::new(journal);
    let mut owner = fixture.acquire().await?;
    hold(
        owner.epoch() > epoch,
        format_args!("{} comes after {epoch}", owner.epoch()),
    )?;
    done("append", owner.append(&commit(at, &records[4..])).await).map(drop)
}
