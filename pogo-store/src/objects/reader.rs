//! Reads what anybody has written.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt, TryStreamExt};
use pogo_core::Digest;
use pogo_core::output::{OutputBatch, OutputError, OutputFrame, OutputPage, Stream};
use pogo_core::scheduler::{AttemptId, JobId};

use super::names::{SegmentId, SegmentName, WriterId, job_folder};
use super::runs::{Segments, all_runs, clipped, frames_within, length};
use super::segment::{Run, Seal, Segment};
use super::segment_cache::{FetchedSegment, SegmentCache};
use super::storage::ObjectStorage;

/// What others write is looked for again after this time.
const FRESH: Duration = Duration::from_secs(1);
/// Lists of jobs that nobody asks for are forgotten.
const FORGET: Duration = Duration::from_secs(60);
/// So many objects are asked for at once.
const AT_ONCE: usize = 16;
/// While a segment is read it may be replaced by its last form.
pub(super) const TRIES: usize = 4;

/// The segments of a job by their numbers, with the version of each.
pub(super) type Listing = BTreeMap<SegmentId, (SegmentName, String)>;

/// Reads the output of a namespace.
pub(super) struct ObjectReader {
    pub(super) storage: ObjectStorage,
    /// The namespace, by a name that no other has.
    pub(super) namespace: String,
    listings: Mutex<BTreeMap<JobId, (Instant, Arc<Listing>)>>,
    cache: Mutex<SegmentCache>,
}

/// An attempt, as it is stored.
#[derive(Debug)]
pub(super) struct StoredAttempt {
    pub(super) runs: Vec<Run>,
    /// What these have of this attempt.
    pub(super) segments: Segments,
    /// Those that have nothing of another: its writer may remove them, or write them again with less.
    pub(super) alone: BTreeSet<SegmentId>,
    pub(super) sealed: Option<Digest>,
}

impl StoredAttempt {
    /// All that counts of it, about as it came: segments of one owner are numbered by time.
    pub(super) fn frames(&self, attempt: AttemptId) -> Vec<OutputFrame> {
        let mut runs: Vec<&Run> = self.runs.iter().collect();
        runs.sort_by_key(|run| (run.segment, run.stream, run.offset));
        let frames = runs.into_iter().flat_map(|run| {
            let segment = self.segments.get(&run.segment).into_iter();
            let frames = segment.flat_map(move |segment| segment.frames_of(attempt));
            let of_stream = frames.filter(|frame| frame.stream == run.stream);
            of_stream.filter_map(|frame| clipped(frame, &(run.offset..run.end())))
        });
        frames.collect()
    }

    fn page(&self, of: (AttemptId, Stream), range: &Range<u64>) -> Result<OutputPage, OutputError> {
        page((&self.runs, &self.segments, self.sealed.is_some()), of, range)
    }
}

impl ObjectReader {
    pub(super) fn new(storage: ObjectStorage, namespace: String) -> Self {
        Self {
            storage,
            namespace,
            listings: Mutex::default(),
            cache: Mutex::default(),
        }
    }

    /// The segments of a job, as they are now.
    pub(super) async fn list(&self, job: JobId) -> Result<Arc<Listing>, OutputError> {
        let asked = Instant::now();
        let mut listing = Listing::new();
        for object in self.storage.list(&job_folder(&self.namespace, job)).await? {
            let Ok(name) = object.name.parse::<SegmentName>() else {
                continue;
            };
            // In its last form it has everything that it had before.
            if name.is_full() || !listing.contains_key(&name.id) {
                listing.insert(name.id, (name, object.version));
            }
        }
        let listing = Arc::new(listing);
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        listings.retain(|_, (asked, _)| asked.elapsed() < FORGET);
        listings.insert(job, (asked, Arc::clone(&listing)));
        Ok(listing)
    }

    /// A list that is fresh enough; after a try with it, the list as it is now.
    async fn list_again(&self, job: JobId, tried: usize) -> Result<Arc<Listing>, OutputError> {
        let known = {
            let listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
            listings.get(&job).cloned()
        };
        match known {
            Some((asked, listing)) if tried == 0 && asked.elapsed() < FRESH => Ok(listing),
            _ => self.list(job).await,
        }
    }

    /// Something was written to a job by this process.
    pub(super) fn forget(&self, job: JobId) {
        let mut listings = self.listings.lock().unwrap_or_else(PoisonError::into_inner);
        listings.remove(&job);
    }

    async fn fetch(&self, job: JobId, name: SegmentName, version: &str) -> Result<FetchedSegment, OutputError> {
        let object = format!("{}/{name}", job_folder(&self.namespace, job));
        {
            let cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(known) = cache.get(&object, version) {
                return Ok(known);
            }
        }
        let Some((bytes, version)) = self.storage.get(&object).await? else {
            return Ok(FetchedSegment::Gone);
        };
        let (fetched, size) = match Segment::decode(job, &bytes) {
            Ok(segment) => {
                let size = segment.size();
                (FetchedSegment::Whole(Arc::new(segment)), size)
            }
            Err(why) => (FetchedSegment::Damaged(format!("{object}: {why}").into()), 256),
        };
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        cache.put(object, version, fetched.clone(), size);
        Ok(fetched)
    }

    /// What these have of an attempt, and whether they have nothing else.
    async fn fetch_of(
        &self,
        (job, attempt): (JobId, AttemptId),
        names: Vec<(SegmentName, String)>,
    ) -> Result<Vec<(SegmentId, FetchedSegment, bool)>, OutputError> {
        let fetches = names.into_iter().map(|(name, version)| async move {
            let (part, is_alone) = self.fetch(job, name, &version).await?.only(attempt);
            Ok((name.id, part, is_alone))
        });
        stream::iter(fetches).buffer_unordered(AT_ONCE).try_collect().await
    }

    /// An attempt, as far as these segments have it. `None` where others have taken their place.
    async fn find_in(
        &self,
        (job, attempt): (JobId, AttemptId),
        (listing, is_last_try): (&Listing, bool),
    ) -> Result<Option<StoredAttempt>, OutputError> {
        let named = listing.values().filter(|(name, _)| name.may_have(attempt));
        let (mut segments, mut alone, mut damage) = (Segments::new(), BTreeSet::new(), None);
        for (id, fetched, is_alone) in self.fetch_of((job, attempt), named.cloned().collect()).await? {
            match fetched {
                FetchedSegment::Whole(segment) => _ = segments.insert(id, segment),
                FetchedSegment::Damaged(why) => damage = Some(why),
                FetchedSegment::Gone => return Ok(None),
            }
            if is_alone {
                alone.insert(id);
            }
        }
        let damaged = |why: &str| OutputError::Damaged {
            attempt,
            message: why.to_owned(),
        };
        let (runs, sealed) = match (last_seal(&segments, attempt), damage) {
            (Some(seal), damage) => {
                if let Some(missing) = seal.runs.iter().find(|run| !segments.contains_key(&run.segment)) {
                    // The end may have been read from a later form than was listed, which names what came since.
                    if damage.is_none() && !is_last_try {
                        return Ok(None);
                    }
                    return Err(damage.map_or_else(|| not_there(attempt, missing.segment), |why| damaged(&why)));
                }
                (seal.runs.clone(), Some(seal.digest))
            }
            (None, Some(why)) => return Err(damaged(&why)),
            (None, None) => (all_runs(&segments, attempt), None),
        };
        Ok(Some(StoredAttempt {
            runs,
            segments,
            alone,
            sealed,
        }))
    }

    /// An attempt, as it is stored now or was a second ago.
    pub(super) async fn find(&self, (job, attempt): (JobId, AttemptId)) -> Result<StoredAttempt, OutputError> {
        for tried in 0..TRIES {
            let listing = self.list_again(job, tried).await?;
            if let Some(found) = self.find_in((job, attempt), (&listing, tried + 1 == TRIES)).await? {
                return Ok(found);
            }
        }
        Err(self.moving())
    }

    pub(super) fn moving(&self) -> OutputError {
        OutputError::Unavailable {
            message: format!(
                "{}: what was listed is not there when it is read; try again",
                self.storage
            ),
        }
    }

    /// What is kept of a stream within a range.
    pub(super) async fn read(
        &self,
        (job, attempt): (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        let found = self.find((job, attempt)).await?;
        found.page((attempt, stream), &range)
    }

    /// What several attempts wrote, each of them whole, up to so many bytes.
    pub(super) async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        let mut batch = OutputBatch::new(most);
        for attempt in attempts {
            let Some(room) = batch.room() else {
                batch.leave_out(*attempt);
                continue;
            };
            let pages = self.find((job, *attempt)).await.and_then(|found| {
                let page = |stream| Ok((stream, found.page((*attempt, stream), &(0..room))?));
                Stream::ALL
                    .into_iter()
                    .map(page)
                    .collect::<Result<Vec<_>, OutputError>>()
            });
            match pages {
                Ok(pages) => batch.add(*attempt, pages),
                Err(_) => batch.leave_out(*attempt),
            }
        }
        batch
    }

    /// What these segments of a job have of an attempt.
    pub(super) async fn segments(
        &self,
        (job, attempt): (JobId, AttemptId),
        ids: BTreeSet<SegmentId>,
    ) -> Result<Segments, OutputError> {
        for tried in 0..TRIES {
            let listing = self.list_again(job, tried).await?;
            let named: Vec<_> = ids.iter().filter_map(|id| listing.get(id).cloned()).collect();
            let is_listed = named.len() == ids.len() || tried + 1 == TRIES;
            let fetched = self.fetch_of((job, attempt), named).await?;
            let is_there = !fetched.iter().any(|(_, part, _)| matches!(part, FetchedSegment::Gone));
            if is_listed && is_there {
                let whole = fetched.into_iter().filter_map(|(id, part, _)| match part {
                    FetchedSegment::Whole(segment) => Some((id, segment)),
                    FetchedSegment::Damaged(_) | FetchedSegment::Gone => None,
                });
                return Ok(whole.collect());
            }
        }
        Err(self.moving())
    }

    /// Reads all segments of a job, one after the other: together they may be larger than the memory.
    pub(super) async fn visit(
        &self,
        job: JobId,
        mut visit: impl FnMut(SegmentId, FetchedSegment),
    ) -> Result<(), OutputError> {
        let mut seen = BTreeSet::new();
        for _ in 0..TRIES {
            let listing = self.list(job).await?;
            let left: Vec<_> = listing.iter().filter(|(id, _)| !seen.contains(*id)).collect();
            let fetches = left.into_iter().map(|(id, (name, version))| async move {
                let fetched = self.fetch(job, *name, version).await?;
                Ok::<_, OutputError>((*id, fetched))
            });
            let (mut fetched, mut is_all) = (stream::iter(fetches).buffer_unordered(AT_ONCE), true);
            while let Some((id, segment)) = fetched.try_next().await? {
                if matches!(segment, FetchedSegment::Gone) {
                    is_all = false;
                    continue;
                }
                seen.insert(id);
                visit(id, segment);
            }
            if is_all {
                return Ok(());
            }
        }
        Err(self.moving())
    }
}

/// The end of an attempt that counts. Somebody who did not know yet that another owns the namespace may have sealed it
/// too: the end by the later owner counts, and none by an earlier one than has written to it.
fn last_seal(segments: &Segments, attempt: AttemptId) -> Option<&Seal> {
    let mut latest_first = segments.iter().rev();
    let has_frames = |segment: &Segment| segment.frames_of(attempt).next().is_some();
    let writer = segments.iter().rev().find(|(_, segment)| has_frames(segment));
    let writer = writer.map(|(id, _)| id.writer);
    let (id, seal) = latest_first.find_map(|(id, segment)| Some((id, seal_of(segment, attempt)?)))?;
    counts(id.writer, writer).then_some(seal)
}

/// Whether an end by a writer counts, where the last who wrote to the attempt was this one.
pub(super) fn counts(ended: WriterId, wrote: Option<WriterId>) -> bool {
    wrote.is_none_or(|wrote| ended >= wrote)
}

fn seal_of(segment: &Segment, attempt: AttemptId) -> Option<&Seal> {
    segment.seals.iter().find(|seal| seal.source.attempt == attempt)
}

pub(super) fn not_there(attempt: AttemptId, missing: SegmentId) -> OutputError {
    OutputError::Damaged {
        attempt,
        message: format!("the object {missing} of its job is not there"),
    }
}

/// A part of a stream of an attempt, of which these runs count, and which has ended or not.
pub(super) fn page(
    (runs, segments, is_sealed): (&[Run], &Segments, bool),
    (attempt, stream): (AttemptId, Stream),
    range: &Range<u64>,
) -> Result<OutputPage, OutputError> {
    let frames = frames_within(runs, segments, (attempt, stream), range);
    let frames = frames.map_err(|missing| not_there(attempt, missing))?;
    Ok(OutputPage::new(frames, range.end, length(runs, stream), is_sealed))
}
