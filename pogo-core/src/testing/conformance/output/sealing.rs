//! The end of an attempt's output.

use super::super::case::{Case, EarlyEnd, hold, same};
use super::fixture::{OutputFixture, bytes, done, frame, source};
use crate::Digest;
use crate::output::{OutputDigester, OutputError, OutputSource, Stream};

pub(super) async fn a_sealed_attempt_takes_no_more(fixture: OutputFixture) -> Case {
    let source = source(1)?;
    fixture.append(&[frame(&source, Stream::Stdout, 0, "done")]).await?;
    fixture.seal(&source, 4).await?;
    let answer = fixture
        .store
        .append(&[frame(&source, Stream::Stdout, 4, " or not")])
        .await;
    let sealed = Err(OutputError::Sealed {
        attempt: source.attempt,
    });
    same("the answer to another append", &answer, &sealed)?;
    same(
        "the stream",
        &fixture.whole(&source, Stream::Stdout).await?,
        &b"done".to_vec(),
    )?;
    let page = fixture
        .store
        .read((source.job, source.attempt), Stream::Stdout, 0..10)
        .await;
    hold(
        done("read", page)?.sealed,
        "a reader does not see that nothing more comes",
    )
}

pub(super) async fn sealing_one_attempt_leaves_the_others(fixture: OutputFixture) -> Case {
    let (one, other) = (source(1)?, source(2)?);
    let first = [
        frame(&one, Stream::Stdout, 0, "1"),
        frame(&other, Stream::Stdout, 0, "2"),
    ];
    fixture.append(&first).await?;
    fixture.seal(&one, 1).await?;
    fixture.append(&[frame(&other, Stream::Stdout, 1, "2")]).await?;
    same(
        "the stream",
        &fixture.whole(&other, Stream::Stdout).await?,
        &b"22".to_vec(),
    )?;
    let page = fixture
        .store
        .read((other.job, other.attempt), Stream::Stdout, 0..10)
        .await;
    hold(!done("read", page)?.sealed, "a reader sees that nothing more comes")
}

pub(super) async fn an_attempt_is_sealed_once(fixture: OutputFixture) -> Case {
    let source = source(1)?;
    fixture.append(&[frame(&source, Stream::Stdout, 0, "done")]).await?;
    let first = fixture.seal(&source, 4).await?;
    same("the digest", &fixture.seal(&source, 4).await?, &first)
}

pub(super) async fn an_attempt_that_wrote_nothing_is_sealed(fixture: OutputFixture) -> Case {
    let source = source(1)?;
    let digest = fixture.seal(&source, 0).await?;
    same("the digest", &digest, &OutputDigester::default().digest())?;
    let answer = fixture.store.append(&[frame(&source, Stream::Stdout, 0, "late")]).await;
    hold(answer.is_err(), "it takes more")
}

pub(super) async fn what_is_appended_and_sealed_at_once_is_kept_and_sealed(fixture: OutputFixture) -> Case {
    let (one, other, silent) = (source(1)?, source(2)?, source(3)?);
    let frames = [
        frame(&one, Stream::Stdout, 0, "1"),
        frame(&other, Stream::Stdout, 0, "2"),
    ];
    let ended = [(one.clone(), 1), (silent.clone(), 0)];
    let (appended, sealed) = fixture.store.append_and_seal(&frames, &ended).await;
    done("append", appended)?;
    let sealed: Result<Vec<_>, _> = sealed.into_iter().map(|answer| done("seal", answer)).collect();
    // Sealing again gives the digest of the first time, so this compares both ways of sealing.
    let alone = vec![fixture.seal(&one, 1).await?, fixture.seal(&silent, 0).await?];
    same("the digests", &sealed?, &alone)?;
    let of_one = fixture.whole(&one, Stream::Stdout).await?;
    same("the stream of the attempt that is sealed", &of_one, &b"1".to_vec())?;
    fixture.append(&[frame(&other, Stream::Stdout, 1, "2")]).await?;
    let of_other = fixture.whole(&other, Stream::Stdout).await?;
    same("the stream of the attempt that goes on", &of_other, &b"22".to_vec())
}

pub(super) async fn the_digest_is_that_of_what_is_kept(fixture: OutputFixture) -> Case {
    let size = fixture.limit().unwrap_or(1_000).saturating_mul(2);
    // With and without holes, which the digest has to see.
    for (number, gap) in (1..).zip([0, 5]) {
        let (source, text) = (source(number)?, bytes(size));
        for (piece, from) in text.chunks(300).zip((0..).step_by(300 + gap)) {
            let note = frame(&source, Stream::Note, from / 300, "n");
            fixture
                .append(&[frame(&source, Stream::Stdout, from, piece), note])
                .await?;
        }
        let sealed = fixture.seal(&source, 0).await?;
        same("the digest", &sealed, &digest_of(&fixture, &source).await?)?;
    }
    Ok(())
}

pub(super) async fn what_is_sealed_outlives_its_store(fixture: OutputFixture) -> Case {
    let (source, text) = (source(1)?, bytes(500));
    fixture.append(&[frame(&source, Stream::Stdout, 0, &text[..])]).await?;
    let sealed = fixture.seal(&source, 500).await?;
    let fixture = fixture.open_again().await?;
    same("the stream", &fixture.whole(&source, Stream::Stdout).await?, &text)?;
    same("the digest", &digest_of(&fixture, &source).await?, &sealed)?;
    let answer = fixture
        .store
        .append(&[frame(&source, Stream::Stdout, 500, "more")])
        .await;
    hold(answer.is_err(), "it takes more than what was sealed")
}

/// The digest of what is read.
async fn digest_of(fixture: &OutputFixture, source: &OutputSource) -> Result<Digest, EarlyEnd> {
    let mut digester = OutputDigester::default();
    for stream in Stream::ALL {
        let (runs, _) = fixture.read(source, stream, 0..1 << 40).await?;
        runs.iter().for_each(|(offset, run)| digester.add(stream, *offset, run));
    }
    Ok(digester.digest())
}
