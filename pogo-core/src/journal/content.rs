//! Fleets and policies beside a journal: how records come to name them, and how they are loaded again.

use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Journal, JournalError, Snapshot};
use crate::Digest;
use crate::fleet::Fleet;
use crate::policy::Policy;
use crate::scheduler::{Content, Event, NamespaceEvent, NamespaceEventKind, Record};

/// Content as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredContent {
    pub(crate) digest: Digest,
    pub(crate) bytes: Vec<u8>,
}

impl StoredContent {
    /// The JSON of it. Fleets and policies have their parts in an order of their own, so the same one has the same
    /// digest.
    fn of(content: &impl Serialize) -> Result<Self, JournalError> {
        let bytes = serde_json::to_vec(content).map_err(|error| JournalError::Unavailable {
            message: format!("a fleet or a policy cannot be written as JSON: {error}"),
        })?;
        let digest = Digest::of(&bytes);
        Ok(Self { digest, bytes })
    }
}

/// Loads the content that records and snapshots of a journal name. What it loaded last is kept, since most records that
/// follow name the same.
///
/// ```
/// use std::sync::Arc;
/// use pogo_core::dispatcher::{Attempt, Capabilities, Dispatcher, Reporter, Transport};
/// use pogo_core::fleet::Fleet;
/// use pogo_core::journal::{ContentLoader, Journal, MemoryJournal, Seq, replay};
/// # use pogo_core::scheduler::Outcome;
/// # struct Imaginary;
/// # #[async_trait::async_trait]
/// # impl Transport for Imaginary {
/// #     fn capabilities(&self) -> Capabilities { Capabilities::default() }
/// #     async fn run(&self, _: Attempt, _: Reporter) -> Outcome { Outcome::Succeeded }
/// # }
/// # futures::executor::block_on(async {
/// let journal = MemoryJournal::new();
/// let builder = Dispatcher::builder(Arc::new(Imaginary)).journal(Arc::new(journal.clone()));
/// let (dispatcher, handle) = builder.build().await?;
/// let fleet = Arc::new(Fleet::builder().hosts("web[1-3]").build()?);
/// let steer = async move { handle.configure(fleet, Arc::default()).await };
/// let (ended, configured) = futures::join!(dispatcher.run(), steer);
/// # ended?;
/// # configured?;
///
/// let mut page = journal.read(Seq(0)).await?;
/// assert_eq!(page.records[0].digests().count(), 2, "the fleet and the policy are named");
/// ContentLoader::new().load(&journal, &mut page.records).await?;
/// assert_eq!(replay(&page.records)?.fleet().len(), 3);
/// # Ok::<_, Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Debug, Default)]
pub struct ContentLoader {
    fleet: Option<(Digest, Arc<Fleet>)>,
    policy: Option<(Digest, Arc<Policy>)>,
}

impl ContentLoader {
    /// A loader that has loaded nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Puts content in the place of its digests in records of this journal.
    ///
    /// # Errors
    /// The journal does not have it, has something else in its place, or cannot be reached.
    pub async fn load(&mut self, journal: &dyn Journal, records: &mut [Record]) -> Result<(), JournalError> {
        for record in records {
            if let Event::Namespace(NamespaceEvent { kind, .. }) = &mut record.event
                && let NamespaceEventKind::Configured { fleet, policy } = kind
            {
                load(&mut self.fleet, journal, fleet).await?;
                load(&mut self.policy, journal, policy).await?;
            }
        }
        Ok(())
    }

    /// Puts content in the place of its digests in a snapshot of this journal.
    ///
    /// # Errors
    /// As [`load`](Self::load).
    pub async fn load_snapshot(&mut self, journal: &dyn Journal, snapshot: &mut Snapshot) -> Result<(), JournalError> {
        let (fleets, policy) = snapshot.content_mut();
        load(&mut self.policy, journal, policy).await?;
        for fleet in fleets {
            load(&mut self.fleet, journal, fleet).await?;
        }
        Ok(())
    }
}

async fn load<T: DeserializeOwned>(
    last: &mut Option<(Digest, Arc<T>)>,
    journal: &dyn Journal,
    content: &mut Content<T>,
) -> Result<(), JournalError> {
    let Content::Stored(digest) = *content else {
        return Ok(());
    };
    let loaded = match last {
        // Shared, so that a replay of a thousand configurations with one fleet holds it once.
        Some((of, loaded)) if *of == digest => Arc::clone(loaded),
        _ => {
            let loaded = read(digest, &journal.content(digest).await?)?;
            Arc::clone(&last.insert((digest, loaded)).1)
        }
    };
    *content = Content::Loaded(loaded);
    Ok(())
}

fn read<T: DeserializeOwned>(digest: Digest, bytes: &[u8]) -> Result<Arc<T>, JournalError> {
    if Digest::of(bytes) != digest {
        return Err(JournalError::DamagedContent { digest });
    }
    // Content that its digest vouches for is what some version wrote; this one does not know it.
    let read = serde_json::from_slice(bytes).map_err(|error| JournalError::UnknownContent {
        digest,
        message: error.to_string(),
    })?;
    Ok(Arc::new(read))
}

/// Puts content that is at hand in the place of the digests of a record.
#[cfg(feature = "testing")]
pub(crate) fn load_from(
    record: &mut Record,
    bytes: impl Fn(Digest) -> Result<Vec<u8>, JournalError>,
) -> Result<(), JournalError> {
    if let Event::Namespace(NamespaceEvent { kind, .. }) = &mut record.event
        && let NamespaceEventKind::Configured { fleet, policy } = kind
    {
        if let Content::Stored(digest) = *fleet {
            *fleet = Content::Loaded(read(digest, &bytes(digest)?)?);
        }
        if let Content::Stored(digest) = *policy {
            *policy = Content::Loaded(read(digest, &bytes(digest)?)?);
        }
    }
    Ok(())
}

/// The fleet and the policy that the journal has for sure, since its last records name them.
#[derive(Debug, Clone, Default)]
pub(crate) struct NamedContent {
    fleet: Option<(Digest, Arc<Fleet>)>,
    policy: Option<(Digest, Arc<Policy>)>,
}

impl NamedContent {
    /// What records before this dispatcher's named last.
    pub(crate) fn of(loader: ContentLoader) -> Self {
        let ContentLoader { fleet, policy } = loader;
        Self { fleet, policy }
    }

    /// The record as it is stored; what has to be stored before it goes into `missing`.
    pub(crate) fn name(&mut self, record: &Record, missing: &mut Vec<StoredContent>) -> Result<Record, JournalError> {
        let mut record = record.clone();
        if let Event::Namespace(NamespaceEvent { kind, .. }) = &mut record.event
            && let NamespaceEventKind::Configured { fleet, policy } = kind
        {
            name(&mut self.fleet, fleet, missing)?;
            name(&mut self.policy, policy, missing)?;
        }
        Ok(record)
    }

    /// The snapshot as it is stored: it names what the journal has.
    pub(crate) fn name_in(&self, snapshot: &mut Snapshot) {
        let (fleets, policy) = snapshot.content_mut();
        for fleet in fleets {
            name_known(self.fleet.as_ref(), fleet);
        }
        name_known(self.policy.as_ref(), policy);
    }
}

fn name<T: Serialize>(
    known: &mut Option<(Digest, Arc<T>)>,
    content: &mut Content<T>,
    missing: &mut Vec<StoredContent>,
) -> Result<(), JournalError> {
    // First by address, which spares writing out a large fleet to learn that it is the same.
    name_known(known.as_ref(), content);
    if let Content::Loaded(loaded) = content {
        let stored = StoredContent::of(loaded)?;
        let digest = stored.digest;
        if known.as_ref().is_none_or(|(of, _)| *of != digest) {
            missing.push(stored);
        }
        *known = Some((digest, Arc::clone(loaded)));
        *content = Content::Stored(digest);
    }
    Ok(())
}

fn name_known<T>(known: Option<&(Digest, Arc<T>)>, content: &mut Content<T>) {
    if let (Some((digest, known)), Content::Loaded(loaded)) = (known, &content)
        // By address: to compare two fleets, both would have to be written out.
        && Arc::ptr_eq(known, loaded)
    {
        *content = Content::Stored(*digest);
    }
}

/// Whether a record holds content that is stored apart.
pub(crate) fn holds_content(record: &Record) -> bool {
    matches!(&record.event, Event::Namespace(NamespaceEvent { kind, .. })
        if matches!(kind, NamespaceEventKind::Configured { .. }))
}

/// How many bytes of a commit a record takes, with its content apart.
pub(crate) fn committed_len(record: &Record) -> usize {
    if !holds_content(record) {
        return super::stored_len(record);
    }
    // Any digest has the same length, so the content need not be written out to be counted.
    let (fleet, policy) = (Content::Stored(Digest::of(&[])), Content::Stored(Digest::of(&[])));
    let kind = NamespaceEventKind::Configured { fleet, policy };
    super::stored_len(&Record::new(record.at, Event::of_namespace(kind)))
}
