//! The trait `OwnedJournal` over a directory.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use async_trait::async_trait;
use futures::future::{BoxFuture, FutureExt};
use pogo_core::Digest;
use pogo_core::journal::{Commit, Epoch, JournalError, OwnedJournal, Owner, OwnerId, RestoredStore, Seq, Snapshot};
use pogo_core::scheduler::{Incarnation, Record, RestoreCause};

use super::commit_lines::EncodedCommit;
use super::compaction::{remove_content, remove_old, unnamed_content};
use super::contents::put_content;
use super::recent_content::RecentContent;
use super::reserve::Reserve;
use super::snapshots::{check_end, list_snapshots, write_snapshot};
use super::writer::Writer;
use crate::blocking::{flat, spawn_blocking};
use crate::copy::{CopyMark, read_mark, remove_mark};
use crate::disk::is_leftover;
use crate::error::unavailable;
use crate::expiry::DailyExpiry;
use crate::jobs::{JobIndex, note_in_index, open_index};
use crate::owner::Claim;
use crate::shared::Shared;

/// A journal that this process owns.
pub(crate) struct Owned {
    hold: Arc<Hold>,
    epoch: Epoch,
    previous: Option<OwnerId>,
    end: Seq,
    /// It is a copy, and nobody has recorded that yet.
    restored: Option<RestoredStore>,
}

/// What lasts until the owner is gone and nothing of it is under way any more.
pub(crate) struct Hold {
    shared: Arc<Shared>,
    /// `None` when it is given back.
    claim: Option<Claim>,
    epoch: Epoch,
    end: Mutex<JournalEnd>,
    /// Until it is given back.
    expiry: Option<DailyExpiry>,
}

/// Where the journal goes on. Whoever has it locked is the only one who writes.
struct JournalEnd {
    writer: Writer,
    recent: RecentContent,
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The order matters: nothing may be written for this owner once the lock is free, and
        // followers hear of the end last, when they can take over.
        self.expiry = None;
        // What is open belongs to this ownership: the next owner writes to the same files.
        self.shared.tenure.end(|| self.shared.outputs.close_all());
        *self.shared.index() = None;
        self.claim = None;
        self.shared.recent.clear();
        self.shared.growth.set(None);
    }
}

impl Hold {
    fn end(&self) -> MutexGuard<'_, JournalEnd> {
        // A writer that was left half-way opens its file afresh.
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the store is still the one that is owned.
    fn check(&self) -> Result<(), JournalError> {
        let claim = self.claim.as_ref().ok_or(JournalError::Fenced)?;
        claim.check(&*self.shared.disk)
    }

    fn append(&self, commit: &Arc<Commit>) -> Result<Seq, JournalError> {
        // Before the lock: this is most of the processor time of an append.
        let encoded = EncodedCommit::new(commit, self.epoch, self.shared.limits.commit)?;
        let mut at_end = self.end();
        self.check()?;
        let end = at_end.writer.append(&encoded)?;
        at_end.recent.note(commit.records.iter().flat_map(Record::digests), end);
        self.shared.recent.push(commit, end, encoded.lines.len());
        // Right after the commit is durable, and before the list of jobs: whoever follows need not
        // wait for that.
        self.shared.growth.set(Some(end));
        note_in_index(&self.shared, commit, at_end.writer.mark());
        Ok(end)
    }

    fn put_content(&self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        let mut at_end = self.end();
        self.check()?;
        let (disk, dir) = (&*self.shared.disk, self.shared.content_dir());
        put_content(disk, &dir, (digest, bytes), || at_end.writer.reserve.release(disk))?;
        let end = at_end.writer.end();
        at_end.recent.note([digest], end);
        Ok(())
    }

    /// The epoch that the mark of a copy says stands in the file of the owner by now.
    fn confirm_restored(&self) -> Result<(), JournalError> {
        let _at_end = self.end();
        self.check()?;
        remove_mark(&*self.shared.disk, &self.shared.dir).map_err(unavailable)
    }

    fn snapshot(&self, upto: Seq, state: &Snapshot) -> Result<(), JournalError> {
        self.check()?;
        // The end is locked for this line alone: a snapshot takes long to write, and commits do not wait for it.
        let end = self.end().writer.end();
        if upto > end {
            return Err(JournalError::Conflict { at: end });
        }
        write_snapshot(&*self.shared.disk, &self.shared.dir, upto, state).map_err(unavailable)?;
        // The snapshot is there. What could not be removed is removed after the next one.
        let _ = self.compact();
        Ok(())
    }

    /// Removes what snapshots stand for, and the content that nothing names any more.
    fn compact(&self) -> Result<(), JournalError> {
        let shared = &self.shared;
        let list = shared.index().as_mut().and_then(JobIndex::whole_file);
        // Without it the list is made anew from what is kept.
        let _ = list.map(|list| list.sync());
        let Some(needed) = remove_old(shared).map_err(unavailable)? else {
            return Ok(());
        };
        // This takes long, and appends go on meanwhile: what they name is recent.
        let unnamed = unnamed_content(shared)?;
        let mut at_end = self.end();
        self.check()?;
        at_end.recent.forget_before(needed);
        // Asked again with the end locked: content may have been named while the files were
        // searched.
        let unnamed = unnamed.into_iter().filter(|digest| !at_end.recent.contains(*digest));
        remove_content(shared, unnamed).map_err(unavailable)
    }
}

impl Owned {
    /// Acquires the journal, if nobody owns it.
    pub(crate) fn acquire(shared: &Arc<Shared>, owner: Owner) -> Result<Self, JournalError> {
        let disk = &shared.disk;
        shared.create().map_err(unavailable)?;
        let locked = Claim::lock(&**disk, &shared.dir, &shared.machine)?;
        // Only now that the lock is held: a leftover may be a file that the last owner is just
        // writing.
        remove_leftovers(shared).map_err(unavailable)?;
        let state = Arc::clone(&shared.reserve);
        let reserve = Reserve::new(&**disk, shared.dir.join("reserve"), shared.limits.reserve, state);
        let (mut writer, of_records) =
            Writer::open(Arc::clone(disk), shared.journal_dir(), shared.limits.segment, reserve)?;
        let end = writer.end();
        let snapshots = list_snapshots(&**disk, &shared.dir).map_err(unavailable)?;
        check_end(end, snapshots.last().copied())?;
        // A copy has no file of its owner, and records may be of an earlier one.
        let mark = read_mark(&**disk, &shared.dir)?;
        let of_records = mark.as_ref().map_or(of_records, |mark| mark.epoch.max(of_records));
        let release = || writer.reserve.release(&**disk);
        let claim = locked.claim(&**disk, (owner, shared.machine.clone()), of_records, release)?;
        let (epoch, previous) = (claim.epoch, claim.previous.clone());
        shared.growth.set(Some(end));
        let index = open_index(shared, writer.mark());
        *shared.index() = index.ok();
        shared.tenure.begin();
        let hold = Hold {
            expiry: shared.retention().map(|_| DailyExpiry::start(shared)),
            shared: Arc::clone(shared),
            claim: Some(claim),
            epoch,
            end: Mutex::new(JournalEnd {
                writer,
                recent: RecentContent::default(),
            }),
        };
        let hold = Arc::new(hold);
        Ok(Self {
            hold,
            epoch,
            previous,
            end,
            // How often other copies of the same were restored, it cannot know.
            restored: mark.map(|mark| restored(&mark)),
        })
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Hold) -> Result<T, JournalError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let hold = Arc::clone(&self.hold);
        flat(spawn_blocking(move || work(&hold)).await)
    }
}

/// Removes files that were to replace others when their writer died.
fn remove_leftovers(shared: &Shared) -> io::Result<()> {
    for dir in [shared.dir.clone(), shared.content_dir()] {
        for name in shared.disk.list(&dir)? {
            if is_leftover(&name) {
                shared.disk.remove(&dir.join(name))?;
            }
        }
    }
    Ok(())
}

#[async_trait]
impl OwnedJournal for Owned {
    fn epoch(&self) -> Epoch {
        self.epoch
    }

    fn previous_owner(&self) -> Option<OwnerId> {
        self.previous.clone()
    }

    fn end(&self) -> Seq {
        self.end
    }

    fn restored(&self) -> Option<RestoredStore> {
        self.restored
    }

    async fn confirm_restored(&mut self, _: Incarnation) -> Result<(), JournalError> {
        if self.restored.is_some() {
            self.run(Hold::confirm_restored).await?;
            self.restored = None;
        }
        Ok(())
    }

    fn max_commit(&self) -> Option<usize> {
        Some(self.hold.shared.limits.commit)
    }

    async fn append(&mut self, commit: &Commit) -> Result<Seq, JournalError> {
        let commit = Arc::new(commit.clone());
        self.end = self.run(move |hold| hold.append(&commit)).await?;
        Ok(self.end)
    }

    async fn put_content(&mut self, digest: Digest, bytes: &[u8]) -> Result<(), JournalError> {
        let bytes = bytes.to_vec();
        self.run(move |hold| hold.put_content(digest, &bytes)).await
    }

    fn snapshot(&self, upto: Seq, state: Snapshot) -> BoxFuture<'static, Result<(), JournalError>> {
        // A snapshot that waits for its turn does not keep a journal owned that was given back.
        let hold = Arc::downgrade(&self.hold);
        let store = move || match hold.upgrade() {
            Some(hold) => hold.snapshot(upto, &state),
            None => Err(JournalError::Fenced),
        };
        async move { flat(spawn_blocking(store).await) }.boxed()
    }

    fn lost(&self) -> BoxFuture<'static, ()> {
        lost(Arc::clone(&self.hold.shared), Arc::downgrade(&self.hold)).boxed()
    }
}

fn restored(mark: &CopyMark) -> RestoredStore {
    let copied = RestoredStore::new(RestoreCause::Copied);
    mark.id.map_or(copied, |id| copied.identified(id))
}

async fn lost(shared: Arc<Shared>, hold: Weak<Hold>) {
    loop {
        // An append makes sure by itself, so that nothing is looked at after each of them.
        let listener = shared.growth.listen_for_end();
        let Some(held) = hold.upgrade() else { return };
        let checked = spawn_blocking(move || held.check()).await;
        if matches!(checked, Ok(Err(JournalError::Fenced))) {
            return;
        }
        shared.growth.wait_a_moment(listener).await;
    }
}
