//! A store of output in memory, each time with another defect.

use std::ops::Range;
use std::sync::Arc;

use async_trait::async_trait;
use futures::executor::block_on;
use pogo_core::Digest;
use pogo_core::output::{
    MemoryOutput, OutputBatch, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream,
};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::testing::conformance::{self, ConformanceReport, OutputFixture};

#[derive(Clone, Copy, Debug, PartialEq)]
enum Defect {
    None,
    /// Gives what is not there.
    Invents,
    /// The last frame of each append is lost.
    LosesLast,
    /// Frames are read whole, whatever the range.
    IgnoresRange,
    /// Everything is of one stream.
    OneStream,
    /// Everything is of one attempt.
    OneAttempt,
    /// What comes later is not read.
    Stale,
    /// What was there before is kept again.
    Twice,
    /// What was lost is closed up.
    ClosesGaps,
    /// Of too much, only the beginning is kept.
    HeadOnly,
    /// Of too much, all is kept.
    Unbounded,
    /// Only the first of many small frames.
    LosesSmall,
    /// Takes more after the seal.
    Open,
    /// Sealing one seals all.
    SealsAll,
    /// A digest of the moment.
    NewDigest,
    /// Who wrote nothing is unknown.
    UnknownEmpty,
    /// A digest of nothing.
    NoDigest,
    /// Seals before it appends, where it does both.
    SealsFirst,
    /// Leaves attempts out of what is read at once, and does not say so.
    OmitsSilently,
    /// Forgets all when it is opened again.
    Volatile,
}

const KEEPS: usize = 2_000;

#[derive(Clone)]
struct Flawed {
    inner: MemoryOutput,
    /// What is shown of the time before.
    before: MemoryOutput,
    seals: Arc<std::sync::Mutex<Vec<AttemptId>>>,
    defect: Defect,
}

impl Flawed {
    fn new(defect: Defect) -> Self {
        let keeps = match defect {
            Defect::Unbounded => 1 << 20,
            Defect::HeadOnly => 2 * KEEPS,
            _ => KEEPS,
        };
        Self {
            inner: MemoryOutput::new().per_attempt(keeps),
            before: MemoryOutput::new().per_attempt(keeps),
            seals: Arc::default(),
            defect,
        }
    }

    async fn length(&self, frame: &OutputFrame) -> Result<u64, OutputError> {
        let of = (frame.source.job, frame.source.attempt);
        Ok(self.inner.read(of, frame.stream, 0..0).await?.length)
    }

    async fn spoiled(&self, mut frame: OutputFrame) -> Result<Option<OutputFrame>, OutputError> {
        let length = self.length(&frame).await?;
        match self.defect {
            Defect::OneStream => frame.stream = Stream::Stdout,
            Defect::OneAttempt => {
                let mut source = (*frame.source).clone();
                source.attempt = AttemptId::new(1);
                frame.source = Arc::new(source);
            }
            Defect::Twice if frame.offset < length => frame.offset = length,
            Defect::ClosesGaps => frame.offset = frame.offset.min(length),
            Defect::HeadOnly if length as usize >= KEEPS / 2 => return Ok(None),
            Defect::LosesSmall if frame.bytes.len() == 1 && frame.offset > 500 => return Ok(None),
            _ => {}
        }
        Ok(Some(frame))
    }
}

#[async_trait]
impl OutputStore for Flawed {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        let all = match self.defect {
            Defect::LosesLast if frames.len() > 1 => &frames[..frames.len() - 1],
            _ => frames,
        };
        if self.defect == Defect::SealsAll && !self.seals.lock().unwrap().is_empty() {
            let attempt = frames[0].source.attempt;
            return Err(OutputError::Sealed { attempt });
        }
        if self.defect == Defect::Stale {
            let first = frames.iter().filter(|frame| frame.offset == 0);
            self.before.append(&first.cloned().collect::<Vec<_>>()).await?;
        }
        for frame in all {
            if let Some(frame) = self.spoiled(frame.clone()).await? {
                self.inner.append(&[frame]).await?;
            }
        }
        Ok(())
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        let again = self.seals.lock().unwrap().contains(&source.attempt);
        self.seals.lock().unwrap().push(source.attempt);
        match self.defect {
            Defect::Open => Ok(Digest::of(b"open")),
            Defect::NewDigest if again => Ok(Digest::of(b"again")),
            Defect::NoDigest => self.inner.seal(source, length).await.map(|_| Digest::of(b"")),
            Defect::UnknownEmpty if self.inner.output_of(source.job, &source.host).is_none() => {
                Err(OutputError::Unavailable {
                    message: "what is that?".to_owned(),
                })
            }
            _ => self.inner.seal(source, length).await,
        }
    }

    async fn append_and_seal(
        &self,
        frames: &[OutputFrame],
        ended: &[(Arc<OutputSource>, u64)],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        let seals = async || {
            let mut sealed = vec![];
            for (source, length) in ended {
                sealed.push(self.seal(source, *length).await);
            }
            sealed
        };
        if self.defect == Defect::SealsFirst {
            let sealed = seals().await;
            return (self.append(frames).await, sealed);
        }
        (self.append(frames).await, seals().await)
    }

    async fn read(&self, of: (JobId, AttemptId), stream: Stream, range: Range<u64>) -> Result<OutputPage, OutputError> {
        let page = match self.defect {
            Defect::IgnoresRange => self.inner.read(of, stream, 0..range.end.max(1)).await?,
            Defect::Stale => return self.before.read(of, stream, range).await,
            _ => self.inner.read(of, stream, range.clone()).await?,
        };
        Ok(match self.defect {
            Defect::Invents if page.length == 0 => OutputPage::new(vec![], range.end, 17, false),
            Defect::SealsAll => OutputPage::new(page.frames, page.next, page.length, true),
            _ => page,
        })
    }

    async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let mut batch = self.inner.read_batch(job, attempts, most).await;
        if self.defect == Defect::OmitsSilently {
            batch.left_out.clear();
        }
        batch
    }
}

fn hold(defect: Defect) -> ConformanceReport {
    let fixture = async || {
        let store = Flawed::new(defect);
        let same = store.clone();
        OutputFixture::new(Arc::new(store)).keeps(KEEPS).reopened(move || {
            let again = match defect {
                Defect::Volatile => Flawed::new(defect),
                _ => same.clone(),
            };
            async { Arc::new(again) as Arc<dyn OutputStore> }
        })
    };
    block_on(conformance::output(fixture))
}

#[test]
fn a_store_without_defects_passes_every_case() {
    super::assert_without_defects(hold(Defect::None));
}

#[test]
fn each_planted_defect_is_found_by_the_case_of_its_rule() {
    let planted = [
        (Defect::Invents, "what_was_never_written_is_empty"),
        (Defect::LosesLast, "streams_are_kept_apart"),
        (Defect::IgnoresRange, "any_range_is_read"),
        (Defect::OneStream, "streams_are_kept_apart"),
        (Defect::OneAttempt, "attempts_are_kept_apart"),
        (Defect::Stale, "what_comes_later_is_read_on"),
        (Defect::Stale, "what_was_appended_is_read_as_it_was"),
        (Defect::Twice, "what_was_appended_before_is_kept_once"),
        (Defect::ClosesGaps, "what_was_lost_is_missing_where_it_was"),
        (Defect::HeadOnly, "of_too_much_the_beginning_and_the_end_are_kept"),
        (Defect::Unbounded, "of_too_much_the_beginning_and_the_end_are_kept"),
        (Defect::LosesSmall, "a_flood_of_single_bytes_is_kept_as_it_was"),
        (Defect::Open, "a_sealed_attempt_takes_no_more"),
        (Defect::SealsAll, "sealing_one_attempt_leaves_the_others"),
        (Defect::NewDigest, "an_attempt_is_sealed_once"),
        (Defect::UnknownEmpty, "an_attempt_that_wrote_nothing_is_sealed"),
        (Defect::NoDigest, "the_digest_is_that_of_what_is_kept"),
        (
            Defect::SealsFirst,
            "what_is_appended_and_sealed_at_once_is_kept_and_sealed",
        ),
        (
            Defect::OmitsSilently,
            "attempts_that_are_read_at_once_are_whole_or_left_out",
        ),
        (Defect::Volatile, "what_is_sealed_outlives_its_store"),
    ];
    super::assert_found(hold, &planted);
}
