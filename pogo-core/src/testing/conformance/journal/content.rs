//! Content under its digest.

use super::super::case::{Case, hold, same};
use super::fixture::{JournalFixture, commit, done, len, log};
use crate::Digest;
use crate::journal::{JournalError, Seq};

/// Contents of several sizes, one of them of several pages.
fn contents() -> [Vec<u8>; 4] {
    let large = (0..5_000_u32).flat_map(u32::to_le_bytes).collect();
    [b"{}".to_vec(), b"{\"hosts\":[\"web[1-3]\"]}".to_vec(), vec![], large]
}

pub(super) async fn content_is_read_as_it_was_put(fixture: JournalFixture) -> Case {
    let mut owner = fixture.acquire().await?;
    for bytes in contents() {
        let digest = Digest::of(&bytes);
        done("put_content", owner.put_content(digest, &bytes).await)?;
        let read = done("content", fixture.journal.content(digest).await)?;
        hold(
            read == bytes,
            format_args!("{} bytes are not read as they were put", bytes.len()),
        )?;
    }
    same("the end, which content does not move", &owner.end(), &Seq(0))
}

pub(super) async fn content_put_twice_is_there_once(fixture: JournalFixture) -> Case {
    let mut owner = fixture.acquire().await?;
    for bytes in contents().iter().chain(&contents()) {
        let put = owner.put_content(Digest::of(bytes), bytes).await;
        done("put_content of what may be there", put)?;
    }
    drop(owner);
    let mut owner = fixture.acquire().await?;
    let [first, ..] = contents();
    done(
        "put_content by another owner",
        owner.put_content(Digest::of(&first), &first).await,
    )?;
    for bytes in contents() {
        let read = done("content", fixture.journal.content(Digest::of(&bytes)).await)?;
        hold(read == bytes, "content that was put twice is another")?;
    }
    Ok(())
}

pub(super) async fn content_that_has_another_digest_is_refused(fixture: JournalFixture) -> Case {
    let mut owner = fixture.acquire().await?;
    let digest = Digest::of(b"{}");
    let wrong = Err(JournalError::WrongContent { digest });
    same("the answer", &owner.put_content(digest, b"[]").await, &wrong)?;
    let missing = Err(JournalError::NoContent { digest });
    same("what is there then", &fixture.journal.content(digest).await, &missing)?;
    done("put_content of the right bytes", owner.put_content(digest, b"{}").await)?;
    same(
        "the answer, once it is there",
        &owner.put_content(digest, b"[]").await,
        &wrong,
    )?;
    let read = done("content", fixture.journal.content(digest).await)?;
    hold(read == b"{}", "content was overwritten")
}

pub(super) async fn content_that_is_not_there_is_said_to_be_missing(fixture: JournalFixture) -> Case {
    let mut owner = fixture.acquire().await?;
    done("put_content", owner.put_content(Digest::of(b"{}"), b"{}").await)?;
    let digest = Digest::of(b"[]");
    let missing = Err(JournalError::NoContent { digest });
    same("the answer", &fixture.journal.content(digest).await, &missing)
}

pub(super) async fn a_former_owner_puts_no_content(fixture: JournalFixture) -> Case {
    let mut former = fixture.acquire().await?;
    let _owner = fixture.take_over().await?;
    let digest = Digest::of(b"{}");
    let answer = former.put_content(digest, b"{}").await;
    same("the answer to the former owner", &answer, &Err(JournalError::Fenced))
}

pub(super) async fn content_outlives_its_journal(fixture: JournalFixture) -> Case {
    let mut owner = fixture.acquire().await?;
    let records = log(2);
    for bytes in contents() {
        done("put_content", owner.put_content(Digest::of(&bytes), &bytes).await)?;
    }
    done("append", owner.append(&commit(Seq(0), &records)).await)?;
    drop(owner);
    let journal = fixture.open_again().await?;
    for bytes in contents() {
        let read = done("content", journal.content(Digest::of(&bytes)).await)?;
        hold(read == bytes, "content is another after it was opened again")?;
    }
    same(
        "the end",
        &JournalFixture::new(journal).read_from(Seq(0)).await?.1,
        &Seq(len(&records)),
    )
}
