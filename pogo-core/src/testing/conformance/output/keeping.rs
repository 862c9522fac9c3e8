//! What is kept of what was written.

use super::super::case::{Case, hold, same};
use super::fixture::{OutputFixture, bytes, frame, source};
use crate::output::Stream;

pub(super) async fn what_was_appended_before_is_kept_once(fixture: OutputFixture) -> Case {
    let (source, text) = (source(1)?, bytes(100));
    fixture
        .append(&[frame(&source, Stream::Stdout, 0, &text[..60])])
        .await?;
    // A resumed attempt writes again from its beginning, in other pieces.
    // Pieces within what is there, across its end, and behind it.
    for (from, to) in [(0, 25), (25, 80), (70, 100), (40, 100)] {
        fixture
            .append(&[frame(&source, Stream::Stdout, from as u64, &text[from..to])])
            .await?;
    }
    same("the stream", &fixture.whole(&source, Stream::Stdout).await?, &text)
}

pub(super) async fn what_was_lost_is_missing_where_it_was(fixture: OutputFixture) -> Case {
    let (source, text) = (source(1)?, bytes(90));
    let pieces = [(10, 30), (50, 60), (60, 90)];
    for (from, to) in pieces {
        fixture
            .append(&[frame(&source, Stream::Stdout, from as u64, &text[from..to])])
            .await?;
    }
    let (runs, length) = fixture.read(&source, Stream::Stdout, 0..1_000).await?;
    let wanted = vec![(10, text[10..30].to_vec()), (50, text[50..].to_vec())];
    same("what is read", &runs, &wanted)?;
    same("the length", &length, &90)
}

pub(super) async fn of_too_much_the_beginning_and_the_end_are_kept(fixture: OutputFixture) -> Case {
    let limit = fixture.limit()?;
    let (source, text) = (source(1)?, bytes(3 * limit + 17));
    for (piece, from) in text.chunks(333).zip((0..).step_by(333)) {
        fixture.append(&[frame(&source, Stream::Stdout, from, piece)]).await?;
    }
    let (runs, length) = fixture.read(&source, Stream::Stdout, 0..1 << 40).await?;
    same("the length", &length, &(text.len() as u64))?;
    let kept: usize = runs.iter().map(|(_, run)| run.len()).sum();
    hold(kept <= limit, format_args!("{kept} bytes are kept, and not {limit}"))?;
    for (offset, run) in &runs {
        let from = usize::try_from(*offset).unwrap_or(usize::MAX);
        let written = text.get(from..from.saturating_add(run.len()));
        hold(
            written == Some(&run[..]),
            format_args!("what is kept at {offset} is not what was written there"),
        )?;
    }
    // Where a program says what it does, and where it says how that went.
    let begins = runs
        .first()
        .is_some_and(|(offset, run)| *offset == 0 && run.len() >= limit / 4);
    hold(begins, "less than a quarter of what is kept is the beginning")?;
    let ends = |(offset, run): &(u64, Vec<u8>)| offset + run.len() as u64 == length && run.len() >= limit / 4;
    hold(
        runs.last().is_some_and(ends),
        "less than a quarter of what is kept is the end",
    )
}

pub(super) async fn a_flood_of_single_bytes_is_kept_as_it_was(fixture: OutputFixture) -> Case {
    let (source, text) = (source(1)?, bytes(900));
    let frames: Vec<_> = (0..900)
        .map(|at| frame(&source, Stream::Stdout, at as u64, [text[at]]))
        .collect();
    fixture.append(&frames).await?;
    same("the stream", &fixture.whole(&source, Stream::Stdout).await?, &text)
}
