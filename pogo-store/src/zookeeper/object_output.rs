//! The output of a namespace as objects.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use async_trait::async_trait;
use pogo_core::journal::Nonce;
use pogo_core::output::{OutputBatch, OutputError, OutputFrame, OutputPage, OutputSource, OutputStore, Stream};
use pogo_core::scheduler::{AttemptId, JobId};
use pogo_core::{Digest, Timestamp};
use tokio::sync::OnceCell;

use super::ZookeeperError;
use super::commits::answer;
use super::fence::Fence;
use super::history::Unfinished;
use super::namespace_shared::NamespaceShared;
use super::owner_writer::OwnerWriter;
use super::store_shared::unavailable;
use crate::objects::{ObjectOutput, ObjectOwner, ObjectStorage, WriterId};
use crate::remote::{Failed, RemoteDamage};
use crate::{Pruned, Retention};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The output of a namespace as objects that all machines read and write: in S3 or an S3-compatible service, or in a
/// directory that all of them mount.
///
/// Up to 1 MiB of each attempt is kept: its beginning and its end, with times. The owner of the journal writes it and
/// reads it at once; other processes read it within two seconds. Sealed output is stored when `seal` returns, appended
/// output a second later; what the owner had not stored when it died is lost, and the record that ends the attempt says
/// so. The owner removes the output of ended jobs 30 days after they wrote last.
#[derive(Clone)]
pub struct ZookeeperObjectOutput {
    shared: Arc<NamespaceShared>,
    storage: ObjectStorage,
    opened: Arc<OpenedObjects>,
}

#[derive(Default)]
struct OpenedObjects {
    /// Its name has the number of the namespace in it, which the ensemble knows.
    output: OnceCell<ObjectOutput>,
    owner: Mutex<Option<(Nonce, ObjectOwner)>>,
}

impl ZookeeperObjectOutput {
    /// The bytes that are kept of an attempt, with what each piece costs.
    pub const PER_ATTEMPT: usize = crate::objects::PER_ATTEMPT;

    pub(super) fn new(shared: Arc<NamespaceShared>, storage: ObjectStorage) -> Self {
        Self {
            shared,
            storage,
            opened: Arc::default(),
        }
    }

    async fn output(&self) -> Result<&ObjectOutput, OutputError> {
        let opened = self.opened.output.get_or_try_init(|| async {
            let shared = Arc::clone(&self.shared);
            let asked = move || async move {
                let sessions = &shared.store.sessions;
                sessions.ask(async |client| shared.number(client).await).await
            };
            let number: Result<_, Failed> = self.shared.store.runtime.run(asked).await;
            let number = number.and_then(|number| number).map_err(output_unavailable)?;
            let namespace = format!("{}-{number}", self.shared.name);
            Ok(ObjectOutput::new(self.storage.clone(), namespace))
        });
        opened.await
    }

    /// Whoever writes it, if this process owns the journal.
    async fn own(&self) -> Result<ObjectOwner, OutputError> {
        let owner = self.shared.owner().ok_or_else(|| OutputError::Unavailable {
            message: "this process does not own the namespace; acquire its journal first".to_owned(),
        })?;
        let output = self.output().await?;
        let opened = {
            let mut opened = self.opened.owner.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((nonce, opened)) = &*opened
                && *nonce == owner.fence.nonce
            {
                return Ok(opened.clone());
            }
            let new = output.owner(writer_id(&owner.fence));
            *opened = Some((owner.fence.nonce, new.clone()));
            new
        };
        self.shared.close_before_end(opened.clone());
        self.expire_daily(owner, opened.clone());
        Ok(opened)
    }

    /// The writer, if this process owns the journal and has written.
    fn owned(&self) -> Option<ObjectOwner> {
        let nonce = self.shared.owner()?.fence.nonce;
        let opened = self.opened.owner.lock().unwrap_or_else(PoisonError::into_inner);
        // What an earlier ownership of this process had in memory may be old: others have owned it since.
        let (_, owner) = opened.as_ref().filter(|(of, _)| *of == nonce)?;
        Some(owner.clone())
    }

    /// Removes what has expired, at once and then each day, until the ownership ends.
    fn expire_daily(&self, owner: Arc<OwnerWriter>, written: ObjectOwner) {
        let this = self.clone();
        self.storage.runtime.spawn(move || async move {
            while !owner.ended.is_over() {
                // What cannot be removed today may be tomorrow.
                let _ = this.expire(Retention::new(), Some(written.clone())).await;
                tokio::select! {
                    () = owner.ended.wait() => return,
                    () = tokio::time::sleep(DAY) => {}
                }
            }
        });
    }

    async fn expire(&self, keep: Retention, written: Option<ObjectOwner>) -> Result<Pruned, OutputError> {
        let unfinished = self.unfinished().await.map_err(output_unavailable)?;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let now = Timestamp::from_millis(u64::try_from(since.as_millis()).unwrap_or(u64::MAX));
        let is_over = move |job| !unfinished.has(job) && !written.as_ref().is_some_and(|written| written.has(job));
        self.output().await?.expire(keep.age, now, is_over).await
    }

    /// The jobs that are not over.
    async fn unfinished(&self) -> Result<Unfinished, Failed> {
        let shared = Arc::clone(&self.shared);
        let asked = move || async move {
            let sessions = &shared.store.sessions;
            let read = sessions.ask(async |client| {
                let mut known = shared.jobs.lock().await;
                let read = known.catch_up(client, &shared.paths).await;
                answer(read.map(|()| known.unfinished()))
            });
            let unfinished = read.await?;
            unfinished.map_err(|error| Failed::before(error.to_string()))
        };
        let unfinished: Result<_, Failed> = self.shared.store.runtime.run(asked).await;
        unfinished?
    }

    /// Reads all of it, and says what is not as it was written; beside an owner too.
    ///
    /// # Errors
    /// The ensemble or the objects cannot be reached.
    pub async fn check(&self) -> Result<Vec<RemoteDamage>, ZookeeperError> {
        const CURE: &str = "what is left of it is still read; a copy of the object in its place makes it whole";
        let damage = async { self.output().await?.check().await };
        let damage = damage.await.map_err(|error| self.unavailable(&error))?;
        let damage = damage.into_iter().map(|(object, message)| {
            let location = format!("{}/{object}", self.storage);
            RemoteDamage::new(location, message, CURE)
        });
        Ok(damage.collect())
    }

    fn unavailable(&self, error: &OutputError) -> ZookeeperError {
        unavailable(&self.shared.store.address, Failed::before(error.to_string()))
    }

    /// Removes the output of jobs that are over and wrote last longer ago than it is to be kept, whoever owns the
    /// namespace. Of what is to be kept, the age of output counts.
    ///
    /// # Errors
    /// The ensemble or the objects cannot be reached.
    pub async fn prune(&self, keep: Retention) -> Result<Pruned, ZookeeperError> {
        let pruned = self.expire(keep, self.owned()).await;
        pruned.map_err(|error| self.unavailable(&error))
    }
}

/// An owner, as what it writes names it.
pub(super) fn writer_id(fence: &Fence) -> WriterId {
    WriterId {
        epoch: fence.epoch.0,
        nonce: fence.nonce.0,
    }
}

fn output_unavailable(failed: Failed) -> OutputError {
    OutputError::Unavailable {
        message: failed.message,
    }
}

#[async_trait]
impl OutputStore for ZookeeperObjectOutput {
    async fn append(&self, frames: &[OutputFrame]) -> Result<(), OutputError> {
        self.own().await?.append(frames).await
    }

    async fn seal(&self, source: &OutputSource, length: u64) -> Result<Digest, OutputError> {
        self.own().await?.seal(source, length).await
    }

    async fn append_and_seal(
        &self,
        frames: &[OutputFrame],
        ended: &[(Arc<OutputSource>, u64)],
    ) -> (Result<(), OutputError>, Vec<Result<Digest, OutputError>>) {
        match self.own().await {
            Ok(owner) => owner.append_and_seal(frames, ended).await,
            Err(error) => (Err(error.clone()), ended.iter().map(|_| Err(error.clone())).collect()),
        }
    }

    async fn read(
        &self,
        attempt: (JobId, AttemptId),
        stream: Stream,
        range: Range<u64>,
    ) -> Result<OutputPage, OutputError> {
        if let Some(owned) = self.owned() {
            return owned.read(attempt, stream, range).await;
        }
        self.output().await?.read(attempt, stream, range).await
    }

    async fn read_batch(&self, job: JobId, attempts: &[AttemptId], most: u64) -> OutputBatch {
        if let Some(owned) = self.owned() {
            return owned.read_batch(job, attempts, most).await;
        }
        match self.output().await {
            Ok(output) => output.read_batch(job, attempts, most).await,
            Err(_) => {
                let mut nothing = OutputBatch::new(most);
                attempts.iter().for_each(|attempt| nothing.leave_out(*attempt));
                nothing
            }
        }
    }
}

impl fmt::Debug for ZookeeperObjectOutput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ZookeeperObjectOutput");
        shown.field("storage", &self.storage).finish_non_exhaustive()
    }
}
