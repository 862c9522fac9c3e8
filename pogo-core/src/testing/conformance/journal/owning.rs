//! One owner at a time.

use std::collections::BTreeSet;

use super::super::case::{Case, hold, same};
use super::fixture::{JournalFixture, commit, done, len, log, read_all};
use crate::journal::{Epoch, JournalError, Seq};

pub(super) async fn every_ownership_has_a_higher_epoch(fixture: JournalFixture) -> Case {
    let mut last = Epoch(0);
    for _ in 0..5 {
        let epoch = fixture.acquire().await?.epoch();
        hold(epoch > last, format_args!("{epoch} comes after {last}"))?;
        last = epoch;
    }
    Ok(())
}

pub(super) async fn owners_at_once_have_epochs_of_their_own(fixture: JournalFixture) -> Case {
    let owners = futures::join!(
        fixture.acquire(),
        fixture.acquire(),
        fixture.acquire(),
        fixture.acquire()
    );
    let mut owners = [owners.0?, owners.1?, owners.2?, owners.3?];
    let epochs: BTreeSet<Epoch> = owners.iter().map(|owner| owner.epoch()).collect();
    same("the number of epochs of four owners", &epochs.len(), &4)?;
    let records = log(1);
    let mut landed = 0;
    for owner in &mut owners {
        let only = commit(&**owner, 1, Seq(0), &records);
        let lands = owner.append(&only).await.is_ok();
        let newest = Some(&owner.epoch()) == epochs.last();
        hold(
            lands == newest,
            format_args!("of four owners the one of {} appends: {lands}", owner.epoch()),
        )?;
        landed += u32::from(lands);
    }
    same("the number of owners that append", &landed, &1)
}

pub(super) async fn a_new_owner_goes_on_where_the_last_one_ended(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut at = Seq(0);
    for piece in records.chunks(3) {
        let mut owner = fixture.acquire().await?;
        // Each owner counts its commits from 1.
        at = done("append", owner.append(&commit(&*owner, 1, at, piece)).await)?;
    }
    hold(
        fixture.read_from(Seq(0)).await?.0 == records,
        "what several owners appended is not read in order",
    )
}

pub(super) async fn a_former_owner_appends_nothing(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut former = fixture.acquire().await?;
    let at = done(
        "append",
        former.append(&commit(&*former, 1, Seq(0), &records[..2])).await,
    )?;
    let mut owner = fixture.acquire().await?;
    let answer = former.append(&commit(&*former, 2, at, &records[2..])).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))?;
    same("the end", &fixture.read_from(Seq(0)).await?.1, &at)?;
    done(
        "append by the new owner",
        owner.append(&commit(&*owner, 1, at, &records[2..])).await,
    )?;
    let answer = former.append(&commit(&*former, 3, Seq(len(&records)), &records)).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))
}

pub(super) async fn a_former_owner_resolves_nothing(fixture: JournalFixture) -> Case {
    let records = log(1);
    let mut former = fixture.acquire().await?;
    let pending = commit(&*former, 1, Seq(0), &records);
    fixture.acquire().await?;
    let answer = former.resolve(pending.id).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))
}

pub(super) async fn what_was_appended_outlives_its_journal(fixture: JournalFixture) -> Case {
    let records = log(3);
    let mut owner = fixture.acquire().await?;
    let first = commit(&*owner, 1, Seq(0), &records[..4]);
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
    done("append", owner.append(&commit(&*owner, 1, at, &records[4..])).await).map(drop)
}
