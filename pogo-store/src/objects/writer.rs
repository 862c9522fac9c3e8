//! Writes the output of all jobs of a namespace, by whoever owns it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use futures::stream::{self, StreamExt};
use pogo_core::Digest;
use pogo_core::output::{OutputError, OutputFrame, OutputSource};
use pogo_core::scheduler::JobId;

use super::live_attempt::PER_ATTEMPT;
use super::live_job::{Due, LiveJob};
use super::names::{WriterId, job_folder};
use super::open_segment::Upload;
use super::reader::ObjectReader;

/// Looks so often for what is to be stored.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// So much may wait while the store is away; what comes then is lost.
const MOST_WAITING: usize = 16 << 20;
/// So many objects are written at once.
const AT_ONCE: usize = 16;

type Ended = (Arc<OutputSource>, u64);

/// Who writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WriterKind {
    /// A dispatcher, which believes that what it sealed is stored.
    Dispatcher,
    /// Somebody who copies: all of what there is, and stored at its end.
    Copier,
}

impl WriterKind {
    /// The most that is kept of an attempt.
    fn most(self) -> usize {
        match self {
            Self::Dispatcher => PER_ATTEMPT,
            // What was cut before is not cut again.
            Self::Copier => usize::MAX,
        }
    }
}

/// Writes output in the name of one owner.
///
/// What is appended is in memory, for whoever reads it here, and in the store within a second; what is sealed is stored
/// when that returns. One call is under way at a time, so that frames keep their order.
pub(super) struct ObjectWriter {
    pub(super) reader: Arc<ObjectReader>,
    id: WriterId,
    kind: WriterKind,
    state: Mutex<WriterState>,
    calls: tokio::sync::Mutex<()>,
    uploads: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
pub(super) struct WriterState {
    pub(super) jobs: BTreeMap<JobId, LiveJob>,
    /// What went wrong when nobody waited for it; the next call says so.
    failed: Option<OutputError>,
    /// Whether somebody looks for what is to be stored.
    is_looking: bool,
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    // Nothing that is done under a lock leaves it half done.
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ObjectWriter {
    pub(super) fn new(reader: Arc<ObjectReader>, id: WriterId, kind: WriterKind) -> Self {
        Self {
            reader,
            id,
            kind,
            state: Mutex::default(),
            calls: tokio::sync::Mutex::default(),
            uploads: tokio::sync::Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, WriterState> {
        lock(&self.state)
    }

    /// Keeps frames, and then takes no more of these attempts.
    pub(super) async fn append_and_seal(
        self: &Arc<Self>,
        frames: &[OutputFrame],
        ended: &[Ended],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        let _turn = self.calls.lock().await;
        let of_frames = frames.iter().map(|frame| &frame.source);
        let sources = of_frames.chain(ended.iter().map(|(source, _)| source));
        if let Err(error) = self.open(sources).await {
            return (Err(error.clone()), ended.iter().map(|_| Err(error.clone())).collect());
        }
        let failed = self.state().failed.take();
        let mut appended = failed.map_or(Ok(()), Err).and(self.push(frames));
        let mut sealed = Vec::with_capacity(ended.len());
        for (source, length) in ended {
            sealed.push(self.seal(source, *length).await);
        }
        let due = match self.kind {
            WriterKind::Dispatcher if !ended.is_empty() => Due::Sealed,
            _ => Due::Full,
        };
        if let Err(error) = self.store(due).await {
            appended = appended.and(Err(error.clone()));
            sealed = sealed
                .into_iter()
                .map(|sealed| sealed.and(Err(error.clone())))
                .collect();
        }
        self.look_soon();
        (appended, sealed)
    }

    /// Finds out what there is of attempts that it does not know.
    async fn open(&self, sources: impl Iterator<Item = &Arc<OutputSource>>) -> Result<(), OutputError> {
        for source in sources {
            let (job, attempt) = (source.job, source.attempt);
            if !self.state().jobs.contains_key(&job) {
                let earlier = self.reader.list(job).await?;
                let live = LiveJob::new(self.id, earlier, Instant::now());
                self.state().jobs.entry(job).or_insert(live);
            }
            let looked_up = {
                let mut state = self.state();
                let Some(live) = state.jobs.get_mut(&job) else { continue };
                live.touch(Instant::now());
                if live.knows(attempt) {
                    continue;
                }
                // A new attempt costs nothing: its number is beyond those that are there.
                let is_new = !live.may_have_been_written(attempt);
                if is_new {
                    live.insert_new(attempt);
                }
                !is_new
            };
            if looked_up {
                let found = match self.reader.find((job, attempt)).await {
                    // What was kept of it is lost, and no reason to lose what comes, and that of all others.
                    Err(OutputError::Damaged { .. }) => None,
                    found => Some(found?),
                };
                let (mut state, most) = (self.state(), self.kind.most());
                let Some(live) = state.jobs.get_mut(&job) else { continue };
                match found {
                    Some(found) => live.insert(attempt, &found, most, Instant::now()),
                    None => live.insert_new(attempt),
                }
            }
        }
        Ok(())
    }

    /// Refuses what would be one thing too many to wait for the store.
    fn has_room(&self, state: &WriterState) -> Result<(), OutputError> {
        let waiting: usize = state.jobs.values().map(LiveJob::waiting).sum();
        if waiting <= MOST_WAITING {
            return Ok(());
        }
        Err(OutputError::Unavailable {
            message: format!(
                "{} has not taken the last {} MiB; what comes until it does is not kept",
                self.reader.storage,
                waiting >> 20
            ),
        })
    }

    fn push(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        let (mut state, now) = (self.state(), Instant::now());
        self.has_room(&state)?;
        let mut kept_all = Ok(());
        let jobs: BTreeSet<JobId> = frames.iter().map(|frame| frame.source.job).collect();
        for job in jobs {
            if let Some(live) = state.jobs.get_mut(&job) {
                let of_job = frames.iter().filter(|frame| frame.source.job == job);
                kept_all = kept_all.and(live.push(of_job, self.kind.most(), now));
            }
        }
        kept_all
    }

    /// Ends an attempt in memory.
    async fn seal(&self, source: &Arc<OutputSource>, length: u64) -> Result<Digest, OutputError> {
        let (job, attempt) = (source.job, source.attempt);
        let (sealed, digested) = {
            let state = self.state();
            let live = state.jobs.get(&job);
            (
                live.and_then(|live| live.sealed(attempt)),
                live.map(|live| live.digested(attempt)),
            )
        };
        if let Some(digest) = sealed {
            return Ok(digest);
        }
        let (digester, rest) = digested.unwrap_or_default();
        let digest = self.digest((job, attempt), digester, rest).await?;
        let mut state = self.state();
        let room = self.has_room(&state);
        if let Some(live) = state.jobs.get_mut(&job) {
            match &room {
                Ok(()) => live.seal(source, length, digest, Instant::now()),
                Err(_) => live.give_up(attempt),
            }
        }
        room.map(|()| digest)
    }

    /// Stores what is due.
    async fn store(&self, due: Due) -> Result<(), OutputError> {
        let _turn = self.uploads.lock().await;
        let now = Instant::now();
        let mut uploads: Vec<(JobId, Upload)> = vec![];
        for (job, live) in &mut self.state().jobs {
            if due == Due::Full && !live.has_full() {
                continue;
            }
            uploads.extend(live.uploads(due, now).into_iter().map(|upload| (*job, upload)));
        }
        if uploads.is_empty() {
            return Ok(());
        }
        // Ends come last, in their order: whoever reads one finds everything that it names.
        let (mut ends, others): (Vec<_>, Vec<_>) = uploads.into_iter().partition(|(_, upload)| upload.has_seals);
        ends.sort_by_key(|(job, upload)| (*job, upload.id));
        // None is cut off in its middle, which the store may carry out late, over what comes next. After the first that
        // fails no more are begun: each would wait as long.
        let failed = Mutex::new(None);
        let all = others.into_iter().map(async |(job, upload)| {
            if lock(&failed).is_none()
                && let Err(error) = self.upload(job, upload).await
            {
                *lock(&failed) = Some(error);
            }
        });
        stream::iter(all).buffer_unordered(AT_ONCE).collect::<()>().await;
        if let Some(error) = lock(&failed).take() {
            return Err(error);
        }
        for (job, upload) in ends {
            self.upload(job, upload).await?;
        }
        self.remove_unneeded().await;
        Ok(())
    }

    async fn upload(&self, job: JobId, upload: Upload) -> Result<(), OutputError> {
        let object = format!("{}/{}", job_folder(&self.reader.namespace, job), upload.name);
        let bytes = upload.content.encode().map_err(|error| OutputError::Unavailable {
            message: format!("{object} cannot be made: {error}"),
        })?;
        self.reader.storage.put(&object, bytes).await?;
        self.reader.forget(job);
        if let Some(live) = self.state().jobs.get_mut(&job) {
            live.note_stored(&upload);
        }
        Ok(())
    }

    /// Removes objects that others stand for. Those that cannot be removed go with their job.
    async fn remove_unneeded(&self) {
        let mut unneeded = vec![];
        for (job, live) in &mut self.state().jobs {
            let folder = job_folder(&self.reader.namespace, *job);
            let names = live.take_unneeded().into_iter().map(|name| format!("{folder}/{name}"));
            unneeded.extend(names);
        }
        if !unneeded.is_empty() {
            let _ = self.reader.storage.delete(&unneeded).await;
        }
    }

    /// Has somebody look each second for what is to be stored, for as long as there is something.
    fn look_soon(self: &Arc<Self>) {
        if std::mem::replace(&mut self.state().is_looking, true) {
            return;
        }
        // Weak, or it would keep an owner that nobody uses any more.
        let writer = Arc::downgrade(self);
        self.reader.storage.runtime.spawn(move || async move {
            loop {
                tokio::time::sleep(LOOK_EVERY).await;
                let Some(writer) = Weak::upgrade(&writer) else { return };
                if !writer.look().await {
                    return;
                }
            }
        });
    }

    /// Stores what is a second old, and forgets jobs that nobody writes to. Says whether any are left.
    async fn look(&self) -> bool {
        let stored = self.store(Due::Timely).await;
        let (mut state, now) = (self.state(), Instant::now());
        // Once all of it is stored, nothing was lost.
        state.failed = stored.err();
        for live in state.jobs.values_mut().filter(|live| live.is_idle(now)) {
            live.close();
        }
        state.jobs.retain(|_, live| !(live.is_idle(now) && live.is_done()));
        state.is_looking = !state.jobs.is_empty();
        state.is_looking
    }

    /// Stores all of it, at the end of an ownership.
    pub(super) async fn close(&self) -> Result<(), OutputError> {
        self.state().jobs.values_mut().for_each(LiveJob::close);
        self.store(Due::All).await
    }

    /// Whether a job is written to.
    pub(super) fn has(&self, job: JobId) -> bool {
        self.state().jobs.contains_key(&job)
    }
}
