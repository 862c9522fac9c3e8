//! A store that is a copy says so.

use super::super::case::{Case, EarlyEnd, hold, same, skip};
use super::fixture::{JournalFixture, commit, done, log};
use crate::journal::{JournalError, OwnedJournal, RestoredStore, Seq};
use crate::scheduler::Incarnation;

/// The owner after a restore; skipped where the store does not know of it.
async fn restored(fixture: &JournalFixture) -> Result<(Box<dyn OwnedJournal>, RestoredStore), EarlyEnd> {
    let restore = fixture.back_up().await?;
    restore.await;
    let owner = fixture.acquire().await?;
    match owner.restored() {
        Some(said) => Ok((owner, said)),
        None => skip("the store does not know that it was restored"),
    }
}

pub(super) async fn an_owner_after_a_restore_is_told_until_one_confirms_it(fixture: JournalFixture) -> Case {
    let records = log(2);
    let mut owner = fixture.acquire().await?;
    same("what the first owner is told", &owner.restored(), &None)?;
    done("append", owner.append(&commit(Seq(0), &records[..3])).await)?;
    drop(owner);
    let (mut owner, said) = restored(&fixture).await?;
    // It dies before it has recorded all of the restore.
    done("append", owner.append(&commit(Seq(3), &records[3..4])).await)?;
    drop(owner);
    let mut owner = fixture.acquire().await?;
    same("what the next owner is told", &owner.restored(), &Some(said))?;
    done("confirm", owner.confirm_restored(Incarnation(1)).await)?;
    done("confirm once more", owner.confirm_restored(Incarnation(1)).await)?;
    drop(owner);
    let owner = fixture.acquire().await?;
    same("what is told after that", &owner.restored(), &None)
}

pub(super) async fn each_restore_is_of_a_later_incarnation(fixture: JournalFixture) -> Case {
    drop(fixture.acquire().await?);
    let (mut owner, first) = restored(&fixture).await?;
    // Some that it does not know of were declared.
    let confirmed = Incarnation(first.at_least.0 + 3);
    done("confirm", owner.confirm_restored(confirmed).await)?;
    drop(owner);
    let (_, second) = restored(&fixture).await?;
    // Zero is said by those who do not count.
    let counted = first.at_least.0 == 0 || second.at_least > confirmed;
    hold(counted, format_args!("{} comes after {confirmed}", second.at_least))
}

pub(super) async fn each_restore_has_an_id_of_its_own(fixture: JournalFixture) -> Case {
    drop(fixture.acquire().await?);
    let (owner, first) = restored(&fixture).await?;
    drop(owner);
    let mut owner = fixture.acquire().await?;
    let again = owner.restored().map(|told| told.id);
    same("the id until it is confirmed", &again, &Some(first.id))?;
    done("confirm", owner.confirm_restored(Incarnation(1)).await)?;
    drop(owner);
    let (_, second) = restored(&fixture).await?;
    let differs = first.id.is_none() || second.id.is_some() && second.id != first.id;
    hold(differs, format_args!("{:?} comes after {:?}", second.id, first.id))
}

pub(super) async fn a_former_owner_confirms_no_restore(fixture: JournalFixture) -> Case {
    drop(fixture.acquire().await?);
    let (mut former, said) = restored(&fixture).await?;
    let owner = fixture.take_over().await?;
    let answer = former.confirm_restored(Incarnation(1)).await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))?;
    drop(owner);
    let owner = fixture.acquire().await?;
    same("what the next owner is told", &owner.restored(), &Some(said))
}
