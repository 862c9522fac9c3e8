//! What readers find.

use super::super::case::{Case, EarlyEnd, hold, same};
use super::fixture::{OutputFixture, bytes, frame, source};
use crate::output::{OutputBatch, OutputSource, Stream};
use crate::scheduler::JobId;

pub(super) async fn what_was_never_written_is_empty(fixture: OutputFixture) -> Case {
    let (runs, length) = fixture.read(&*source(1)?, Stream::Stdout, 0..100).await?;
    same("what is read", &runs, &vec![])?;
    same("the length", &length, &0)
}

pub(super) async fn what_was_appended_is_read_as_it_was(fixture: OutputFixture) -> Case {
    let (source, text) = (source(1)?, bytes(600));
    for offset in (0..600).step_by(60) {
        let piece = &text[offset..offset + 60];
        fixture
            .append(&[frame(&source, Stream::Stdout, offset as u64, piece)])
            .await?;
    }
    same("the stream", &fixture.whole(&source, Stream::Stdout).await?, &text)
}

pub(super) async fn any_range_is_read(fixture: OutputFixture) -> Case {
    let (source, text) = (source(1)?, bytes(30));
    let frames = [0, 7, 8, 20].iter().zip([7, 8, 20, 30]);
    let frames = frames.map(|(&from, to)| frame(&source, Stream::Stderr, from as u64, &text[from..to]));
    fixture.append(&frames.collect::<Vec<_>>()).await?;
    for from in 0..=32_usize {
        for to in from..=32 {
            let (runs, length) = fixture.read(&source, Stream::Stderr, from as u64..to as u64).await?;
            let wanted = text.get(from..to.min(30)).filter(|wanted| !wanted.is_empty());
            let wanted: Vec<_> = wanted
                .map(|wanted| (from as u64, wanted.to_vec()))
                .into_iter()
                .collect();
            same(&format!("{from}..{to}"), &runs, &wanted)?;
            same("the length", &length, &30)?;
        }
    }
    Ok(())
}

pub(super) async fn streams_are_kept_apart(fixture: OutputFixture) -> Case {
    let source = source(1)?;
    let mut frames = Vec::new();
    for offset in 0..9 {
        frames.extend(Stream::ALL.map(|stream| frame(&source, stream, offset, initial(stream))));
    }
    fixture.append(&frames).await?;
    for stream in Stream::ALL {
        let wanted = initial(stream).repeat(9);
        same("the stream", &fixture.whole(&source, stream).await?, &wanted)?;
    }
    Ok(())
}

pub(super) async fn attempts_are_kept_apart(fixture: OutputFixture) -> Case {
    let sources = [source(1)?, source(2)?, source(3)?];
    for offset in 0..20 {
        let frames = sources.each_ref().map(|source| {
            let byte = source.attempt.number().to_le_bytes()[0];
            frame(source, Stream::Stdout, offset, [byte])
        });
        fixture.append(&frames).await?;
    }
    for source in sources {
        let byte = source.attempt.number().to_le_bytes()[0];
        same(
            "the stream",
            &fixture.whole(&source, Stream::Stdout).await?,
            &vec![byte; 20],
        )?;
    }
    Ok(())
}

pub(super) async fn what_comes_later_is_read_on(fixture: OutputFixture) -> Case {
    let (source, text) = (source(1)?, bytes(40));
    let (early, late) = text.split_at(25);
    fixture.append(&[frame(&source, Stream::Stdout, 0, early)]).await?;
    let (runs, length) = fixture.read(&source, Stream::Stdout, 0..1 << 40).await?;
    same("what is read at first", &runs, &vec![(0, early.to_vec())])?;
    fixture.append(&[frame(&source, Stream::Stdout, 25, late)]).await?;
    let (runs, _) = fixture.read(&source, Stream::Stdout, length..1 << 40).await?;
    same("what is read then", &runs, &vec![(25, late.to_vec())])
}

pub(super) async fn attempts_that_are_read_at_once_are_whole_or_left_out(fixture: OutputFixture) -> Case {
    // Nothing, a line, and more than fits.
    let mut written = vec![];
    for (number, length) in (1..).zip([0, 40, 300, 40]) {
        let (source, text) = (source(number)?, bytes(length));
        if !text.is_empty() {
            let frames = WRITTEN.map(|stream| frame(&source, stream, 0, text.clone()));
            fixture.append(&frames).await?;
        }
        written.push((source, text));
    }
    let attempts: Vec<_> = written.iter().map(|(source, _)| source.attempt).collect();
    for most in [0, 79, 80, 600, 679, 680, 760, 1 << 20] {
        let batch = fixture.store.read_batch(JobId::new(7), &attempts, most).await;
        let mut room = most;
        for (source, text) in &written {
            room = room_behind(&batch, source, text, room)?;
        }
    }
    Ok(())
}

/// What the attempts wrote to, if anything.
const WRITTEN: [Stream; 2] = [Stream::Stdout, Stream::Stderr];

/// Holds an attempt of a batch, which has so much room for it, to what it wrote to each stream; the room behind it.
fn room_behind(batch: &OutputBatch, source: &OutputSource, text: &[u8], room: u64) -> Result<u64, EarlyEnd> {
    let attempt = source.attempt;
    let pages: Vec<_> = batch.pages.iter().filter(|(of, ..)| *of == attempt).collect();
    if batch.left_out.contains(&attempt) {
        same("the streams of an attempt that is left out", &pages.len(), &0)?;
        let had_room = room >= (WRITTEN.len() * text.len()) as u64;
        hold(
            !had_room,
            format_args!("{attempt} is left out, and {room} bytes more were asked for"),
        )?;
        // Those behind it may be left out too.
        return Ok(0);
    }
    let streams: Vec<_> = pages.iter().map(|(_, stream, _)| *stream).collect();
    let wanted = if text.is_empty() { vec![] } else { WRITTEN.to_vec() };
    same("the streams", &streams, &wanted)?;
    let mut left = room;
    for (.., page) in pages {
        let read: Vec<u8> = page
            .frames
            .iter()
            .flat_map(|frame| frame.bytes.iter().copied())
            .collect();
        same("a stream", &read, &text.to_vec())?;
        let is_named = page.frames.iter().all(|frame| *frame.source == *source);
        hold(is_named, format_args!("frames of {attempt} are of another"))?;
        hold(
            read.len() as u64 <= left,
            format_args!("{attempt} has more bytes than were asked for"),
        )?;
        left -= read.len() as u64;
    }
    Ok(left)
}

/// What is written to a stream, so that a mixture is seen: a letter of its name.
const fn initial(stream: Stream) -> &'static [u8] {
    match stream {
        Stream::Stdout => b"o",
        Stream::Stderr => b"e",
        Stream::Note => b"n",
    }
}
